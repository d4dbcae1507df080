/* store/postgres/conn.c - the statements of records/sql.def: bound, sent, and their rows. */
#include <assert.h>
#include "store/postgres/postgres_int.h"

void
pg_prepare(struct query *q, enum sql which)
{
	struct pg_conn *c = conn_of(q->conn);

	bound_begin(c);
	c->which = which;
	c->row = -1;
	c->touched = 0;
	q->statement = c;
}

/* --- bound in order; a number that a statement does not use is passed over, and then no value ---- */

static void
bind_at(struct pg_conn *c, int at, Oid type, struct str v)
{
	assert(at <= PARAMS_MAX);
	while (c->n < at) {
		c->types[c->n] = PG_TYPE_TEXT;
		c->values[c->n] = NULL;
		c->lengths[c->n++] = 0;
	}
	c->types[at - 1] = type;
	c->values[at - 1] = v.p;
	c->lengths[at - 1] = (int)v.n;
}

void
pg_bind_text(struct query *q, int at, struct str v)
{
	bind_at(conn_of(q->conn), at, PG_TYPE_TEXT, v);
}

void
pg_bind_blob(struct query *q, int at, struct str v)
{
	bind_at(conn_of(q->conn), at, PG_TYPE_BLOB, v);
}

void
pg_bind_int(struct query *q, int at, int64_t v)
{
	struct pg_conn *c = conn_of(q->conn);

	bind_at(c, at, PG_TYPE_INT, STR_ABSENT);
	c->n = at - 1;
	bound_int(c, v);
}

/* --- run -------------------------------------------------------------------------------------- */

/* A text that the database cannot hold is in no row of it; and who would write it is refused as by a constraint. */
static bool
is_unfit(const struct pg_conn *c)
{
	return strcmp(c->state, "22021") == 0;
}

static void
failed(struct query *q)
{
	struct pg_conn *c = conn_of(q->conn);

	if (c->lost || c->state[0] == '\0')
		q->state = QUERY_FAILED;
	else if (is_unfit(c))
		q->state = c == &c->store->writer ? QUERY_CONFLICT : QUERY_DONE;
	else
		q->state = strncmp(c->state, "23", 2) == 0 ? QUERY_CONFLICT : QUERY_FAILED;
}

/* In a transaction a new connection would know nothing of what came before. */
static bool
is_reachable(struct pg_conn *c)
{
	if (link_is_open(c))
		return true;
	if (c->begun || is_away(c->store))
		return false;
	c->lost = false;
	return link_open(c);
}

static bool
run(struct pg_conn *c)
{
	c->state[0] = '\0';
	return is_reachable(c) && send_statement(c, EXPECT_NOTHING, true) && trip(c);
}

/*
 * The server may have ended a connection since it was used last: a read is asked once more, on another. What a pooler
 * has forgotten is prepared anew.
 */
static bool
run_or_again(struct pg_conn *c)
{
	bool reads = c != &c->store->writer;

	c->lost = false;
	if (run(c))
		return true;
	if (!reads || !(c->lost || strcmp(c->state, "26000") == 0))
		return false;
	if (!c->lost)
		link_close(c);
	return run(c);
}

static bool
first_step(struct query *q)
{
	struct pg_conn *c = conn_of(q->conn);
	int64_t touched;

	if (!run_or_again(c)) {
		failed(q);
		return false;
	}
	c->touched = str_int(str_of(pq.PQcmdTuples(c->rows)), &touched) ? (int)touched : 0;
	return true;
}

void
pg_step(struct query *q)
{
	struct pg_conn *c = conn_of(q->conn);

	/* what was only expected is settled first: its failure is not this one's */
	if (c->row < 0 && c->guesses && !trip(c)) {
		q->state = QUERY_FAILED;
		return;
	}
	c->guesses = false;
	if (c->row < 0 && !first_step(q))
		return;
	c->row++;
	q->state = c->row < pq.PQntuples(c->rows) ? QUERY_ROW : QUERY_DONE;
}

/* Sent without waiting: trip() of the next that has to know tells. */
void
pg_expect(struct query *q, enum expect what)
{
	struct pg_conn *c = conn_of(q->conn);

	c->guesses = true;
	q->state = is_reachable(c) && send_statement(c, what, false) ? QUERY_DONE : QUERY_FAILED;
}

/* --- what came -------------------------------------------------------------------------------- */

struct str
pg_blob(struct query *q, int column)
{
	struct pg_conn *c = conn_of(q->conn);

	if (pq.PQgetisnull(c->rows, c->row, column))
		return STR_ABSENT;
	return str_span(pq.PQgetvalue(c->rows, c->row, column), (size_t)pq.PQgetlength(c->rows, c->row, column));
}

int64_t
pg_number(struct query *q, int column)
{
	struct pg_conn *c = conn_of(q->conn);

	return row_number(c->rows, c->row, column);
}

int
pg_changed(struct query *q)
{
	return conn_of(q->conn)->touched;
}

void
pg_finish(struct query *q)
{
	struct pg_conn *c = conn_of(q->conn);

	pq.PQclear(c->rows);
	c->rows = NULL;
	c->row = -1;
}

const char *
pg_trouble(struct conn *c)
{
	return conn_of(c)->trouble[0] != '\0' ? conn_of(c)->trouble : say("the database cannot be reached");
}
