/*
 * oauth/session/half.c - a login that has proven all but one thing: the second factor, or that the password is a fresh one. It is
 * no session and opens nothing: a sealed field of one form, for one browser, for ten minutes; nothing is stored of it, so a
 * restart does not end it.
 */
#include "oauth/session/factor.h"

/* No form takes the other's: what one has asked for, the other does not know of. */
static const char *const kinds[] = { [HALF_FACTOR] = "half login 3", [HALF_PASSWORD] = "password login 1" };
/*
 * 8 bytes of time, 8 of version, 16 each of user and nonce, 1 of bits (a password, two factors), 8 of the login behind
 * it; then texts, each behind its length in 2 bytes; amr.
 */
#define NONCE_SIZE 16
#define HEAD_SIZE (8 + 8 + 16 + NONCE_SIZE + 1 + 8)
#define TEXTS 4                 /* account type; provider, subject and what is shown of the identity */

static void
number_put(uint8_t *at, int64_t n)
{
	for (int i = 0; i < 8; i++)
		at[i] = (uint8_t)((uint64_t)n >> (56 - 8 * i));
}

static int64_t
number_get(const char *at)
{
	uint64_t n = 0;

	for (int i = 0; i < 8; i++)
		n = n << 8 | (unsigned char)at[i];
	return (int64_t)n;
}

static struct str
text_put(const struct call *c, struct str at, struct str text)
{
	char n[2] = { (char)(text.n >> 8), (char)text.n };

	return text.n > UINT16_MAX ? STR_ABSENT : ARENA_CAT(c->mem, at, str_span(n, sizeof n), text);
}

/* False: it is cut off. */
static bool
text_get(struct str *rest, struct str *out)
{
	size_t n;

	if (rest->n < 2)
		return false;
	n = (size_t)(unsigned char)rest->p[0] << 8 | (unsigned char)rest->p[1];
	if (n > rest->n - 2)
		return false;
	*out = str_sub(*rest, 2, n);
	*rest = str_from(*rest, 2 + n);
	return true;
}

struct str
half_write(const struct call *c, const struct half_login *h, struct str nonce)
{
	struct str type = h->account_type.n <= 255 ? h->account_type : S("");
	const struct str texts[TEXTS] = { type, h->link.provider, h->link.subject, h->link.shown };
	uint8_t head[HEAD_SIZE];
	struct str all;

	if (nonce.n != NONCE_SIZE)
		return STR_ABSENT;
	number_put(head, h->begun_s);
	number_put(head + 8, h->version);
	memcpy(head + 16, h->user.b, 16);
	memcpy(head + 32, nonce.p, NONCE_SIZE);
	head[32 + NONCE_SIZE] = (uint8_t)(h->by_password | h->two_factors << 1);
	number_put(head + HEAD_SIZE - 8, h->auth_s);
	all = str_span(head, sizeof head);
	for (size_t i = 0; i < TEXTS && str_given(all); i++)
		all = text_put(c, all, texts[i]);
	return str_given(all) ? browser_seal(c, kinds[h->lacks], ARENA_CAT(c->mem, all, h->amr)) : STR_ABSENT;
}

bool
half_read(const struct call *c, enum half_lacks lacks, struct str text, struct str nonce, struct half_login *out)
{
	struct str plain, rest;

	*out = (struct half_login){ .begun_s = 0 };
	if (!browser_unseal(c, kinds[lacks], text, &plain) || plain.n < HEAD_SIZE
	    || !str_eq_secret(str_sub(plain, 32, NONCE_SIZE), nonce))
		return false;
	rest = str_from(plain, HEAD_SIZE);
	if (!text_get(&rest, &out->account_type) || !text_get(&rest, &out->link.provider)
	    || !text_get(&rest, &out->link.subject) || !text_get(&rest, &out->link.shown))
		return false;
	out->lacks = lacks;
	out->begun_s = number_get(plain.p);
	out->version = number_get(plain.p + 8);
	memcpy(out->user.b, plain.p + 16, 16);
	out->auth_s = number_get(plain.p + HEAD_SIZE - 8);
	out->by_password = plain.p[32 + NONCE_SIZE] & 1;
	out->two_factors = plain.p[32 + NONCE_SIZE] & 2;
	out->amr = rest;
	return c->now_s - out->begun_s <= HALF_TTL_S && out->begun_s - c->now_s <= HALF_TTL_S;
}

bool
half_link(const struct call *c, const struct half_login *h, const struct user *u, struct identity *out)
{
	*out = h->link;
	out->realm = u->realm;
	out->user = u->id;
	out->linked_s = out->last_s = c->now_s;
	return !str_empty(h->link.provider);
}
