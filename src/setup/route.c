/*
 * setup/route.c - which issuer a request is for: listener, host name, path prefix. RFC 8414 section
 * 3.1 for the metadata.
 */
#include "setup/setup_int.h"

#define WELL_KNOWN "/.well-known/oauth-authorization-server"

/* The name in a Host field without its port; the field is only compared, never copied into an answer. */
static struct str
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

/* The metadata of an issuer with a path stands at WELL_KNOWN followed by that path, not below the path. */
static const struct mount_place *
metadata_find(const struct snapshot *s, int listener, struct str host, struct str path)
{
	struct str prefix = str_from(path, sizeof WELL_KNOWN - 1);
	const struct mount_place *m;

	if (!str_starts(path, S(WELL_KNOWN "/")))
		return NULL;
	m = place_find(s, listener, host, prefix);
	return m != NULL && m->prefix.n > 0 && str_eq(m->prefix, prefix) ? m : NULL;
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
	const struct mount_place *m = metadata_find(s, listener, host, path);

	if (m != NULL) {
		*rest = S(WELL_KNOWN);
		return m->mount;
	}
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
