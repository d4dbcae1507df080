/* oauth/grant/authorization_code.c - redeem a code. RFC 6749 section 4.1.3, PKCE RFC 7636 section 4.6. */
#include "oauth/grant/grant.h"
#include "oauth/session/session.h"

/*
 * Wrong codes are counted where codes are short enough to be guessed: against the address that sent
 * them, with this client and alone. Not against the client, whose id is no secret when it is
 * public: a stranger's guesses would stop its users.
 */
struct guesses { struct throttle_key of[2]; size_t n; };

static struct guesses
codes_counted(const struct call *c)
{
	if (c->issuer->policy->authorize.code_shape == CODE_LONG)
		return (struct guesses){ .n = 0 };
	return (struct guesses){ .n = 2,
		.of = {
		    throttle_client_codes(realm_name(c->issuer->realm), c->client->id, c->peer),
		    throttle_address_codes(c->peer),
		} };
}

static bool
may_guess(struct call *c, const struct guesses *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (!may_try(c, &g->of[i], S("codes")))
			return false;
	return true;
}

/* RFC 6749 4.1.2: deny, and revoke what the code gave. */
static bool
code_is_replayed(struct call *c, const struct code *code)
{
	struct family f = { .id = code->family };
	struct ops o = { .n = 0 };

	if (code->state == CODE_SPENT && !id_none(&f.id)) {
		ops_add(&o, OP_FAMILY_REVOKE)->family = &f;
		if (!commit_or_fail(c, &o))
			return false;
	}
	return fail_with(c, R_CODE_REPLAYED, c->arg[P_CODE]);
}

static bool
redirect_is_the_same(struct call *c, const struct code *code)
{
	const struct policy *policy = c->issuer->policy;
	bool sent = call_has(c, P_REDIRECT_URI);

	if (!sent && !code->redirect_sent && !policy->grant.redirect_uri_needed)
		return true;
	if (sent && str_eq(c->arg[P_REDIRECT_URI], code->redirect_uri))
		return true;
	return fail(c, R_CODE_REDIRECT, code->redirect_uri);
}

/* The stored challenge is "S256:..." or "plain:...". */
static bool
pkce_holds(struct call *c, const struct code *code)
{
	struct str verifier = c->arg[P_CODE_VERIFIER], made = verifier;
	bool hashed = str_starts(code->challenge, S("S256:"));
	uint8_t digest[DIGEST_SIZE];

	if (str_empty(code->challenge))
		return str_empty(verifier) || fail(c, R_PKCE_UNASKED, STR_ABSENT);
	if (str_empty(verifier))
		return fail(c, R_PKCE_MISSING, STR_ABSENT);
	if (!pkce_is_text(verifier))
		return fail(c, R_PKCE_VERIFIER, STR_ABSENT);
	if (hashed) {
		SHA256(digest, verifier);
		made = b64url_encode(c->mem, str_span(digest, sizeof digest));
	}
	if (str_eq_secret(made, str_from(code->challenge, hashed ? 5 : 6)))
		return true;
	return fail(c, R_PKCE_WRONG, STR_ABSENT);
}

static bool
code_fits(struct call *c, const struct code *code)
{
	if (expired(code->expires_s, c->now_s))
		return fail_with(c, R_CODE_EXPIRED, c->arg[P_CODE]);
	if (!redirect_is_the_same(c, code))
		return false;
	if (!str_eq(code->auth.client, c->client->id))
		return fail(c, R_CODE_OTHER_CLIENT, code->auth.client);
	return pkce_holds(c, code);
}

static bool
user_is_there(struct call *c, struct authority *a, const struct code *code)
{
	struct str realm = realm_name(c->issuer->realm);

	if (!store_answered(c, store_user_by_id(c->svc->store, c->mem, realm, &code->auth.user, &a->user))
	    || !user_holds(c, &a->user, false))
		return fail(c, R_USER_DISABLED, code->auth.user_name);
	return a->has_user = user_is_let_in(c, &a->user, code->auth.user_name);
}

static void
burn(struct call *c, struct authority *a)
{
	struct ops o = { .n = 0 };

	ops_add(&o, OP_CODE_BURN)->code = &a->code;
	commit_or_fail(c, &o);
}

static bool
resolve(struct call *c, struct authority *a)
{
	struct dig32 digest = digest_of(c->issuer, S("code"), c->arg[P_CODE]);
	struct guesses guesses = codes_counted(c);
	enum store_found found;

	if (c->issuer->policy->grant.redirect_uri_needed && str_empty(c->arg[P_REDIRECT_URI]))
		return fail(c, R_PARAM_MISSING, S("redirect_uri"));
	if (!may_guess(c, &guesses))
		return false;
	found = store_code(c->svc->store, c->mem, &digest, &a->code);
	if (found == FIND_FAILED)
		return fail(c, R_STORE, S("read"));
	if (found == NOT_FOUND || !str_eq(a->code.auth.issuer, c->issuer->name))
		return tries_counted(c, guesses.of, guesses.n) && fail_with(c, R_CODE_UNKNOWN, c->arg[P_CODE]);
	if (a->code.state != CODE_FRESH)
		return str_eq(a->code.auth.client, c->client->id) ? code_is_replayed(c, &a->code)
		    : fail_with(c, R_CODE_UNKNOWN, c->arg[P_CODE]);
	if (!code_fits(c, &a->code) || !user_is_there(c, a, &a->code)) {
		if (c->issuer->policy->grant.code_burns_on_failure)
			burn(c, a);
		return false;
	}
	a->auth = a->code.auth;
	return a->spends_code = true;
}

static bool
whose(struct call *c, struct user *u)
{
	struct dig32 digest = digest_of(c->issuer, S("code"), c->arg[P_CODE]);
	struct code code;

	return store_code(c->svc->store, c->mem, &digest, &code) == FOUND
	    && store_user_by_id(c->svc->store, c->mem, realm_name(c->issuer->realm), &code.auth.user, u) == FOUND;
}

const struct grant grant_authorization_code = {
	.name = "authorization_code",
	.index = GI_authorization_code,
	.needs = NEEDS(P_CODE),
	.when_missing = R_CODE_MISSING,
	.scope = SCOPE_SETTLED,
	.only_store = true,
	.user_stands = true,
	.resolve = resolve,
	.whose = whose,
};
