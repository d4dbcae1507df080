/* oauth/person_export.c - all that is stored of a person, as one document. */
#include "login/login.h"
#include "oauth/person.h"

#define ROWS_MAX 100            /* of one page of a list */
#define ROWS_MEM (16u * 1024 * 1024)

/* What is being written, and the memory of the page of rows that is looked at. */
struct exporting { const struct person_asked *p; struct buf *b; struct arena rows, page; };

static bool
is_over(const struct exporting *e, int64_t expires_s)
{
	return expires_s > 0 && expires_s <= e->p->now_s;
}

static bool
is_elsewhere(const struct exporting *e, struct str issuer)
{
	return str_has_word(e->p->elsewhere, issuer, ' ');
}

static bool
put_facts(struct exporting *e)
{
	const struct user *u = e->p->user;
	struct throttle t = { .failures = 0 }, key = person_failures(u, u->name);
	enum store_found found = store_throttle(e->p->store, key.kind, &key.key, &t);
	struct user_counts n;

	if (found == FIND_FAILED
	    || store_user_counts(e->p->store, &u->id, e->p->elsewhere, e->p->now_s, &n) != FOUND)
		return false;
	jw_name(e->b, S("user"));
	user_json(e->b, &e->page, u);
	jm_int(e->b, S("failed_logins"), found == FOUND ? t.failures : 0);
	jm_int(e->b, S("messages"), n.waiting);
	return true;
}

/* --- lists: each a page of rows at a time, whose texts are gone with the next ----------------------- */

static bool
put_codes(struct exporting *e)
{
	struct code *rows = arena_array(&e->rows, struct code, ROWS_MAX);
	struct dig32 after;
	int n = ROWS_MAX;

	for (bool first = true; n == ROWS_MAX && rows != NULL; first = false, arena_reset(&e->page)) {
		n = store_codes(e->p->store, &e->page, &e->p->user->id, first ? NULL : &after, ROWS_MAX, rows);
		for (int i = 0; i < n; i++)
			if (!is_elsewhere(e, rows[i].auth.issuer))
				code_json(e->b, &rows[i]);
		if (n > 0)
			after = rows[n - 1].digest;
	}
	return rows != NULL && n >= 0;
}

static bool
put_sessions(struct exporting *e)
{
	struct session *rows = arena_array(&e->rows, struct session, ROWS_MAX);
	struct dig32 after;
	int n = ROWS_MAX;

	for (bool first = true; n == ROWS_MAX && rows != NULL; first = false, arena_reset(&e->page)) {
		n = store_sessions(e->p->store, &e->page, &e->p->user->id, first ? NULL : &after, ROWS_MAX, rows);
		for (int i = 0; i < n; i++)
			if (!is_elsewhere(e, rows[i].issuer) && !is_over(e, rows[i].expires_s))
				session_json(e->b, &e->page, &rows[i], false);
		if (n > 0)
			after = rows[n - 1].digest;
	}
	return rows != NULL && n >= 0;
}

/* Of one family, or (NULL) those that stem from none. */
static bool
put_tokens_of(struct exporting *e, const struct id16 *family)
{
	struct token *rows = arena_array(&e->page, struct token, ROWS_MAX);
	struct token_walk w = { .family = family, .user = family != NULL ? NULL : &e->p->user->id };
	int n = ROWS_MAX;

	while (n == ROWS_MAX && rows != NULL) {
		n = store_tokens(e->p->store, &e->page, &w, ROWS_MAX, rows);
		for (int i = 0; i < n; i++)
			if ((family != NULL || id_none(&rows[i].family)) && !is_elsewhere(e, rows[i].auth.issuer)
			    && !is_over(e, rows[i].expires_s))
				token_json(e->b, &e->page, &rows[i], family);
		if (n > 0)
			w.after = rows[n - 1].id;
	}
	return rows != NULL && n >= 0;
}

/* One family at a time: where the next begins is kept beside the page. */
static bool
put_tokens(struct exporting *e)
{
	struct family_walk w = { .user = &e->p->user->id };
	struct family f;
	char client[1024];
	int n;

	while ((n = store_families(e->p->store, &e->page, &w, 1, &f)) == 1) {
		if (!is_elsewhere(e, f.auth.issuer) && f.state == FAMILY_LIVE) {
			if (!is_over(e, f.expires_s))
				family_json(e->b, &e->page, &f);
			if (!put_tokens_of(e, &f.id))
				return false;
		}
		if (f.auth.client.n > sizeof client)
			return false;
		memcpy(client, f.auth.client.p, f.auth.client.n);
		w.after = (struct family){ .id = f.id, .auth.client = str_span(client, f.auth.client.n) };
		arena_reset(&e->page);
	}
	return n == 0 && put_tokens_of(e, NULL);
}

static bool
put_approvals(struct exporting *e)
{
	struct approval_walk w = { .user = &e->p->user->id, .client = STR_ABSENT, .now_s = e->p->now_s };
	struct approval *rows = arena_array(&e->rows, struct approval, ROWS_MAX);
	int n = ROWS_MAX;

	while (n == ROWS_MAX && rows != NULL) {
		n = store_approval_rows(e->p->store, &e->rows, &w, ROWS_MAX, rows);
		for (int i = 0; i < n; i++)
			if (!is_elsewhere(e, rows[i].issuer))
				approval_json(e->b, &e->page, &rows[i], e->p->user->name);
		if (n > 0)
			w.after = rows[n - 1];
	}
	return rows != NULL && n >= 0;
}

/* --- what a login is proven by beside the password: what there is, never a secret -------------------- */

#define FACTORS_READ 64
#define DEVICES_READ 200

static bool
put_factors(struct exporting *e)
{
	struct factor *rows = arena_array(&e->rows, struct factor, FACTORS_READ);
	const struct user *u = e->p->user;
	int n = rows == NULL ? -1 : store_factors(e->p->store, &e->page, u->realm, &u->id, FACTORS_READ, rows);

	for (int i = 0; i < n; i++)
		factor_json(e->b, &e->page, &rows[i]);
	return n >= 0;
}

static bool
put_devices(struct exporting *e)
{
	struct trusted_device *rows = arena_array(&e->rows, struct trusted_device, DEVICES_READ);
	int n = rows == NULL ? -1 : store_devices(e->p->store, &e->page, &e->p->user->id, DEVICES_READ, rows);

	for (int i = 0; i < n; i++)
		if (!is_elsewhere(e, rows[i].issuer) && !is_over(e, rows[i].expires_s))
			device_json(e->b, &rows[i]);
	return n >= 0;
}

static bool
put_identities(struct exporting *e)
{
	struct identity_walk w = { .realm = e->p->user->realm, .user = &e->p->user->id };
	struct identity *rows = arena_array(&e->rows, struct identity, ROWS_MAX);
	int n = ROWS_MAX;

	while (n == ROWS_MAX && rows != NULL) {
		n = store_identities(e->p->store, &e->rows, &w, ROWS_MAX, rows);
		for (int i = 0; i < n; i++)
			identity_json(e->b, &rows[i]);
		if (n > 0)
			w.after = rows[n - 1];
	}
	return rows != NULL && n >= 0;
}

static bool
put_ended(struct exporting *e)
{
	struct ended_session *rows = arena_array(&e->rows, struct ended_session, ROWS_MAX);
	struct dig32 after;
	int n = ROWS_MAX;

	for (bool first = true; n == ROWS_MAX && rows != NULL; first = false, arena_reset(&e->page)) {
		n = store_ended_sessions(e->p->store, &e->page, &e->p->user->id, first ? NULL : &after, ROWS_MAX, rows);
		for (int i = 0; i < n; i++)
			if (!is_elsewhere(e, rows[i].issuer) && !is_over(e, rows[i].expires_s))
				ended_session_json(e->b, &e->page, &rows[i], false);
		if (n > 0)
			after = rows[n - 1].digest;
	}
	return rows != NULL && n >= 0;
}

/* Of the clients that act for the person only the ids: the rest is not the person's. */
static bool
put_acting(struct exporting *e)
{
	for (size_t i = 0; i < e->p->n_clients; i++)
		if (str_eq(e->p->clients[i].acts_for, e->p->user->name))
			ja_str(e->b, e->p->clients[i].id);
	return true;
}

/* --- the whole ------------------------------------------------------------------------------------- */

struct list { struct str name; bool (*put)(struct exporting *e); };

static const struct list beside[] = { { S("factors"), put_factors }, { S("devices"), put_devices },
	{ S("identities"), put_identities }, { S("ended_sessions"), put_ended } };

static void
exporting_begin(struct exporting *e, const struct person_asked *p, struct buf *b)
{
	*e = (struct exporting){ .p = p, .b = b };
	arena_init(&e->rows, ROWS_MEM);
	arena_init(&e->page, ROWS_MEM);
}

static void
exporting_end(struct exporting *e)
{
	arena_free(&e->rows);
	arena_free(&e->page);
}

static bool
lists_put(struct exporting *e, const struct list *lists, size_t n)
{
	bool ok = true;

	for (size_t i = 0; ok && i < n; i++) {
		jw_name(e->b, lists[i].name);
		jw_open(e->b, '[');
		ok = lists[i].put(e);
		jw_close(e->b, ']');
		arena_reset(&e->page);
		arena_reset(&e->rows);
	}
	return ok;
}

bool
person_export(const struct person_asked *p, struct buf *b)
{
	static const struct list lists[] = {
		{ S("codes"), put_codes }, { S("sessions"), put_sessions }, { S("tokens"), put_tokens },
		{ S("approvals"), put_approvals }, { S("acted_for_by"), put_acting },
	};
	struct exporting e;
	bool ok;

	exporting_begin(&e, p, b);
	jw_open(b, '{');
	ok = put_facts(&e) && lists_put(&e, beside, COUNT(beside)) && lists_put(&e, lists, COUNT(lists));
	jw_close(b, '}');
	exporting_end(&e);
	return ok;
}

bool
person_beside(const struct person_asked *p, struct buf *b)
{
	struct exporting e;
	bool ok;

	exporting_begin(&e, p, b);
	ok = lists_put(&e, beside, COUNT(beside));
	exporting_end(&e);
	return ok;
}
