/*
 * oauth/session/half.c - a login that has proven all but one thing: the second factor, or that the password is a fresh one. It is
 * no session and opens nothing: a sealed field of one form, for one browser, for ten minutes; nothing is stored of it, so a
 * restart does not end it.
 */
#include "oauth/session/factor.h"

/* No form takes the other's: what one has asked for, the other does not know of. */
static const char *const kinds[] = { [HALF_FACTOR] = "half login 3", [HALF_PASSWORD] = "password login 1" };
/* 8 bytes of time, 8 of version, 16 each of user and nonce, 1 for a password, 8 of the login behind it, 1 with the length of the account type, that, amr */
#define NONCE_SIZE 16
#define HEAD_SIZE (8 + 8 + 16 + NONCE_SIZE + 1 + 8 + 1)

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

struct str
half_write(const struct call *c, const struct half_login *h, struct str nonce)
{
	struct str type = h->account_type.n <= 255 ? h->account_type : S("");
	uint8_t head[HEAD_SIZE];

	if (nonce.n != NONCE_SIZE)
		return STR_ABSENT;
	number_put(head, h->begun_s);
	number_put(head + HEAD_SIZE - 9, h->auth_s);
	number_put(head + 8, h->version);
	memcpy(head + 16, h->user.b, 16);
	memcpy(head + 32, nonce.p, NONCE_SIZE);
	head[32 + NONCE_SIZE] = h->by_password;
	head[HEAD_SIZE - 1] = (uint8_t)type.n;
	return browser_seal(c, kinds[h->lacks], ARENA_CAT(c->mem, str_span(head, sizeof head), type, h->amr));
}

bool
half_read(const struct call *c, enum half_lacks lacks, struct str text, struct str nonce, struct half_login *out)
{
	struct str plain;
	size_t n_type;

	if (!browser_unseal(c, kinds[lacks], text, &plain) || plain.n < HEAD_SIZE
	    || !str_eq_secret(str_sub(plain, 32, NONCE_SIZE), nonce))
		return false;
	n_type = (unsigned char)plain.p[HEAD_SIZE - 1];
	if (n_type > plain.n - HEAD_SIZE)
		return false;
	out->lacks = lacks;
	out->begun_s = number_get(plain.p);
	out->auth_s = number_get(plain.p + HEAD_SIZE - 9);
	out->version = number_get(plain.p + 8);
	memcpy(out->user.b, plain.p + 16, 16);
	out->by_password = plain.p[32 + NONCE_SIZE] != 0;
	out->account_type = str_sub(plain, HEAD_SIZE, n_type);
	out->amr = str_from(plain, HEAD_SIZE + n_type);
	return c->now_s - out->begun_s <= HALF_TTL_S && out->begun_s - c->now_s <= HALF_TTL_S;
}
