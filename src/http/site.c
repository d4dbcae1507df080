/*
 * http/site.c - one listener as its connections know it; it stays until the server ends, also when
 * nobody new comes by it.
 */
#include "http/http_int.h"

#define SITE_MEM (64 * 1024)

struct site *
site_new(const struct http_listener *l, int index)
{
	struct site *site = calloc(1, sizeof *site);

	if (site == NULL)
		return NULL;
	arena_init(&site->mem, SITE_MEM);
	site->address = arena_dup(&site->mem, l->address);
	site->name = arena_dup(&site->mem, l->name);
	site->tls = l->tls;
	site->asks_cert = l->tls && l->asks_cert;
	site->profile = l->profile;
	site->index = index;
	if (!site->mem.full)
		return site;
	site_free(site);
	return NULL;
}

void
site_free(struct site *site)
{
	if (site == NULL)
		return;
	cert_free(atomic_load(&site->cert));
	arena_free(&site->mem);
	free(site);
}

/* The same to whoever came by it: nothing that a connection or a handler has learnt of it would change. */
bool
site_is(const struct site *site, const struct http_listener *l)
{
	return str_eq(site->address, l->address) && str_eq(site->name, l->name) && site->tls == l->tls
	    && (!l->tls || (site->asks_cert == l->asks_cert && site->profile == l->profile));
}

bool
sites_room(struct http_server *s, size_t more)
{
	struct site **bigger = reallocarray(s->sites, s->n_sites + more, sizeof *bigger);

	if (bigger != NULL)
		s->sites = bigger;
	return bigger != NULL || more == 0;
}
