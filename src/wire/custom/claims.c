/*
 * wire/custom/claims.c - the claims of JWT access tokens, `access_claims`. RFC 7519 section 4.1;
 * what oauth/token/inspect.c reads of them stays.
 */
#include "wire/custom/custom.h"

#define CLAIMS_MAX 40

/* What a claim may be, by placeholder; ends with name == NULL. */
struct claim_word { const char *name; enum claim_from from; enum claim_type type; bool user_only; };
static const struct claim_word claim_words[] = {
	{ "iss", FROM_ISS, CLAIM_STRING }, { "sub", FROM_SUB, CLAIM_STRING },
	{ "aud", FROM_AUD, CLAIM_ONE_OR_ARRAY }, { "resource_ids", FROM_RESOURCE_IDS, CLAIM_ARRAY },
	{ "client_id", FROM_CLIENT_ID, CLAIM_STRING }, { "exp", FROM_EXP, CLAIM_NUMBER },
	{ "iat", FROM_IAT, CLAIM_NUMBER }, { "nbf", FROM_NBF, CLAIM_NUMBER },
	{ "jti", FROM_JTI, CLAIM_STRING }, { "scope", FROM_SCOPE, CLAIM_STRING }, { "scopes", FROM_SCOPE, CLAIM_ARRAY },
	{ "user_id", FROM_SUB_USER_ID, CLAIM_STRING, true }, { "user_number", FROM_USER_NUMBER, CLAIM_NUMBER, true },
	{ "user_name", FROM_USER_NAME, CLAIM_STRING, true }, { "authorities", FROM_AUTHORITIES, CLAIM_ARRAY },
	{ "auth_time", FROM_AUTH_TIME, CLAIM_NUMBER, true },
	{ "account_type", FROM_ACCOUNT_TYPE, CLAIM_STRING, true }, { NULL },
};

/*
 * What a token must say about itself, or nobody could look it up, revoke it or know when it ends;
 * and names that mean something to this server: by another meaning a token would be taken for
 * another kind, or for another person.
 */
static const struct { const char *claim, *alternative; enum claim_from from, or_from; bool needed; } fixed[] = {
	{ "jti", NULL, FROM_JTI, FROM_JTI, true },
	{ "exp", NULL, FROM_EXP, FROM_EXP, true },
	{ "scope", "scopes", FROM_SCOPE, FROM_SCOPE, true },
	{ "client_id", NULL, FROM_CLIENT_ID, FROM_CLIENT_ID, true },
	{ "iat", NULL, FROM_IAT, FROM_IAT, false },
	{ "sub", NULL, FROM_SUB, FROM_SUB_USER_ID, false },
	{ "user_name", NULL, FROM_USER_NAME, FROM_USER_NAME, false },
};

static bool
claim_read(struct derive *d, const struct tree *node, struct claim_row *row)
{
	struct nearest near;
	struct str name;
	bool or_null;

	*row = (struct claim_row){ .claim = arena_z(d->mem, node->name), .from = FROM_TEXT, .type = CLAIM_STRING };
	if (str_is(node->name, "ati") || str_is(node->name, "nonce")) {
		wrong(d, "access_claims", node, "this claim marks other kinds of tokens");
		return false;
	}
	if (str_is(node->name, "cnf")) {
		wrong(d, "access_claims", node,
		    "this claim says to which key a token is bound, and stands in those that are");
		return false;
	}
	if (str_is(node->name, "status")) {
		wrong(d, "access_claims", node,
		    "this claim says where the token stands in a status list, and stands in those that do (status_list)");
		return false;
	}
	if (node->kind != TREE_TEXT) {
		wrong(d, "access_claims", node, "write a text or one placeholder, such as \"{user_name}\"");
		return false;
	}
	if (!body_placeholder(node->text, &name, &or_null)) {
		row->text = arena_z(d->mem, node->text);
		return true;
	}
	near = nearest_to(name);
	for (const struct claim_word *w = claim_words; w->name != NULL; w++) {
		nearest_try(&near, str_of(w->name));
		if (!str_is(name, w->name))
			continue;
		row->from = w->from;
		row->type = w->type;
		row->user_only = w->user_only;
		return true;
	}
	wrong_name(d, "access_claims", node, "placeholder", &near);
	return false;
}

static void
check_fixed(struct derive *d, const struct claim_row *rows)
{
	for (size_t i = 0; i < COUNT(fixed); i++) {
		bool found = false;

		for (const struct claim_row *r = rows; r->claim != NULL; r++) {
			if (strcmp(r->claim, fixed[i].claim) != 0
			    && (fixed[i].alternative == NULL || strcmp(r->claim, fixed[i].alternative) != 0))
				continue;
			found = true;
			if (r->from != fixed[i].from && r->from != fixed[i].or_from)
				wrong(d, "access_claims", tree_member(d->spec->access_claims, r->claim),
				    "this claim has a meaning here; write another name, or what it means");
		}
		if (!found && fixed[i].needed)
			wrong(d, "access_claims", NULL, "`%s` is missing: this server reads it", fixed[i].claim);
	}
}

void
read_access_claims(struct derive *d)
{
	const struct tree *map = d->spec->access_claims;
	struct claim_row *rows = map ? arena_array(d->mem, struct claim_row, CLAIMS_MAX + 1) : NULL;
	size_t n = 0;

	if (rows == NULL)
		return;
	if (d->base->strict)
		wrong(d, "access_claims", map, "%s is strict: its tokens are those of RFC 9068", d->base->name);
	for (size_t i = 0; i < map->n; i++) {
		if (n == CLAIMS_MAX) {
			wrong(d, "access_claims", NULL, "there are more than %d claims", CLAIMS_MAX);
			break;
		}
		n += claim_read(d, &map->at[i], &rows[n]);
	}
	rows[n] = (struct claim_row){ 0 };
	check_fixed(d, rows);
	d->w->policy.token.access_claims = rows;
}

static const char *
word_of_claim(const struct claim_row *r)
{
	for (const struct claim_word *w = claim_words; w->name != NULL; w++)
		if (w->from == r->from && w->type == r->type)
			return w->name;
	return NULL;
}

/* Of a built-in dialect as a comment: some of its claims are made by rules of their own. */
void
show_access_claims(struct buf *b, const struct wire *w, const struct wire *base)
{
	bool own = base && w->policy.token.access_claims != base->policy.token.access_claims;

	if (w->policy.token.access_claims == NULL)
		return;
	buf_put(b, own ? S("    access_claims:\n") : S("    # access_claims:\n"));
	for (const struct claim_row *r = w->policy.token.access_claims; r->claim != NULL; r++) {
		const char *word = word_of_claim(r);

		put_key(b, own ? "      " : "    #   ", str_of(r->claim));
		if (r->from == FROM_TEXT)
			buf_json(b, str_of(r->text));
		else
			buf_printf(b, "\"{%s}\"", word ? word : "...");
		buf_putc(b, '\n');
	}
}
