/* store/records/session.c - login sessions; how many of one user there may be. */
#include "store/records/records_int.h"

enum step
op_session_add(struct conn *c, const struct store_op *op)
{
	const struct session *r = op->session;
	struct query q;

	op_begin(&q, c, SQL_SESSION_ADD);
	bind_dig(&q, &r->digest);
	bind_str(&q, r->issuer);
	bind_id(&q, &r->user);
	bind_str(&q, r->user_name);
	bind_str(&q, r->account_type);
	bind_int(&q, r->auth_s);
	bind_int(&q, r->seen_s);
	bind_int(&q, r->expires_s);
	bind_str(&q, r->address);
	bind_str(&q, r->agent);
	bind_str(&q, r->client);
	bind_int(&q, r->answered);
	bind_dig(&q, &r->request);
	bind_str(&q, r->amr);
	bind_int(&q, r->factor_s);
	bind_str(&q, r->device);
	bind_int(&q, r->idle_s);
	bind_int(&q, r->refresh_ends);
	return op_finish(&q);
}

static enum step
answer_run(struct conn *c, enum sql which, const struct session *r)
{
	struct query q;

	op_begin(&q, c, which);
	bind_dig(&q, &r->digest);
	bind_int(&q, r->answered);
	bind_dig(&q, &r->request);
	return op_run_cond(&q);
}

enum step
op_session_answer(struct conn *c, const struct store_op *op)
{
	return answer_run(c, SQL_SESSION_ANSWER, op->session);
}

enum step
op_session_spend(struct conn *c, const struct store_op *op)
{
	return answer_run(c, SQL_SESSION_SPEND, op->session);
}

enum step
op_session_used(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_SESSION_USED);
	bind_dig(&q, &op->session->digest);
	bind_int(&q, op->session->seen_s);
	bind_str(&q, op->session->client);
	return op_finish(&q);
}

enum step
op_session_touch(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_SESSION_TOUCH);
	bind_dig(&q, &op->session->digest);
	bind_int(&q, op->session->seen_s);
	return op_run_cond(&q);
}

enum step
op_session_alive(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_SESSION_ALIVE);
	bind_dig(&q, &op->session->digest);
	return op_run_guard(&q);
}

/* The first that is too many, of a kind of device unless absent. */
static enum step
too_many(struct conn *c, const struct op_session_room *r, struct str kind, int64_t most, struct dig32 *found)
{
	struct query q;
	bool any;

	op_begin(&q, c, SQL_SESSION_TOO_MANY);
	bind_id(&q, &r->row->user);
	bind_dig(&q, &r->row->digest);
	bind_str(&q, r->whole_realm ? STR_ABSENT : r->row->issuer);
	bind_str(&q, kind);
	bind_int(&q, r->now_s);
	bind_str(&q, r->elsewhere);
	bind_int(&q, 1);
	bind_int(&q, most - 1);
	any = query_row(&q);
	if (any)
		*found = get_dig(&q, NULL);
	switch (query_end(&q, any)) {
	case FOUND: return STEP_DONE;
	case NOT_FOUND: return STEP_LOST;
	default: return STEP_FAILED;
	}
}

/* They end one after the other, each with all that ends with a session. STEP_DONE: there is room. */
static enum step
room_made(struct conn *c, const struct op_session_room *r, struct str kind, int64_t most)
{
	struct session old = { .why = SESSION_END_ELSEWHERE };
	enum step s = most > 0 ? too_many(c, r, kind, most, &old.digest) : STEP_LOST;

	while (s == STEP_DONE) {
		if (r->refuses)
			return STEP_LOST;
		s = session_end_run(c, &old);
		if (s == STEP_DONE)
			s = too_many(c, r, kind, most, &old.digest);
	}
	return s == STEP_LOST ? STEP_DONE : s;
}

/* Two that begin at once are counted one after the other. */
static enum step
user_counted(struct conn *c, const struct id16 *user)
{
	struct query q;

	if (!c->engine->shared)
		return STEP_DONE;
	op_begin(&q, c, SQL_USER_COUNTED);
	bind_id(&q, user);
	return op_hold(&q);
}

enum step
op_session_room(struct conn *c, const struct store_op *op)
{
	const struct op_session_room *r = &op->session_room;
	enum step s = user_counted(c, &r->row->user);

	if (s == STEP_DONE)
		s = room_made(c, r, r->row->device, r->most_of_kind);
	return s == STEP_DONE ? room_made(c, r, STR_ABSENT, r->most) : s;
}

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
	s->answered = get_int(q);
	s->request = get_dig(q, NULL);
	s->amr = get_str(q);
	s->factor_s = get_int(q);
	s->device = get_str(q);
	s->idle_s = get_int(q);
	s->refresh_ends = get_int(q) != 0;
}

READ_BY(read_session, session, session_fill, SQL_SESSION, dig32, dig_str)

int
read_sessions(struct store *s, struct arena *mem, const struct id16 *user, const struct dig32 *after, int max,
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

/* --- those that have ended -------------------------------------------------------------------- */

static void
ended_session_fill(struct query *q, struct ended_session *s)
{
	*s = (struct ended_session){ 0 };
	s->digest = get_dig(q, NULL);
	s->issuer = get_str(q);
	s->user = get_id(q);
	s->user_name = get_str(q);
	s->address = get_str(q);
	s->agent = get_str(q);
	s->device = get_str(q);
	s->begun_s = get_int(q);
	s->why = (enum session_end)get_int(q);
	s->ended_s = get_int(q);
	s->expires_s = get_int(q);
}

READ_BY(read_ended_session, ended_session, ended_session_fill, SQL_ENDED_SESSION, dig32, dig_str)

int
read_ended_sessions(struct store *s, struct arena *mem, const struct id16 *user, const struct dig32 *after, int max,
    struct ended_session *out)
{
	struct query q;
	int n = 0;

	page_begin(&q, s, mem, user != NULL ? SQL_ENDED_SESSIONS_USER : SQL_ENDED_SESSIONS,
	    after != NULL ? dig_str(after) : STR_ABSENT, max);
	if (user != NULL)
		bind_blob(&q, id_str(user));
	for (; n < max && query_row(&q); n++)
		ended_session_fill(&q, &out[n]);
	return read_end_list(&q, s, n);
}
