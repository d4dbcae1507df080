/* store/sqlite/ops_people.c - writes of clients, users, approvals, revoked ids, failure counters. */
#include "store/sqlite/ops_int.h"

/* --- clients and users ---------------------------------------------------------------------------------------------------- */

/* What is signed from the next second on counts. */
static int64_t
after_now(void)
{
	return clock_now_s() + 1;
}

/* Who ended under this name: the name itself is not kept. */
static struct dig32
tombstone_key(struct str what, struct str realm, struct str name)
{
	struct dig32 d;

	SHA256(d.b, what, str_span("", 1), realm, str_span("", 1), name);
	return d;
}

static enum step
tombstone_put(struct conn *c, struct str what, struct str realm, struct str name)
{
	struct dig32 key = tombstone_key(what, realm, name);
	struct query q;

	op_begin(&q, c, SQL_TOMBSTONE);
	bind_dig(&q, &key);
	bind_int(&q, after_now());
	return op_finish(&q);
}

static enum step
client_write(struct conn *c, enum sql which, const struct client *r)
{
	struct dig32 before = tombstone_key(S("client"), r->realm, r->id);
	struct query q;

	c->client_writes++;
	if (which != SQL_CLIENT_SET && op_run_text(c, SQL_REALM_BEGINS, r->realm) != STEP_DONE)
		return STEP_FAILED;
	op_begin(&q, c, which);
	bind_str(&q, r->realm);
	bind_str(&q, r->id);
	bind_str(&q, r->name);
	bind_str(&q, r->secret);
	bind_str(&q, r->grants);
	bind_str(&q, r->scopes);
	bind_str(&q, r->redirect_uris);
	bind_str(&q, r->auto_approve);
	bind_str(&q, r->authorities);
	bind_str(&q, r->resource_ids);
	bind_str(&q, r->origins);
	bind_str(&q, r->acts_for);
	bind_str(&q, r->legacy);
	bind_str(&q, r->info);
	bind_int(&q, r->access_ttl_s);
	bind_int(&q, r->refresh_ttl_s);
	bind_int(&q, r->enabled);
	bind_int(&q, r->created_s);
	bind_int(&q, r->updated_s);
	bind_str(&q, r->introspects);
	bind_int(&q, r->version != 0 ? r->version : store_version_new());
	if (which != SQL_CLIENT_SET)
		bind_dig(&q, &before);
	else
		q.at++;
	if (which != SQL_CLIENT_ADD)
		bind_int(&q, after_now());
	return op_run_cond(&q);
}

enum step
op_client_put(struct conn *c, const struct store_op *op)
{
	return client_write(c, SQL_CLIENT_PUT, op->client);
}

enum step
op_client_add(struct conn *c, const struct store_op *op)
{
	return client_write(c, SQL_CLIENT_ADD, op->client);
}

enum step
op_client_set(struct conn *c, const struct store_op *op)
{
	return client_write(c, SQL_CLIENT_SET, op->client);
}

/* No look at the row while no client has changed at all since this one was read. */
enum step
op_client_stands(struct conn *c, const struct store_op *op)
{
	const struct client *r = op->stands.client;
	struct query q;

	if (op->stands.epoch == c->client_writes)
		return STEP_DONE;
	op_begin(&q, c, SQL_CLIENT_STANDS);
	bind_str(&q, r->realm);
	bind_str(&q, r->id);
	bind_int(&q, r->version);
	return op_run_guard(&q);
}

/* Two texts into one statement. */
static enum step
run_texts(struct conn *c, enum sql which, struct str first, struct str second)
{
	struct query q;

	op_begin(&q, c, which);
	bind_str(&q, first);
	bind_str(&q, second);
	return op_finish(&q);
}


/* What it was given dies with it. A client of the same id in another realm is another client. */
enum step
op_client_delete(struct conn *c, const struct store_op *op)
{
	static const enum sql parts[] = { SQL_CLIENT_FAMILY_TOKENS, SQL_CLIENT_TOKENS, SQL_CLIENT_FAMILIES, SQL_CLIENT_CODES, SQL_CLIENT_PENDINGS,
		SQL_CLIENT_APPROVALS };
	const struct client *k = op->gone.client;
	enum step r = run_texts(c, SQL_CLIENT_DELETE, k->realm, k->id);

	c->client_writes++;
	if (r == STEP_DONE)
		r = tombstone_put(c, S("client"), k->realm, k->id);
	for (size_t i = 0; r == STEP_DONE && i < COUNT(parts); i++)
		r = run_texts(c, parts[i], k->id, op->gone.elsewhere);
	return r == STEP_DONE ? run_texts(c, SQL_CLIENT_HABITS, k->realm, k->id) : r;
}

/* Of a name in another form: Unicode makes it a few times longer at most. */
#define FOLD_ROOM (1u << 20)

static enum step
user_write(struct conn *c, enum sql which, const struct user *r)
{
	struct dig32 before = tombstone_key(S("user"), r->realm, r->name), folded;
	struct arena mem;
	struct query q;
	struct str fold;
	enum step done;

	if (which != SQL_USER_SET && op_run_text(c, SQL_REALM_BEGINS, r->realm) != STEP_DONE)
		return STEP_FAILED;
	arena_init(&mem, FOLD_ROOM);
	fold = str_fold(&mem, r->name);
	folded = tombstone_key(S("user"), r->realm, fold);

	op_begin(&q, c, which);
	bind_str(&q, r->realm);
	bind_blob(&q, id_str(&r->id));
	bind_str(&q, r->name);
	bind_str(&q, r->display_name);
	bind_str(&q, r->phone);
	bind_str(&q, r->email);
	bind_str(&q, r->open_id);
	bind_str(&q, r->account_type);
	bind_str(&q, r->password);
	bind_str(&q, r->authorities);
	bind_int(&q, r->number);
	bind_int(&q, r->enabled);
	bind_int(&q, r->locked);
	bind_int(&q, r->created_s);
	bind_int(&q, r->updated_s);
	bind_str(&q, r->origin);
	bind_int(&q, r->version != 0 ? r->version : store_version_new());
	if (which != SQL_USER_SET)
		bind_dig(&q, &before);
	else
		q.at++;
	if (which != SQL_USER_ADD)
		bind_int(&q, after_now());
	else
		q.at++;
	bind_str(&q, r->entry);
	bind_str(&q, r->shut);
	bind_str(&q, r->mark);
	bind_int(&q, r->checked_s);
	bind_str(&q, fold);
	if (which != SQL_USER_SET)
		bind_dig(&q, &folded);
	done = op_run_cond(&q);
	arena_free(&mem);
	return done;
}

enum step
op_user_checked(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_USER_CHECKED);
	bind_str(&q, op->user->realm);
	bind_blob(&q, id_str(&op->user->id));
	bind_int(&q, op->user->checked_s);
	return op_finish(&q);
}

enum step
op_user_put(struct conn *c, const struct store_op *op)
{
	return user_write(c, SQL_USER_PUT, op->user);
}

enum step
op_user_add(struct conn *c, const struct store_op *op)
{
	return user_write(c, SQL_USER_ADD, op->user);
}

enum step
op_user_set(struct conn *c, const struct store_op *op)
{
	return user_write(c, SQL_USER_SET, op->user);
}

enum step
op_user_stands(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_USER_STANDS);
	bind_str(&q, op->user->realm);
	bind_blob(&q, id_str(&op->user->id));
	bind_int(&q, op->user->version);
	return op_run_guard(&q);
}

static enum step
user_ended(struct conn *c, const struct user *u, int64_t not_before_s)
{
	struct query q;

	op_begin(&q, c, SQL_USER_ENDED);
	bind_str(&q, u->realm);
	bind_blob(&q, id_str(&u->id));
	bind_int(&q, not_before_s);
	return op_finish(&q);
}

/* What the operator named, at every table that knows of it. Of nobody: what all of them are asked. */
static enum step
ends_run(struct conn *c, const struct store_op *op, const enum sql *parts, size_t n)
{
	enum step r = STEP_DONE;

	for (size_t i = 0; r == STEP_DONE && i < n; i++) {
		struct query q;

		op_begin(&q, c, parts[i]);
		bind_blob(&q, id_str(&op->ends.user->id));
		bind_str(&q, op->ends.issuer);
		bind_str(&q, op->ends.client);
		bind_str(&q, op->ends.elsewhere);
		r = op_finish(&q);
	}
	return r;
}

enum step
op_sessions_end_user(struct conn *c, const struct store_op *op)
{
	static const enum sql logins[] = { SQL_END_PENDINGS, SQL_END_SESSIONS };
	struct store_op all = *op;

	all.ends.client = STR_ABSENT;           /* a session is of no client */
	return ends_run(c, &all, logins, COUNT(logins));
}

/* The version moves in any case, so that a request which has read the user begins anew (S6). */
enum step
op_user_revoke(struct conn *c, const struct store_op *op)
{
	static const enum sql given[] = { SQL_END_FAMILIES, SQL_END_TOKENS, SQL_END_CODES, SQL_END_PENDINGS };
	bool of_client = str_given(op->ends.client), whole = !of_client && !str_given(op->ends.issuer);
	enum step r = user_ended(c, op->ends.user, whole ? after_now() : 0);

	if (r == STEP_DONE && !of_client)
		r = op_sessions_end_user(c, op);
	return r == STEP_DONE ? ends_run(c, op, given, COUNT(given)) : r;
}

/* Who comes under another spelling must not bring the tokens of this one to life. */
static enum step
name_buried(struct conn *c, const struct user *u)
{
	struct arena mem;
	enum step r = tombstone_put(c, S("user"), u->realm, u->name);

	arena_init(&mem, FOLD_ROOM);
	if (r == STEP_DONE)
		r = tombstone_put(c, S("user"), u->realm, str_fold(&mem, u->name));
	arena_free(&mem);
	return r;
}

enum step
op_user_delete(struct conn *c, const struct store_op *op)
{
	static const enum sql rest[] = { SQL_END_APPROVALS, SQL_FORGET_FAMILIES, SQL_FORGET_CODES };
	static const enum sql sent[] = { SQL_FORGET_OUTGOING };
	const struct user *u = op->ends.user;
	struct query q;
	enum step r;

	op_begin(&q, c, SQL_USER_DELETE);
	bind_str(&q, u->realm);
	bind_blob(&q, id_str(&u->id));
	r = op_finish(&q);
	if (r == STEP_DONE)
		r = name_buried(c, u);
	if (r == STEP_DONE)
		r = op_user_revoke(c, op);
	if (r == STEP_DONE)
		r = ends_run(c, op, rest, COUNT(rest));
	return r == STEP_DONE ? ends_run(c, op, sent, COUNT(sent)) : r;
}

enum step
op_user_rehash(struct conn *c, const struct store_op *op)
{
	const struct user *r = op->rehash.user;
	struct query q;

	op_begin(&q, c, SQL_USER_REHASH);
	bind_str(&q, r->realm);
	bind_blob(&q, id_str(&r->id));
	bind_str(&q, r->password);
	bind_str(&q, op->rehash.verified);
	return op_finish(&q);
}

/* --- the rest --------------------------------------------------------------------------------------------------------------- */

static enum step
approval_put(struct conn *c, const struct approval *r)
{
	struct query q;

	op_begin(&q, c, SQL_APPROVAL_PUT);
	bind_blob(&q, id_str(&r->user));
	bind_str(&q, r->issuer);
	bind_str(&q, r->client);
	bind_str(&q, r->scope);
	bind_int(&q, r->expires_s);
	return op_finish(&q);
}

enum step
op_approval_put(struct conn *c, const struct store_op *op)
{
	return approval_put(c, op->approval);
}

enum step
op_approvals_put(struct conn *c, const struct store_op *op)
{
	enum step r = STEP_DONE;

	for (size_t i = 0; r == STEP_DONE && i < op->approvals.n; i++)
		r = approval_put(c, &op->approvals.rows[i]);
	return r;
}

enum step
op_approvals_delete(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_END_APPROVALS);
	bind_blob(&q, id_str(op->withdrawn.user));
	bind_str(&q, op->withdrawn.issuer);
	bind_str(&q, op->withdrawn.client);
	bind_str(&q, op->withdrawn.elsewhere);
	return op_finish(&q);
}

enum step
op_jti_add(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_JTI_ADD);
	bind_dig(&q, &op->jti.digest);
	bind_blob(&q, id_str(&op->jti.family));
	bind_int(&q, op->jti.expires_s);
	return op_finish(&q);
}

enum step
op_jti_revoke(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_JTI_REVOKE);
	bind_dig(&q, &op->jti.digest);
	bind_int(&q, op->jti.expires_s);
	return op_finish(&q);
}

/* A counter is of no use to anyone a day after it last made somebody wait. */
#define THROTTLE_KEEP_S 86400
enum step
op_throttle_fail(struct conn *c, const struct store_op *op)
{
	const struct throttle *r = op->throttle;
	int64_t until_s = r->until_ms / 1000;
	struct query q;

	op_begin(&q, c, SQL_THROTTLE_FAIL);
	bind_int(&q, r->kind);
	bind_dig(&q, &r->key);
	bind_int(&q, r->failures);
	bind_int(&q, r->first_s);
	bind_int(&q, r->until_ms);
	bind_int(&q, (until_s > r->first_s ? until_s : r->first_s) + THROTTLE_KEEP_S);
	return op_finish(&q);
}

enum step
op_throttle_clear(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_THROTTLE_CLEAR);
	bind_int(&q, op->throttle->kind);
	bind_dig(&q, &op->throttle->key);
	return op_finish(&q);
}

static enum step
throttles_between(struct conn *c, char kind, const struct dig32 *from, const struct dig32 *to)
{
	struct query q;

	op_begin(&q, c, SQL_THROTTLE_FORGET);
	bind_int(&q, kind);
	bind_dig(&q, from);
	bind_dig(&q, to);
	return op_finish(&q);
}

/* The keys of an account from somewhere begin with half of the account's own. */
enum step
op_throttle_forget(struct conn *c, const struct store_op *op)
{
	struct dig32 from = op->throttle->key, to = from;
	enum step r = throttles_between(c, 'u', &op->throttle->key, &op->throttle->key);

	memset(from.b + sizeof from.b / 2, 0, sizeof from.b / 2);
	memset(to.b + sizeof to.b / 2, 0xff, sizeof to.b / 2);
	return r == STEP_DONE ? throttles_between(c, 'p', &from, &to) : r;
}
