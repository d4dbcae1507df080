/*
 * store/records/ends.c - what ends with a client, a user, a login: the statements of records.def,
 * one after the other.
 */
#include "store/records/records_int.h"

int64_t
after_now(void)
{
	return clock_now_s() + 1;
}

struct dig32
tombstone_key(struct str what, struct str realm, struct str name)
{
	struct dig32 d;

	SHA256(d.b, what, str_span("", 1), realm, str_span("", 1), name);
	return d;
}

enum step
tombstone_put(struct conn *c, struct str what, struct str realm, struct str name)
{
	struct dig32 key = tombstone_key(what, realm, name);
	struct query q;

	op_begin(&q, c, SQL_TOMBSTONE);
	bind_dig(&q, &key);
	bind_int(&q, after_now());
	return op_finish(&q);
}

/* --- the rows --------------------------------------------------------------------------------- */

enum end_of {
	CLIENT_DELETED, CLIENT_FORGOTTEN, USER_LOGGED_OUT, USER_REVOKED, USER_DELETED, USER_FORGOTTEN, SESSION_ENDED, OTHERS_ENDED
};

static const struct ending { enum end_of event; enum sql statement; } endings[] = {
#define ENDS(event, table, column, statement) { event, SQL_##statement },
#include "store/records/records.def"
};

/* Whom it is about: what the statements of the event are bound to. */
struct whom { struct str bound[4]; unsigned blobs; size_t n; };          /* blobs: BIT(i), the others are text */

static enum step
end_one(struct conn *c, enum sql statement, const struct whom *w)
{
	struct query q;

	op_begin(&q, c, statement);
	for (size_t i = 0; i < w->n; i++)
		if (w->blobs & BIT(i))
			bind_blob(&q, w->bound[i]);
		else
			bind_str(&q, w->bound[i]);
	return op_finish(&q);
}

static enum step
end_all(struct conn *c, enum end_of event, const struct whom *w)
{
	enum step r = STEP_DONE;

	for (size_t i = 0; r == STEP_DONE && i < COUNT(endings); i++)
		if (endings[i].event == event)
			r = end_one(c, endings[i].statement, w);
	return r;
}

/* A client of the same id in another realm is another client. */
enum step
ends_of_client(struct conn *c, const struct op_gone *gone)
{
	const struct client *k = gone->client;
	enum step r = end_all(c, CLIENT_DELETED, &(struct whom){ .bound = { k->id, gone->elsewhere }, .n = 2 });

	if (r == STEP_DONE)
		r = end_all(c, CLIENT_FORGOTTEN, &(struct whom){ .bound = { k->realm, k->id }, .n = 2 });
	return r;
}

static enum step
ends_of_user(struct conn *c, enum end_of event, const struct op_ends *e, struct str client)
{
	struct whom w = {
		.bound = { id_str(&e->user->id), e->issuer, client, e->elsewhere }, .blobs = BIT(0), .n = 4,
	};

	return end_all(c, event, &w);
}

static void
bind_note(struct query *q, enum session_end why)
{
	int64_t now_s = clock_now_s();

	bind_int(q, why);
	bind_int(q, now_s);
	bind_int(q, now_s + SESSION_ENDED_KEPT_S);
}

/* Why one ends, before it does. */
static enum step
end_noted(struct conn *c, const struct session *s)
{
	struct query q;

	if (s->why == SESSION_END_UNTOLD)
		return STEP_DONE;
	op_begin(&q, c, SQL_SESSION_ENDED_NOTE);
	bind_dig(&q, &s->digest);
	bind_note(&q, s->why);
	return op_finish(&q);
}

enum step
session_end_run(struct conn *c, const struct session *s)
{
	struct whom w = { .bound = { dig_str(&s->digest) }, .blobs = BIT(0), .n = 1 };
	enum step r = end_noted(c, s);

	return r == STEP_DONE ? end_all(c, SESSION_ENDED, &w) : r;
}

enum step
op_session_end(struct conn *c, const struct store_op *op)
{
	return session_end_run(c, op->session);
}

static enum step
ends_noted(struct conn *c, const struct op_ends *e)
{
	struct query q;

	if (e->why == SESSION_END_UNTOLD)
		return STEP_DONE;
	op_begin(&q, c, SQL_SESSIONS_ENDED_NOTE);
	bind_blob(&q, id_str(&e->user->id));
	bind_str(&q, e->issuer);
	bind_skip(&q);
	bind_str(&q, e->elsewhere);
	bind_note(&q, e->why);
	return op_finish(&q);
}

enum step
op_sessions_end_others(struct conn *c, const struct store_op *op)
{
	const struct session *stays = op->others.stays;
	struct whom w = {
		.bound = { id_str(&stays->user), dig_str(&stays->digest), op->others.elsewhere }, .blobs = BIT(0) | BIT(1), .n = 3,
	};

	return end_all(c, OTHERS_ENDED, &w);
}

/* A login is of no client. */
enum step
op_sessions_end_user(struct conn *c, const struct store_op *op)
{
	enum step r = ends_noted(c, &op->ends);

	return r == STEP_DONE ? ends_of_user(c, USER_LOGGED_OUT, &op->ends, STR_ABSENT) : r;
}

enum step
user_ended(struct conn *c, const struct user *u, int64_t not_before_s)
{
	struct query q;

	op_begin(&q, c, SQL_USER_ENDED);
	bind_str(&q, u->realm);
	bind_blob(&q, id_str(&u->id));
	bind_int(&q, not_before_s);
	return op_finish(&q);
}

/* The version moves in any case, so that a request which has read the user begins anew (S6). */
enum step
op_user_revoke(struct conn *c, const struct store_op *op)
{
	bool of_client = str_given(op->ends.client), whole = !of_client && !str_given(op->ends.issuer);
	enum step r = user_ended(c, op->ends.user, whole ? after_now() : 0);

	if (r == STEP_DONE && !of_client)
		r = op_sessions_end_user(c, op);
	return r == STEP_DONE ? ends_of_user(c, USER_REVOKED, &op->ends, op->ends.client) : r;
}

/* Of a name in another form: Unicode makes it a few times longer at most. */
#define FOLD_ROOM (1u << 20)

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

/* What is of a realm and not of an issuer. */
static enum step
user_forgotten(struct conn *c, const struct user *u)
{
	return end_all(c, USER_FORGOTTEN, &(struct whom){ .bound = { u->realm, id_str(&u->id) }, .blobs = BIT(1), .n = 2 });
}

enum step
op_user_delete(struct conn *c, const struct store_op *op)
{
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
		r = ends_of_user(c, USER_DELETED, &op->ends, op->ends.client);
	return r == STEP_DONE ? user_forgotten(c, u) : r;
}
