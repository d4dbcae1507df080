/*
 * oauth/session/demand.c - who needs a second factor: the user who has one, the issuer, a group; a client, a scope, an
 * acr that is asked for (RFC 9470).
 */
#include "oauth/client_metadata.h"
#include "oauth/session/factor_kinds.h"

bool
factors_are_kept(const struct issuer *i)
{
	return i->policy->factor.rule != SECOND_FACTOR_OFF || passkey_is_offered(i, PASSKEY_ENROL);
}

bool
factor_is_on(const struct issuer *i, enum factor_kind kind)
{
	static bool (*const is_on[FACTOR_COUNT])(const struct issuer *) = {
#define FACTOR(id, word, amr, check, begin, on, flags) [FACTOR_##id] = on,
#include "oauth/factors.def"
#undef FACTOR
	};

	return is_on[kind] == NULL || is_on[kind](i);
}

/* An address that is the user's no more gets no code: whoever has set another one would have the factor by that. */
static unsigned
hidden_of(struct call *c, const struct user *u, const struct factor_set *has)
{
	unsigned hidden = 0;

	for (enum factor_kind k = 0; k < FACTOR_COUNT; k++)
		if (!factor_is_on(c->issuer, k)
		    || ((factor_rows[k].flags & FACTOR_BY_MESSAGE) && message_row(c, u, has, k) == NULL))
			hidden |= (unsigned)BIT(k);
	return hidden;
}

bool
factors_of(struct call *c, const struct user *u, struct factor_set *out)
{
	int n = store_factors(c->svc->store, c->mem, u->realm, &u->id, FACTORS_MAX, out->at);

	out->n = n < 0 ? 0 : (size_t)n;
	out->hidden = hidden_of(c, u, out);
	return n >= 0 || fail(c, R_STORE, S("read"));
}

void
factors_beside(struct factor_set *has, struct str amr)
{
	if (str_is(amr, "otp sms") || str_starts(amr, S("otp sms ")))
		has->hidden |= (unsigned)BIT(FACTOR_SMS);
}

size_t
factors_of_kind(const struct factor_set *has, enum factor_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < has->n; i++)
		n += factor_named(has->at[i].kind) == kind;
	return n;
}

bool
factors_stand(const struct factor_set *has)
{
	for (size_t i = 0; i < has->n; i++) {
		enum factor_kind kind = factor_named(has->at[i].kind);

		if (kind < FACTOR_COUNT && (factor_rows[kind].flags & FACTOR_STANDS))
			return true;
	}
	return false;
}

bool
factor_is_offered(const struct factor_set *has, enum factor_kind kind)
{
	return kind < FACTOR_COUNT && !(has->hidden & BIT(kind))
	    && ((factor_rows[kind].flags & FACTOR_IMPLICIT) || factors_of_kind(has, kind) > 0);
}

bool
factor_may_be_added(const struct factor_set *has, size_t more)
{
	return has->n + more <= FACTORS_MAX;
}

static bool
words_meet(struct str words, struct str list)
{
	while (str_given(words)) {
		struct str word = str_cut(&words, ' ');

		if (word.n > 0 && str_has_word(list, word, ' '))
			return true;
	}
	return false;
}

bool
login_needs_factor(const struct call *c, const struct user *u, const struct factor_set *has)
{
	const struct policy *policy = c->issuer->policy;

	if (policy->factor.rule == SECOND_FACTOR_OFF)
		return false;
	return policy->factor.rule == SECOND_FACTOR_REQUIRED || factors_stand(has)
	    || words_meet(policy->factor.groups, u->authorities);
}

bool
request_needs_factor(const struct policy *policy, const struct client *k, struct str scope)
{
	if (policy->factor.rule == SECOND_FACTOR_OFF)
		return false;
	return (k != NULL && client_metadata(k)->require_second_factor) || words_meet(policy->factor.scopes, scope);
}

bool
acr_needs_factor(const struct policy *policy, struct str wanted)
{
	struct str two = policy->token.acr_second_factor, one = policy->token.acr;

	if (policy->factor.rule == SECOND_FACTOR_OFF || str_empty(two) || str_empty(wanted))
		return false;
	return str_has_word(wanted, two, ' ') && (str_empty(one) || !str_has_word(wanted, one, ' '));
}

bool
session_lacks_factor(struct call *c, const struct session *s, const struct user *u, bool asked)
{
	struct factor_set *has;

	if (asked || s->factor_s != 0 || c->issuer->policy->factor.rule == SECOND_FACTOR_OFF)
		return asked && !session_has_factor(s);
	if ((has = arena_new(c->mem, struct factor_set)) == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	return factors_of(c, u, has) && login_needs_factor(c, u, has);
}

bool
factor_at_grant(struct call *c, const struct user *u)
{
	const struct policy *policy = c->issuer->policy;
	struct factor_set *has;

	if (policy->factor.at_grants == FACTOR_SKIPPED || policy->factor.rule == SECOND_FACTOR_OFF)
		return true;
	if ((has = arena_new(c->mem, struct factor_set)) == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	return factors_of(c, u, has)
	    && (!login_needs_factor(c, u, has) || fail(c, R_FACTOR_REQUIRED, u->name));
}

bool
factor_of_authorization(struct call *c, const struct authorization *a, struct str scope)
{
	const struct policy *policy = c->issuer->policy;
	struct authorization_extra x = { .amr = STR_ABSENT };

	if (policy->factor.at_grants == FACTOR_SKIPPED || !request_needs_factor(policy, c->client, scope))
		return true;
	if (!str_empty(a->extra) && !authorization_extra_get(c->mem, a, &x))
		return fail(c, R_INTERNAL, S("memory"));
	return str_has_word(x.amr, S("mfa"), ' ')
	    || (!str_empty(x.acr) && str_eq(x.acr, policy->token.acr_second_factor)) || fail(c, R_FACTOR_REQUIRED, a->user_name);
}
