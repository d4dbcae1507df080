/*
 * manage/import_tokens.c - consents and live tokens of an import: added, followed where the old side
 * went on, ended where it ended them.
 */
#include "manage/import_int.h"

#define TOKENS_LOOKED_AT 200

/* --- whose they are --------------------------------------------------------------------------- */

/*
 * With what they were read as, for the guards (S6). coming: while only checking, client or user
 * come with the same import.
 */
struct owner {
	struct str issuer, client, user_name;
	struct id16 user;
	struct client *client_row;
	struct user *user_row;
	bool coming;
};

/* NOT_FOUND: an orphan. */
static enum store_found
owner_find(struct import *m, const json_t *row, struct owner *o)
{
	bool client_comes = m->j->check && json_is_true(json_object_get(row, "client_comes"));
	bool user_comes = m->j->check && json_is_true(json_object_get(row, "user_comes"));
	enum store_found f = store_client(m->j->store, m->j->mem, m->realm, o->client, o->client_row);

	if (f == FIND_FAILED || (f == NOT_FOUND && !client_comes))
		return f;
	o->coming = f == NOT_FOUND;
	if (!str_given(o->user_name))
		return FOUND;
	f = store_user_by_name(m->j->store, m->j->mem, m->realm, o->user_name, o->user_row);
	if (f == FIND_FAILED || (f == NOT_FOUND && !user_comes))
		return f;
	o->coming = o->coming || f == NOT_FOUND;
	if (f == FOUND)
		o->user = o->user_row->id;
	return FOUND;
}

/* Client and user must be there. False: an orphan, or a refusal in j->out. */
static bool
owner_of(struct import *m, const json_t *row, struct owner *o)
{
	enum store_found f;

	*o = (struct owner){ json_member_str(row, "issuer"), json_member_str(row, "client"),
		json_member_str(row, "user"), { { 0 } }, arena_new(m->j->mem, struct client),
		arena_new(m->j->mem, struct user), false };
	if (o->client_row == NULL || o->user_row == NULL)
		return import_no_memory(m);
	if (str_empty(o->issuer) || str_empty(o->client))
		return job_refuse(m->j, "invalid", "correct the file", "issuer and client are needed");
	f = owner_find(m, row, o);
	return f == FIND_FAILED ? job_store_failed(m->j) : f == FOUND;
}

static size_t
guards_of(const struct owner *o, struct store_op *ops)
{
	ops[0] = (struct store_op){ .kind = OP_CLIENT_STANDS, .stands = { o->client_row, 0 } };
	ops[1] = (struct store_op){ .kind = OP_USER_STANDS, .user = o->user_row };
	return id_none(&o->user) ? 1 : 2;
}

static bool
orphan(struct import *m, const json_t *row, struct str place)
{
	if (str_given(m->j->out))
		return import_refused(m, place);
	return json_is_true(json_object_get(row, "gone")) || import_counted(m, FATE_ORPHANED);
}

static void
told(struct import *m, const char *what, const struct owner *o, const char *field, const char *there,
    const char *here, const char *decision)
{
	struct arena *mem = m->j->mem;
	struct str whose = str_empty(o->user_name) ? S("") : ARENA_CAT(mem, S(" for "), o->user_name);

	import_differs(m,
	    &(struct difference){ ARENA_CAT(mem, str_of(what), S(" of client "), o->client, whose),
		str_of(field), str_of(there), str_of(here), 0, 0, decision });
}

/* What lists and comparisons ask of a remembered row later; the user's name is not kept. */
static json_t *
base_of(struct import *m, const struct owner *o)
{
	json_t *base = import_object(m);

	if (base == NULL || !json_put_str(base, "issuer", o->issuer) || !json_put_str(base, "client", o->client))
		return NULL;
	if (!id_none(&o->user) && !json_put_str(base, "user", uuid_write(m->j->mem, o->user.b)))
		return NULL;
	return base;
}

/* What is remembered goes with the operations of the row. */
static bool
row_write(struct import *m, enum fate f, struct store_op *ops, size_t n, struct imported *r, enum store_op_kind kind)
{
	if (r == NULL)
		return import_no_memory(m);
	ops[n++] = (struct store_op){ .kind = kind, .imported = r };
	return import_add(m, f, ops, n);
}

/* --- consents --------------------------------------------------------------------------------- */

struct consent {
	struct owner o; struct approval *a; struct id16 what;
	struct imported was; const json_t *base; int64_t was_s;         /* as the import before saw it */
	bool here; int64_t here_s;
};

static bool
consent_here(struct import *m, struct consent *c)
{
	enum store_found f = c->o.coming ? NOT_FOUND : store_approval(m->j->store, c->a, &c->here_s);

	c->what = IMPORT_WHAT(m, 'a', c->o.issuer, c->o.client, c->a->scope, c->o.user_name);
	if (f == FIND_FAILED)
		return job_store_failed(m->j);
	c->here = f == FOUND;
	if (!import_recall(m, 'a', &c->what, &c->was, &c->base))
		return false;
	if (c->base != NULL)
		json_member_int(c->base, "expires_s", &c->was_s);
	return true;
}

static bool
consent_put(struct import *m, const struct consent *c, enum fate f)
{
	json_t *base = base_of(m, &c->o);
	struct store_op ops[4];
	size_t n = guards_of(&c->o, ops);

	if (base == NULL || !json_put_str(base, "scope", c->a->scope))
		return import_no_memory(m);
	json_object_set_new(base, "expires_s", json_integer(c->a->expires_s));
	if (f != FATE_SAME)
		ops[n++] = (struct store_op){ .kind = OP_APPROVAL_PUT, .approval = c->a };
	return row_write(m, f, ops, n, import_remember(m, 'a', &c->what, base, 0, c->a->expires_s), OP_IMPORTED_PUT);
}

/* Withdrawn there, or denied since. A consent that was given anew here is another. */
static bool
consent_gone(struct import *m, struct consent *c)
{
	bool ends = c->base != NULL && c->here && (c->here_s == c->was_s || import_overrides(m));
	struct store_op ops[4];
	size_t n = guards_of(&c->o, ops);

	if (c->base == NULL)
		return true;
	c->a->expires_s = c->here_s;
	if (ends)
		ops[n++] = (struct store_op){ .kind = OP_APPROVAL_END, .approval = c->a };
	if (c->here)
		told(m, "approval", &c->o, arena_z(m->j->mem, c->a->scope), "withdrawn",
		    ends ? "approved" : "approved again", ends ? "taken" : "kept");
	if (!c->here)
		return true;
	return row_write(
	    m, ends ? FATE_ENDED : FATE_KEPT, ops, n, import_forgotten(m, 'a', &c->what), OP_IMPORTED_DROP);
}

static bool
consent_compare(struct import *m, struct consent *c)
{
	bool there_changed = c->base == NULL || c->was_s != c->a->expires_s;

	if (!c->here && c->base != NULL && !there_changed && !import_overrides(m)) {
		told(m, "approval", &c->o, arena_z(m->j->mem, c->a->scope), "approved", "withdrawn", "kept");
		return import_counted(m, FATE_KEPT);
	}
	if (!c->here)
		return consent_put(m, c, FATE_ADDED);
	if (c->here_s == c->a->expires_s)
		return there_changed ? consent_put(m, c, FATE_SAME) : import_counted(m, FATE_SAME);
	if (import_overrides(m) || (there_changed && c->base != NULL && c->here_s == c->was_s))
		return consent_put(m, c, import_overrides(m) ? FATE_REPLACED : FATE_UPDATED);
	return import_counted(m, FATE_SAME);            /* approved on both sides, each until its own time */
}

bool
import_approval_row(struct import *m, const json_t *row, struct str place)
{
	struct consent c = { .a = arena_new(m->j->mem, struct approval) };

	if (c.a == NULL)
		return import_no_memory(m);
	if (!owner_of(m, row, &c.o))
		return orphan(m, row, place);
	*c.a = (struct approval){ c.o.issuer, c.o.client, json_member_str(row, "scope"), c.o.user, 0 };
	json_member_int(row, "expires_s", &c.a->expires_s);
	if (str_empty(c.a->scope) || !str_given(c.o.user_name))
		return job_refuse(m->j, "invalid", "correct the file", "%.*sa user and a scope are needed",
			   STR_ARG(place))
		    || import_refused(m, place);
	if (!consent_here(m, &c))
		return false;
	if (json_is_true(json_object_get(row, "gone")))
		return consent_gone(m, &c);
	if (c.a->expires_s != 0 && c.a->expires_s <= m->now_s)
		return import_counted(m, FATE_EXPIRED);
	return consent_compare(m, &c);
}

/* --- live tokens ------------------------------------------------------------------------------ */

/* Digest and expiry of one token; absent when there is none or it has expired. */
static bool
digest_read(struct import *m, const json_t *row, const char *name, const char *expires, struct dig32 *d,
    int64_t *expires_s, bool *late)
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

/*
 * An access token, what it can be refreshed by, and the row both hang from: its id follows from the
 * digest, so it is made once.
 */
struct live {
	struct owner o;
	struct dig32 access, refresh;
	struct id16 id; /* of a refresh JWT */
	bool has_access, has_refresh, has_id;
	int64_t access_s, refresh_s;
	struct str scope;
};

static struct authorization
given_of(const struct import *m, const struct live *l)
{
	return (struct authorization){
		.issuer = l->o.issuer, .client = l->o.client, .user = l->o.user, .user_name = l->o.user_name,
		.account_type = S(""), .scope = l->scope, .nonce = S(""), .auth_s = m->now_s,
	};
}

static struct family *
family_of(struct import *m, const struct live *l)
{
	struct family *f = arena_new(m->j->mem, struct family);

	if (f == NULL)
		return NULL;
	*f = (struct family){
		.auth = given_of(m, l), .has_digest = l->has_refresh, .digest = l->refresh,
		.refreshable = l->has_refresh || l->has_id, .issued_s = m->now_s,
		.expires_s = l->has_refresh || l->has_id ? l->refresh_s : l->access_s, .state = FAMILY_LIVE,
	};
	memcpy(f->id.b, l->has_id ? l->id.b : l->has_refresh ? l->refresh.b : l->access.b, sizeof f->id.b);
	return f;
}

static struct token *
token_of(struct import *m, const struct live *l, const struct family *f)
{
	struct token *t = arena_new(m->j->mem, struct token);

	if (t == NULL)
		return NULL;
	*t = (struct token){
		.auth = given_of(m, l), .has_digest = true, .digest = l->access,
		.issued_s = m->now_s, .expires_s = l->access_s, .keep_s = l->access_s,
	};
	t->auth.nonce = STR_ABSENT;             /* an ID token's */
	if (id_none(&l->o.user))
		t->auth.auth_s = 0;
	rand_id(t->id.b);
	if (f != NULL)
		t->family = f->id;
	return t;
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

/* What an import remembers of it, and what is here. */
struct held {
	struct id16 what; struct imported was; const json_t *base;
	bool family_there, token_there;         /* rows in the store */
	struct family *family;                  /* they outlive the row in hand: operations that wait point to them */
	struct token *token;
};

/* The token's name in lists of imports: of the family, or the access token's digest. */
static struct str
token_name(struct import *m, const struct live *l, const struct family *f)
{
	char *hex = arena_alloc(m->j->mem, 2 * sizeof l->access.b);

	if (hex == NULL)
		return S("");
	if (f != NULL) {
		hex_write(hex, f->id.b, sizeof f->id.b);
		return str_span(hex, 2 * sizeof f->id.b);
	}
	hex_write(hex, l->access.b, sizeof l->access.b);
	return str_span(hex, 2 * sizeof l->access.b);
}

static struct str
access_name(struct import *m, const struct live *l)
{
	return l->has_access ? token_name(m, l, NULL) : S("");
}

static bool
found_is(struct import *m, enum store_found f, bool *is)
{
	*is = f == FOUND;
	return f != FIND_FAILED || job_store_failed(m->j);
}

static bool
held_find(struct import *m, const struct live *l, const struct family *f, struct str name, struct held *h)
{
	struct store *s = m->j->store;

	*h = (struct held){
		.what = IMPORT_WHAT(m, 't', l->o.issuer, name),
		.family = arena_new(m->j->mem, struct family), .token = arena_new(m->j->mem, struct token),
	};
	if (h->family == NULL || h->token == NULL)
		return import_no_memory(m);
	if (f != NULL && !found_is(m, store_family(s, m->j->mem, &f->id, h->family), &h->family_there))
		return false;
	if (l->has_access && !found_is(m, store_token_by_digest(s, m->j->mem, &l->access, h->token), &h->token_there))
		return false;
	return import_recall(m, 't', &h->what, &h->was, &h->base);
}

/* Refreshed here: another token hangs from the family than the one that came. */
static bool
went_on_here(struct import *m, const struct held *h)
{
	struct token *rows = arena_array(m->j->mem, struct token, TOKENS_LOOKED_AT);
	struct str came = json_member_str(h->base, "access"), raw;
	const struct family *f = h->family;
	int n;

	if (f->generation > 0 || f->rotated_ms > 0)
		return true;
	n = rows == NULL ? -1 : store_tokens_of(m->j->store, m->j->mem, f->auth.issuer, &f->auth.user, f->auth.client,
	    m->now_s, TOKENS_LOOKED_AT, rows);
	for (int i = 0; i < n; i++)
		if (memcmp(rows[i].family.b, f->id.b, sizeof f->id.b) == 0
		    && !(rows[i].has_digest && hex_decode(m->j->mem, came, &raw)
			&& str_eq(raw, dig_str(&rows[i].digest))))
			return true;
	return n < 0 || n == TOKENS_LOOKED_AT;          /* not certain: nothing of it is ended */
}

static bool
token_remembered(struct import *m, const struct live *l, const struct held *h, struct str name, enum fate f,
    struct store_op *ops, size_t n)
{
	json_t *base = base_of(m, &l->o);
	int64_t ends_s = l->has_refresh || l->has_id ? l->refresh_s : l->access_s;

	if (base == NULL || !json_put_str(base, "token", name) || !json_put_str(base, "access", access_name(m, l)))
		return import_no_memory(m);
	return row_write(m, f, ops, n, import_remember(m, 't', &h->what, base, 0, ends_s), OP_IMPORTED_PUT);
}

/* The old server refreshed it since: its new access token takes the place of the one before. */
static bool
token_follows(struct import *m, const struct live *l, const struct held *h, struct token *t, struct str name)
{
	struct store_op ops[6];
	size_t n = guards_of(&l->o, ops);

	t->family = h->family->id;
	ops[n++] = (struct store_op){ .kind = OP_FAMILY_ALIVE, .family = h->family };
	ops[n++] = (struct store_op){ .kind = OP_TOKENS_DELETE_FAMILY, .token = t };
	ops[n++] = (struct store_op){ .kind = OP_TOKEN_ADD, .token = t };
	told(m, "token", &l->o, "access_token", "refreshed", "as it came", "taken");
	return token_remembered(m, l, h, name, FATE_UPDATED, ops, n);
}

/* What is known already: as it was, ended here, or refreshed on one side. */
static bool
token_compare(struct import *m, const struct live *l, const struct held *h, const struct family *f, struct token *t,
    struct str name)
{
	struct store_op ops[6];
	size_t n = guards_of(&l->o, ops);
	bool ended = f != NULL ? h->family_there && h->family->state != FAMILY_LIVE : false;
	bool here = f != NULL ? h->family_there : h->token_there;
	bool there_changed =
	    h->base != NULL && l->has_access && !str_eq(json_member_str(h->base, "access"), access_name(m, l));

	if (ended || !here) {
		told(m, "token", &l->o, "token", "alive", "ended", "kept");
		return import_counted(m, FATE_KEPT);
	}
	if (f != NULL && t != NULL && !h->token_there && there_changed) {
		if (!went_on_here(m, h))
			return token_follows(m, l, h, t, name);
		told(m, "token", &l->o, "access_token", "refreshed", "refreshed", "kept");
		return import_counted(m, FATE_KEPT);
	}
	if (h->base == NULL)
		return token_remembered(m, l, h, name, FATE_SAME, ops, n);
	return import_counted(m, FATE_SAME);
}

/* Revoked there, or used up: what came of it ends here too, unless somebody has gone on with it here. */
static bool
token_gone(struct import *m, const struct live *l, const struct held *h, const struct family *f)
{
	bool alive = f != NULL ? h->family_there && h->family->state == FAMILY_LIVE : h->token_there;
	bool ends = alive && (f == NULL || import_overrides(m) || !went_on_here(m, h));
	struct store_op ops[5];
	size_t n = guards_of(&l->o, ops);

	if (h->base == NULL || !alive)
		return true;
	told(m, "token", &l->o, "token", "ended", ends ? "alive" : "refreshed", ends ? "taken" : "kept");
	if (ends && f != NULL)
		ops[n++] = (struct store_op){ .kind = OP_FAMILY_REVOKE, .family = h->family };
	else if (ends)
		ops[n++] = (struct store_op){ .kind = OP_TOKEN_DELETE, .token = h->token };
	return row_write(
	    m, ends ? FATE_ENDED : FATE_KEPT, ops, n, import_forgotten(m, 't', &h->what), OP_IMPORTED_DROP);
}

static bool
token_new(struct import *m, const struct live *l, const struct held *h, struct family *f, struct token *t,
    struct str name)
{
	struct store_op ops[6];
	size_t n = guards_of(&l->o, ops);

	if (f != NULL)
		ops[n++] = (struct store_op){ .kind = OP_FAMILY_ADD, .family = f };
	if (t != NULL)
		ops[n++] = (struct store_op){ .kind = OP_TOKEN_ADD, .token = t };
	return token_remembered(m, l, h, name, FATE_ADDED, ops, n);
}

/* A token that is gone there is named as the list of imports names it. */
static bool
gone_read(struct import *m, const json_t *row, struct live *l, struct family *f, bool *family)
{
	struct str hex = json_member_str(row, "token"), raw;

	if (!hex_decode(m->j->mem, hex, &raw) || (raw.n != sizeof f->id.b && raw.n != sizeof l->access.b))
		return job_refuse(m->j, "invalid", "correct the file", "the token is not named as a list names it");
	*family = raw.n == sizeof f->id.b;
	l->has_access = !*family;
	memcpy(*family ? f->id.b : l->access.b, raw.p, raw.n);
	return true;
}

static bool
gone_row(struct import *m, const json_t *row, struct str place)
{
	struct live l = { .scope = S("") };
	struct family f = { .refreshable = true };
	struct held h;
	bool family = false;

	if (!gone_read(m, row, &l, &f, &family))
		return import_refused(m, place);
	if (!owner_of(m, row, &l.o))
		return orphan(m, row, place);
	return held_find(m, &l, family ? &f : NULL, json_member_str(row, "token"), &h)
	    && token_gone(m, &l, &h, family ? &f : NULL);
}

static bool
live_read(struct import *m, const json_t *row, struct live *l, bool *late)
{
	l->has_access = digest_read(m, row, "access", "access_expires_s", &l->access, &l->access_s, late);
	l->has_refresh = digest_read(m, row, "refresh", "refresh_expires_s", &l->refresh, &l->refresh_s, late);
	l->has_id = id_read(m, row, l, late);
	return l->has_access || l->has_refresh || l->has_id;
}

bool
import_token_row(struct import *m, const json_t *row, struct str place)
{
	struct live l = { .scope = json_member_str(row, "scope") };
	bool late = false, wants_family;
	struct family *f = NULL;
	struct token *t = NULL;
	struct held h;
	struct str name;

	if (json_is_true(json_object_get(row, "gone")))
		return gone_row(m, row, place);
	if (!live_read(m, row, &l, &late))
		return late ? import_counted(m, FATE_EXPIRED)
		    : job_refuse(m->j, "invalid", "correct the file", "a digest is needed") || import_refused(m, place);
	if (!owner_of(m, row, &l.o))
		return orphan(m, row, place);
	wants_family = l.has_refresh || l.has_id || str_given(l.o.user_name);
	l.scope = str_given(l.scope) ? l.scope : S("");
	l.o.user_name = str_given(l.o.user_name) ? l.o.user_name : S("");
	if ((wants_family && (f = family_of(m, &l)) == NULL) || (l.has_access && (t = token_of(m, &l, f)) == NULL))
		return import_no_memory(m);
	name = token_name(m, &l, f);
	if (!held_find(m, &l, f, name, &h))
		return false;
	if (h.base != NULL || h.family_there || h.token_there)
		return token_compare(m, &l, &h, f, t, name);
	return token_new(m, &l, &h, f, t, name);
}
