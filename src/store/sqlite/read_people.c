/* store/sqlite/read_people.c - reads of clients, users, keys, approvals, failure counters. Columns as in sql.def. */
#include "store/sqlite/sqlite_int.h"

static void
client_fill(struct query *q, struct client *c)
{
	*c = (struct client){ 0 };
	c->realm = get_str(q);
	c->id = get_str(q);
	c->name = get_str(q);
	c->secret = get_str(q);
	c->grants = get_str(q);
	c->scopes = get_str(q);
	c->redirect_uris = get_str(q);
	c->auto_approve = get_str(q);
	c->authorities = get_str(q);
	c->resource_ids = get_str(q);
	c->origins = get_str(q);
	c->acts_for = get_str(q);
	c->legacy = get_str(q);
	c->info = get_str(q);
	c->access_ttl_s = get_int(q);
	c->refresh_ttl_s = get_int(q);
	c->enabled = get_int(q) != 0;
	c->created_s = get_int(q);
	c->updated_s = get_int(q);
	c->introspects = get_str(q);
	c->version = get_int(q);
	c->not_before_s = get_int(q);
}

enum store_found
sqlite_client(struct store *s, struct arena *mem, struct str realm, struct str id, struct client *out)
{
	struct query q;
	bool found;

	read_begin(&q, s, mem, SQL_CLIENT);
	bind_str(&q, realm);
	bind_str(&q, id);
	if ((found = query_row(&q)))
		client_fill(&q, out);
	return read_end(&q, s, found);
}

int
sqlite_clients(struct store *s, struct arena *mem, struct str realm, struct str after, int max, struct client *out)
{
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, SQL_CLIENTS);
	bind_str(&q, realm);
	bind_str(&q, str_given(after) ? after : S(""));
	bind_int(&q, max);
	for (; n < max && query_row(&q); n++)
		client_fill(&q, &out[n]);
	return read_end_list(&q, s, n);
}

static void
user_fill(struct query *q, struct user *u)
{
	*u = (struct user){ 0 };
	u->realm = get_str(q);
	u->id = get_id(q);
	u->name = get_str(q);
	u->display_name = get_str(q);
	u->phone = get_str(q);
	u->email = get_str(q);
	u->open_id = get_str(q);
	u->account_type = get_str(q);
	u->password = get_str(q);
	u->authorities = get_str(q);
	u->number = get_int(q);
	u->enabled = get_int(q) != 0;
	u->locked = get_int(q) != 0;
	u->created_s = get_int(q);
	u->updated_s = get_int(q);
	u->origin = get_str(q);
	u->version = get_int(q);
	u->not_before_s = get_int(q);
	u->entry = get_str(q);
	u->shut = get_str(q);
	u->mark = get_str(q);
	u->checked_s = get_int(q);
}

static enum store_found
user_by_text(struct store *s, struct arena *mem, enum sql which, struct str realm, struct str text, struct user *out)
{
	struct query q;
	bool found;

	read_begin(&q, s, mem, which);
	bind_str(&q, realm);
	bind_str(&q, text);
	if ((found = query_row(&q)))
		user_fill(&q, out);
	return read_end(&q, s, found);
}

enum store_found
sqlite_user_by_name(struct store *s, struct arena *mem, struct str realm, struct str name, struct user *out)
{
	enum store_found found = user_by_text(s, mem, SQL_USER_BY_NAME, realm, name, out);

	return found == NOT_FOUND ? user_by_text(s, mem, SQL_USER_BY_FOLD, realm, str_fold(mem, name), out) : found;
}

enum store_found
sqlite_user_by_phone(struct store *s, struct arena *mem, struct str realm, struct str phone, struct user *out)
{
	return user_by_text(s, mem, SQL_USER_BY_PHONE, realm, phone, out);
}

enum store_found
sqlite_user_by_open_id(struct store *s, struct arena *mem, struct str realm, struct str open_id, struct user *out)
{
	return user_by_text(s, mem, SQL_USER_BY_OPEN_ID, realm, open_id, out);
}

enum store_found
sqlite_user_by_id(struct store *s, struct arena *mem, struct str realm, const struct id16 *id, struct user *out)
{
	struct query q;
	bool found;

	read_begin(&q, s, mem, SQL_USER_BY_ID);
	bind_str(&q, realm);
	bind_blob(&q, id_str(id));
	if ((found = query_row(&q)))
		user_fill(&q, out);
	return read_end(&q, s, found);
}

int
sqlite_users(struct store *s, struct arena *mem, struct str realm, struct str after, int max, struct user *out)
{
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, SQL_USERS);
	bind_str(&q, realm);
	bind_str(&q, str_given(after) ? after : S(""));
	bind_int(&q, max);
	for (; n < max && query_row(&q); n++)
		user_fill(&q, &out[n]);
	return read_end_list(&q, s, n);
}

int
sqlite_realms(struct store *s, struct arena *mem, int max, struct str *out)
{
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, SQL_REALMS);
	bind_int(&q, max);
	for (; n < max && query_row(&q); n++)
		out[n] = get_str(&q);
	return read_end_list(&q, s, n);
}

int
sqlite_keys(struct store *s, struct arena *mem, struct str issuer, int max, struct key_row *out)
{
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, SQL_KEYS);
	bind_str(&q, issuer);
	bind_int(&q, max);
	for (; n < max && query_row(&q); n++) {
		struct key_row *k = &out[n];

		k->issuer = get_str(&q);
		k->kid = get_str(&q);
		k->alg = get_str(&q);
		k->state = get_str(&q);
		k->sealed = get_blob(&q);
		k->created_s = get_int(&q);
		k->active_s = get_int(&q);
		k->retired_s = get_int(&q);
	}
	return read_end_list(&q, s, n);
}

enum store_found
sqlite_has_keys(struct store *s)
{
	struct query q;

	read_begin(&q, s, NULL, SQL_KEYS_ANY);
	return read_end(&q, s, query_row(&q));
}

enum store_found
sqlite_jti_family(struct store *s, const struct dig32 *jti, struct id16 *family)
{
	struct query q;
	bool found;

	read_begin(&q, s, NULL, SQL_JTI_FAMILY);
	bind_dig(&q, jti);
	if ((found = query_row(&q)))
		*family = get_id(&q);
	return read_end(&q, s, found);
}

enum store_found
sqlite_throttle(struct store *s, char kind, const struct dig32 *key, struct throttle *out)
{
	struct query q;
	bool found;

	read_begin(&q, s, NULL, SQL_THROTTLE);
	bind_int(&q, kind);
	bind_dig(&q, key);
	if ((found = query_row(&q))) {
		out->kind = kind;
		out->key = *key;
		out->failures = get_int(&q);
		out->first_s = get_int(&q);
		out->until_ms = get_int(&q);
	}
	return read_end(&q, s, found);
}

/* --- scopes: several rows joined, each word once --------------------------------------------------------------------------- */

static void
words_add(struct buf *b, struct str words)
{
	struct str w;

	while (str_given(words) && str_given(w = str_cut(&words, ' '))) {
		if (str_empty(w) || str_has_word(buf_str(b), w, ' '))
			continue;
		if (b->n > 0)
			buf_putc(b, ' ');
		buf_put(b, w);
	}
}

#define SCOPES_MAX 65536
struct scope_key { struct str issuer; const struct id16 *user; struct str client; int64_t now_s; };
static enum store_found
scopes_of(struct store *s, struct arena *mem, enum sql which, const struct scope_key *k, struct str *scopes)
{
	struct query q;
	struct buf b;
	bool found = false;

	buf_init(&b, mem, SCOPES_MAX);
	read_begin(&q, s, mem, which);
	bind_blob(&q, id_str(k->user));
	bind_str(&q, k->issuer);
	bind_str(&q, k->client);
	bind_int(&q, k->now_s);
	for (; query_row(&q); found = true)
		words_add(&b, get_str(&q));
	*scopes = buf_str(&b);
	return read_end(&q, s, found) == FIND_FAILED || b.full ? FIND_FAILED : found ? FOUND : NOT_FOUND;
}

enum store_found
sqlite_approvals(struct store *s, struct arena *mem, struct str issuer, const struct id16 *user, struct str client, int64_t now_s, struct str *scopes)
{
	return scopes_of(s, mem, SQL_APPROVALS, &(struct scope_key){ issuer, user, client, now_s }, scopes);
}

enum store_found
sqlite_live_scopes(struct store *s, struct arena *mem, struct str issuer, const struct id16 *user, struct str client, int64_t now_s, struct str *scopes)
{
	return scopes_of(s, mem, SQL_LIVE_SCOPES, &(struct scope_key){ issuer, user, client, now_s }, scopes);
}

int
sqlite_approval_rows(struct store *s, struct arena *mem, const struct approval_walk *w, int max, struct approval *out)
{
	bool of_client = w->user == NULL && str_given(w->client);
	const struct approval *after = &w->after;
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, w->user != NULL ? SQL_APPROVAL_ROWS_USER : of_client ? SQL_APPROVAL_ROWS_CLIENT : SQL_APPROVAL_ROWS);
	bind_int(&q, w->now_s);
	bind_int(&q, max);
	bind_blob(&q, id_str(&after->user));
	bind_str(&q, str_given(after->issuer) ? after->issuer : S(""));
	bind_str(&q, str_given(after->client) ? after->client : S(""));
	if (w->user != NULL)
		bind_blob(&q, id_str(w->user));
	else if (of_client)
		bind_str(&q, w->client);
	for (; n < max && query_row(&q); n++) {
		out[n].user = get_id(&q);
		out[n].issuer = get_str(&q);
		out[n].client = get_str(&q);
		out[n].scope = get_str(&q);
		out[n].expires_s = get_int(&q);
	}
	return read_end_list(&q, s, n);
}

enum store_found
sqlite_user_counts(struct store *s, const struct id16 *user, struct str elsewhere, int64_t now_s, struct user_counts *out)
{
	struct query q;
	bool found;

	read_begin(&q, s, NULL, SQL_USER_COUNTS);
	bind_blob(&q, id_str(user));
	bind_str(&q, elsewhere);
	bind_int(&q, now_s);
	if ((found = query_row(&q))) {
		out->sessions = get_int(&q);
		out->codes = get_int(&q);
		out->families = get_int(&q);
		out->tokens = get_int(&q);
		out->approvals = get_int(&q);
		out->waiting = get_int(&q);
		out->seen_s = get_int(&q);
	}
	return read_end(&q, s, found);
}
