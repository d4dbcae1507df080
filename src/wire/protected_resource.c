/*
 * wire/protected_resource.c - what a resource says of itself: who gives tokens for it, with which scopes. RFC 9728. The
 * document of an API of its own host is fetched there; the proxy in front of it takes it from here, by ?resource=.
 */
#include "wire/wire_int.h"

#define WELL_KNOWN "/.well-known/oauth-protected-resource"

static const struct route *
route_of_document(const struct exchange *x, const char *path)
{
	const struct route *r = route_find(x->w, str_of(path), M_GET);

	return r != NULL && r->endpoint == EP_PROTECTED ? r : NULL;
}

/* The second row of the modern table, where the document of userinfo is. */
static bool
is_of_userinfo(const struct exchange *x)
{
	return x->route != route_of_endpoint(x->w, EP_PROTECTED);
}

static void
put_methods(struct buf *b, bool form)
{
	jw_name(b, S("bearer_methods_supported"));
	jw_open(b, '[');
	ja_str(b, S("header"));
	if (form)
		ja_str(b, S("body"));
	jw_close(b, ']');
}

static void
put_head(struct exchange *x, struct buf *b, struct str resource)
{
	const struct policy *policy = x->mount->issuer->policy;

	jw_open(b, '{');
	jm_str(b, S("resource"), resource);
	jw_name(b, S("authorization_servers"));
	jw_open(b, '[');
	ja_str(b, x->mount->issuer->url);
	jw_close(b, ']');
	put_proofs(b, policy);
	if (policy->token.dpop == DPOP_REQUIRED)
		jm_bool(b, S("dpop_bound_access_tokens_required"), true);
}

static struct str
own_document(struct exchange *x)
{
	struct str userinfo = x->mount->issuer->userinfo;
	bool of_userinfo = is_of_userinfo(x);
	struct buf b;

	if (of_userinfo && !str_given(userinfo))
		return STR_ABSENT;
	buf_init(&b, x->q->mem, BODY_MAX);
	put_head(x, &b, of_userinfo ? userinfo : x->mount->issuer->url);
	openid_scopes(&b, x->mount->issuer->policy);
	put_methods(&b, true);
	if (mutual_tls_is_taken(x))
		jm_bool(&b, S("tls_client_certificate_bound_access_tokens"), true);
	jw_close(&b, '}');
	return body_of(&b);
}

static struct str
document_of(struct exchange *x, const struct resource_server *s)
{
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	put_head(x, &b, s->id);
	if (s->scopes.n > 0)
		jm_words(&b, S("scopes_supported"), s->scopes, ' ');
	put_methods(&b, false);
	put_detail_types(&b, x->mount->issuer->policy, s->id);
	jm_str(&b, S("resource_name"), str_some(s->name));
	jw_close(&b, '}');
	return body_of(&b);
}

struct str
protected_resource_json(struct exchange *x)
{
	const struct resource_server *s;

	if (str_empty(x->c.arg[P_RESOURCE]))
		return own_document(x);
	s = is_of_userinfo(x) ? NULL : realm_resource(x->mount->issuer->realm, x->c.arg[P_RESOURCE]);
	return s != NULL && s->enabled ? document_of(x, s) : STR_ABSENT;
}

/* Those that a request can name by a web address. */
static bool
is_named(const struct resource_server *s)
{
	struct url u;

	return s->enabled && url_read(s->id, &u) == NULL && u.web;
}

#define LISTED_MAX 256

void
put_protected_resources(struct buf *b, struct exchange *x)
{
	const struct policy *policy = x->mount->issuer->policy;
	size_t n, named = 0;
	const struct resource_server *all = realm_resources(x->mount->issuer->realm, &n);

	for (size_t i = 0; i < n; i++)
		named += is_named(&all[i]);
	if (!policy->token.takes_resource || !policy->token.resources_are_listed || named == 0 || named > LISTED_MAX)
		return;
	jw_name(b, S("protected_resources"));
	jw_open(b, '[');
	for (size_t i = 0; i < n; i++)
		if (is_named(&all[i]))
			ja_str(b, all[i].id);
	jw_close(b, ']');
}

/* RFC 9728 section 3.1: the well-known path stands between the host of the resource and its own path. */
static struct str
url_at_its_host(struct exchange *x, struct str id)
{
	struct str path;
	struct url u;

	if (url_read(id, &u) != NULL || !u.web || str_given(u.query))
		return STR_ABSENT;
	path = str_is(u.path, "/") ? S("") : u.path;
	return ARENA_CAT(x->q->mem, str_sub(id, 0, (size_t)(u.authority.p - id.p) + u.authority.n), S(WELL_KNOWN), path);
}

struct str
protected_resource_url(struct exchange *x)
{
	const struct resource_server *s;

	if (!x->mount->issuer->policy->token.takes_resource)
		return STR_ABSENT;
	switch (exchange_endpoint(x)) {
	case EP_USERINFO:
		return route_of_document(x, WELL_KNOWN "/userinfo") != NULL ? issuer_href(x, WELL_KNOWN "/userinfo") : STR_ABSENT;
	case EP_VERIFY:
		s = realm_resource(x->mount->issuer->realm, x->c.arg[P_AUDIENCE]);
		return s != NULL && s->enabled ? url_at_its_host(x, s->id) : STR_ABSENT;
	default:
		return STR_ABSENT;
	}
}
