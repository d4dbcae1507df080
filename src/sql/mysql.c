/*
 * sql/mysql.c - MySQL and MariaDB by libmariadb, whose calls never block here (its "non-blocking
 * API"): each wait is ours and has an end.
 */
#include "sql/sql_int.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

/* The part of libmariadb that is used, as its headers declare it. */
enum { WAIT_READ = 1, WAIT_WRITE = 2, WAIT_EXCEPT = 4, WAIT_TIMEOUT = 8 };
enum {
	OPT_CHARSET = 7,
	OPT_LOCAL_INFILE = 8,
	OPT_VERIFY_CERT = 21,
	OPT_CA = 27,
	OPT_TLS = 38,
	OPT_PACKET_MAX = 39,
	OPT_NONBLOCK = 6000
};
enum { TYPE_STRING = 254, NO_DATA = 100, TRUNCATED = 101 };
enum {
	NO_SUCH_TABLE = 1146,
	WRONG_COLLATIONS = 1267,
	CANNOT_CONVERT = 3988,
	WRONG_VALUE = 1366,
	TOO_SLOW = 1969, /* MariaDB's */
	TOO_SLOW_TOO = 3024 /* MySQL's */
};
enum { LEAST_OF_CLIENT = 2000, MOST_OF_CLIENT = 2999, PACKET_TOO_LARGE = 2020 };
struct field { const char *name; };             /* the first member of a MYSQL_FIELD */
struct bind {                                   /* MYSQL_BIND */
	unsigned long *length;
	char *is_null;
	void *buffer;
	char *error;
	void *position, *store, *fetch, *skip;
	unsigned long buffer_length, offset, length_value;
	unsigned flags, pack_length;
	int type;
	char error_value, is_unsigned, long_data_used, is_null_value;
	void *extension;
};

static const char *const names[] = {
	"mysql_server_init",
	"mysql_init",
	"mysql_options",
	"mysql_real_connect_start",
	"mysql_real_connect_cont",
	"mysql_real_query_start",
	"mysql_real_query_cont",
	"mysql_get_socket",
	"mysql_get_timeout_value_ms",
	"mysql_error",
	"mysql_errno",
	"mysql_close",
	"mysql_stmt_init",
	"mysql_stmt_prepare_start",
	"mysql_stmt_prepare_cont",
	"mysql_stmt_bind_param",
	"mysql_stmt_execute_start",
	"mysql_stmt_execute_cont",
	"mysql_stmt_bind_result",
	"mysql_stmt_fetch_start",
	"mysql_stmt_fetch_cont",
	"mysql_stmt_fetch_column",
	"mysql_stmt_result_metadata",
	"mysql_num_fields",
	"mysql_fetch_field",
	"mysql_free_result",
	"mysql_stmt_error",
	"mysql_stmt_errno",
	"mysql_stmt_close",
	"mysql_stmt_param_count",
};
static struct my {
	int (*server_init)(int, char **, char **);
	void *(*init)(void *);
	int (*options)(void *, int, const void *);
	int (*connect_start)(void **, void *, const char *host, const char *user, const char *password,
	    const char *db, unsigned port, const char *socket, unsigned long flags);
	int (*connect_cont)(void **, void *, int);
	int (*query_start)(int *, void *, const char *, unsigned long), (*query_cont)(int *, void *, int);
	int (*socket)(void *);
	unsigned (*timeout_ms)(const void *);
	const char *(*error)(void *);
	unsigned (*number)(void *);
	void (*close)(void *);
	void *(*stmt)(void *);
	int (*prepare_start)(int *, void *, const char *, unsigned long), (*prepare_cont)(int *, void *, int);
	char (*bind_param)(void *, struct bind *);
	int (*execute_start)(int *, void *), (*execute_cont)(int *, void *, int);
	char (*bind_result)(void *, struct bind *);
	int (*fetch_start)(int *, void *), (*fetch_cont)(int *, void *, int);
	int (*column)(void *, struct bind *, unsigned, unsigned long);
	void *(*result)(void *);
	unsigned (*columns)(void *);
	const struct field *(*field)(void *);
	void (*release)(void *);
	const char *(*stmt_error)(void *);
	unsigned (*stmt_number)(void *);
	char (*stmt_close)(void *);
	unsigned long (*parameters)(void *);
} my;
_Static_assert(sizeof my == COUNT(names) * sizeof(void *), "one pointer a name, in the same order");

static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;
static bool loaded;

static bool
load(struct arena *mem, struct str *why)
{
	bool ok;

	pthread_mutex_lock(&loading);
	if (!loaded)
		loaded = library_load(
			     "libmariadb.so.3", names, (void **)&my, COUNT(names), "libmariadb3", mem, why)
		    && my.server_init(0, NULL, NULL) == 0;
	ok = loaded;
	pthread_mutex_unlock(&loading);
	return ok;
}

/* --- waiting ---------------------------------------------------------------------------------- */

static bool
is_late(const struct sql_link *l)
{
	return l->until_ms != 0 && sql_now_ms() >= l->until_ms;
}

/* What came of that for which the library waits; 0: time is up. */
static int
wait_for(const struct sql_link *l, int what)
{
	int events = (what & WAIT_READ ? POLLIN : 0) | (what & WAIT_WRITE ? POLLOUT : 0)
	    | (what & WAIT_EXCEPT ? POLLPRI : 0);
	int came = sql_wait(l, my.socket(l->handle), events);

	if (came & (POLLERR | POLLHUP | POLLNVAL))
		return what & (WAIT_READ | WAIT_WRITE);
	return (came & POLLIN ? WAIT_READ : 0) | (came & POLLOUT ? WAIT_WRITE : 0) | (came & POLLPRI ? WAIT_EXCEPT : 0);
}

/*
 * A call that was begun is brought to its end: the library's stack has to be left by the way it
 * came. When time is up it is told so, and the socket is shut for the layers that do not listen.
 */
static int
go_on(struct sql_link *l, int what)
{
	int came = wait_for(l, what);

	if (came != 0)
		return came;
	shutdown(my.socket(l->handle), SHUT_RDWR);
	return WAIT_TIMEOUT;
}
#define FINISH(l, begin, go) do { int what_ = (begin); while (what_ != 0) { int came_ = go_on((l), what_); what_ = (go); } } while (0)

/* --- a connection ----------------------------------------------------------------------------- */

static const char *
z(struct arena *mem, struct str s)
{
	return s.n > 0 ? arena_z(mem, s) : NULL;
}

static bool
command(struct sql_link *l, const char *text)
{
	int r = 1;

	FINISH(l, my.query_start(&r, l->handle, text, strlen(text)), my.query_cont(&r, l->handle, came_));
	return r == 0;
}

static void
options_set(struct sql_link *l, struct arena *mem)
{
	const struct sql_address *a = l->address;
	unsigned no = 0;
	char yes = 1;

	my.options(l->handle, OPT_NONBLOCK, NULL);
	my.options(l->handle, OPT_CHARSET, "utf8mb4");
	my.options(l->handle, OPT_LOCAL_INFILE, &no);   /* a server may ask its client for files */
	if (l->limits.bytes_max > 0)
		my.options(l->handle, OPT_PACKET_MAX, &l->limits.bytes_max);
	if (str_given(a->ca)) {
		my.options(l->handle, OPT_CA, arena_z(mem, a->ca));
		my.options(l->handle, OPT_VERIFY_CERT, &yes);
		my.options(l->handle, OPT_TLS, &yes);
	}
}

static bool
open_server(struct sql_link *l, struct arena *mem, struct str *why)
{
	const struct sql_address *a = l->address;
	void *done = NULL;
	char limit[96];

	l->handle = my.init(NULL);
	if (l->handle == NULL)
		return false;
	options_set(l, mem);
	FINISH(l,
	    my.connect_start(&done, l->handle, z(mem, a->host), z(mem, a->user), z(mem, a->password),
		z(mem, a->database), (unsigned)a->port, z(mem, a->socket), 0),
	    my.connect_cont(&done, l->handle, came_));
	if (done == NULL || !command(l, "SET SESSION TRANSACTION READ ONLY")) {
		*why = arena_say(mem, "MySQL cannot be reached: %s", is_late(l) ? say("it does not answer in time") : my.error(l->handle));
		return false;
	}
	if (l->limits.answer_ms <= 0)
		return true;
	snprintf(limit, sizeof limit, "SET SESSION max_statement_time = %lld.%03lld",
	    (long long)(l->limits.answer_ms / 1000), (long long)(l->limits.answer_ms % 1000));
	/* MariaDB's name for it, MySQL's: where there is neither, our own limit has to do */
	if (command(l, limit))
		return true;
	snprintf(limit, sizeof limit, "SET SESSION max_execution_time = %lld", (long long)l->limits.answer_ms);
	return command(l, limit) || my.number(l->handle) < LEAST_OF_CLIENT;
}

/* --- a question ------------------------------------------------------------------------------- */

/* The answer's columns with room for their values. */
struct answer {
	unsigned n;
	struct sql_cell cells[SQL_COLUMNS_MAX];
	struct bind binds[SQL_COLUMNS_MAX];
	char *room[SQL_COLUMNS_MAX];
	size_t size[SQL_COLUMNS_MAX];
};

static enum sql_result
failed(struct sql_link *l, unsigned number, const char *said, struct arena *mem, struct str *why)
{
	bool late = is_late(l) || number == TOO_SLOW || number == TOO_SLOW_TOO;

	*why = arena_printf(mem, "%s", late ? say("the answer took too long") : said);
	if (number == NO_SUCH_TABLE)
		return SQL_NO_TABLE;
	if (number == WRONG_COLLATIONS || number == CANNOT_CONVERT || number == WRONG_VALUE)
		return SQL_UNFIT;
	l->usable = l->usable && number < LEAST_OF_CLIENT;
	if (number == PACKET_TOO_LARGE)
		return SQL_FAILED;
	return late || (number >= LEAST_OF_CLIENT && number <= MOST_OF_CLIENT) ? SQL_BROKEN : SQL_FAILED;
}

static enum sql_result
stmt_failed(struct sql_link *l, void *st, struct arena *mem, struct str *why)
{
	return failed(l, my.stmt_number(st), my.stmt_error(st), mem, why);
}

static bool
columns_read(void *st, struct answer *a, struct arena *mem)
{
	void *meta = my.result(st);

	a->n = meta != NULL ? my.columns(meta) : 0;
	for (unsigned i = 0; a->n <= SQL_COLUMNS_MAX && i < a->n; i++) {
		a->cells[i].column = arena_dup(mem, str_of(my.field(meta)->name));
		a->binds[i] = (struct bind){ .type = TYPE_STRING,
			.length = &a->binds[i].length_value,
			.is_null = &a->binds[i].is_null_value,
			.error = &a->binds[i].error_value };
	}
	if (meta != NULL)
		my.release(meta);
	return a->n > 0 && a->n <= SQL_COLUMNS_MAX && my.bind_result(st, a->binds) == 0;
}

/* The lengths are known now: the value is taken again, into enough room. */
static bool
value_take(void *st, struct answer *a, unsigned i)
{
	size_t n = a->binds[i].length_value;
	struct bind whole = { .type = TYPE_STRING,
		.length = &whole.length_value,
		.is_null = &whole.is_null_value,
		.error = &whole.error_value };

	if (a->size[i] < n + 1) {
		char *p = realloc(a->room[i], n + 1);

		if (p == NULL)
			return false;
		a->room[i] = p;
		a->size[i] = n + 1;
	}
	whole.buffer = a->room[i];
	whole.buffer_length = n + 1;
	a->cells[i].value = str_span(a->room[i], n);
	return my.column(st, &whole, i, 0) == 0;
}

static bool
row_give(void *st, struct answer *a, const struct sql_question *q, bool *ok)
{
	*ok = true;
	for (unsigned i = 0; *ok && i < a->n; i++) {
		a->cells[i].value = STR_ABSENT;
		if (!a->binds[i].is_null_value)
			*ok = value_take(st, a, i);
	}
	return *ok && q->row(q->ctx, a->cells, a->n);
}

static enum sql_result
rows_read(struct sql_link *l, void *st, struct answer *a, const struct sql_question *q, struct arena *mem,
    struct str *why)
{
	size_t read = 0;

	for (;;) {
		int r = 1;
		bool ok;

		FINISH(l, my.fetch_start(&r, st), my.fetch_cont(&r, st, came_));
		if (r == NO_DATA)
			return SQL_DONE;
		if (r != 0 && r != TRUNCATED)
			return stmt_failed(l, st, mem, why);
		for (unsigned i = 0; i < a->n; i++)
			read += a->binds[i].is_null_value ? 0 : a->binds[i].length_value;
		if (l->limits.bytes_max > 0 && read > l->limits.bytes_max) {
			*why = SAY("the answer is too large");
			l->usable = false;
			return SQL_FAILED;
		}
		if (!row_give(st, a, q, &ok)) {
			l->usable = false;      /* the rest of the answer is still to come */
			if (!ok)
				*why = SAY("a value could not be read");
			return SQL_FAILED;
		}
	}
}

static bool
execute(struct sql_link *l, void *st, const struct sql_question *q)
{
	struct bind value = { .type = TYPE_STRING,
		.buffer = (void *)(uintptr_t)q->parameter.p,
		.buffer_length = q->parameter.n,
		.length_value = q->parameter.n,
		.length = &value.length_value };
	int r = 1;

	FINISH(l, my.prepare_start(&r, st, q->statement.p, q->statement.n), my.prepare_cont(&r, st, came_));
	if (r != 0 || (str_given(q->parameter) && (my.parameters(st) != 1 || my.bind_param(st, &value) != 0)))
		return false;
	r = 1;
	FINISH(l, my.execute_start(&r, st), my.execute_cont(&r, st, came_));
	return r == 0;
}

static enum sql_result
ask(struct sql_link *l, const struct sql_question *q, struct arena *mem, struct str *why)
{
	struct answer *a = calloc(1, sizeof *a);
	void *st = a != NULL ? my.stmt(l->handle) : NULL;
	enum sql_result r = SQL_FAILED;

	*why = SAY("memory is exhausted");
	if (st == NULL) {
		free(a);
		return SQL_FAILED;
	}
	if (!execute(l, st, q))
		r = stmt_failed(l, st, mem, why);
	else if (!columns_read(st, a, mem))
		*why = SAY("the statement gives no columns, or too many");
	else
		r = rows_read(l, st, a, q, mem, why);
	for (unsigned i = 0; i < SQL_COLUMNS_MAX; i++)
		free(a->room[i]);
	free(a);
	if (!l->usable || r == SQL_BROKEN)
		shutdown(my.socket(l->handle), SHUT_RDWR);      /* closing would read what is still to come */
	my.stmt_close(st);
	return r;
}

static void
close_server(struct sql_link *l)
{
	my.close(l->handle);
}

const struct sql_driver sql_mysql = { load, open_server, ask, close_server };
