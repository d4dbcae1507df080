/* oauth/confirm.c - what tokens are bound to, and whether a request has shown it. RFC 7800, RFC 9449, RFC 8705. */
#include "oauth/client_metadata.h"
#include "oauth/confirm.h"
#include "oauth/dpop.h"

const char *const confirm_names[CONFIRM_COUNT] = {
#define CONFIRMATION(id, member) [CONFIRM_##id] = member,
#include "oauth/confirmations.def"
#undef CONFIRMATION
};

static bool
wants_certificate(const struct call *c)
{
	return c->client != NULL && client_metadata(c->client)->tls_client_certificate_bound_access_tokens;
}

/*
 * Beside what was shown: does the client want its tokens bound by that? A proof is sent for nothing else, a certificate
 * may be there for the sake of another service (RFC 8705 section 3.4).
 */
static bool
binds(const struct call *c, enum confirm is)
{
	return str_given(c->proven[is]) && (is != CONFIRM_CERTIFICATE || wants_certificate(c));
}

bool
confirmation_is_possible(struct call *c)
{
	if (wants_certificate(c) && !str_given(c->proven[CONFIRM_CERTIFICATE]))
		return fail(c, R_CERTIFICATE_MISSING, c->client->id);
	return !c->issuer->policy->token.bound_only || str_given(confirmation_of(c, STR_ABSENT))
	    || fail(c, R_TOKEN_UNBOUND, c->client->id);
}

/* What this request has shown, of these members: BIT(CONFIRM_x). */
static struct str
shown_write(const struct call *c, unsigned members)
{
	struct buf b;

	if (members == 0)
		return STR_ABSENT;
	buf_init(&b, c->mem, AUTHORIZATION_EXTRA_MAX);
	jw_open(&b, '{');
	for (int i = 0; i < CONFIRM_COUNT; i++)
		if (members & BIT(i))
			jm_str(&b, str_of(confirm_names[i]), c->proven[i]);
	jw_close(&b, '}');
	return buf_str(&b);
}

static unsigned
asked_by(const struct call *c, struct str cnf)
{
	unsigned members = 0;

	for (int i = 0; i < CONFIRM_COUNT; i++)
		if (confirmation_asks(c->mem, cnf, (enum confirm)i))
			members |= BIT(i);
	return members;
}

struct str
confirmation_of(const struct call *c, struct str evidence)
{
	unsigned members = asked_by(c, evidence);

	for (int i = 0; i < CONFIRM_COUNT; i++)
		if (binds(c, (enum confirm)i))
			members |= BIT(i);
	return shown_write(c, members);
}

struct str
confirmation_joined(const struct call *c, struct str one, struct str other)
{
	return shown_write(c, asked_by(c, one) | asked_by(c, other));
}

static bool
member_is_shown(const struct call *c, const char *member, const json_t *value)
{
	struct str wanted = str_span(json_string_value(value), json_string_length(value));

	for (int i = 0; i < CONFIRM_COUNT; i++)
		if (strcmp(member, confirm_names[i]) == 0)
			return json_is_string(value) && str_given(c->proven[i]) && str_eq(c->proven[i], wanted);
	return false;
}

bool
confirmation_is_shown(const struct call *c, struct str cnf)
{
	json_t *object, *value;
	const char *member;

	if (str_empty(cnf))
		return true;
	object = json_read(c->mem, cnf);
	if (json_object_size(object) == 0)
		return false;
	json_object_foreach(object, member, value)
		if (!member_is_shown(c, member, value))
			return false;
	return true;
}

bool
confirmation_asks(struct arena *mem, struct str cnf, enum confirm is)
{
	return !str_empty(cnf) && json_object_get(json_read(mem, cnf), confirm_names[is]) != NULL;
}

bool
confirmation_of_auth(struct call *c, const struct authorization *auth, struct str *cnf)
{
	struct authorization_extra x;

	*cnf = STR_ABSENT;
	if (str_empty(auth->extra))
		return true;
	if (!authorization_extra_get(c->mem, auth, &x))
		return fail(c, R_INTERNAL, SAY("the authorization cannot be read"));
	*cnf = x.cnf;
	return true;
}

bool
confirmation_into_auth(struct call *c, struct authorization *auth, struct str cnf)
{
	struct authorization_extra x;

	if (str_empty(auth->extra) && str_empty(cnf))
		return true;
	if (!authorization_extra_get(c->mem, auth, &x))
		return fail(c, R_INTERNAL, SAY("the authorization cannot be read"));
	x.cnf = str_some(cnf);
	return authorization_extra_set(c->mem, auth, &x) || fail(c, R_INTERNAL, S("memory"));
}

/* RFC 9449 section 7.1: the scheme says that a proof goes with it, and a token that is bound by one has no other. */
static bool
proof_goes_with(struct call *c, const struct token_facts *f)
{
	if (!c->bearer_is_dpop)
		return true;
	switch (dpop_judge(c, c->bearer)) {
	case DPOP_NONE: return fail(c, R_BEARER_PROOF, SAY("the scheme DPoP without a proof"));
	case DPOP_BAD: return fail(c, R_BEARER_PROOF, c->dpop_judged.detail);
	case DPOP_WANTS_NONCE: return fail(c, R_BEARER_NONCE, c->dpop_judged.detail);
	case DPOP_GOOD: break;
	}
	return f->is_dpop
	    || fail(c, R_BEARER_UNPROVEN, SAY("the token is bound to no key, and was sent as one that is"));
}

bool
token_is_held(struct call *c, const struct token_facts *f)
{
	if (!proof_goes_with(c, f))
		return false;
	return confirmation_is_shown(c, f->cnf)
	    || fail(c, R_BEARER_UNPROVEN, SAY("the token is bound to a key that this request does not show"));
}
