/*
 * oauth/token/logout.c - a logout everywhere: which tokens end with the one that was removed, and
 * which clients are told.
 *
 * Opaque tokens are found by their rows and their texts made again; one that was imported is only a
 * digest here, so it ends unnamed. JWTs have no rows: of these, and of a client's own tokens, only
 * the one that was removed is told, to its client.
 */
#include "oauth/token/token.h"

#define TOKENS_MAX (URL_MAX / 2)        /* bytes of all that one notice names */
#define NAMED_MAX  (TOKENS_MAX / 28 + 1)        /* tokens of one user at one client: more than find room, so that too many are noticed */
#define LAST_MAX   (STORE_OPS_MAX - 4)  /* room for the end of the token itself */

static void
name_token(struct buf *b, struct str text)
{
	if (b->n > 0)
		buf_putc(b, ',');
	buf_put(b, text);
}

static bool
rows_are_named(struct call *c, const struct client *k, const struct user *u, struct str first,
    struct token *rows, struct buf *b, bool *any)
{
	int n = store_tokens_of(c->svc->store, c->mem, c->issuer->name, &u->id, k->id, c->now_s, NAMED_MAX, rows);

	if (n < 0)
		return fail(c, R_STORE, S("read"));
	*any = n > 0;
	for (int i = 0; i < n; i++) {
		struct str text = access_text_again(c->issuer, c->mem, &rows[i]);

		if (str_given(text) && !str_eq(text, first))
			name_token(b, text);
	}
	return true;
}

/*
 * One slice of what is to be written; the last one is left for the commit that ends the token
 * itself, which is mostly the only one.
 */
static struct store_op *
slice_add(struct call *c, struct logout_notices *out, enum store_op_kind kind)
{
	if (out->last.n == LAST_MAX) {
		if (!commit_or_fail(c, &out->last))
			return NULL;
		out->last.n = 0;
		out->n_written = out->n_planned;
	}
	if (kind == OP_OUTGOING_ADD)
		out->n_planned++;
	return ops_add(&out->last, kind);
}

/* Tokens, and what would refresh them. */
static bool
end_at(struct call *c, const struct user *u, struct logout_notices *f)
{
	struct family *fam = arena_array(c->mem, struct family, f->n);
	struct store_op *op;

	for (size_t i = 0; fam != NULL && i < f->n; i++) {
		fam[i] = (struct family){ .auth.issuer = c->issuer->name, .auth.user = u->id,
		    .auth.client = f->told[i].at->client->id };
		op = slice_add(c, f, OP_FAMILIES_REVOKE);
		if (op == NULL)
			return false;
		op->family = &fam[i];
	}
	return fam != NULL || fail(c, R_INTERNAL, S("memory"));
}

static size_t
urls_of(const struct logout_notices *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		for (struct str rest = f->told[i].at->urls; str_given(rest); n++)
			str_cut(&rest, ',');
	return n;
}

/* One errand for each address of a client. */
static bool
tell_at(struct call *c, struct logout_notices *f, const struct ended *e)
{
	struct str rest = e->at->urls;

	while (str_given(rest)) {
		struct str url = str_trim(str_cut(&rest, ','));
		struct errand *notice;

		if (str_empty(url))
			continue;
		notice = notice_prepare(c->mem, c->svc->notices, c->issuer->name, url, e->tokens, c->now_s);
		if (notice == NULL)
			return fail(c, R_STORE, SAY("too many notices of a logout wait"));
		f->notices[f->n_notices++] = notice;
	}
	return true;
}

/* Written before what they tell of: of a crash in between, a notice too many comes, and none too few. */
static bool
notices_write(struct call *c, struct logout_notices *f)
{
	f->notices = arena_array(c->mem, struct errand *, urls_of(f));
	if (f->notices == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	for (size_t i = 0; i < f->n; i++)
		if (!str_empty(f->told[i].tokens) && !tell_at(c, f, &f->told[i]))
			return false;
	for (size_t i = 0; i < f->n_notices; i++) {
		struct store_op *op = slice_add(c, f, OP_OUTGOING_ADD);

		if (op == NULL)
			return false;
		op->outgoing = errand_row(f->notices[i]);
	}
	return true;
}

/* Who has tokens to hear of. A text that is too long for a notice is ended all the same, and that is a line. */
static bool
listener_hears(struct call *c, const struct token_facts *f, struct str text,
    const struct logout_client *l, struct token *rows, struct logout_notices *out)
{
	bool owner = str_eq(l->client->id, f->client_id), any = owner;
	struct buf b;

	buf_init(&b, c->mem, TOKENS_MAX);
	if (owner)
		name_token(&b, text);
	if (rows != NULL && !rows_are_named(c, l->client, f->user, owner ? text : STR_ABSENT, rows, &b, &any))
		return false;
	if (b.full)
		log_warn("client %.*s hears nothing of a logout: the tokens are longer than %d bytes",
		    STR_ARG(l->client->id), TOKENS_MAX);
	if (any)
		out->told[out->n++] = (struct ended){ l, b.full ? STR_ABSENT : buf_str(&b) };
	return true;
}

bool
logout_elsewhere(struct call *c, const struct token_facts *f, struct str text, struct logout_notices *out)
{
	bool by_rows = f->user != NULL && !f->is_jwt;
	size_t n = 0;
	const struct logout_client *all = realm_logout_clients(c->issuer->realm, &n);
	struct token *rows = by_rows ? arena_array(c->mem, struct token, NAMED_MAX) : NULL;

	*out = (struct logout_notices){ .n = 0 };
	if (!c->issuer->policy->logout.notices || n == 0)
		return true;
	out->told = arena_array(c->mem, struct ended, n);
	if (out->told == NULL || (by_rows && rows == NULL))
		return fail(c, R_INTERNAL, S("memory"));
	for (size_t i = 0; i < n; i++)
		if (!listener_hears(c, f, text, &all[i], rows, out))
			return false;
	return (c->svc->notices == NULL || notices_write(c, out)) && (!by_rows || end_at(c, f->user, out));
}

void
logout_notify(const struct call *c, const struct logout_notices *f, bool done)
{
	for (size_t i = 0; i < f->n_notices; i++)
		if (done || i < f->n_written)
			outbox_post(c->svc->notices, f->notices[i]);
		else
			outbox_cancel(c->svc->notices, f->notices[i]);
}
