/*
 * http/terms.c - what requests are held to and which proxies are believed. A request takes those in
 * force when it begins. Former ones stay until the server ends: they are small, and replaced by
 * hand only.
 */
#include "http/http_int.h"

static int
or_default(int given, int otherwise)
{
	return given > 0 ? given : otherwise;
}

struct terms *
terms_new(const struct http_conf *c, struct arena *mem, struct str *why)
{
	struct terms *t = calloc(1, sizeof *t + c->n_trusted_proxies * sizeof t->trusted[0]);

	*why = SAY("out of memory");
	if (t == NULL)
		return NULL;
	t->body_max = c->body_max ? c->body_max : 64 * 1024;
	t->arena_max = c->arena_max ? c->arena_max : 512 * 1024;
	t->connections_max = or_default(c->connections_max, 4096);
	t->connections_per_address = or_default(c->connections_per_address, 256);
	t->header_s = or_default(c->header_s, 10);
	t->body_s = or_default(c->body_s, 20);
	t->idle_s = or_default(c->idle_s, 60);
	t->cert_format = c->cert_format;
	if (c->cert_header.n > CERT_HEADER_MAX) {
		*why = SAY("the name of the certificate's field is too long");
		free(t);
		return NULL;
	}
	memcpy(t->cert_header, c->cert_header.n > 0 ? c->cert_header.p : "", c->cert_header.n);
	for (; t->n_trusted < c->n_trusted_proxies; t->n_trusted++)
		if (!block_read(c->trusted_proxies[t->n_trusted], &t->trusted[t->n_trusted])) {
			*why = arena_say(mem, "trusted proxy \"%.*s\" is no address and no CIDR block", STR_ARG(c->trusted_proxies[t->n_trusted]));
			free(t);
			return NULL;
		}
	return t;
}

void
terms_put(struct http_server *s, struct terms *t)
{
	t->before = atomic_load_explicit(&s->terms, memory_order_relaxed);
	atomic_store_explicit(&s->terms, t, memory_order_release);
}

void
terms_free(struct terms *t)
{
	while (t != NULL) {
		struct terms *before = t->before;

		free(t);
		t = before;
	}
}

bool
terms_trust(const struct terms *t, const struct address *a)
{
	for (size_t i = 0; i < t->n_trusted; i++)
		if (block_has(&t->trusted[i], a))
			return true;
	return false;
}
