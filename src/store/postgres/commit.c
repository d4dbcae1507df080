/*
 * store/postgres/commit.c - transactions: begun with their first statement, ended with the mark that tells whether they
 * were; and what may be tried anew.
 */
#include <time.h>
#include "store/postgres/postgres_int.h"

#define TRIES_MAX 8
#define PAUSE_US  4000                          /* before the second try, at random up to twice that, then longer */

static const char *const verb_text[VERB_COUNT] = {
	[VERB_BEGIN] = "BEGIN ISOLATION LEVEL READ COMMITTED",
	[VERB_BEGIN_READ] = "BEGIN READ ONLY",
	[VERB_COMMIT] = "COMMIT",
	[VERB_ROLLBACK] = "ROLLBACK",
	[VERB_SAVE] = "SAVEPOINT list",
	[VERB_SAVE_UNDO] = "ROLLBACK TO SAVEPOINT list",
	[VERB_SAVE_DONE] = "RELEASE SAVEPOINT list",
};

#define LIMITS_LOCAL \
	"set_config('lock_timeout', '2s', true), set_config('statement_timeout', '60s', true), " \
	"set_config('idle_in_transaction_session_timeout', '60s', true)"

/* --- the mark --------------------------------------------------------------------------------- */

/*
 * Division by zero where the row is not as it was left: the statement fails, and the transaction with it. In the SET,
 * for there it is reckoned with the newest state of this one row.
 */
static const char mark_moves[] =
    "UPDATE commit_marks SET batch = $2 / (CASE WHEN batch = $3 THEN 1 ELSE 0 END), at_s = $4 WHERE writer = $1";

static void
mark_bind(struct pg_conn *c, int64_t to)
{
	bound_begin(c);
	bound_blob(c, id_str(&c->store->node));
	bound_int(c, to);
	bound_int(c, c->store->mark);
	bound_int(c, clock_now_s());
}

#define MARK_KEPT_S (7 * 86400)                 /* a process that is alive moves its mark with each sweep */

/* What processes that were killed left behind goes. */
bool
mark_begin(struct pg_conn *c)
{
	bound_begin(c);
	bound_int(c, clock_now_s() - MARK_KEPT_S);
	if (!send_bound(c, "DELETE FROM commit_marks WHERE at_s < $1", false))
		return false;
	mark_bind(c, 0);
	return run_bound(
	    c, "INSERT INTO commit_marks (writer, batch, at_s) VALUES ($1, $2 + $3, $4) ON CONFLICT DO NOTHING");
}

void
mark_end(struct pg_conn *c)
{
	if (!link_is_open(c))
		return;
	bound_begin(c);
	bound_blob(c, id_str(&c->store->node));
	run_bound(c, "DELETE FROM commit_marks WHERE writer = $1");
}

/* Is the row where the COMMIT in question would have moved it? */
static bool
mark_is_past(struct pg_conn *c, bool *past)
{
	bound_begin(c);
	bound_blob(c, id_str(&c->store->node));
	bound_int(c, c->store->mark + 1);
	if (!run_bound(c, "SELECT 1 FROM commit_marks WHERE writer = $1 AND batch = $2"))
		return false;
	*past = pq.PQntuples(c->rows) == 1;
	return true;
}

/* A database that came back without the row, such as a standby that was behind, tells nothing: another one begins. */
static void
mark_anew(struct pg_conn *c)
{
	struct pg_store *s = c->store;

	log_warn("store: %s does not know any more whether the last commit before it was lost is there", s->door.place);
	rand_id(s->node.b);
	s->mark = 0;
	s->mark_is_open = !mark_begin(c);
}

/*
 * A COMMIT was sent and not answered. The row is moved past it from here: where it is still as it was, that transaction
 * has not ended and cannot any more; a transaction at work on it is waited for. False: nothing could be learned.
 */
static bool
mark_settle(struct pg_conn *c, bool *done)
{
	struct pg_store *s = c->store;
	bool moved;

	mark_bind(c, s->mark + 2);
	if (!run_bound(c, "UPDATE commit_marks SET batch = $2, at_s = $4 WHERE writer = $1 AND batch = $3"))
		return false;
	moved = str_is(str_of(pq.PQcmdTuples(c->rows)), "1");
	if (!moved && !mark_is_past(c, done))
		return false;
	*done = !moved && *done;
	if (!moved && !*done) {
		mark_anew(c);
		return false;
	}
	s->mark += moved ? 2 : 1;
	s->mark_is_open = false;
	return true;
}

/* --- what others watch: counters of changes, each a row of epochs ------------------------------- */

/* Ours is then the same number as theirs. */
static bool
epochs_send(struct pg_conn *c)
{
	struct pg_store *s = c->store;

	bound_begin(c);
	if (c->conn.key_writes != s->key_writes
	    && !send_bound(c, "UPDATE epochs SET value = value + 1 WHERE what = 'keys'", false))
		return false;
	return c->conn.client_writes == s->client_writes
	    || send_bound(c, "UPDATE epochs SET value = value + 1 WHERE what = 'clients' RETURNING value", true);
}

static void
epochs_done(struct pg_conn *c)
{
	if (c->rows != NULL && pq.PQntuples(c->rows) == 1)
		c->conn.client_writes = (uint64_t)row_number(c->rows, 0, 0) + 1;
	c->store->client_writes = c->conn.client_writes;
	c->store->key_writes = c->conn.key_writes;
}

/* --- transactions ----------------------------------------------------------------------------- */

/* What was undone was never written. */
static void
forget_writes(struct pg_conn *c)
{
	c->conn.client_writes = c->store->client_writes;
	c->conn.key_writes = c->store->key_writes;
}

static bool
begin(struct pg_conn *c)
{
	bool done;

	c->missed = c->lost = c->unknown = c->guesses = false;
	c->state[0] = '\0';
	if (!link_is_open(c)) {
		if (is_away(c->store) || !link_open(c))
			return false;
	}
	if (c->store->mark_is_open && !mark_settle(c, &done))
		return false;
	/* a session that a pooler lends has no settings of ours: they go with each transaction */
	c->begun = send_text(c, verb_text[VERB_BEGIN])
	    && (c->store->address.prepare || send_text(c, "SELECT " LIMITS_LOCAL));
	return c->begun;
}

static bool
rollback(struct pg_conn *c)
{
	bool ok;

	forget_writes(c);
	c->begun = c->missed = false;
	if (!link_is_open(c))
		return false;
	if (!trip(c) && !link_is_open(c))
		return false;
	c->missed = false;
	ok = send_text(c, verb_text[VERB_ROLLBACK]) && trip(c);
	if (!ok)
		link_close(c);
	return ok;
}

/* The connection went while COMMIT was under way; the lists may be there. */
static bool
commit_settle(struct pg_conn *c)
{
	char trouble[TROUBLE_SIZE];
	bool done = false, known;

	snprintf(trouble, sizeof trouble, "%s", c->trouble);
	c->begun = false;
	/* while nobody can reach it this is settled before the next is written */
	known = !is_away(c->store) && link_open(c) && mark_settle(c, &done);
	if (known && done) {
		c->lost = false;
		return true;
	}
	forget_writes(c);
	c->lost = true;
	c->unknown = !known;
	snprintf(c->trouble, sizeof c->trouble, "%s", trouble);
	return false;
}

/*
 * First all that was only sent must have come out as expected; then the mark and the end go together. The answer to
 * COMMIT is ROLLBACK when the transaction had failed, which the mark has then.
 */
static bool
commit(struct pg_conn *c)
{
	struct pg_store *s = c->store;
	bool ok;

	if (!c->begun || !trip(c))
		return false;
	s->mark_is_open = true;
	ok = epochs_send(c);
	mark_bind(c, s->mark + 1);
	ok = ok && send_bound(c, mark_moves, false) && send_text(c, verb_text[VERB_COMMIT]) && trip(c);
	if (c->lost) {
		ok = commit_settle(c);
	} else {
		s->mark_is_open = false;
		s->mark += ok;
	}
	c->begun = c->begun && !ok;
	if (ok)
		epochs_done(c);
	return ok;
}

bool
pg_say(struct conn *conn, enum verb v)
{
	struct pg_conn *c = conn_of(conn);

	switch (v) {
	case VERB_BEGIN:
	case VERB_BEGIN_READ:
		return begin(c);
	case VERB_COMMIT:
		return commit(c);
	case VERB_ROLLBACK:
		return rollback(c);
	default:
		return c->begun && link_is_open(c) && send_text(c, verb_text[v]);
	}
}

bool
pg_in_transaction(struct conn *c)
{
	return conn_of(c)->begun && link_is_open(conn_of(c));
}

bool
pg_is_spoiled(struct conn *c)
{
	return !link_is_open(conn_of(c)) || pq.PQtransactionStatus(conn_of(c)->link) == PQTRANS_INERROR;
}

/* --- what may be tried anew ------------------------------------------------------------------- */

/* Another transaction stood in the way, or a pooler has forgotten what was prepared; the same may go through now. */
static bool
was_in_the_way(const struct pg_conn *c)
{
	static const char *const states[] = { "40001", "40P01", "55P03", "26000" };

	for (size_t i = 0; i < COUNT(states); i++)
		if (strcmp(c->state, states[i]) == 0)
			return true;
	return false;
}

/* A server that shuts down, or became a standby. */
static bool
is_leaving(const struct pg_conn *c)
{
	return strncmp(c->state, "57P", 3) == 0 || strcmp(c->state, "25006") == 0;
}

bool
pg_is_broken(struct conn *conn)
{
	const struct pg_conn *c = conn_of(conn);

	return c->lost || !link_is_open(c) || was_in_the_way(c) || is_leaving(c) || strncmp(c->state, "53", 2) == 0
	    || strncmp(c->state, "58", 2) == 0 || strcmp(c->state, "57014") == 0;
}

static void
pause_us(int64_t us)
{
	struct timespec t = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };

	nanosleep(&t, NULL);
}

enum retry
pg_retry(struct conn *conn, int tries)
{
	struct pg_conn *c = conn_of(conn);
	bool away = c->lost || is_leaving(c);

	if (away)
		link_close(c);
	if (c->unknown)
		return RETRY_NEVER;
	if (tries >= TRIES_MAX || (away && tries > 1) || !(away || was_in_the_way(c)))
		return RETRY_NO;
	if (strcmp(c->state, "26000") == 0)
		link_close(c);
	pause_us((int64_t)(1 + rand_below(2 * PAUSE_US)) << (tries < 5 ? tries : 5));
	return RETRY_MAY_PASS;
}

/* Larger than any ordinary batch, so that a store which takes this takes the next commits too. */
bool
pg_probe(struct conn *conn, int64_t now_s)
{
	struct pg_conn *c = conn_of(conn);

	if (!trip(c))
		return false;
	bound_begin(c);
	bound_int(c, now_s);
	return run_bound(c, "INSERT INTO probes (id, at_s, ballast) VALUES (1, $1, decode(repeat('00', 65536), 'hex')) "
	    "ON CONFLICT (id) DO UPDATE SET at_s = excluded.at_s, ballast = excluded.ballast");
}
