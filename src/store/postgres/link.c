/* store/postgres/link.c - one connection: opened, spoken to in pipeline mode, and given up when no answer comes. */
#include <errno.h>
#include <poll.h>
#include "store/postgres/dialect.h"
#include "store/postgres/postgres_int.h"

#define WAIT_SLICE_MS 100               /* how soon a wait learns that the watcher has no answer either */
#define PATIENCE_US   4000000           /* ... and how long it has waited itself by then */

/* --- the statements, numbered PostgreSQL's way ------------------------------------------------- */

static const char *const sql_text[SQL_COUNT] = {
#define SQL(name, text) [SQL_##name] = text,
#include "store/records/sql.def"
#undef SQL
};
static char *numbered_text[SQL_COUNT];

/* ?7 is $7, and ? the one behind the last; between quotes it is itself. */
static char *
numbered(const char *text)
{
	size_t size = 2 * strlen(text) + 1, n = 0;
	char *out = malloc(size);
	bool quoted = false;
	int last = 0;

	if (out == NULL)
		fatal("memory is exhausted");
	for (const char *p = text; *p != '\0'; p++) {
		quoted ^= *p == '\'';
		if (*p != '?' || quoted) {
			out[n++] = *p;
			continue;
		}
		out[n++] = '$';
		if (p[1] < '0' || p[1] > '9')
			n += (size_t)snprintf(out + n, size - n, "%d", ++last);
	}
	out[n] = '\0';
	return out;
}

static void
texts_make(void)
{
	for (size_t i = 0; i < SQL_COUNT; i++)
		numbered_text[i] = numbered(sql_text[i]);
}

void
pg_texts_make(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, texts_make);
}

const char *
pg_text(enum sql which)
{
	return numbered_text[which];
}

/* --- failures --------------------------------------------------------------------------------- */

static void
trouble_note(struct pg_conn *c, const char *state, const char *text)
{
	struct str s = str_trim(str_of(text != NULL ? text : ""));

	snprintf(c->state, sizeof c->state, "%s", state != NULL ? state : "");
	snprintf(c->trouble, sizeof c->trouble, "%.*s", STR_ARG(s));
	for (char *p = c->trouble; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
}

/* why NULL: that is noted already. */
static bool
give_up(struct pg_conn *c, const char *why)
{
	c->lost = true;
	if (why != NULL)
		trouble_note(c, NULL, why);
	link_close(c);
	return false;
}

/* --- waiting ---------------------------------------------------------------------------------- */

/* What came of events; 0: nothing in time. */
static int
wait_for(struct pg_conn *c, short events)
{
	struct pollfd p = { .fd = pq.PQsocket(c->link), .events = events };
	int64_t begun_us = clock_mono_us();
	int n;

	for (;;) {
		int64_t waited = clock_mono_us() - begun_us;

		if (p.fd < 0 || waited > c->wait_us)
			return 0;
		if (waited > PATIENCE_US && c != &c->store->watcher && is_away(c->store))
			return 0;
		n = poll(&p, 1, WAIT_SLICE_MS);
		if (n > 0)
			return p.revents;
		if (n < 0 && errno != EINTR)
			return 0;
	}
}

/* Reads meanwhile, so that neither side waits for the other to read. */
static bool
flush(struct pg_conn *c)
{
	int n, came;

	while ((n = pq.PQflush(c->link)) == 1) {
		came = wait_for(c, POLLIN | POLLOUT);
		if (came == 0)
			return give_up(c, say("the database does not answer in time"));
		if ((came & POLLIN) && !pq.PQconsumeInput(c->link))
			return give_up(c, pq.PQerrorMessage(c->link));
	}
	return n == 0 || give_up(c, pq.PQerrorMessage(c->link));
}

static bool
answer_is_there(struct pg_conn *c)
{
	while (pq.PQisBusy(c->link)) {
		if (wait_for(c, POLLIN) == 0)
			return give_up(c, say("the database does not answer in time"));
		if (!pq.PQconsumeInput(c->link))
			return give_up(c, pq.PQerrorMessage(c->link));
	}
	return true;
}

/* --- in flight -------------------------------------------------------------------------------- */

static bool
flight_add(struct pg_conn *c, struct flight f)
{
	if (c->n_flights == c->room) {
		struct flight *more = reallocarray(c->flights, c->room + 64, sizeof *more);

		if (more == NULL)
			return give_up(c, say("memory is exhausted"));
		c->flights = more;
		c->room += 64;
	}
	c->flights[c->n_flights++] = f;
	return true;
}

bool
send_text(struct pg_conn *c, const char *text)
{
	return pq.PQsendQueryParams(c->link, text, 0, NULL, NULL, NULL, NULL, 1) == 1
	    ? flight_add(c, (struct flight){ .kind = FLIGHT_VERB })
	    : give_up(c, pq.PQerrorMessage(c->link));
}

static const int *
all_binary(void)
{
	static const int ones[PARAMS_MAX] = {
		1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	};

	return ones;
}

static const char *
name_of(enum sql which, char room[16])
{
	snprintf(room, 16, "h%d", (int)which);
	return room;
}

static bool
send_prepare(struct pg_conn *c)
{
	char name[16];

	if (!c->store->address.prepare || c->prepared[c->which] != PREPARED_NOT)
		return true;
	if (pq.PQsendPrepare(c->link, name_of(c->which, name), pg_text(c->which), c->n, c->types) != 1)
		return give_up(c, pq.PQerrorMessage(c->link));
	c->prepared[c->which] = PREPARED_SENT;
	return flight_add(c, (struct flight){ .kind = FLIGHT_PREPARE, .which = c->which });
}

bool
send_statement(struct pg_conn *c, enum expect expect, bool kept)
{
	char name[16];
	int ok;

	if (!send_prepare(c))
		return false;
	ok = c->store->address.prepare
	    ? pq.PQsendQueryPrepared(c->link, name_of(c->which, name), c->n, c->values, c->lengths, all_binary(), 1)
	    : pq.PQsendQueryParams(c->link, pg_text(c->which), c->n, c->types, c->values, c->lengths, all_binary(), 1);
	if (ok != 1)
		return give_up(c, pq.PQerrorMessage(c->link));
	return flight_add(
	    c, (struct flight){ .kind = FLIGHT_STATEMENT, .which = c->which, .kept = kept, .expect = expect });
}

/* --- answers ---------------------------------------------------------------------------------- */

static bool
is_as_expected(const struct flight *f, PGresult *r)
{
	int64_t touched = 0;

	switch (f->expect) {
	case EXPECT_NOTHING: return true;
	case EXPECT_ROW: return pq.PQntuples(r) > 0;
	case EXPECT_CHANGE: return str_int(str_of(pq.PQcmdTuples(r)), &touched) && touched > 0;
	}
	return true;
}

/* Takes r. */
static void
answer_take(struct pg_conn *c, const struct flight *f, PGresult *r, bool *ok)
{
	ExecStatusType status = pq.PQresultStatus(r);
	bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;

	if (f->kind == FLIGHT_PREPARE)
		c->prepared[f->which] = good ? PREPARED_DONE : PREPARED_NOT;
	if (!good && *ok && status != PGRES_PIPELINE_ABORTED)
		trouble_note(
		    c, pq.PQresultErrorField(r, PG_DIAG_SQLSTATE), pq.PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY));
	*ok &= good;
	if (good && !is_as_expected(f, r))
		c->missed = true;
	if (good && f->kept) {
		pq.PQclear(c->rows);
		c->rows = r;
		return;
	}
	pq.PQclear(r);
}

/* The answers of one thing in flight: at most one result, then nothing. */
static bool
answers_of(struct pg_conn *c, const struct flight *f, bool *ok)
{
	PGresult *r;

	for (;;) {
		if (!answer_is_there(c))
			return false;
		if ((r = pq.PQgetResult(c->link)) == NULL)
			return pq.PQstatus(c->link) == CONNECTION_OK || give_up(c, NULL);
		answer_take(c, f, r, ok);
		if (pq.PQstatus(c->link) != CONNECTION_OK)
			return give_up(c, NULL);
	}
}

static bool
sync_came(struct pg_conn *c)
{
	PGresult *r;
	bool sync;

	if (!answer_is_there(c))
		return false;
	r = pq.PQgetResult(c->link);
	sync = r != NULL && pq.PQresultStatus(r) == PGRES_PIPELINE_SYNC;
	pq.PQclear(r);
	return sync || give_up(c, pq.PQerrorMessage(c->link));
}

bool
trip(struct pg_conn *c)
{
	bool ok = true;

	if (c->n_flights == 0)
		return !c->missed;
	if (!link_is_open(c))
		return false;
	if (pq.PQpipelineSync(c->link) != 1)
		return give_up(c, pq.PQerrorMessage(c->link));
	if (!flush(c))
		return false;
	for (size_t i = 0; i < c->n_flights; i++)
		if (!answers_of(c, &c->flights[i], &ok))
			return false;
	c->n_flights = 0;
	return sync_came(c) && ok && !c->missed;
}

bool
send_bound(struct pg_conn *c, const char *text, bool kept)
{
	if (!link_is_open(c))
		return false;
	if (pq.PQsendQueryParams(c->link, text, c->n, c->types, c->values, c->lengths, all_binary(), 1) != 1)
		return give_up(c, pq.PQerrorMessage(c->link));
	return flight_add(c, (struct flight){ .kind = FLIGHT_STATEMENT, .kept = kept });
}

bool
run_bound(struct pg_conn *c, const char *text)
{
	return send_bound(c, text, true) && trip(c);
}

bool
run_text(struct pg_conn *c, const char *text)
{
	bound_begin(c);
	return run_bound(c, text);
}

/* --- what is bound, and read ------------------------------------------------------------------ */

void
bound_begin(struct pg_conn *c)
{
	pq.PQclear(c->rows);
	c->rows = NULL;
	c->n = 0;
}

void
bound_blob(struct pg_conn *c, struct str v)
{
	c->types[c->n] = PG_TYPE_BLOB;
	c->values[c->n] = v.p;
	c->lengths[c->n++] = (int)v.n;
}

void
bound_int(struct pg_conn *c, int64_t v)
{
	for (int i = 0; i < 8; i++)
		c->numbers[c->n][i] = (uint8_t)((uint64_t)v >> (56 - 8 * i));
	c->types[c->n] = PG_TYPE_INT;
	c->values[c->n] = (const char *)c->numbers[c->n];
	c->lengths[c->n++] = 8;
}

/* Whole numbers come with two, four or eight bytes, the first of them signed. */
int64_t
row_number(const PGresult *r, int row, int column)
{
	const uint8_t *p = (const uint8_t *)pq.PQgetvalue(r, row, column);
	int n = pq.PQgetlength(r, row, column);
	uint64_t v;

	if (p == NULL || n <= 0 || n > 8)
		return 0;
	v = p[0] & 0x80 ? UINT64_MAX : 0;
	for (int i = 0; i < n; i++)
		v = v << 8 | p[i];
	return (int64_t)v;
}

/* --- a connection begins and ends ------------------------------------------------------------- */

static void
be_quiet(void *ctx, const char *message)
{
	(void)ctx, (void)message;
}

/*
 * A lock that does not come in two seconds is most likely held by somebody who waits for us. A session that a pooler
 * lends for one transaction keeps no settings.
 */
static bool
settings_are_made(struct pg_conn *c)
{
	const struct pg_address *a = &c->store->address;
	char path[512];

	if (!a->prepare)
		return true;
	if (a->schema != NULL) {
		snprintf(path, sizeof path, "SET search_path = \"%s\"", a->schema);
		if (!send_text(c, path))
			return false;
	}
	return send_text(c, "SET lock_timeout = '2s'") && send_text(c, "SET statement_timeout = '60s'")
	    && send_text(c, "SET idle_in_transaction_session_timeout = '60s'") && trip(c);
}

bool
link_open(struct pg_conn *c)
{
	link_close(c);
	c->missed = c->begun = false;
	c->state[0] = '\0';
	c->link = pq.PQconnectdbParams(c->store->address.keys, c->store->address.values, 0);
	if (c->link == NULL || pq.PQstatus(c->link) != CONNECTION_OK)
		return give_up(c, c->link != NULL ? pq.PQerrorMessage(c->link) : say("memory is exhausted"));
	pq.PQsetNoticeProcessor(c->link, be_quiet, NULL);
	if (pq.PQsetnonblocking(c->link, 1) != 0 || pq.PQenterPipelineMode(c->link) != 1)
		return give_up(c, pq.PQerrorMessage(c->link));
	return settings_are_made(c);
}

void
link_close(struct pg_conn *c)
{
	pq.PQclear(c->rows);
	c->rows = NULL;
	c->n_flights = 0;
	memset(c->prepared, PREPARED_NOT, sizeof c->prepared);
	pq.PQfinish(c->link);
	c->link = NULL;
}

bool
link_is_open(const struct pg_conn *c)
{
	return c->link != NULL;
}
