/* store/records/session.c - login sessions. */
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
