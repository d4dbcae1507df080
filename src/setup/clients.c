/* setup/clients.c - the clients and resource servers of one realm, read page by page. */
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

/* An API has few of them: they are kept in mem until all are read. */
static bool
resources_load(struct store *s, struct arena *mem, struct realm *r)
{
	struct resource_server *all = NULL;
	size_t n = 0;
	int got = PAGE;

	while (got == PAGE) {
		all = arena_grow(mem, all, n * sizeof *all, (n + PAGE) * sizeof *all);
		got = all != NULL ? store_resource_servers(s, mem, realm_name(r), n ? all[n - 1].id : STR_ABSENT, PAGE, &all[n])
				  : -1;
		if (got > 0)
			n += (size_t)got;
	}
	return got >= 0 && realm_put_resources(r, all, n);
}

/* A realm that has not begun has none, and nobody whom it could be about. */
static bool
salt_load(struct store *s, struct realm *r)
{
	struct dig32 salt;
	enum store_found found = store_realm_salt(s, realm_name(r), &salt);

	if (found == FOUND)
		realm_put_salt(r, &salt);
	return found != FIND_FAILED;
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
	if (r != NULL && (!resources_load(s, &mem, r) || !salt_load(s, r))) {
		realm_free(r);
		r = NULL;
	}
	free(l.at);
	arena_free(&mem);
	return r;
}
