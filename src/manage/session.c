/*
 * manage/session.c - logged-in sessions: list, end, who was told of an end. They are named by the
 * digest of their cookie, which opens nothing.
 */
#include "manage/manage_int.h"

static bool
digest_read(struct arena *mem, struct str hex, struct dig32 *out)
{
	struct str bytes;

	if (!hex_decode(mem, hex, &bytes) || bytes.n != sizeof out->b)
		return false;
	memcpy(out->b, bytes.p, sizeof out->b);
	return true;
}

/* --- session.list ----------------------------------------------------------------------------- */

static int
sessions_read(struct page *p, void *rows, int max)
{
	const struct id16 *user = p->filter;
	struct dig32 after;

	if (str_given(p->after) && !digest_read(&p->mem, p->after, &after)) {
		p->wrong_after = true;
		return 0;
	}
	return store_sessions(p->job->store, &p->mem, user, str_given(p->after) ? &after : NULL, max, rows);
}

static bool
session_wanted(const struct page *p, const void *row)
{
	const struct session *s = row;
	const struct job *j = p->job;
	struct str text = job_arg(j, "search");

	return !is_over(s->expires_s) && issuer_fits(j, s->issuer) && is_or_any(s->client, job_arg(j, "client"))
	    && is_or_any(s->address, job_arg(j, "address"))
	    && (says(s->user_name, text) || says(s->agent, text) || says(s->address, text));
}

static void
session_put(struct page *p, const void *row)
{
	session_json(&p->out, &p->mem, row, true);
}

static struct str
session_key(struct page *p, const void *row)
{
	return hex_encode(p->job->mem, dig_str(&((const struct session *)row)->digest));
}

bool
session_list(struct job *j)
{
	static const struct paged sessions = { "sessions", sizeof(struct session), sessions_read, session_wanted,
		session_put, session_key };
	const struct id16 *user;
	struct user u;

	return user_asked(j, &u, &user) && page_answer(j, &sessions, user);
}

/* --- session.ended: those that are gone, and why ------------------------------------------------ */

static int
ended_read(struct page *p, void *rows, int max)
{
	const struct id16 *user = p->filter;
	struct dig32 after;

	if (str_given(p->after) && !digest_read(&p->mem, p->after, &after)) {
		p->wrong_after = true;
		return 0;
	}
	return store_ended_sessions(p->job->store, &p->mem, user, str_given(p->after) ? &after : NULL, max, rows);
}

static bool
ended_wanted(const struct page *p, const void *row)
{
	const struct ended_session *s = row;

	return !is_over(s->expires_s) && issuer_fits(p->job, s->issuer);
}

static void
ended_put(struct page *p, const void *row)
{
	ended_session_json(&p->out, &p->mem, row, true);
}

static struct str
ended_key(struct page *p, const void *row)
{
	return hex_encode(p->job->mem, dig_str(&((const struct ended_session *)row)->digest));
}

bool
session_ended(struct job *j)
{
	static const struct paged ended = { "sessions", sizeof(struct ended_session), ended_read, ended_wanted,
		ended_put, ended_key };
	const struct id16 *user;
	struct user u;

	return user_asked(j, &u, &user) && page_answer(j, &ended, user);
}

/* --- session.deliveries ----------------------------------------------------------------------- */

static const char *
state_word(enum session_client_state s)
{
	return s == SC_DELIVERED ? "delivered" : s == SC_FAILED ? "failed" : "pending";
}

static int
deliveries_read(struct page *p, void *rows, int max)
{
	struct session_client_walk w = { .after = { { 0 } } };

	if (!page_after_id(p, &w.after))
		return 0;
	return store_session_clients(p->job->store, &p->mem, &w, max, rows);
}

static bool
delivery_wanted(const struct page *p, const void *row)
{
	const struct session_client *s = row;
	const struct job *j = p->job;

	return issuer_fits(j, s->issuer) && is_or_any(s->client, job_arg(j, "client"))
	    && is_or_any(str_of(state_word(s->state)), job_arg(j, "state"));
}

static void
delivery_put(struct page *p, const void *row)
{
	const struct session_client *s = row;
	struct buf *b = &p->out;

	jw_open(b, '{');
	jm_str(b, S("issuer"), s->issuer);
	jm_str(b, S("client"), s->client);
	jm_str(b, S("resource"), s->resource);
	jm_str(b, S("user_id"), uuid_write(&p->mem, s->user.b));
	jm_str(b, S("sid"), s->sid);
	jm_str(b, S("state"), str_of(state_word(s->state)));
	jm_int(b, S("status"), s->status);
	jm_int(b, S("tries"), s->tries);
	jm_int(b, S("told_s"), s->told_s);
	jw_close(b, '}');
}

static struct str
delivery_key(struct page *p, const void *row)
{
	return hex_encode(p->job->mem, id_str(&((const struct session_client *)row)->id));
}

bool
session_deliveries(struct job *j)
{
	static const struct paged deliveries = { "deliveries", sizeof(struct session_client), deliveries_read,
		delivery_wanted, delivery_put, delivery_key };
	struct str state = job_arg(j, "state");

	if (str_given(state) && !str_is(state, "pending") && !str_is(state, "delivered") && !str_is(state, "failed"))
		return job_refuse(j, "invalid", "give pending, delivered or failed", "\"%.*s\" is no state of a delivery",
		    STR_ARG(state));
	return page_answer(j, &deliveries, NULL);
}

/* --- session.end ------------------------------------------------------------------------------ */

static bool
end_one(struct job *j, struct str hex)
{
	struct session s;
	struct store_op op = { .kind = OP_SESSION_END, .session = &s };
	struct dig32 digest;
	enum store_found found;

	if (!digest_read(j->mem, hex, &digest))
		return job_refuse(
		    j, "invalid", "hufu session list shows them", "\"%.*s\" names no session", STR_ARG(hex));
	found = store_session(j->store, j->mem, &digest, &s);
	if (found == NOT_FOUND)
		return job_refuse(
		    j, "not_found", "hufu session list shows those there are", "there is no such session");
	s.why = SESSION_END_OPERATOR;
	return found == FOUND ? job_commit(j, &op, 1) : job_store_failed(j);
}

/* The sessions alone, one by one where only some are meant: codes and tokens go on. */
static bool
end_logins(struct job *j, const struct user *u)
{
	struct str issuer = job_arg(j, "issuer");
	struct store_op op = { .kind = OP_SESSIONS_END_USER,
		.ends = { .user = u, .issuer = issuer, .elsewhere = j->elsewhere, .why = SESSION_END_OPERATOR } };

	return job_commit(j, &op, 1);
}

/* All that the person holds at every issuer of the realm, or what the narrower order names. */
static bool
end_access(struct job *j, const struct user *u)
{
	struct store_op op = { .kind = OP_USER_REVOKE,
		.ends = { .user = u,
		    .issuer = job_arg(j, "issuer"),
		    .client = job_arg(j, "client"),
		    .elsewhere = j->elsewhere,
		    .why = SESSION_END_OPERATOR } };

	return job_commit(j, &op, 1);
}

static bool
end_of_user(struct job *j)
{
	bool only = json_is_true(json_object_get(j->ask, "sessions_only"));
	struct str client = job_arg(j, "client");
	const struct id16 *id;
	struct user u;

	if (only && str_given(client))
		return job_refuse(j, "invalid", "give one of them: a session is not of one client",
		    "sessions_only and client contradict each other");
	if (!user_asked(j, &u, &id) || !issuer_is_named_right(j))
		return false;
	return only ? end_logins(j, &u) : end_access(j, &u);
}

bool
session_end(struct job *j)
{
	struct str hex = job_arg(j, "session");
	bool of_user = str_given(job_arg(j, "user"));
	struct buf b;

	if (str_given(hex) == of_user)
		return job_refuse(j, "invalid", "name a session, or a user (--user) whose access ends",
		    "which session is to end is not said");
	if (!(of_user ? end_of_user(j) : end_one(j, hex)))
		return false;
	answer_open(j, &b);
	return answer_close(j, &b);
}
