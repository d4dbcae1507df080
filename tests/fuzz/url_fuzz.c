/*
 * tests/fuzz/url_fuzz.c - any bytes as a URL: of an issuer, of a neighbour, of a redirect, as an
 * Origin. What passes is read by libcurl in the same way when it is made again from its parts, and
 * what is private never passes strict rules.
 */
#include "outbound/outbound.h"
#include "setup/setup_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
need(bool ok)
{
	if (!ok)
		abort();
}

/* Parts back to a URL, the host in its own spelling. */
static void
read_again(const struct url *u, struct arena *mem)
{
	bool six = strchr(u->host, ':') != NULL;
	struct str host = six ? ARENA_CAT(mem, S("["), str_of(u->host), S("]")) : str_of(u->host);
	struct str port = u->has_port ? arena_printf(mem, ":%d", u->port) : S("");
	struct str query = str_given(u->query) ? ARENA_CAT(mem, S("?"), u->query) : S("");
	struct str fragment = str_given(u->fragment) ? ARENA_CAT(mem, S("#"), u->fragment) : S("");
	struct url again;

	need(url_read(ARENA_CAT(mem, u->scheme, S("://"), host, port, u->path, query, fragment), &again) == NULL);
	need(strcmp(again.host, u->host) == 0 && again.port == u->port && again.kind == u->kind
	    && str_eq(again.path, u->path));
	need(str_given(again.query) == str_given(u->query) && str_eq(again.query, u->query)
	    && str_eq(again.fragment, u->fragment));
	need(!u->web || url_same_origin(&again, u));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct outbound_rules strict = { .allow_private = false };
	struct str text = str_span(data, size);
	struct issuer_url issuer;
	struct arena mem;
	struct url u;
	bool sound = url_read(text, &u) == NULL;

	arena_init(&mem, 1024 * 1024);
	need(!sound || (size <= URL_MAX && (!u.web || u.host[0] != '\0') && str_index(u.authority, '@') < 0));
	need(sound || !issuer_url_read(text, &issuer));
	if (outbound_url_trouble(text, &strict) == NULL)
		need(sound && u.web && u.kind != ADDRESS_PRIVATE && (u.secure || u.kind == ADDRESS_LOOPBACK));
	if (sound && u.host[0] != '\0' && size < URL_MAX - 64)
		read_again(&u, &mem);
	address_kind(text);
	arena_free(&mem);
	return 0;
}
