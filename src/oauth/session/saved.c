/*
 * oauth/session/saved.c - the request that a form is about, while nothing of it is stored. That of
 * the first login page that waits travels in a sealed cookie with the nonce that its forms are held
 * against; each form carries its own as a sealed field, so that every tab goes on with its own and
 * a page that has waited does not lose it.
 */
#include "oauth/session/session.h"

#define SAVED_TTL_S (60 * 60)
#define NONCE_SIZE  16

static struct str
label_of(const struct call *c, const char *kind)
{
	return ARENA_CAT(c->mem, str_of(kind), S(" "), c->issuer->name);
}

struct str
browser_seal(const struct call *c, const char *kind, struct str plain)
{
	return b64url_encode(c->mem, seal(c->mem, token_key_now(c->issuer)->secret, label_of(c, kind), plain));
}

bool
browser_unseal(const struct call *c, const char *kind, struct str text, struct str *plain)
{
	const struct keyring *ring = c->issuer->keys;
	struct str sealed;

	if (str_empty(text) || !b64url_decode(c->mem, text, &sealed))
		return false;
	for (size_t k = 0; k < ring->n_token_keys && !ring->token_keys[k].revoked; k++)
		if (unseal(c->mem, ring->token_keys[k].secret, label_of(c, kind), sealed, plain))
			return true;
	return false;
}

bool
id_unseal(const struct call *c, const char *kind, struct str text, struct id16 *id)
{
	struct str plain;

	if (!browser_unseal(c, kind, text, &plain) || plain.n != sizeof id->b)
		return false;
	memcpy(id->b, plain.p, sizeof id->b);
	return true;
}

#define COOKIE "saved 3"
#define FIELD  "request 1"

/* --- the cookie ------------------------------------------------------------------------------- */

/* Sealed: 16 bytes of nonce, 8 of expiry, 1 of what is demanded, 1 with the length of the name, the name, the URL. */
#define HEAD_SIZE (NONCE_SIZE + 10)
#define NAME_MAX_SIZE 128       /* a longer one is typed again: a cookie has little room */
_Static_assert(PROMPT_COUNT < 8, "what is demanded lies in one byte");

bool
saved_read(const struct call *c, struct saved *out)
{
	struct str plain;
	uint64_t until = 0;
	size_t n_name;

	if (!browser_unseal(c, COOKIE, c->saved_cookie, &plain) || plain.n < HEAD_SIZE)
		return false;
	for (int i = 0; i < 8; i++)
		until = until << 8 | (unsigned char)plain.p[NONCE_SIZE + i];
	if ((int64_t)until < c->now_s)
		return false;
	out->nonce = str_sub(plain, 0, NONCE_SIZE);
	n_name = (unsigned char)plain.p[HEAD_SIZE - 1];
	if (n_name > plain.n - HEAD_SIZE)
		return false;
	out->demanded = (unsigned char)plain.p[HEAD_SIZE - 2];
	out->name = n_name > 0 ? str_sub(plain, HEAD_SIZE, n_name) : STR_ABSENT;
	out->url = str_from(plain, HEAD_SIZE + n_name);
	return true;
}

struct str
saved_write(const struct call *c, struct saved *s)
{
	uint8_t head[HEAD_SIZE];
	uint64_t until = (uint64_t)c->now_s + SAVED_TTL_S;
	struct str name = s->name.n <= NAME_MAX_SIZE && str_utf8(s->name) ? s->name : S("");

	rand_bytes(head, NONCE_SIZE);
	if (str_given(s->nonce))
		memcpy(head, s->nonce.p, NONCE_SIZE);
	for (int i = 0; i < 8; i++)
		head[NONCE_SIZE + i] = (uint8_t)(until >> (56 - 8 * i));
	head[HEAD_SIZE - 2] = (uint8_t)s->demanded;
	head[HEAD_SIZE - 1] = (uint8_t)name.n;
	s->nonce = arena_dup(c->mem, str_span(head, NONCE_SIZE));
	return browser_seal(c, COOKIE, ARENA_CAT(c->mem, str_span(head, sizeof head), name, s->url));
}

/* --- the field -------------------------------------------------------------------------------- */

/* Sealed: 1 byte of what is demanded, the URL. Without an end: it says no more than an address in a bookmark. */
struct str
request_write(const struct call *c, const struct saved *s)
{
	uint8_t demanded = (uint8_t)s->demanded;

	if (str_empty(s->url))
		return STR_ABSENT;
	return browser_seal(c, FIELD, ARENA_CAT(c->mem, str_span(&demanded, 1), s->url));
}

bool
request_read(const struct call *c, struct saved *out)
{
	struct str plain;

	if (!browser_unseal(c, FIELD, c->arg[P_SAVED_REQUEST], &plain) || plain.n < 2)
		return false;
	out->demanded = (unsigned char)plain.p[0];
	out->url = str_from(plain, 1);
	return true;
}

/* --- both ------------------------------------------------------------------------------------- */

static bool
same_request(const struct saved *a, const struct saved *b)
{
	return a->demanded == b->demanded && str_eq(a->url, b->url);
}

bool
saved_of_form(const struct call *c, struct saved *out)
{
	bool nonce;

	*out = (struct saved){ .url = S("") };
	nonce = saved_read(c, out);
	request_read(c, out);
	return nonce;
}

/* A page that waits for a login and can be found again by its address alone. */
static bool
is_plain_page(const struct saved *s)
{
	return str_index(s->url, '?') < 0;
}

bool
login_waits(const struct call *c)
{
	struct saved s;

	saved_of_form(c, &s);
	return !is_plain_page(&s);
}

bool
login_is_demanded(const struct call *c)
{
	struct saved s;

	saved_of_form(c, &s);
	return (s.demanded & BIT(PROMPT_LOGIN)) != 0;
}

/*
 * The address of the first page that waits stays as the manuals print it, for the cookie says what
 * it is about. A second one, of another tab, says so itself, and the cookie stays the first one's.
 */
struct str
saved_begin(struct call *c, struct saved *s)
{
	struct saved old = { .url = S("") };
	bool known = saved_read(c, &old);

	if (known)
		s->nonce = old.nonce;
	if (!c->navigates || is_plain_page(&old) || same_request(&old, s)) {
		c->set_saved = saved_write(c, s);
		return STR_ABSENT;
	}
	old.name = s->name;
	c->set_saved = saved_write(c, &old);
	return request_write(c, s);
}

void
saved_done(struct call *c, const struct saved *done)
{
	struct saved old;

	if (!saved_read(c, &old))
		return;
	old.name = STR_ABSENT;
	if (same_request(&old, done))
		old = (struct saved){ .nonce = old.nonce, .url = S("") };
	c->set_saved = saved_write(c, &old);
}

struct dig32
request_digest(const struct issuer *i, struct str url)
{
	return digest_of(i, S("request"), url);
}
