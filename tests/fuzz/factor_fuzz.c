/*
 * tests/fuzz/factor_fuzz.c - what a page of a second factor sends: the half login of its form, which no one makes without the key, and
 * then what stands under a good seal; a one-time password and a recovery code, as somebody types them.
 */
#include "oauth/session/factor_kinds.h"

#define NOW  1700000000
#define HEAD 57

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int64_t
number_at(struct str s, size_t at)
{
	uint64_t n = 0;

	for (size_t i = 0; i < 8; i++)
		n = n << 8 | (unsigned char)s.p[at + i];
	return (int64_t)n;
}

/* Each behind two bytes of length; *rest is what follows. */
static bool
texts_of(struct str *rest, struct str texts[4])
{
	for (size_t i = 0; i < 4; i++) {
		size_t n = rest->n >= 2 ? (size_t)(unsigned char)rest->p[0] * 256 + (unsigned char)rest->p[1] : SIZE_MAX;

		if (rest->n < 2 || n > rest->n - 2)
			return false;
		texts[i] = str_sub(*rest, 2, n);
		*rest = str_from(*rest, 2 + n);
	}
	return true;
}

/* Any plain text under the right seal: what stands there, or nothing. */
static void
try_plain(struct call *c, struct str plain)
{
	struct str sealed = seal(c->mem, c->issuer->keys->token_keys[0].secret, ARENA_CAT(c->mem, S("half login 3 "), c->issuer->name), plain);
	struct str nonce = plain.n >= HEAD ? str_sub(plain, 32, 16) : S("0123456789abcdef");
	struct half_login h;
	bool good = half_read(c, HALF_FACTOR, b64url_encode(c->mem, sealed), nonce, &h);
	struct str texts[4], amr = plain.n >= HEAD ? str_from(plain, HEAD) : STR_ABSENT;
	bool whole = texts_of(&amr, texts);
	int64_t at = plain.n >= HEAD ? number_at(plain, 0) : 0;

	if (good != (whole && at >= NOW - HALF_TTL_S && at <= NOW + HALF_TTL_S))
		abort();
	if (good && (h.begun_s != at || h.auth_s != number_at(plain, HEAD - 8) || h.version != number_at(plain, 8) || memcmp(h.user.b, plain.p + 16, 16) != 0 || h.by_password != (plain.p[48] != 0)
	    || !str_eq(h.account_type, texts[0]) || !str_eq(h.link.provider, texts[1])
	    || !str_eq(h.link.subject, texts[2]) || !str_eq(h.link.shown, texts[3]) || !str_eq(h.amr, amr)))
		abort();
}

static bool
is_code(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
	return text.n == 6;
}

/* A code is right only as six digits; a recovery code of nobody's never is. */
static void
try_typed(struct call *c, struct str text)
{
	static struct factor_set has;
	struct user u = { .realm = S("r") };
	struct factor_try t = { .u = &u, .has = &has, .code = text };
	struct ops o = { .n = 0 };

	if (totp_step(S("12345678901234567890"), NOW, 0, text) != 0 && !is_code(text))
		abort();
	has.n = 1;
	has.at[0] = (struct factor){ .kind = S("recovery"), .data = S("00") };
	if (recovery_check(c, &t, &o) || o.n > 0 || c->why != R_NONE)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct token_key seven = { .secret = { 7 } };
	struct keyring ring = { .token_keys = &seven, .n_token_keys = 1 };
	struct policy policy = { 0 };
	struct issuer i = { .name = S("desk"), .policy = &policy, .keys = &ring };
	struct services svc = { .store = NULL };
	struct str input = str_span(data, size);
	struct arena mem;
	struct call c = { .mem = &mem, .issuer = &i, .svc = &svc, .now_s = NOW };
	struct half_login h;

	if (size > 16 * 1024)
		return 0;
	arena_init(&mem, 4 * 1024 * 1024);
	if (half_read(&c, HALF_FACTOR, input, S("0123456789abcdef"), &h))
		abort();
	try_plain(&c, input);
	try_typed(&c, input);
	arena_free(&mem);
	return 0;
}
