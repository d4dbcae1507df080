/* store/sqlite/conn.c - connections, their prepared statements, and the few verbs every statement is spoken with. */
#include "store/sqlite/sqlite_int.h"

static const char *const sql_text[SQL_COUNT] = {
#define SQL(name, text) [SQL_##name] = text,
#include "store/sqlite/sql.def"
#undef SQL
};

/* name_fold(TEXT): what names share that differ by case only. */
static void
name_fold(sqlite3_context *x, int n, sqlite3_value **v)
{
	struct arena mem;
	struct str s;

	(void)n;
	arena_init(&mem, 1u << 20);
	s = str_fold(&mem, str_span(sqlite3_value_text(v[0]), (size_t)sqlite3_value_bytes(v[0])));
	if (str_given(s))
		sqlite3_result_text64(x, s.p, s.n, SQLITE_TRANSIENT, SQLITE_UTF8);
	else if (sqlite3_value_type(v[0]) != SQLITE_NULL)
		sqlite3_result_error_nomem(x);
	arena_free(&mem);
}

bool
conn_open(struct conn *c, const struct sqlite_store *s, int flags, const char *settings)
{
	/* A connection has one user at a time: no mutex inside. */
	flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
	if (sqlite3_open_v2(s->file, &c->db, flags, s->vfs) != SQLITE_OK)
		return false;
	sqlite3_extended_result_codes(c->db, 1);
	sqlite3_busy_timeout(c->db, 5000);
	if (sqlite3_create_function(c->db, "name_fold", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, name_fold, NULL, NULL) != SQLITE_OK)
		return false;
	return conn_exec(c, settings);
}

void
conn_close(struct conn *c)
{
	for (size_t i = 0; i < COUNT(c->st); i++)
		sqlite3_finalize(c->st[i]);
	sqlite3_close(c->db);
	*c = (struct conn){ 0 };
}

bool
conn_exec(struct conn *c, const char *sql)
{
	return sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* Prepared at first use and kept: a connection pays for what it does only. */
static sqlite3_stmt *
statement(struct conn *c, enum sql which, int *rc)
{
	*rc = SQLITE_OK;
	if (c->st[which] == NULL)
		*rc = sqlite3_prepare_v3(c->db, sql_text[which], -1, SQLITE_PREPARE_PERSISTENT, &c->st[which], NULL);
	return c->st[which];
}

void
query_begin(struct query *q, struct conn *c, struct arena *mem, enum sql which)
{
	*q = (struct query){ .conn = c, .mem = mem };
	q->st = statement(c, which, &q->rc);
}

/* What is bound is borrowed (SQLITE_STATIC): the caller's rows outlive the step, and each use binds anew. */
void
bind_str(struct query *q, struct str s)
{
	if (q->rc == SQLITE_OK)
		q->rc = sqlite3_bind_text64(q->st, ++q->at, s.p, s.n, SQLITE_STATIC, SQLITE_UTF8);
}

void
bind_blob(struct query *q, struct str s)
{
	if (q->rc == SQLITE_OK)
		q->rc = sqlite3_bind_blob64(q->st, ++q->at, s.p, s.n, SQLITE_STATIC);
}

void
bind_int(struct query *q, int64_t v)
{
	if (q->rc == SQLITE_OK)
		q->rc = sqlite3_bind_int64(q->st, ++q->at, v);
}

void
bind_null(struct query *q)
{
	if (q->rc == SQLITE_OK)
		q->rc = sqlite3_bind_null(q->st, ++q->at);
}

void
bind_id(struct query *q, const struct id16 *id)
{
	if (id_none(id))
		bind_null(q);
	else
		bind_blob(q, id_str(id));
}

void
bind_dig(struct query *q, const struct dig32 *d)
{
	bind_blob(q, dig_str(d));
}

void
bind_dig_if(struct query *q, bool given, const struct dig32 *d)
{
	if (given)
		bind_dig(q, d);
	else
		bind_null(q);
}

bool
query_row(struct query *q)
{
	if (q->rc != SQLITE_OK && q->rc != SQLITE_ROW)
		return false;
	q->rc = sqlite3_step(q->st);
	q->col = 0;
	return q->rc == SQLITE_ROW;
}

struct str
get_str(struct query *q)
{
	const void *p = sqlite3_column_text(q->st, q->col);
	int n = sqlite3_column_bytes(q->st, q->col++);

	return arena_dup(q->mem, str_span(p, p != NULL ? (size_t)n : 0));
}

/* An empty blob is a null pointer to SQLite, but not to us. */
struct str
get_blob(struct query *q)
{
	const void *p = sqlite3_column_blob(q->st, q->col);
	int n = sqlite3_column_bytes(q->st, q->col);
	bool null = sqlite3_column_type(q->st, q->col++) == SQLITE_NULL;

	return null ? STR_ABSENT : arena_dup(q->mem, str_span(p != NULL ? p : "", (size_t)n));
}

int64_t
get_int(struct query *q)
{
	return sqlite3_column_int64(q->st, q->col++);
}

/* Exactly n bytes, or zeros and false. */
static bool
get_bytes(struct query *q, void *out, size_t n)
{
	const void *p = sqlite3_column_blob(q->st, q->col);
	bool fits = sqlite3_column_bytes(q->st, q->col++) == (int)n && p != NULL;

	memset(out, 0, n);
	if (fits)
		memcpy(out, p, n);
	return fits;
}

struct id16
get_id(struct query *q)
{
	struct id16 id;

	get_bytes(q, id.b, sizeof id.b);
	return id;
}

struct dig32
get_dig(struct query *q, bool *given)
{
	struct dig32 d;
	bool here = get_bytes(q, d.b, sizeof d.b);

	if (given != NULL)
		*given = here;
	return d;
}

enum store_found
query_end(struct query *q, bool found)
{
	bool trouble = (q->rc != SQLITE_ROW && q->rc != SQLITE_DONE && q->rc != SQLITE_OK) || (q->mem != NULL && q->mem->full);

	if (q->st != NULL)
		sqlite3_reset(q->st);
	if (trouble)
		return FIND_FAILED;
	return found ? FOUND : NOT_FOUND;
}

/* --- readers -------------------------------------------------------------------------------------------------------------- */

struct conn *
reader_take(struct sqlite_store *s)
{
	struct conn *c;

	pthread_mutex_lock(&s->lock);
	while (s->idle == NULL)
		pthread_cond_wait(&s->returned, &s->lock);
	c = s->idle;
	s->idle = c->next;
	pthread_mutex_unlock(&s->lock);
	return c;
}

static bool
say(struct conn *c, enum sql which)
{
	struct query q;

	query_begin(&q, c, NULL, which);
	query_row(&q);
	return query_end(&q, true) == FOUND;
}

static void
let_go(struct conn *c)
{
	if (c->open)
		say(c, SQL_READ_END);
	c->open = false;
}

static bool
is_behind(struct sqlite_store *s, const struct conn *c)
{
	return c->open && c->seen != atomic_load_explicit(&s->commits, memory_order_acquire);
}

void
reader_return(struct sqlite_store *s, struct conn *c)
{
	if (is_behind(s, c))
		let_go(c);
	pthread_mutex_lock(&s->lock);
	if (is_behind(s, c))                    /* again: whoever waits for the log has asked the idle ones just before */
		let_go(c);
	c->next = s->idle;
	s->idle = c;
	pthread_mutex_unlock(&s->lock);
	pthread_cond_signal(&s->returned);
}

void
readers_let_go(struct sqlite_store *s)
{
	pthread_mutex_lock(&s->lock);
	for (struct conn *c = s->idle; c != NULL; c = c->next)
		let_go(c);
	pthread_mutex_unlock(&s->lock);
}

/*
 * A transaction per read costs two file locks. Only this process writes, so a reader whose transaction began after the newest
 * commit may go on with it. The counter is read before the transaction begins: it can only be older than what is seen.
 */
static struct conn *
see_newest(struct sqlite_store *s, struct conn *c)
{
	uint64_t now = atomic_load_explicit(&s->commits, memory_order_acquire);

	if (s->queue == NULL || (c->open && c->seen == now))
		return c;
	let_go(c);
	c->seen = now;
	c->open = say(c, SQL_READ_BEGIN);
	return c;
}

void
read_begin(struct query *q, struct store *s, struct arena *mem, enum sql which)
{
	query_begin(q, see_newest(sqlite_of(s), reader_take(sqlite_of(s))), mem, which);
}

enum store_found
read_end(struct query *q, struct store *s, bool found)
{
	enum store_found f = query_end(q, found);

	if (f == FIND_FAILED)
		log_warn("store: a read failed: %s", q->mem != NULL && q->mem->full ? "out of memory" : sqlite3_errstr(q->rc));
	reader_return(sqlite_of(s), q->conn);
	return f;
}

int
read_end_list(struct query *q, struct store *s, int n)
{
	return read_end(q, s, true) == FIND_FAILED ? -1 : n;
}
