/*
 * setup/route.c - which issuer a request is for: listener, host name, path prefix. RFC 8414 section
 * 3.1 for the metadata.
 */
#include "setup/setup_int.h"

/* The name in a Host field without its port; the field is only compared, never copied into an answer. */
struct str
host_name(struct str host)
{
	ptrdiff_t colon = str_rindex(host, ':'), bracket = str_rindex(host, ']');

	return colon > bracket ? str_sub(host, 0, (size_t)colon) : host;
}

static bool
prefix_matches(struct str path, struct str prefix)
{
	return str_starts(path, prefix) && (path.n == prefix.n || path.p[prefix.n] == '/');
}

static bool
is_better(const struct mount_place *m, const struct mount_place *than)
{
	if (than == NULL || m->prefix.n != than->prefix.n)
		return than == NULL || m->prefix.n > than->prefix.n;
	return m->host.n > 0 && than->host.n == 0;
}

static const struct mount_place *
place_find(const struct snapshot *s, int listener, struct str host, struct str path)
{
	const struct mount_place *best = NULL;

	host = host_name(host);
	for (const struct mount_place *m = s->places; m < s->places + s->n_places; m++)
		if (m->listener == listener && (m->host.n == 0 || str_eq_nocase(m->host, host))
		    && prefix_matches(path, m->prefix) && is_better(m, best))
			best = m;
	return best;
}

/*
 * Documents of an issuer with a path stand at the well-known path followed by that path, not below it (RFC 8414 section
 * 3.1, RFC 9728 section 3.1). resource: of issuers that take the parameter of that name.
 */
static const struct { const char *base, *tail, *rest; bool resource; } documents[] = {
	{ "/.well-known/oauth-authorization-server", "", "/.well-known/oauth-authorization-server", false },
	{ "/.well-known/oauth-protected-resource", "", "/.well-known/oauth-protected-resource", true },
	{ "/.well-known/oauth-protected-resource", "/userinfo", "/.well-known/oauth-protected-resource/userinfo", true },
};

static const struct mount_place *
document_find(const struct snapshot *s, int listener, struct str host, struct str path, struct str *rest)
{
	for (size_t i = 0; i < COUNT(documents); i++) {
		struct str base = str_of(documents[i].base), tail = str_of(documents[i].tail), prefix;
		const struct mount_place *m;

		if (!str_starts(path, base) || !str_ends(path, tail) || path.n <= base.n + tail.n)
			continue;
		prefix = str_sub(path, base.n, path.n - base.n - tail.n);
		m = prefix.p[0] == '/' ? place_find(s, listener, host, prefix) : NULL;
		if (m == NULL || m->prefix.n == 0 || !str_eq(m->prefix, prefix)
		    || (documents[i].resource && !m->mount->issuer->policy->token.takes_resource))
			continue;
		*rest = str_of(documents[i].rest);
		return m;
	}
	return NULL;
}

int
snapshot_listener(const struct snapshot *s, struct str name)
{
	for (size_t i = 0; i < s->n_listeners; i++)
		if (str_eq(s->listeners[i], name))
			return (int)i;
	return -1;
}

const struct mount *
snapshot_route(const struct snapshot *s, int listener, struct str host, struct str path, struct str *rest)
{
	const struct mount_place *m = document_find(s, listener, host, path, rest);

	if (m != NULL)
		return m->mount;
	m = place_find(s, listener, host, path);
	if (m == NULL)
		return NULL;
	*rest = str_from(path, m->prefix.n);
	return m->mount;
}

const struct mount *
snapshot_issuer(const struct snapshot *s, struct str name)
{
	for (const struct mount *const *t = s->mounts; *t != NULL; t++)
		if (str_eq((*t)->issuer->name, name))
			return *t;
	return NULL;
}
