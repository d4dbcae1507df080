/*
 * admin/manage_import.c - realm.import: rows of an old server's database. Rows that are there already stay as they are, so that a second
 * run changes nothing; with "check" all is judged and nothing written.
 */
#include "admin/manage_int.h"

enum fate { FATE_ADDED, FATE_SAME, FATE_KEPT, FATE_REPLACED, FATE_EXPIRED, FATE_ORPHANED, FATE_REFUSED, FATE_COUNT };
static const char *const fate_names[FATE_COUNT] = { "added", "same", "kept", "replaced", "expired", "orphaned", "refused" };

struct import;
/* The realm's rows become operations one at a time; false: a refusal of the whole order stands in j->out. */
typedef bool row_fn(struct import *m, const json_t *row, struct str place);
/* A row of the file, what was decided of it, and where its operations begin. */
struct row { row_fn *take; const json_t *json; struct str place; enum fate fate; size_t first; int tries; };
struct import {
	struct job *j; struct str realm; bool check, replace; int64_t now_s; int64_t n[FATE_COUNT]; struct buf refused;
	struct row at;                                  /* in hand */
	struct row rows[STORE_OPS_MAX]; size_t n_rows;  /* whose operations wait */
	struct store_op ops[STORE_OPS_MAX]; size_t n_ops;
};

/* The row whose operation lost its race leaves the others. */
static struct row
row_out(struct import *m, size_t lost)
{
	size_t g = m->n_rows - 1, end, n;
	struct row r;

	while (m->rows[g].first > lost)
		g--;
	r = m->rows[g];
	end = g + 1 < m->n_rows ? m->rows[g + 1].first : m->n_ops;
	n = end - r.first;
	memmove(&m->ops[r.first], &m->ops[end], (m->n_ops - end) * sizeof m->ops[0]);
	memmove(&m->rows[g], &m->rows[g + 1], (m->n_rows - g - 1) * sizeof m->rows[0]);
	m->n_ops -= n;
	m->n_rows--;
	for (size_t i = g; i < m->n_rows; i++)
		m->rows[i].first -= n;
	return r;
}

static void
written(struct import *m)
{
	for (size_t i = 0; !m->check && i < m->n_ops; i++)      /* only clients are part of a snapshot */
		m->j->changed = m->j->changed || m->ops[i].kind == OP_CLIENT_ADD || m->ops[i].kind == OP_CLIENT_SET;
	m->n_ops = m->n_rows = 0;
}

/* All that waits; rows that somebody else has changed meanwhile come into *again. */
static bool
commit(struct import *m, struct row *again, size_t *n)
{
	enum store_result r = STORE_LOST;
	size_t lost;

	for (*n = 0; r == STORE_LOST;) {
		r = m->check ? STORE_DONE : store_commit(m->j->store, m->ops, m->n_ops, &lost);
		if (r == STORE_LOST)
			again[(*n)++] = row_out(m, lost);
	}
	if (r == STORE_DONE)
		written(m);
	return r == STORE_DONE || job_store_failed(m->j);
}

static bool refused(struct import *m, struct str place);

/* Each of these is judged anew by what is there now. */
#define TRIES_MAX 8
static bool
flush(struct import *m)
{
	struct row again[STORE_OPS_MAX], at = m->at;
	size_t n;

	if (!commit(m, again, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		m->n[again[i].fate]--;
		m->at = again[i];
		if (m->at.tries++ == TRIES_MAX) {
			job_refuse(m->j, "exists", "give it another id, or import again", "%.*sits id or name is taken, or somebody changes it all the time", STR_ARG(m->at.place));
			if (!refused(m, m->at.place))
				return false;
		} else if (!again[i].take(m, again[i].json, again[i].place) || !flush(m))
			return false;
	}
	m->at = at;
	return true;
}

/* The operations of the row in hand, together in one commit. */
static bool
add(struct import *m, enum fate f, const struct store_op *ops, size_t n)
{
	if (m->n_ops + n > STORE_OPS_MAX && !flush(m))
		return false;
	m->n[f]++;
	m->at.fate = f;
	m->at.first = m->n_ops;
	m->rows[m->n_rows++] = m->at;
	memcpy(&m->ops[m->n_ops], ops, n * sizeof *ops);
	m->n_ops += n;
	return true;
}

/* What was wrong with one row is told beside the others. */
static bool
refused(struct import *m, struct str place)
{
	json_t *answer = json_read(m->j->mem, m->j->out);

	if (answer == NULL || str_is(json_member_str(answer, "code"), "store"))
		return false;
	m->n[FATE_REFUSED]++;
	if (!str_starts(json_member_str(answer, "error"), place))
		ja_str(&m->refused, ARENA_CAT(m->j->mem, place, json_member_str(answer, "error")));
	else
		ja_str(&m->refused, json_member_str(answer, "error"));
	m->j->out = STR_ABSENT;
	return true;
}

/* A secret that the old table held in clear: what is stored already stays when it fits, else it is hashed. */
static bool
clear_hash(struct import *m, struct str clear, struct str old, struct str *out)
{
	struct arena *mem = m->j->mem;

	if (str_given(old) && password_verify(mem, old, clear) <= PASSWORD_OK_REHASH)
		*out = old;
	else
		*out = m->check ? S("{noop}") : password_hash(mem, clear);
	return str_given(*out) || job_refuse(m->j, "invalid", "send less at once", "the request is too large");
}

/* The row without its clear secret, which the loaders would hash at once. */
static json_t *
without(struct import *m, const json_t *row, const char *member, struct str *clear)
{
	json_t *copy = json_copy((json_t *)(uintptr_t)row);

	*clear = json_member_str(row, member);
	if (copy == NULL || !arena_defer(m->j->mem, (void (*)(void *))json_decref, copy))
		return NULL;
	json_object_del(copy, member);
	return copy;
}

static const size_t client_texts[] = {
	offsetof(struct client, name), offsetof(struct client, secret), offsetof(struct client, grants), offsetof(struct client, scopes),
	offsetof(struct client, redirect_uris), offsetof(struct client, auto_approve), offsetof(struct client, authorities), offsetof(struct client, resource_ids),
	offsetof(struct client, origins), offsetof(struct client, acts_for), offsetof(struct client, legacy), offsetof(struct client, info),
	offsetof(struct client, introspects),
};
static const size_t user_texts[] = {
	offsetof(struct user, display_name), offsetof(struct user, phone), offsetof(struct user, email), offsetof(struct user, open_id),
	offsetof(struct user, account_type), offsetof(struct user, password), offsetof(struct user, authorities),
};

static bool
same_texts(const void *a, const void *b, const size_t *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!str_eq(*(const struct str *)((const char *)a + at[i]), *(const struct str *)((const char *)b + at[i])))
			return false;
	return true;
}

static bool
same_client(const struct client *a, const struct client *b)
{
	return same_texts(a, b, client_texts, COUNT(client_texts)) && a->access_ttl_s == b->access_ttl_s && a->refresh_ttl_s == b->refresh_ttl_s
	    && a->enabled == b->enabled;
}

static bool
same_user(const struct user *a, const struct user *b)
{
	return same_texts(a, b, user_texts, COUNT(user_texts)) && a->number == b->number && a->enabled == b->enabled && a->locked == b->locked;
}

/* To be written? */
static bool
decide(struct import *m, bool there, bool same, enum fate *f)
{
	*f = !there ? FATE_ADDED : same ? FATE_SAME : m->replace ? FATE_REPLACED : FATE_KEPT;
	if (*f == FATE_ADDED || *f == FATE_REPLACED)
		return true;
	m->n[*f]++;
	return false;
}

static bool
client_row(struct import *m, const json_t *row, struct str place)
{
	struct client *c = arena_new(m->j->mem, struct client), old;
	struct store_op op;
	struct str clear;
	enum fate f;
	json_t *rest = without(m, row, "secret", &clear);
	bool there;

	if (c == NULL || rest == NULL || !client_load(m->j, rest, m->realm, c, &old, place))
		return str_given(m->j->out) ? refused(m, place) : job_refuse(m->j, "invalid", "send less at once", "the request is too large");
	there = old.version != 0;
	if (str_given(clear) && !clear_hash(m, clear, old.secret, &c->secret))
		return false;
	op = client_op(c);
	return !decide(m, there, there && same_client(c, &old), &f) || add(m, f, &op, 1);
}

static bool
user_row(struct import *m, const json_t *row, struct str place)
{
	struct user *u = arena_new(m->j->mem, struct user), old;
	struct store_op ops[2];
	struct str clear;
	enum fate f;
	json_t *rest = without(m, row, "password", &clear);
	bool there;

	if (u == NULL || rest == NULL || !user_load(m->j, rest, m->realm, u, &old, place))
		return str_given(m->j->out) ? refused(m, place) : job_refuse(m->j, "invalid", "send less at once", "the request is too large");
	there = old.version != 0 && !user_is_shadow(&old);      /* a shadow becomes a user */
	if (str_given(clear) && !clear_hash(m, clear, old.password, &u->password))
		return false;
	return !decide(m, there, there && same_user(u, &old), &f) || add(m, f, ops, user_ops(ops, u, &old));
}

/* --- approvals and live tokens ------------------------------------------------------------------------------------------------ */

/* With what they were read as, for the guards (S6). */
struct owner { struct str issuer, client, user_name; struct id16 user; struct client *client_row; struct user *user_row; };

/* Client and user must be there; while only checking, those of the same import are not yet. False: an orphan, or a refusal in j->out. */
static bool
owner_of(struct import *m, const json_t *row, struct owner *o)
{
	*o = (struct owner){ json_member_str(row, "issuer"), json_member_str(row, "client"), json_member_str(row, "user"), { { 0 } },
		arena_new(m->j->mem, struct client), arena_new(m->j->mem, struct user) };
	if (o->client_row == NULL || o->user_row == NULL)
		return job_refuse(m->j, "invalid", "send less at once", "the request is too large");
	if (str_empty(o->issuer) || str_empty(o->client))
		return job_refuse(m->j, "invalid", "correct the file", "issuer and client are needed");
	if (m->check)
		return true;
	if (store_client(m->j->store, m->j->mem, m->realm, o->client, o->client_row) != FOUND)
		return false;
	if (!str_given(o->user_name))
		return true;
	if (store_user_by_name(m->j->store, m->j->mem, m->realm, o->user_name, o->user_row) != FOUND)
		return false;
	o->user = o->user_row->id;
	return true;
}

static size_t
guards_of(const struct owner *o, struct store_op *ops)
{
	ops[0] = (struct store_op){ .kind = OP_CLIENT_STANDS, .stands = { o->client_row, 0 } };
	ops[1] = (struct store_op){ .kind = OP_USER_STANDS, .user = o->user_row };
	return id_none(&o->user) ? 1 : 2;
}

static bool
orphan(struct import *m, struct str place)
{
	if (str_given(m->j->out))
		return refused(m, place);
	m->n[FATE_ORPHANED]++;
	return true;
}

static bool
approval_row(struct import *m, const json_t *row, struct str place)
{
	struct approval *a = arena_new(m->j->mem, struct approval);
	struct str scopes = STR_ABSENT;
	struct store_op ops[3];
	struct owner o;
	size_t n;

	if (a == NULL || !owner_of(m, row, &o))
		return orphan(m, place);
	*a = (struct approval){ o.issuer, o.client, json_member_str(row, "scope"), o.user, 0 };
	json_member_int(row, "expires_s", &a->expires_s);
	if (str_empty(a->scope))
		return job_refuse(m->j, "invalid", "correct the file", "%.*sa scope is needed", STR_ARG(place)) || refused(m, place);
	if (a->expires_s != 0 && a->expires_s <= m->now_s)
		return m->n[FATE_EXPIRED]++, true;
	if (!m->check && store_approvals(m->j->store, m->j->mem, o.issuer, &o.user, o.client, m->now_s, &scopes) == FOUND && str_has_word(scopes, a->scope, ' '))
		return m->n[FATE_SAME]++, true;
	n = guards_of(&o, ops);
	ops[n++] = (struct store_op){ .kind = OP_APPROVAL_PUT, .approval = a };
	return add(m, FATE_ADDED, ops, n);
}

/* Digest and expiry of one token; absent when there is none or it has expired. */
static bool
digest_read(struct import *m, const json_t *row, const char *name, const char *expires, struct dig32 *d, int64_t *expires_s, bool *late)
{
	struct str hex = json_member_str(row, name), raw;

	*expires_s = 0;
	json_member_int(row, expires, expires_s);
	if (!str_given(hex) || !hex_decode(m->j->mem, hex, &raw) || raw.n != sizeof d->b)
		return false;
	memcpy(d->b, raw.p, sizeof d->b);
	*late = *expires_s != 0 && *expires_s <= m->now_s;
	return !*late;
}

/* An access token, what it can be refreshed by, and the row both hang from: its id follows from the digest, so it is made once. */
struct live { struct owner o; struct dig32 access, refresh; struct id16 id /* of a refresh JWT */; bool has_access, has_refresh, has_id; int64_t access_s, refresh_s; struct str scope; };

static struct family *
family_of(struct import *m, const struct live *l)
{
	struct family *f = arena_new(m->j->mem, struct family);

	if (f == NULL)
		return NULL;
	*f = (struct family){ .issuer = l->o.issuer, .client = l->o.client, .user = l->o.user, .user_name = l->o.user_name, .scope = l->scope, .account_type = S(""),
		.nonce = S(""), .has_digest = l->has_refresh, .digest = l->refresh, .refreshable = l->has_refresh || l->has_id, .auth_s = m->now_s, .issued_s = m->now_s,
		.expires_s = l->has_refresh || l->has_id ? l->refresh_s : l->access_s, .state = FAMILY_LIVE };
	memcpy(f->id.b, l->has_id ? l->id.b : l->has_refresh ? l->refresh.b : l->access.b, sizeof f->id.b);
	return f;
}

static struct token *
token_of(struct import *m, const struct live *l, const struct family *f)
{
	struct token *t = arena_new(m->j->mem, struct token);

	if (t == NULL)
		return NULL;
	*t = (struct token){ .issuer = l->o.issuer, .client = l->o.client, .user = l->o.user, .user_name = l->o.user_name, .scope = l->scope, .account_type = S(""),
		.has_digest = true, .digest = l->access, .issued_s = m->now_s, .expires_s = l->access_s, .keep_s = l->access_s };
	rand_id(t->id.b);
	if (f != NULL)
		t->family = f->id;
	return t;
}

static bool
is_known(struct import *m, const struct live *l, const struct family *f)
{
	struct family old;
	struct token t;

	if (f != NULL)
		return store_family(m->j->store, m->j->mem, &f->id, &old) == FOUND;
	return store_token_by_digest(m->j->store, m->j->mem, &l->access, &t) == FOUND;
}

/* A refresh JWT names what it refreshes. */
static bool
id_read(struct import *m, const json_t *row, struct live *l, bool *late)
{
	struct str id = json_member_str(row, "family");

	if (!str_given(id) || !uuid_read(id, l->id.b) || *late)
		return false;
	*late = l->refresh_s != 0 && l->refresh_s <= m->now_s;
	return !*late;
}

static bool
token_row(struct import *m, const json_t *row, struct str place)
{
	struct live l = { .scope = json_member_str(row, "scope") };
	bool late = false, wants_family;
	struct store_op ops[4];
	size_t n;
	struct family *f = NULL;
	struct token *t = NULL;

	l.has_access = digest_read(m, row, "access", "access_expires_s", &l.access, &l.access_s, &late);
	l.has_refresh = digest_read(m, row, "refresh", "refresh_expires_s", &l.refresh, &l.refresh_s, &late);
	l.has_id = id_read(m, row, &l, &late);
	if (!l.has_access && !l.has_refresh && !l.has_id)
		return late ? (m->n[FATE_EXPIRED]++, true) : job_refuse(m->j, "invalid", "correct the file", "a digest is needed") || refused(m, place);
	if (!owner_of(m, row, &l.o))
		return orphan(m, place);
	wants_family = l.has_refresh || l.has_id || str_given(l.o.user_name);
	l.scope = str_given(l.scope) ? l.scope : S("");
	l.o.user_name = str_given(l.o.user_name) ? l.o.user_name : S("");
	if ((wants_family && (f = family_of(m, &l)) == NULL) || (l.has_access && (t = token_of(m, &l, f)) == NULL))
		return job_refuse(m->j, "invalid", "send less at once", "the request is too large");
	if (is_known(m, &l, f))
		return m->n[FATE_SAME]++, true;
	n = guards_of(&l.o, ops);
	if (f != NULL)
		ops[n++] = (struct store_op){ .kind = OP_FAMILY_ADD, .family = f };
	if (t != NULL)
		ops[n++] = (struct store_op){ .kind = OP_TOKEN_ADD, .token = t };
	return add(m, FATE_ADDED, ops, n);
}

/* --- the order ------------------------------------------------------------------------------------------------------------------ */

static bool
list_run(struct import *m, const char *name, row_fn *take)
{
	const json_t *list = json_object_get(m->j->ask, name), *row;
	size_t i;

	if (list != NULL && !json_is_array(list))
		return job_refuse(m->j, "invalid", "correct the file", "%s must be a list", name);
	json_array_foreach(list, i, row) {
		struct str id = json_member_str(row, "id"), named = str_given(id) ? id : json_member_str(row, "name");
		struct str of = str_given(named) ? named : arena_printf(m->j->mem, "%zu", i);
		m->at = (struct row){ .take = take, .json = row, .place = arena_printf(m->j->mem, "%s: %.*s: ", name, STR_ARG(of)) };
		if (!take(m, row, m->at.place))
			return false;
	}
	return flush(m);
}

bool
realm_import(struct job *j)
{
	static const struct { const char *name; row_fn *take; } lists[] = {
		{ "users", user_row }, { "clients", client_row }, { "approvals", approval_row }, { "tokens", token_row },
	};
	struct import m = { .j = j, .check = json_is_true(json_object_get(j->ask, "check")), .replace = json_is_true(json_object_get(j->ask, "replace")), .now_s = clock_now_s() };
	struct buf b;

	buf_init(&m.refused, j->mem, ANSWER_MAX / 2);
	jw_open(&m.refused, '[');
	if (!job_realm(j, &m.realm))
		return false;
	for (size_t i = 0; i < COUNT(lists); i++)
		if (!list_run(&m, lists[i].name, lists[i].take))
			return str_given(j->out) ? false : job_store_failed(j);
	jw_close(&m.refused, ']');
	answer_open(j, &b);
	for (size_t i = 0; i < FATE_COUNT; i++)
		jm_int(&b, str_of(fate_names[i]), m.n[i]);
	jm_raw(&b, S("why"), buf_str(&m.refused));
	return answer_close(j, &b);
}
