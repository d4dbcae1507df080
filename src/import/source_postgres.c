/* import/source_postgres.c - rows of PostgreSQL by libpq, which is loaded only here. */
#include "import/source.h"

#define BYTEA_TYPE 17

/* The part of libpq that is used, as its manual declares it. */
enum { CONNECT, STATUS, ERROR, FINISH, EXEC, RESULT_STATUS, RESULT_FIELD, CLEAR, ROWS, COLUMNS, NAME, TYPE, VALUE, LENGTH, IS_NULL, CALL_COUNT };
static const char *const names[CALL_COUNT] = {
	"PQconnectdbParams", "PQstatus", "PQerrorMessage", "PQfinish", "PQexec", "PQresultStatus", "PQresultErrorField", "PQclear", "PQntuples", "PQnfields",
	"PQfname", "PQftype", "PQgetvalue", "PQgetlength", "PQgetisnull",
};
enum { TUPLES_OK = 2, CONNECTION_OK = 0, SQLSTATE = 'C' };
struct pq {
	void *(*connect)(const char *const *, const char *const *, int);
	int (*status)(const void *);
	char *(*error)(const void *);
	void (*finish)(void *);
	void *(*exec)(void *, const char *);
	int (*result_status)(const void *);
	char *(*result_field)(const void *, int);
	void (*clear)(void *);
	int (*rows)(const void *), (*columns)(const void *);
	char *(*name)(const void *, int);
	unsigned (*type)(const void *, int);
	char *(*value)(const void *, int, int);
	int (*length)(const void *, int, int), (*is_null)(const void *, int, int);
};
_Static_assert(sizeof(struct pq) == CALL_COUNT * sizeof(void *), "one pointer a name, in the same order");

static bool
postgres_open(struct row_source *s, struct str from, struct str password, struct str *why)
{
	const char *keys[] = { "dbname", "connect_timeout", "application_name", "client_encoding", str_given(password) ? "password" : NULL, NULL };
	const char *values[] = { arena_z(s->mem, from), "10", "hufu import", "UTF8", str_given(password) ? arena_z(s->mem, password) : NULL, NULL };
	struct pq *pq = arena_new(s->mem, struct pq);

	if (pq == NULL || !library_load(s, "libpq.so.5", names, (void **)pq, CALL_COUNT, "libpq5", why))
		return false;
	s->calls = pq;
	s->handle = pq->connect(keys, values, 1);
	if (s->handle != NULL && pq->status(s->handle) == CONNECTION_OK)
		return true;
	*why = arena_printf(s->mem, "PostgreSQL cannot be reached: %.*s", STR_ARG(str_trim(str_of(s->handle ? pq->error(s->handle) : "out of memory"))));
	return false;
}

static bool
cell_put(const struct pq *pq, const void *result, int i, int k, json_t *row)
{
	struct str value = str_span(pq->value(result, i, k), (size_t)pq->length(result, i, k));

	if (pq->is_null(result, i, k))
		value = STR_ABSENT;
	else if (pq->type(result, k) == BYTEA_TYPE && str_starts(value, S("\\x")))
		value = str_from(value, 2);
	return row_put(row, str_of(pq->name(result, k)), value);
}

static bool
result_take(const struct pq *pq, const void *result, json_t *rows, struct str *why)
{
	for (int i = 0; i < pq->rows(result); i++) {
		json_t *row = json_object();
		bool ok = row != NULL;
		for (int k = 0; ok && k < pq->columns(result); k++)
			ok = cell_put(pq, result, i, k, row);
		if (!ok || !rows_add(rows, row, why))
			return false;
	}
	return true;
}

/* Unquoted names were folded to lower case when the table was made, others kept theirs. */
static enum table_result
postgres_read(struct row_source *s, struct str table, json_t *rows, struct str *why)
{
	const struct pq *pq = s->calls;
	struct str exact = select_all(s->mem, table, '"'), folded = ARENA_CAT(s->mem, S("SELECT * FROM "), table);
	const char *statements[] = { arena_z(s->mem, exact), arena_z(s->mem, folded) };
	enum table_result r = TABLE_MISSING;

	for (size_t i = 0; r == TABLE_MISSING && i < COUNT(statements); i++) {
		void *result = pq->exec(s->handle, statements[i]);
		const char *state = pq->result_field(result, SQLSTATE);
		if (pq->result_status(result) == TUPLES_OK)
			r = result_take(pq, result, rows, why) ? TABLE_READ : TABLE_FAILED;
		else if (state == NULL || strcmp(state, "42P01") != 0) {
			*why = arena_printf(s->mem, "%.*s: %.*s", STR_ARG(table), STR_ARG(str_trim(str_of(pq->error(s->handle)))));
			r = i == 0 ? TABLE_FAILED : TABLE_MISSING;      /* a reserved word is a syntax error without quotes */
		}
		pq->clear(result);
	}
	return r;
}

static void
postgres_end(struct row_source *s)
{
	((const struct pq *)s->calls)->finish(s->handle);
}

const struct source_kind source_postgres = { postgres_open, postgres_read, postgres_end };
