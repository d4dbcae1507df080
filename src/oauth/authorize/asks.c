/*
 * oauth/authorize/asks.c - what the user has to allow of a request, and what is left of it then: the scope, and the
 * claims that were asked for by name. OpenID Connect Core 5.5.
 */
#include "oauth/authorize/authorize_int.h"
#include "oauth/claims_asked.h"
#include "oauth/token/token.h"

struct str
authz_asks(struct call *c, const struct authz *z)
{
	struct str more = str_empty(z->auth.extra) ? S("") : claims_asked_scopes(c->mem, c->issuer->policy, &z->auth);

	return more.n == 0 ? z->auth.scope : ARENA_CAT(c->mem, z->auth.scope, S(" "), more);
}

bool
scope_is_auto_approved(const struct client *k, struct str scope)
{
	return str_is(k->auto_approve, "*") || str_has_word(k->auto_approve, scope, ' ');
}

bool
scope_is_asked_always(const struct call *c, const struct client *k, struct str scope)
{
	return c->issuer->policy->consent.offline_asks && c->issuer->policy->authorize.claims_are_read
	    && str_is(scope, OFFLINE_ACCESS) && !scope_is_auto_approved(k, scope);
}

/* What goes on beside the scope: the claims that are still open, and that the user wants no refresh token given. */
static bool
extra_allow(struct call *c, struct authz *z, struct str allowed)
{
	struct authorization_extra x;
	bool declined = c->issuer->policy->authorize.claims_are_read
	    && str_has_word(z->auth.scope, S(OFFLINE_ACCESS), ' ') && !str_has_word(allowed, S(OFFLINE_ACCESS), ' ');

	if ((str_empty(z->auth.extra) && !declined) || !authorization_extra_get(c->mem, &z->auth, &x))
		return true;
	if (!str_empty(x.claims))
		x.claims = claims_asked_within(c->mem, c->issuer->policy, json_read(c->mem, x.claims), allowed,
		    false);
	if (declined)
		x.offline = S("declined");
	return authorization_extra_set(c->mem, &z->auth, &x) || fail(c, R_INTERNAL, S("memory"));
}

bool
authz_allow(struct call *c, struct authz *z, struct str allowed)
{
	struct scope_words w, kept = { .n = 0 };

	if (!extra_allow(c, z, allowed))
		return false;
	if (str_eq(allowed, z->auth.scope))
		return true;
	if (!scope_split(c->issuer->policy, z->auth.scope, &w))
		return fail(c, R_INTERNAL, S("scope"));
	for (size_t i = 0; i < w.n; i++)
		if (str_has_word(allowed, w.at[i], ' '))
			kept.at[kept.n++] = w.at[i];
	z->auth.scope = scope_join(c->mem, &kept, S(" "));
	return true;
}

size_t
authz_resource_words(struct call *c, const struct authz *z, struct str *out)
{
	struct authorization_extra x;
	size_t n = 0;

	if (!c->issuer->policy->token.takes_resource || !authorization_extra_get(c->mem, &z->auth, &x))
		return 0;
	if (str_empty(x.resource))
		out[n++] = S(APPROVAL_EVERY);
	for (struct str rest = x.resource; str_given(rest) && n < TARGETS_MAX; n++)
		out[n] = ARENA_CAT(c->mem, S(APPROVAL_RESOURCE), str_cut(&rest, ' '));
	return n;
}

/* One that says nothing of resources is older than they are, or came by an import. */
static bool
is_for_every(struct str memory)
{
	bool any = false;

	while (str_given(memory)) {
		struct str word = str_cut(&memory, ' ');

		if (str_eq(word, S(APPROVAL_EVERY)))
			return true;
		any |= str_starts(word, S(APPROVAL_RESOURCE));
	}
	return !any;
}

bool
authz_resources_are_in(struct call *c, const struct authz *z, struct str memory)
{
	struct str words[TARGETS_MAX];
	size_t n = authz_resource_words(c, z, words);

	if (is_for_every(memory))
		return true;
	for (size_t i = 0; i < n; i++)
		if (!str_has_word(memory, words[i], ' '))
			return false;
	return true;
}
