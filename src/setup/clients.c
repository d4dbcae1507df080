/* setup/clients.c - the clients of one realm, read page by page. */
#include "setup/setup_int.h"

#define PAGE 256

struct list { struct client *at; size_t n, cap; };

static bool
list_room(struct list *l)
{
	struct client *bigger;

	if (l->n + PAGE <= l->cap)
		return true;
	l->cap = l->cap * 2 + PAGE;
	bigger = reallocarray(l->at, l->cap, sizeof *bigger);
	if (bigger != NULL)
		l->at = bigger;
	return bigger != NULL;
}

struct realm *
realm_load(struct store *s, struct str name)
{
	struct list l = { 0 };
	struct realm *r = NULL;
	uint64_t epoch = store_clients_epoch(s);        /* before they are read */
	struct arena mem;
	int got = PAGE;

	arena_init(&mem, SIZE_MAX / 4);
	while (got == PAGE) {
		got = list_room(&l)
		    ? store_clients(s, &mem, name, l.n ? l.at[l.n - 1].id : STR_ABSENT, PAGE, &l.at[l.n])
		    : -1;
		if (got > 0)
			l.n += (size_t)got;
	}
	if (got >= 0)
		r = realm_new(name, l.at, l.n, epoch);
	free(l.at);
	arena_free(&mem);
	return r;
}
