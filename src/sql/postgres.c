/* sql/postgres.c - PostgreSQL by libpq, whose calls never block here: each wait is ours and has an end. */
#include "sql/sql_int.h"

#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>

#define BYTEA_TYPE 17

/* The part of libpq that is used, as its manual declares it. */
enum { POLLING_FAILED, POLLING_READING, POLLING_WRITING, POLLING_OK };
enum { CONNECTION_OK = 0, COMMAND_OK = 1, TUPLES_OK = 2, SINGLE_TUPLE = 9, SQLSTATE = 'C', MESSAGE = 'M' };
static const char *const names[] = {
	"PQconnectStartParams",
	"PQconnectPoll",
	"PQstatus",
	"PQsocket",
	"PQerrorMessage",
	"PQfinish",
	"PQsendQuery",
	"PQsendQueryParams",
	"PQsetSingleRowMode",
	"PQconsumeInput",
	"PQisBusy",
	"PQgetResult",
	"PQresultStatus",
	"PQresultErrorField",
	"PQclear",
	"PQntuples",
	"PQnfields",
	"PQfname",
	"PQftype",
	"PQgetvalue",
	"PQgetlength",
	"PQgetisnull",
};
static struct pq {
	void *(*start)(const char *const *, const char *const *, int);
	int (*poll)(void *);
	int (*status)(const void *), (*socket)(const void *);
	char *(*error)(const void *);
	void (*finish)(void *);
	int (*send)(void *, const char *);
	int (*send_params)(
	    void *, const char *, int, const unsigned *, const char *const *, const int *, const int *, int);
	int (*single)(void *), (*consume)(void *), (*busy)(void *);
	void *(*result)(void *);
	int (*result_status)(const void *);
	char *(*result_field)(const void *, int);
	void (*clear)(void *);
	int (*rows)(const void *), (*columns)(const void *);
	char *(*name)(const void *, int);
	unsigned (*type)(const void *, int);
	char *(*value)(const void *, int, int);
	int (*length)(const void *, int, int), (*is_null)(const void *, int, int);
} pq;
_Static_assert(sizeof pq == COUNT(names) * sizeof(void *), "one pointer a name, in the same order");

static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;
static bool loaded;

static bool
load(struct arena *mem, struct str *why)
{
	bool ok;

	pthread_mutex_lock(&loading);
	ok = loaded = loaded || library_load("libpq.so.5", names, (void **)&pq, COUNT(names), "libpq5", mem, why);
	pthread_mutex_unlock(&loading);
	return ok;
}

static struct str
said(struct sql_link *l, struct arena *mem)
{
	return arena_dup(mem, str_trim(str_of(l->handle ? pq.error(l->handle) : "memory is exhausted")));
}

/* --- answers ---------------------------------------------------------------------------------- */

/*
 * Read until a result is whole. False: time is up, the connection is gone, or the answer is larger
 * than wanted. What waits is counted before it is read, and what was read afterwards by row_size:
 * the library may read on while more comes.
 */
static bool
result_wait(struct sql_link *l, size_t *read)
{
	while (pq.busy(l->handle)) {
		int fd = pq.socket(l->handle), waiting = 0;

		if (fd < 0 || sql_wait(l, fd, POLLIN) == 0)
			return false;
		if (ioctl(fd, FIONREAD, &waiting) == 0 && waiting > 0)
			*read += (size_t)waiting;
		if ((l->limits.bytes_max > 0 && *read > l->limits.bytes_max) || !pq.consume(l->handle))
			return false;
	}
	return true;
}

static enum sql_result
broken(struct sql_link *l, size_t read, struct arena *mem, struct str *why)
{
	l->usable = false;
	if (l->limits.bytes_max > 0 && read > l->limits.bytes_max) {
		*why = SAY("the answer is too large");
		return SQL_FAILED;
	}
	*why = l->until_ms != 0 && sql_now_ms() >= l->until_ms ? SAY("the answer took too long") : said(l, mem);
	return SQL_BROKEN;
}

/* Class 22 is a value that the column's type cannot have, 57 an end that somebody wished, 08 a connection's. */
static enum sql_result
refused(const void *result, struct arena *mem, struct str *why)
{
	struct str state = str_of(pq.result_field(result, SQLSTATE));

	*why = arena_dup(mem, str_trim(str_of(pq.result_field(result, MESSAGE))));
	if (str_starts(state, S("22")))
		return SQL_UNFIT;
	if (str_is(state, "42P01"))
		return SQL_NO_TABLE;
	return str_starts(state, S("57")) || str_starts(state, S("08")) || !str_given(state) ? SQL_BROKEN : SQL_FAILED;
}

static size_t
row_size(const void *result)
{
	size_t size = 0;

	for (int i = 0; i < pq.columns(result); i++)
		size += (size_t)pq.length(result, 0, i);
	return size;
}

static bool
row_give(const void *result, struct sql_cell *cells, const struct sql_question *q)
{
	int n = pq.columns(result);

	for (int i = 0; i < n; i++) {
		struct str value = str_span(pq.value(result, 0, i), (size_t)pq.length(result, 0, i));
		bool hex = pq.type(result, i) == BYTEA_TYPE && str_starts(value, S("\\x"));

		cells[i] = (struct sql_cell){ str_of(pq.name(result, i)), hex ? str_from(value, 2) : value,
			hex ? SQL_HEX : SQL_TEXT };
		if (pq.is_null(result, 0, i))
			cells[i].value = STR_ABSENT;
	}
	return q->row(q->ctx, cells, (size_t)n);
}

/* One result: of a row, of the end, or of an error. False: nothing more is read. */
static bool
result_take(struct sql_link *l, const void *result, struct sql_cell *cells, const struct sql_question *q,
    enum sql_result *r, struct arena *mem, struct str *why)
{
	int status = pq.result_status(result);

	if (status == SINGLE_TUPLE && l->limits.bytes_max > 0 && row_size(result) > l->limits.bytes_max) {
		*why = SAY("the answer is too large");
		l->usable = false;
		*r = SQL_FAILED;
		return false;
	}
	if (status == SINGLE_TUPLE
	    && (q->row == NULL || pq.columns(result) > SQL_COLUMNS_MAX || !row_give(result, cells, q))) {
		l->usable = false;              /* the rest of the answer is still to come */
		*r = SQL_FAILED;
		return false;
	}
	if (status != SINGLE_TUPLE && status != TUPLES_OK && status != COMMAND_OK)
		*r = refused(result, mem, why);
	return true;
}

/* All results of what was sent. */
static enum sql_result
answer_read(struct sql_link *l, const struct sql_question *q, struct arena *mem, struct str *why)
{
	struct sql_cell *cells = arena_array(mem, struct sql_cell, SQL_COLUMNS_MAX);
	enum sql_result r = SQL_DONE;
	bool more = cells != NULL;
	size_t read = 0;

	while (more) {
		void *result;

		if (!result_wait(l, &read))
			return broken(l, read, mem, why);
		if ((result = pq.result(l->handle)) == NULL)
			return r;
		more = result_take(l, result, cells, q, &r, mem, why);
		pq.clear(result);
	}
	return r;
}

/* --- a connection ----------------------------------------------------------------------------- */

static bool
connect_finish(struct sql_link *l, struct arena *mem, struct str *why)
{
	int step = POLLING_WRITING;

	while (step == POLLING_READING || step == POLLING_WRITING) {
		if (sql_wait(l, pq.socket(l->handle), step == POLLING_READING ? POLLIN : POLLOUT) == 0) {
			*why = SAY("PostgreSQL cannot be reached: it does not answer in time");
			return false;
		}
		step = pq.poll(l->handle);
	}
	*why = ARENA_CAT(mem, SAY("PostgreSQL cannot be reached: "), said(l, mem));
	return step == POLLING_OK;
}

static bool
open_url(struct sql_link *l, struct arena *mem, struct str *why)
{
	const struct sql_address *a = l->address;
	const char *url = arena_z(mem, a->whole), *password = str_given(a->password) ? arena_z(mem, a->password) : NULL;
	const char *keys[] = { "dbname", "application_name", "client_encoding", password ? "password" : NULL, NULL };
	const char *values[] = { url, "hufu", "UTF8", password, NULL };
	struct str settings = arena_printf(mem,
	    "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY; SET statement_timeout = %lld",
	    (long long)(l->limits.answer_ms > 0 ? l->limits.answer_ms : 0));
	static const struct sql_question none;

	l->handle = url != NULL ? pq.start(keys, values, 1) : NULL;
	if (l->handle == NULL || pq.socket(l->handle) < 0) {
		*why = ARENA_CAT(mem, SAY("PostgreSQL cannot be reached: "), said(l, mem));
		return false;
	}
	if (!connect_finish(l, mem, why))
		return false;
	return pq.send(l->handle, arena_z(mem, settings)) && answer_read(l, &none, mem, why) == SQL_DONE;
}

/* ? becomes $1; between quotes it is itself. */
static const char *
numbered(struct arena *mem, struct str statement)
{
	struct buf b;
	char quote = '\0';

	buf_init(&b, mem, statement.n + 16);
	for (size_t i = 0; i < statement.n; i++) {
		char c = statement.p[i];

		if (quote == '\0' && c == '?') {
			buf_put(&b, S("$1"));
			continue;
		}
		if (c == quote)
			quote = '\0';
		else if (quote == '\0' && (c == '\'' || c == '"'))
			quote = c;
		buf_putc(&b, c);
	}
	return b.full ? NULL : arena_z(mem, buf_str(&b));
}

static enum sql_result
ask(struct sql_link *l, const struct sql_question *q, struct arena *mem, struct str *why)
{
	const char *text = str_given(q->parameter) ? numbered(mem, q->statement) : arena_z(mem, q->statement);
	const char *values[] = { str_given(q->parameter) ? arena_z(mem, q->parameter) : NULL };

	*why = SAY("memory is exhausted");
	if (text == NULL || (str_given(q->parameter) && values[0] == NULL))
		return SQL_FAILED;
	if (!pq.send_params(l->handle, text, str_given(q->parameter), NULL, values, NULL, NULL, 0)
	    || !pq.single(l->handle)) {
		*why = said(l, mem);
		return SQL_BROKEN;
	}
	return answer_read(l, q, mem, why);
}

static void
finish(struct sql_link *l)
{
	pq.finish(l->handle);
}

const struct sql_driver sql_postgres = { load, open_url, ask, finish };
