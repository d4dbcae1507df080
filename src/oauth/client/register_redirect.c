/*
 * oauth/client/register_redirect.c - redirect URIs that a client registers by itself, by the kind of
 * application it is: OpenID Connect Dynamic Client Registration 1.0 section 2, RFC 8252 section 7,
 * RFC 9700 section 2.1. An application of the web has https; of this machine's own addresses http,
 * for development, but not where tokens travel in the address. A native one has a scheme of its own
 * or a loopback address, also by the name localhost.
 */
#include "oauth/client/register_int.h"

static bool
uri_refuse(struct registering *r, const char *what)
{
	return fail_with(r->c, R_REGISTRATION_REDIRECT, ARENA_CAT(r->c->mem, S("redirect_uris "), str_of(what)));
}

/* "*.example.com": any host below. */
static bool
host_fits(struct str pattern, struct str host)
{
	if (!str_starts(pattern, S("*.")))
		return str_eq_nocase(pattern, host);
	return host.n > pattern.n - 1 && str_eq_nocase(str_from(host, host.n - (pattern.n - 1)), str_from(pattern, 1));
}

static bool
host_is_allowed(struct str hosts, const struct url *u)
{
	if (str_empty(hosts))
		return true;
	while (str_given(hosts)) {
		struct str pattern = str_cut(&hosts, ' ');

		if (pattern.n > 0 && u->web && host_fits(pattern, str_of(u->host)))
			return true;
	}
	return false;
}

static bool
web_uri_fits(struct registering *r, const struct url *u)
{
	bool here = u->kind == ADDRESS_LOOPBACK, front = client_may(&r->client, S("implicit"));

	if (u->secure && !(here && front))
		return true;
	if (here && !front)
		return true;
	return uri_refuse(r, here ? "must not name this machine: tokens would travel in the address"
				  : "must begin with https://, but for http:// with a loopback address");
}

static bool
native_uri_fits(struct registering *r, struct str uri, const struct url *u)
{
	if (u->secure || (u->web && u->kind == ADDRESS_LOOPBACK))
		return true;
	if (u->web)
		return uri_refuse(r, "must not begin with http://, but for a loopback address");
	if (!url_scheme_is_private(u->scheme))
		return uri_refuse(r, "must not have a scheme that runs code or has another meaning");
	return !r->c->issuer->policy->authorize.redirect_scheme_needs_dot || redirect_uri_has_dot(uri)
	    || uri_refuse(r, "must have a dot in a scheme of its own, such as com.example.app:/callback");
}

static bool
uri_judge(struct registering *r, struct str uri)
{
	struct url u;

	if (uri.n > METADATA_TEXT_MAX || url_read(uri, &u) != NULL)
		return uri_refuse(r, "must hold absolute URIs of at most 2000 visible ASCII characters");
	if (str_given(u.fragment))
		return uri_refuse(r, "must not have a fragment");
	if (redirect_speaks_as_response(uri))
		return uri_refuse(r, "must not have a parameter that belongs to the response, such as code, state or iss");
	if (!host_is_allowed(r->c->issuer->policy->registration.hosts, &u))
		return uri_refuse(r, "must name a host that clients may register for here");
	if (!r->native && !u.web)
		return uri_refuse(r, "must begin with https:// for an application_type of web");
	return r->native ? native_uri_fits(r, uri, &u) : web_uri_fits(r, &u);
}

/* RFC 7591 knows no application_type: who has a scheme of its own and says nothing is no application of the web. */
static bool
is_native(const struct registering *r)
{
	struct str uris = r->client.redirect_uris, type = r->metadata.application_type;
	struct url u;

	while (str_empty(type) && str_given(uris)) {
		struct str uri = str_cut(&uris, '\n');

		if (url_read(uri, &u) == NULL && !u.web && url_scheme_is_private(u.scheme))
			return true;
	}
	return str_is(type, "native");
}

static struct str
texts_joined(struct arena *mem, const json_t *list)
{
	const json_t *one;
	struct buf b;
	size_t i;

	buf_init(&b, mem, CLIENT_METADATA_MAX);
	json_array_foreach(list, i, one) {
		struct str text = json_text(one);

		if (text.n == 0 || text.n > METADATA_TEXT_MAX || str_index(text, '\n') >= 0)
			return STR_ABSENT;
		if (str_has_word(buf_str(&b), text, '\n'))
			continue;
		if (b.n > 0)
			buf_putc(&b, '\n');
		buf_put(&b, text);
	}
	return json_is_array(list) && !b.full ? buf_str(&b) : STR_ABSENT;
}

bool
registration_redirects(struct registering *r)
{
	const json_t *list = json_object_get(r->said, "redirect_uris");
	bool needed = client_may(&r->client, S("authorization_code")) || client_may(&r->client, S("implicit"));
	struct str rest;

	r->client.redirect_uris = list == NULL || json_is_null(list) ? S("") : texts_joined(r->c->mem, list);
	if (!str_given(r->client.redirect_uris) || (needed && r->client.redirect_uris.n == 0))
		return uri_refuse(r, "must be an array of absolute URIs of at most 2000 visible ASCII characters");
	r->native = is_native(r);
	r->metadata.application_type = r->native ? S("native") : S("web");
	for (rest = r->client.redirect_uris; str_given(rest) && r->client.redirect_uris.n > 0;)
		if (!uri_judge(r, str_cut(&rest, '\n')))
			return false;
	return true;
}
