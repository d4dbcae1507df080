/*
 * oauth/session/recovery.c - recovery codes: drawn in one set, shown once, stored as digests, each good for one use. Of
 * eighty random bits each, so a plain digest keeps them.
 */
#include "oauth/session/factor_kinds.h"

#define LETTERS 16              /* of 32: five bits each */
#define GROUP    4

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

/* Letters that are taken for digits are; what separates groups is not looked at. False: it is none. */
static bool
letters_of(struct str text, char out[LETTERS])
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		char ch = ascii_lower(text.p[i]);

		if (ch == '-' || ch == ' ')
			continue;
		ch = ch == 'o' ? '0' : ch == 'i' || ch == 'l' ? '1' : ch;
		if (n == LETTERS || ch == 0 || strchr(alphabet, ch) == NULL)
			return false;
		out[n++] = ch;
	}
	return n == LETTERS;
}

static struct str
digest_text(const struct call *c, const struct user *u, const char letters[LETTERS])
{
	struct dig32 d;

	SHA256(d.b, S("recovery code"), u->realm, str_span("", 1), id_str(&u->id), str_span(letters, LETTERS));
	return hex_encode(c->mem, dig_str(&d));
}

bool
recovery_check(struct call *c, const struct factor_try *t, struct ops *o)
{
	const struct factor *right = NULL;
	char letters[LETTERS];
	struct str digest;

	if (!letters_of(t->code, letters))
		return false;
	digest = digest_text(c, t->u, letters);
	for (size_t i = 0; i < t->has->n; i++)
		if (factor_named(t->has->at[i].kind) == FACTOR_RECOVERY && str_eq_secret(t->has->at[i].data, digest))
			right = &t->has->at[i];
	if (right != NULL)
		ops_add(o, OP_FACTOR_SPEND)->factor.row = right;
	return right != NULL;
}

static struct str
draw(struct call *c, char letters[LETTERS])
{
	struct str text = S("");

	for (size_t i = 0; i < LETTERS; i++)
		letters[i] = alphabet[rand_below(sizeof alphabet - 1)];
	for (size_t i = 0; i < LETTERS; i += GROUP)
		text = ARENA_CAT(c->mem, text, i > 0 ? S("-") : S(""), str_span(&letters[i], GROUP));
	return text;
}

bool
recovery_draw(struct call *c, const struct user *u, struct factor **rows, struct str **texts)
{
	char letters[LETTERS];

	*rows = arena_array(c->mem, struct factor, RECOVERY_CODES);
	*texts = arena_array(c->mem, struct str, RECOVERY_CODES);
	if (*rows == NULL || *texts == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	for (size_t i = 0; i < RECOVERY_CODES; i++) {
		(*texts)[i] = draw(c, letters);
		(*rows)[i] = (struct factor){ .id = id_new(), .realm = u->realm, .user = u->id, .kind = S("recovery"),
			.name = S(""), .data = digest_text(c, u, letters), .created_s = c->now_s };
	}
	explicit_bzero(letters, sizeof letters);
	return true;
}
