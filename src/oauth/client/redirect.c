/*
 * oauth/client/redirect.c - is this redirect URI registered? RFC 9700 section 2.1, RFC 8252 section
 * 7.3. Bytes are compared; nothing is taken apart to decide, but for two bounded exceptions: the
 * port of a loopback address, and added query parameters where a legacy policy and the client's
 * mark allow them.
 */
#include "oauth/client/client.h"
#include "oauth/client_metadata.h"

static const char *const addresses[] = { "http://127.0.0.1", "http://[::1]", NULL };
/* RFC 8252 8.3 would rather have an address, but this is what many native applications send. */
static const char *const localhost[] = { "http://localhost", NULL };

/*
 * RFC 8252 7.3: a loopback address, by http. Head and tail: what stands before and behind the port,
 * byte for byte.
 */
static bool
loopback_split(struct str uri, const char *const *heads, struct str *head, struct str *tail)
{
	struct url u;

	for (size_t i = 0; heads[i] != NULL; i++) {
		*head = str_of(heads[i]);
		if (!str_starts(uri, *head))
			continue;
		if (url_read(uri, &u) != NULL || u.kind != ADDRESS_LOOPBACK)
			return false;
		*tail = str_from(uri, (size_t)(u.authority.p - uri.p) + u.authority.n);
		return u.authority.n == head->n - strlen("http://") || (u.has_port && uri.p[head->n] == ':');
	}
	return false;
}

static bool
loopback_matches(struct str registered, struct str asked, const char *const *heads)
{
	struct str rh, rt, ah, at;

	return loopback_split(registered, heads, &rh, &rt) && loopback_split(asked, heads, &ah, &at) && str_eq(rh, ah)
	    && str_eq(rt, at);
}

static bool
piece_is_in(struct str query, struct str piece)
{
	while (str_given(query))
		if (str_eq(str_cut(&query, '&'), piece))
			return true;
	return false;
}

static struct str
query_of(struct str uri, struct str *base)
{
	ptrdiff_t q = str_index(uri, '?');

	*base = q < 0 ? uri : str_sub(uri, 0, (size_t)q);
	return q < 0 ? STR_ABSENT : str_from(uri, (size_t)q + 1);
}

/*
 * What an authorization response says in its own name (RFC 6749 4.1.2, 4.2.2, RFC 9207, RFC 9101,
 * OpenID Connect): a parameter beside it would be read in its place by whoever takes the first of
 * two, and would put somebody else's code into the application.
 */
static bool
name_is_of_response(struct str name)
{
	static const char *const names[] = { "code", "state", "error", "error_description", "error_uri",
		"iss", "access_token", "token_type", "expires_in", "refresh_token", "scope", "id_token",
		"session_state", "response" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (str_eq_nocase(name, str_of(names[i])))
			return true;
	return false;
}

/*
 * A piece of a query, "name=value", as applications read it: decoded, and name[] is name. One that
 * cannot be decoded is nobody's.
 */
static bool
piece_is_of_response(struct str piece)
{
	struct str name = str_cut(&piece, '='), decoded, plain;
	struct arena mem;
	bool is;

	arena_init(&mem, 4096);
	is = !pct_decode(&mem, name, true, &decoded);
	plain = is ? name : str_trim(decoded);
	is = is || name_is_of_response(str_cut(&plain, '['));
	arena_free(&mem);
	return is;
}

/* Some readers take ';' for '&'. except: pieces that are registered; absent: none. */
static bool
query_speaks_as_response(struct str query, struct str except)
{
	while (str_given(query)) {
		struct str piece = str_cut(&query, '&');

		if (piece_is_in(except, piece))
			continue;
		while (str_given(piece))
			if (piece_is_of_response(str_cut(&piece, ';')))
				return true;
	}
	return false;
}

bool
redirect_speaks_as_response(struct str uri)
{
	struct str base;

	return query_speaks_as_response(query_of(uri, &base), STR_ABSENT);
}

/*
 * Everything before '?' equal byte for byte; every registered query parameter present; others may
 * be added, but none of a response.
 */
static bool
grown_query_matches(struct str registered, struct str asked)
{
	struct str rb, ab, rq = query_of(registered, &rb), aq = query_of(asked, &ab);

	if (!str_eq(rb, ab) || str_index(asked, '#') >= 0 || query_speaks_as_response(aq, rq))
		return false;
	while (str_given(rq)) {
		struct str piece = str_cut(&rq, '&');

		if (!str_empty(piece) && !piece_is_in(aq, piece))
			return false;
	}
	return true;
}

bool
redirect_matches(const struct policy *policy, struct str registered, struct str asked, bool loose)
{
	if (str_eq(registered, asked))
		return true;
	if (policy->authorize.redirect_loopback_any_port && loopback_matches(registered, asked, addresses))
		return true;
	return loose && grown_query_matches(registered, asked);
}

/*
 * One that runs on its user's machine, or came by itself, as MCP clients do: it cannot know beforehand which port is
 * free.
 */
static bool
is_native(const struct client *k)
{
	return client_is_public(k) || k->lease_s != 0 || str_is(client_metadata(k)->application_type, "native");
}

static bool
is_registered(const struct policy *policy, const struct client *k, struct str asked, bool loose)
{
	bool any_port = policy->authorize.redirect_localhost_any_port && is_native(k);
	struct str rest = k->redirect_uris;

	while (str_given(rest)) {
		struct str registered = str_cut(&rest, '\n');

		if (!str_empty(registered)
		    && (redirect_matches(policy, registered, asked, loose)
			|| (any_port && loopback_matches(registered, asked, localhost))))
			return true;
	}
	return false;
}

bool
redirect_is_loose(const struct policy *policy, const struct client *k, struct str uri)
{
	return policy->authorize.redirect_query_may_grow && !is_registered(policy, k, uri, false)
	    && is_registered(policy, k, uri, true);
}

static bool
has_redirect_grant(const struct client *k)
{
	return client_may(k, S("authorization_code")) || client_may(k, S("implicit"));
}

static bool
only_one(struct str uris)
{
	return str_index(uris, '\n') < 0;
}

bool
redirect_uri_has_dot(struct str s)
{
	struct str scheme = str_cut(&s, ':');

	return str_eq_nocase(scheme, S("http")) || str_eq_nocase(scheme, S("https")) || str_index(scheme, '.') > 0;
}

bool
redirect_is_in_the_clear(struct str uri)
{
	struct url u;

	return str_index(uri, ':') == 4 && str_eq_nocase(str_sub(uri, 0, 4), S("http"))
	    && (url_read(uri, &u) != NULL || u.kind != ADDRESS_LOOPBACK);
}

/* RFC 8252 7.1, and https alone: what old issuers took, one that asks for these never sends anything to. */
static bool
scheme_is_allowed(struct call *c, struct str uri)
{
	const struct policy *policy = c->issuer->policy;
	bool dot = !policy->authorize.redirect_scheme_needs_dot || redirect_uri_has_dot(uri);
	bool closed = !policy->authorize.redirect_https_only || !redirect_is_in_the_clear(uri);

	return (dot && closed) || fail_with(c, R_REDIRECT_UNREGISTERED, uri);
}

bool
redirect_resolve(struct call *c, const struct client *k, struct str *uri)
{
	const struct policy *policy = c->issuer->policy;
	bool sent = call_has(c, P_REDIRECT_URI), loose;
	struct str asked = c->arg[P_REDIRECT_URI];

	if (!has_redirect_grant(k))
		return fail(c, R_AUTHZ_NO_REDIRECT_GRANT, k->id);
	if (str_empty(k->redirect_uris))
		return fail(c, R_REDIRECT_NONE, k->id);
	if (!sent && (!policy->authorize.redirect_may_be_omitted || !only_one(k->redirect_uris)))
		return fail_with(c, R_REDIRECT_MISSING, S("null"));
	if (!sent) {
		*uri = k->redirect_uris;
		return scheme_is_allowed(c, *uri);
	}
	loose = redirect_is_loose(policy, k, asked);
	if (loose && !habit_is_allowed(c->issuer, k, HABIT_LOOSE_REDIRECT))
		return habit_refuse(c, k, HABIT_LOOSE_REDIRECT, R_REDIRECT_UNREGISTERED, asked);
	if (!loose && !is_registered(policy, k, asked, false))
		return fail_with(c, R_REDIRECT_UNREGISTERED, asked);
	*uri = asked;
	return scheme_is_allowed(c, asked);
}
