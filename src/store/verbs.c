/* store/verbs.c - how an operation runs its statement: what it means that a row was touched, or found. */
#include "store/records/records_int.h"

/*
 * Run what was bound; `changed` tells how many rows it touched. A broken constraint is a lost
 * race, not trouble.
 */
static enum step
run_counted(struct query *q, int *changed)
{
	query_row(q);
	*changed = q->state == QUERY_DONE || q->state == QUERY_ROW ? q->conn->engine->changed(q) : 0;
	q->conn->engine->finish(q);
	if (q->state == QUERY_CONFLICT)
		return STEP_LOST;
	return q->state == QUERY_DONE || q->state == QUERY_ROW ? STEP_DONE : STEP_FAILED;
}

/* Is it left at what the engine expects of it? Then it counts as done. */
static bool
is_expected(struct query *q, enum expect what)
{
	if (!q->conn->hurry || q->state != QUERY_READY)
		return false;
	q->conn->engine->expect(q, what);
	return true;
}

static enum step
step_of(const struct query *q)
{
	return q->state == QUERY_DONE ? STEP_DONE : STEP_FAILED;
}

void
op_begin(struct query *q, struct conn *c, enum sql which)
{
	query_begin(q, c, NULL, which);
}

enum step
op_finish(struct query *q)
{
	int changed;

	return is_expected(q, EXPECT_NOTHING) ? step_of(q) : run_counted(q, &changed);
}

/* A conditional statement that touched nothing found its condition false (S1, S2). */
enum step
op_run_cond(struct query *q)
{
	int changed;
	enum step r;

	if (is_expected(q, EXPECT_CHANGE))
		return step_of(q);
	r = run_counted(q, &changed);
	return r == STEP_DONE && changed == 0 ? STEP_LOST : r;
}

/* A guard looks for a row and changes nothing. */
enum step
op_run_guard(struct query *q)
{
	bool found;

	if (is_expected(q, EXPECT_ROW))
		return step_of(q);
	found = query_row(q);
	if (query_end(q, found) == FIND_FAILED)
		return STEP_FAILED;
	return found ? STEP_DONE : STEP_LOST;
}

enum step
op_hold(struct query *q)
{
	if (is_expected(q, EXPECT_NOTHING))
		return step_of(q);
	return query_end(q, query_row(q)) == FIND_FAILED ? STEP_FAILED : STEP_DONE;
}

enum step
op_run_id(struct conn *c, enum sql which, const struct id16 *id)
{
	struct query q;

	op_begin(&q, c, which);
	bind_blob(&q, id_str(id));
	return op_finish(&q);
}

enum step
op_run_dig(struct conn *c, enum sql which, const struct dig32 *d)
{
	struct query q;

	op_begin(&q, c, which);
	bind_dig(&q, d);
	return op_finish(&q);
}

enum step
op_run_texts(struct conn *c, enum sql which, struct str first, struct str second)
{
	struct query q;

	op_begin(&q, c, which);
	bind_str(&q, first);
	if (str_given(second))
		bind_str(&q, second);
	return op_finish(&q);
}
