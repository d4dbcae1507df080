/*
 * tests/fuzz/saved_fuzz.c - the cookie that holds a visitor's request, and the field of a form that does. The input is the sealed
 * text itself, which no one makes without the key; then what stands under a good seal; then where a good one is spoilt: by one bit, a
 * cut, more behind it.
 */
#include "oauth/session/session.h"

#define NOW   1700000000
#define NONCE 16
#define HEAD  (NONCE + 10)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* 8 bytes, the first one the highest. */
static uint64_t
number_at(struct str s, size_t at)
{
	uint64_t n = 0;

	for (size_t i = 0; i < 8; i++)
		n = n << 8 | (unsigned char)s.p[at + i];
	return n;
}

/* Any plain text under the right seal: nonce and URL as they stand there, or nothing. */
static void
try_plain(struct call *c, struct str plain)
{
	struct saved s = { .url = STR_ABSENT };
	struct str sealed = seal(c->mem, c->issuer->keys->token_keys[0].secret, ARENA_CAT(c->mem, S("saved 3 "), c->issuer->name), plain);
	bool good;
	size_t name;

	c->saved_cookie = b64url_encode(c->mem, sealed);
	good = saved_read(c, &s);
	name = plain.n < HEAD ? 0 : (unsigned char)plain.p[HEAD - 1];
	if (good != (plain.n >= HEAD + name && (int64_t)number_at(plain, NONCE) >= NOW))
		abort();
	if (good && (!str_eq(s.nonce, str_sub(plain, 0, NONCE)) || s.name.n != name || !str_eq(s.url, str_from(plain, HEAD + name))))
		abort();
}

/* A cookie of ours with the URL is read back; spoilt at the place that its first bytes name it is not. */
static void
try_spoilt(struct call *c, struct str url)
{
	struct saved w = { .url = url, .demanded = 5 }, s;
	struct str cookie = saved_write(c, &w), sealed;
	size_t at;

	c->saved_cookie = cookie;
	if (!saved_read(c, &s) || !str_eq(s.url, url) || !str_eq(s.nonce, w.nonce) || s.demanded != 5
	    || !b64url_decode(c->mem, cookie, &sealed))
		abort();
	at = url.n > 1 ? ((size_t)(unsigned char)url.p[0] << 8 | (unsigned char)url.p[1]) % (sealed.n * 8) : 0;
	sealed = arena_dup(c->mem, sealed);
	((char *)(uintptr_t)sealed.p)[at / 8] ^= (char)(1 << at % 8);
	c->saved_cookie = b64url_encode(c->mem, sealed);
	if (saved_read(c, &s))
		abort();
	c->saved_cookie = str_sub(cookie, 0, at % cookie.n);
	if (saved_read(c, &s))
		abort();
	c->saved_cookie = ARENA_CAT(c->mem, cookie, url.n > 0 ? url : S("x"));
	if (saved_read(c, &s))
		abort();
}

/* The field of a form: the same of it, and neither is read as the other. */
static void
try_field(struct call *c, struct str url)
{
	struct saved w = { .url = url, .demanded = 3 }, s;
	struct str field = request_write(c, &w), sealed;
	size_t at;

	if (url.n == 0) {
		if (str_given(field))
			abort();
		return;
	}
	c->arg[P_SAVED_REQUEST] = c->saved_cookie = field;
	if (saved_read(c, &s) || !request_read(c, &s) || !str_eq(s.url, url) || s.demanded != 3)
		abort();
	c->arg[P_SAVED_REQUEST] = saved_write(c, &w);
	if (request_read(c, &s) || !b64url_decode(c->mem, field, &sealed))
		abort();
	at = (url.n * 7 + (unsigned char)url.p[0]) % (sealed.n * 8);
	sealed = arena_dup(c->mem, sealed);
	((char *)(uintptr_t)sealed.p)[at / 8] ^= (char)(1 << at % 8);
	c->arg[P_SAVED_REQUEST] = b64url_encode(c->mem, sealed);
	if (request_read(c, &s))
		abort();
	c->arg[P_SAVED_REQUEST] = str_sub(field, 0, at % field.n);
	if (request_read(c, &s))
		abort();
	c->arg[P_SAVED_REQUEST] = STR_ABSENT;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct token_key seven = { .secret = { 7 } }, eight = { .secret = { 8 } };
	struct keyring ring = { .token_keys = &seven, .n_token_keys = 1 }, other = { .token_keys = &eight, .n_token_keys = 1 };
	struct policy policy = { 0 };
	struct issuer i = { .name = S("desk"), .policy = &policy, .keys = &ring }, j = { .name = S("desk2"), .policy = &policy, .keys = &ring };
	struct str input = str_span(data, size);
	struct arena mem;
	struct call c = { .mem = &mem, .issuer = &i, .now_s = NOW };
	struct saved s;

	if (size > 16 * 1024)
		return 0;
	arena_init(&mem, 4 * 1024 * 1024);
	c.saved_cookie = input;
	if (saved_read(&c, &s))
		abort();
	try_plain(&c, input);
	try_spoilt(&c, input);
	c.arg[P_SAVED_REQUEST] = input;
	if (request_read(&c, &s))
		abort();
	try_field(&c, input);
	s = (struct saved){ .url = input };
	c.saved_cookie = saved_write(&c, &s);
	c.issuer = &j;                                  /* another issuer's, another key's */
	if (saved_read(&c, &s))
		abort();
	c.issuer = &i;
	i.keys = &other;
	if (saved_read(&c, &s))
		abort();
	arena_free(&mem);
	return 0;
}
