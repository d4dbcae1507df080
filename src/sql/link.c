/* sql/link.c - a connection of any kind, by the list of kinds. */
#include "sql/sql_int.h"

static const struct sql_driver *const drivers[] = {
	[SQL_SQLITE] = &sql_sqlite,
	[SQL_POSTGRES] = &sql_postgres,
	[SQL_MYSQL] = &sql_mysql,
};

bool
sql_library_load(enum sql_kind kind, struct arena *mem, struct str *why)
{
	return drivers[kind]->load(mem, why);
}

struct sql_link *
sql_open(const struct sql_address *a, const struct sql_limits *limits, struct arena *mem, struct str *why)
{
	struct sql_link *l = calloc(1, sizeof *l);

	*why = SAY("memory is exhausted");
	if (l == NULL)
		return NULL;
	l->driver = drivers[a->kind];
	l->address = a;
	l->limits = *limits;
	sql_deadline(l, limits->connect_ms);
	l->usable = l->driver->load(mem, why) && l->driver->open(l, mem, why);
	l->address = NULL;
	if (l->usable)
		return l;
	sql_close(l);
	return NULL;
}

void
sql_close(struct sql_link *l)
{
	if (l == NULL)
		return;
	if (l->handle != NULL)
		l->driver->close(l);
	free(l);
}

bool
sql_is_usable(const struct sql_link *l)
{
	return l->usable;
}

enum sql_result
sql_ask(struct sql_link *l, const struct sql_question *q, struct arena *mem, struct str *why)
{
	enum sql_result r;

	if (str_given(q->parameter) && str_index(q->parameter, '\0') >= 0)
		return SQL_UNFIT;
	sql_deadline(l, l->limits.answer_ms);
	r = l->driver->ask(l, q, mem, why);
	if (r == SQL_BROKEN)
		l->usable = false;
	return r;
}
