/* sql/link.c - a connection of any kind: its time limits, and the libraries behind it. */
#include "sql/sql_int.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>

static const struct sql_driver *const drivers[] = { [SQL_SQLITE] = &sql_sqlite, [SQL_POSTGRES] = &sql_postgres, [SQL_MYSQL] = &sql_mysql };

int64_t
sql_now_ms(void)
{
	return clock_mono_us() / 1000;
}

void
sql_deadline(struct sql_link *l, int64_t ms)
{
	l->until_ms = ms > 0 ? sql_now_ms() + ms : 0;
}

int
sql_wait(const struct sql_link *l, int fd, int events)
{
	struct pollfd p = { .fd = fd, .events = (short)events };
	int n;

	do {
		int64_t left = l->until_ms == 0 ? -1 : l->until_ms - sql_now_ms();

		if (l->until_ms != 0 && left <= 0)
			return 0;
		n = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
	} while (n < 0 && errno == EINTR);
	return n > 0 ? p.revents : 0;
}

bool
library_load(const char *file, const char *const *names, void **calls, size_t n, const char *package, struct arena *mem, struct str *why)
{
	void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);    /* stays: drivers keep globals that they never give back */

	if (library == NULL) {
		*why = arena_say(mem, "%s is not installed: apt-get install %s", file, package);
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if ((calls[i] = dlsym(library, names[i])) == NULL) {
			*why = arena_say(mem, "%s has no function %s", file, names[i]);
			return false;
		}
	}
	return true;
}

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
