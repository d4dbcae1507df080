/*
 * oauth/logout.c - a logout everywhere: which tokens end with the one that was removed, and which clients are told.
 *
 * Opaque tokens are found by their rows and their texts made again; one that was imported is only a digest here, so it ends unnamed.
 * JWTs have no rows: of these, and of a client's own tokens, only the one that was removed is told, to its client.
 */
#include "oauth/oauth_int.h"

#define NAMED_MAX  64           /* tokens of one user at one client that are named; the others end all the same */
#define TOKENS_MAX 4096
#define URLS_MAX   16           /* addresses of one client */

static void
name_token(struct buf *b, struct str text)
{
	if (b->n > 0)
		buf_putc(b, ',');
	buf_put(b, text);
}

/* The text of an opaque token; absent when it is not ours to know. */
static struct str
text_of_row(struct call *c, const struct token *row)
{
	struct str text = access_text(c->issuer, c->mem, &row->id);
	struct dig32 digest;

	if (!row->has_digest)
		return text;
	digest = digest_of(c->issuer, S("access"), text);
	return str_eq(dig_str(&digest), dig_str(&row->digest)) ? text : STR_ABSENT;
}

static bool
rows_are_named(struct call *c, const struct client *k, const struct user *u, struct str first, struct token *rows, struct buf *b, bool *any)
{
	int n = store_tokens_of(c->svc->store, c->mem, c->issuer->name, &u->id, k->id, c->now_s, NAMED_MAX, rows);

	if (n < 0)
		return fail(c, R_STORE, S("read"));
	*any = n > 0;
	for (int i = 0; i < n; i++) {
		struct str text = text_of_row(c, &rows[i]);

		if (str_given(text) && !str_eq(text, first))
			name_token(b, text);
	}
	return true;
}

/* Tokens, and what would refresh them; one commit for a handful of clients. */
static bool
end_at(struct call *c, const struct user *u, const struct farewell *f)
{
	struct family fam[STORE_OPS_MAX];

	for (size_t i = 0; i < f->n;) {
		struct ops o = { .n = 0 };

		for (; i < f->n && o.n < STORE_OPS_MAX; i++) {
			struct family *at = &fam[o.n];

			*at = (struct family){ .issuer = c->issuer->name, .user = u->id, .client = f->told[i].at->client->id };
			ops_add(&o, OP_FAMILIES_REVOKE)->family = at;
		}
		if (!commit_or_fail(c, &o))
			return false;
	}
	return true;
}

bool
logout_spreads(struct call *c, const struct token_facts *f, struct str text, struct farewell *out)
{
	bool by_rows = f->user != NULL && !f->is_jwt;
	size_t n = 0;
	const struct listener *all = realm_listeners(c->issuer->realm, &n);
	struct token *rows = NULL;

	*out = (struct farewell){ .n = 0 };
	if (!c->issuer->law->logout_notices || n == 0)
		return true;
	out->told = arena_array(c->mem, struct ended, n);
	rows = arena_array(c->mem, struct token, NAMED_MAX);
	if (out->told == NULL || rows == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	for (size_t i = 0; i < n; i++) {
		bool owner = str_eq(all[i].client->id, f->client_id), any = owner;
		struct buf b;

		buf_init(&b, c->mem, TOKENS_MAX);
		if (owner)
			name_token(&b, text);
		if (by_rows && !rows_are_named(c, all[i].client, f->user, owner ? text : STR_ABSENT, rows, &b, &any))
			return false;
		if (any)
			out->told[out->n++] = (struct ended){ &all[i], b.full ? STR_ABSENT : buf_str(&b) };
	}
	return !by_rows || end_at(c, f->user, out);
}

void
logout_is_told(const struct call *c, const struct farewell *f)
{
	const struct policy *law = c->issuer->law;

	for (size_t i = 0; i < f->n; i++) {
		struct str rest = f->told[i].at->urls, url;
		int left = URLS_MAX;

		while (!str_empty(f->told[i].tokens) && str_given(rest) && left-- > 0) {
			url = str_trim(str_cut(&rest, ','));
			if (!str_empty(url))
				notice_send(c->svc->notices, &(struct notice){ url, f->told[i].tokens, law->logout_notices_private, law->logout_notices_http });
		}
	}
}
