/* store/sqlite/read_evidence.c - reads of sessions, pending requests, codes, families, tokens. Columns as in sql.def. */
#include "store/sqlite/sqlite_int.h"

static void
session_fill(struct query *q, struct session *s)
{
	*s = (struct session){ 0 };
	s->digest = get_dig(q, NULL);
	s->issuer = get_str(q);
	s->user = get_id(q);
	s->user_name = get_str(q);
	s->account_type = get_str(q);
	s->auth_s = get_int(q);
	s->seen_s = get_int(q);
	s->expires_s = get_int(q);
	s->address = get_str(q);
	s->agent = get_str(q);
	s->client = get_str(q);
}

static void
pending_fill(struct query *q, struct pending *p)
{
	*p = (struct pending){ 0 };
	p->id = get_id(q);
	p->session = get_dig(q, NULL);
	auth_fill(q, &p->auth);
	p->data = get_str(q);
	p->expires_s = get_int(q);
}

static void
code_fill(struct query *q, struct code *c)
{
	*c = (struct code){ 0 };
	c->digest = get_dig(q, NULL);
	auth_fill(q, &c->auth);
	c->redirect_uri = get_str(q);
	c->redirect_sent = get_int(q) != 0;
	c->challenge = get_str(q);
	c->issued_s = get_int(q);
	c->expires_s = get_int(q);
	c->state = (enum code_state)get_int(q);
	c->family = get_id(q);
}

static void
family_fill(struct query *q, struct family *f)
{
	*f = (struct family){ 0 };
	f->id = get_id(q);
	auth_fill(q, &f->auth);
	f->grant = get_str(q);
	f->digest = get_dig(q, &f->has_digest);
	f->refreshable = get_int(q) != 0;
	f->generation = get_int(q);
	f->rotated_ms = get_int(q);
	f->issued_s = get_int(q);
	f->expires_s = get_int(q);
	f->state = (enum family_state)get_int(q);
}

static void
token_fill(struct query *q, struct token *t)
{
	*t = (struct token){ 0 };
	t->id = get_id(q);
	auth_fill(q, &t->auth);
	t->family = get_id(q);
	t->digest = get_dig(q, &t->has_digest);
	t->reuse = get_dig(q, &t->has_reuse);
	t->issued_s = get_int(q);
	t->expires_s = get_int(q);
	t->keep_s = get_int(q);
}

/* All of these are found by one key of bytes: an id or a digest. */
#define READ_BY(fn, row, fill, which, key_type, key_str) \
	enum store_found \
	fn(struct store *s, struct arena *mem, const struct key_type *key, struct row *out) \
	{ \
		struct query q; \
		bool found; \
		\
		read_begin(&q, s, mem, which); \
		bind_blob(&q, key_str(key)); \
		if ((found = query_row(&q))) \
			fill(&q, out); \
		return read_end(&q, s, found); \
	}
READ_BY(sqlite_session, session, session_fill, SQL_SESSION, dig32, dig_str)
READ_BY(sqlite_pending, pending, pending_fill, SQL_PENDING, id16, id_str)
READ_BY(sqlite_pending_of_session, pending, pending_fill, SQL_PENDING_NEWEST, dig32, dig_str)
READ_BY(sqlite_code, code, code_fill, SQL_CODE, dig32, dig_str)
READ_BY(sqlite_family, family, family_fill, SQL_FAMILY, id16, id_str)
READ_BY(sqlite_family_by_digest, family, family_fill, SQL_FAMILY_BY_DIGEST, dig32, dig_str)
READ_BY(sqlite_token, token, token_fill, SQL_TOKEN, id16, id_str)
READ_BY(sqlite_token_by_digest, token, token_fill, SQL_TOKEN_BY_DIGEST, dig32, dig_str)
READ_BY(sqlite_token_by_reuse, token, token_fill, SQL_TOKEN_BY_REUSE, dig32, dig_str)

enum store_found
sqlite_jti_revoked(struct store *s, const struct dig32 *jti)
{
	struct query q;

	read_begin(&q, s, NULL, SQL_JTI);
	bind_dig(&q, jti);
	return read_end(&q, s, query_row(&q));
}

/* --- pages, each in the order of an index ----------------------------------------------------- */

/* ?1 the row to go on behind, ?2 how many, ?3 whose; the statements say the order. */
static void
page_begin(struct query *q, struct store *s, struct arena *mem, enum sql which, struct str after, int max)
{
	read_begin(q, s, mem, which);
	bind_blob(q, str_given(after) ? after : S(""));
	bind_int(q, max);
}

int
sqlite_sessions(struct store *s, struct arena *mem, const struct id16 *user, const struct dig32 *after, int max,
    struct session *out)
{
	struct query q;
	int n = 0;

	page_begin(&q, s, mem, user != NULL ? SQL_SESSIONS_USER : SQL_SESSIONS,
	    after != NULL ? dig_str(after) : STR_ABSENT, max);
	if (user != NULL)
		bind_blob(&q, id_str(user));
	for (; n < max && query_row(&q); n++)
		session_fill(&q, &out[n]);
	return read_end_list(&q, s, n);
}

int
sqlite_codes(struct store *s, struct arena *mem, const struct id16 *user, const struct dig32 *after, int max,
    struct code *out)
{
	struct query q;
	int n = 0;

	page_begin(&q, s, mem, SQL_CODES_USER, after != NULL ? dig_str(after) : STR_ABSENT, max);
	bind_blob(&q, id_str(user));
	for (; n < max && query_row(&q); n++)
		code_fill(&q, &out[n]);
	return read_end_list(&q, s, n);
}

/* Of a user they are in the order of client and id, so the client of the row before counts too. */
int
sqlite_families(struct store *s, struct arena *mem, const struct family_walk *w, int max, struct family *out)
{
	bool of_client = w->user == NULL && str_given(w->client);
	struct query q;
	int n = 0;

	page_begin(&q, s, mem, w->user != NULL ? SQL_FAMILIES_USER : of_client ? SQL_FAMILIES_CLIENT : SQL_FAMILIES, id_str(&w->after.id), max);
	if (w->user != NULL) {
		bind_blob(&q, id_str(w->user));
		bind_str(&q, str_given(w->after.auth.client) ? w->after.auth.client : S(""));
	} else if (of_client)
		bind_str(&q, w->client);
	for (; n < max && query_row(&q); n++)
		family_fill(&q, &out[n]);
	return read_end_list(&q, s, n);
}

int
sqlite_tokens(struct store *s, struct arena *mem, const struct token_walk *w, int max, struct token *out)
{
	enum sql which = w->family != NULL ? SQL_TOKENS_FAMILY : w->user != NULL ? SQL_TOKENS_USER
	    : str_given(w->client) ? SQL_TOKENS_CLIENT : SQL_TOKENS;
	struct query q;
	int n = 0;

	page_begin(&q, s, mem, which, id_str(&w->after), max);
	if (w->family != NULL || w->user != NULL)
		bind_blob(&q, id_str(w->family != NULL ? w->family : w->user));
	else if (str_given(w->client))
		bind_str(&q, w->client);
	for (; n < max && query_row(&q); n++)
		token_fill(&q, &out[n]);
	return read_end_list(&q, s, n);
}

int
sqlite_tokens_of(struct store *s, struct arena *mem, struct str issuer, const struct id16 *user, struct str client, int64_t now_s, int max, struct token *out)
{
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, SQL_TOKENS_OF);
	bind_blob(&q, id_str(user));
	bind_str(&q, issuer);
	bind_str(&q, client);
	bind_int(&q, now_s);
	bind_int(&q, max);
	for (; n < max && query_row(&q); n++)
		token_fill(&q, &out[n]);
	return read_end_list(&q, s, n);
}
