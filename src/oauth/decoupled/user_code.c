/*
 * oauth/decoupled/user_code.c - codes that people read from one screen, say aloud, and type on another. RFC 8628
 * sections 5.1, 6.1: consonants alone make no words, and case, blanks and dashes say nothing.
 */
#include "oauth/decoupled/decoupled.h"

#define ALPHABET "BCDFGHJKLMNPQRSTVWXZ"
#define GROUP    4
#define TYPED_MAX 200                   /* bytes; more is no code */

static struct str
grouped(struct arena *mem, const char letters[USER_CODE_LETTERS])
{
	return ARENA_CAT(mem, str_span(letters, GROUP), S("-"), str_span(letters + GROUP, USER_CODE_LETTERS - GROUP));
}

struct str
user_code_draw(struct arena *mem)
{
	char letters[USER_CODE_LETTERS];

	for (size_t i = 0; i < sizeof letters; i++)
		letters[i] = ALPHABET[rand_below(sizeof ALPHABET - 1)];
	return grouped(mem, letters);
}

/* A character of the blocks that input methods put in place of ASCII: U+FF01 to FF5E are 0x21 to 0x7e. */
static int
narrow(const unsigned char *p, size_t n)
{
	if (n == 1)
		return p[0];
	if (n == 3 && p[0] == 0xef && p[1] == 0xbc && p[2] >= 0x81)
		return p[2] - 0x81 + 0x21;
	if (n == 3 && p[0] == 0xef && p[1] == 0xbd && p[2] <= 0x9e)
		return p[2] - 0x80 + 0x60;
	return -1;
}

/* Blanks and dashes of every width: U+00A0, 00AD, 2000 to 2015, 202F, 2212, 3000, 30FC. */
static bool
is_between(const unsigned char *p, size_t n, int ascii)
{
	if (ascii >= 0)
		return ascii == ' ' || ascii == '-' || ascii == '\t' || ascii == '_' || ascii == '.';
	if (n == 2)
		return p[0] == 0xc2 && (p[1] == 0xa0 || p[1] == 0xad);
	if (n != 3)
		return false;
	return (p[0] == 0xe2 && p[1] == 0x80 && (p[2] <= 0x95 || p[2] == 0xaf))
	    || (p[0] == 0xe2 && p[1] == 0x88 && p[2] == 0x92)
	    || (p[0] == 0xe3 && p[1] == 0x80 && p[2] == 0x80) || (p[0] == 0xe3 && p[1] == 0x83 && p[2] == 0xbc);
}

static bool
letter_of(int ascii, char *out)
{
	char upper = (char)(ascii >= 'a' && ascii <= 'z' ? ascii - 'a' + 'A' : ascii);

	*out = upper;
	return ascii > 0 && ascii < 0x7f && str_index(S(ALPHABET), upper) >= 0;
}

bool
user_code_read(struct arena *mem, struct str text, struct str *out)
{
	char letters[USER_CODE_LETTERS];
	size_t found = 0;

	if (str_empty(text) || text.n > TYPED_MAX || !str_utf8(text))
		return false;
	while (text.n > 0) {
		size_t n = str_utf8_step(text);
		const unsigned char *p = (const unsigned char *)text.p;
		int ascii = narrow(p, n);
		char letter;

		text = str_from(text, n);
		if (is_between(p, n, ascii))
			continue;
		if (found == USER_CODE_LETTERS || !letter_of(ascii, &letter))
			return false;
		letters[found++] = letter;
	}
	*out = found == USER_CODE_LETTERS ? grouped(mem, letters) : STR_ABSENT;
	return str_given(*out);
}

struct dig32
user_code_digest(const struct call *c, const struct token_key *key, struct str code)
{
	struct dig32 d;

	HMAC256(d.b, token_key_str(key), S("user_code"), S("\0"), c->issuer->name, S("\0"), code);
	return d;
}

bool
user_code_find(struct call *c, struct str code, struct decoupled *out)
{
	const struct keyring *ring = c->issuer->keys;

	for (size_t k = 0; k < ring->n_token_keys && !ring->token_keys[k].revoked; k++) {
		struct dig32 d = user_code_digest(c, &ring->token_keys[k], code);

		if (store_answered(c, store_decoupled_by_user_code(c->svc->store, c->mem, &d, out)))
			return str_eq(out->auth.issuer, c->issuer->name) && out->state == DECOUPLED_WAITS
			    && !expired(out->expires_s, c->now_s);
		if (c->why != R_NONE)
			return false;
	}
	return false;
}
