/*
 * oauth/token/asked.c - who asks what a token is worth: introspection (RFC 7662) and the older check_token, user info,
 * the verification for a proxy, an operator.
 */
#include "oauth/confirm.h"
#include "oauth/facts_book.h"
#include "oauth/session/session.h"
#include "oauth/token/token.h"

#define INTROSPECT  S("introspect")
#define CHECK_TOKEN S("check_token")
#define NOT_FOR_ASKER SAY("neither issued to the asking client nor meant for it")

static bool
token_is_given(struct call *c)
{
	return !str_empty(c->arg[P_TOKEN]) || fail(c, R_TOKEN_MISSING, STR_ABSENT);
}

/* The mark: "all", or audiences that it may ask about. */
static bool
is_marked_for(struct str introspects, struct str aud)
{
	if (str_empty(introspects))
		return false;
	if (str_has_word(introspects, S("all"), ' '))
		return true;
	while (str_given(aud))
		if (str_has_word(introspects, str_cut(&aud, ' '), ' '))
			return true;
	return false;
}

/* O6; RFC 7662 section 4, CVE-2026-37979. */
static bool
may_hear(const struct call *c, const struct token_facts *f)
{
	if (str_eq(f->client_id, c->client->id))
		return true;
	if (f->is_refresh)
		return false;
	return c->issuer->policy->client.introspect_any || str_has_word(f->aud, c->client->id, ' ')
	    || is_marked_for(c->client->introspects, f->aud);
}

/* Nothing was learnt of the token. */
static bool
is_trouble(enum reason why)
{
	return why == R_STORE || why == R_INTERNAL || why == R_DIRECTORY || why == R_USER_TABLE;
}

/* RFC 7662 2.2: inactive, and no word about why but in the log. */
static struct answer
answer_inactive(struct call *c, struct str why)
{
	c->detail = why;
	c->why = R_NONE;
	return (struct answer){ .kind = ANS_FACTS };
}

static struct facts_key
key_of(const struct call *c, struct str endpoint)
{
	struct str client = c->client != NULL ? c->client->id : S("");

	return (struct facts_key){ c->issuer->name, endpoint, client, c->arg[P_TOKEN] };
}

/* What is said of a signed token is remembered, where the store may be out of reach the next time. */
static struct answer
kept(struct call *c, struct answer a, struct str endpoint)
{
	bool keeps = c->svc->told != NULL && a.facts.active && a.facts.is_jwt;
	struct facts_key *k = keeps ? arena_new(c->mem, struct facts_key) : NULL;

	if (k != NULL)
		*k = key_of(c, endpoint);
	a.keep = k;
	return a;
}

/* The store cannot be asked: what it said a moment ago of a signed token, to the same client. */
static struct answer
answer_as_before(struct call *c, struct str endpoint)
{
	struct answer a = { .kind = ANS_FACTS };
	struct facts_key k = key_of(c, endpoint);

	if (c->why == R_STORE)
		a.told = facts_book_find(c->svc->told, c->mem, &k, c->now_s);
	if (!str_given(a.told))
		return answer_fault(c);
	c->detail = SAY("as it was a moment ago, for the store cannot be reached");
	c->why = R_NONE;
	return a;
}

struct answer
introspect_endpoint(struct call *c)
{
	struct answer a = { .kind = ANS_FACTS };
	struct id16 family;
	struct token row;

	if (!client_authenticate_confidential(c) || !token_is_given(c))
		return answer_fault(c);
	if (!token_inspect(c, c->arg[P_TOKEN], INSPECT_ACCESS | INSPECT_REFRESH, &a.facts, &family, &row))
		return is_trouble(c->why) ? answer_as_before(c, INTROSPECT)
					: answer_inactive(c, str_of(reason_rows[c->why].name));
	return may_hear(c, &a.facts) ? kept(c, a, INTROSPECT) : answer_inactive(c, NOT_FOR_ASKER);
}

struct answer
check_token_endpoint(struct call *c)
{
	const struct policy *policy = c->issuer->policy;
	struct answer a = { .kind = ANS_FACTS };
	struct id16 family;
	struct token row;
	bool tried = c->evidence.basic_sent || call_has(c, P_CLIENT_ID);

	if (!policy->client.introspect_open ? !client_authenticate_confidential(c) : tried && !client_authenticate(c))
		return answer_fault(c);
	if (!token_is_given(c))
		return answer_fault(c);
	if (!token_inspect(c, c->arg[P_TOKEN], INSPECT_ACCESS, &a.facts, &family, &row))
		return answer_as_before(c, CHECK_TOKEN);
	if (policy->client.introspect_open || may_hear(c, &a.facts))
		return kept(c, a, CHECK_TOKEN);
	fail(c, R_TOKEN_UNKNOWN, NOT_FOR_ASKER);
	return answer_fault(c);
}

/* What a client has to know to do better: RFC 9449 section 7.1. */
static bool
is_of_key(enum reason why)
{
	return why == R_BEARER_UNPROVEN || why == R_BEARER_PROOF || why == R_BEARER_NONCE;
}

struct answer
bearer_endpoint(struct call *c)
{
	struct answer a = { .kind = ANS_FACTS };
	struct id16 family;
	struct token row;

	if (str_empty(c->bearer) || !token_inspect(c, c->bearer, INSPECT_ACCESS, &a.facts, &family, &row)
	    || !token_is_held(c, &a.facts)) {
		if (is_trouble(c->why) || is_of_key(c->why))
			return answer_fault(c);
		c->detail = c->why == R_NONE ? SAY("no token") : str_of(reason_rows[c->why].name);
		c->why = R_BEARER;                      /* RFC 6750 3.1: no word about why */
		return answer_fault(c);
	}
	c->client = a.facts.client;
	if (a.facts.user != NULL)
		c->user_name = a.facts.user->name;
	return a;
}

struct answer
userinfo_endpoint(struct call *c)
{
	struct answer a = bearer_endpoint(c);

	if (a.kind != ANS_FACTS)
		return a;
	if (a.facts.user == NULL)
		fail(c, R_BEARER_NO_USER, a.facts.client_id);
	else if (c->issuer->policy->token.userinfo_needs_openid && !str_has_word(a.facts.scope, S("openid"), ' '))
		fail(c, R_BEARER_NO_OPENID, a.facts.client_id);
	return c->why == R_NONE ? a : answer_fault(c);
}

static bool
is_for(struct str aud, struct str wanted)
{
	while (str_given(aud))
		if (resource_is(str_cut(&aud, ' '), wanted))
			return true;
	return false;
}

/* RFC 9068 section 4: a token for somebody else opens nothing here. */
static bool
is_for_audience(const struct call *c, const struct token_facts *f)
{
	bool named = false;

	for (const struct param_value *v = NULL; (v = call_next(c, P_AUDIENCE, v)) != NULL;) {
		if (v->value.n > 0 && is_for(f->aud, v->value))
			return true;
		named = named || v->value.n > 0;
	}
	return !named && is_for(f->aud, c->issuer->url);
}

/* RFC 9470 section 3: one of these ways, in the last so many seconds. Of a client alone nobody has logged in. */
static bool
login_suffices(struct call *c, const struct token_facts *f)
{
	struct str acrs = c->arg[P_ACR_VALUES], age = c->arg[P_MAX_AGE];
	int64_t age_s = 0;

	if (!str_empty(age) && (!str_int(age, &age_s) || age_s < 0))
		return fail(c, R_MAX_AGE, age);                         /* the proxy asks wrongly */
	if (!str_empty(acrs) && !acr_suffices(c->issuer->policy, acrs, f->acr))
		return fail(c, R_BEARER_STEP_UP, f->acr);
	return str_empty(age) || (f->auth_s != 0 && c->now_s - f->auth_s <= age_s)
	    || fail(c, R_BEARER_STEP_UP, f->client_id);
}

static bool
scope_suffices(struct call *c, const struct token_facts *f)
{
	struct scope_words wanted;
	struct str missing;

	return (scope_split(c->issuer->policy, c->arg[P_SCOPE], &wanted) && scope_within(&wanted, f->scope, &missing))
	    || fail(c, R_BEARER_SCOPE, f->scope);
}

struct answer
verify_endpoint(struct call *c)
{
	struct answer a = bearer_endpoint(c);

	if (a.kind != ANS_FACTS)
		return a;
	if (!is_for_audience(c, &a.facts))
		fail(c, R_BEARER_AUDIENCE, a.facts.aud);
	else if (login_suffices(c, &a.facts)) /* first: its challenge names the scope too, so that one new login does */
		(void)scope_suffices(c, &a.facts);
	return c->why == R_NONE ? a : answer_fault(c);
}

struct answer
session_user_endpoint(struct call *c)
{
	struct answer a = { .kind = ANS_FACTS };
	struct user *u = arena_new(c->mem, struct user);
	struct session s;

	if (u == NULL || !session_find(c, &s) || !user_of_session(c, &s, u) || (c->asked && !session_find(c, &s))) {
		fail(c, R_LOGIN_REQUIRED, STR_ABSENT);
		return answer_fault(c);
	}
	a.facts = (struct token_facts){ .active = true, .user = u };
	return a;
}

struct answer
operator_inspect_endpoint(struct call *c)
{
	struct answer a = { .kind = ANS_FACTS };
	struct id16 family;
	struct token row;

	if (!token_is_given(c)
	    || !token_inspect(c, c->arg[P_TOKEN], INSPECT_ACCESS | INSPECT_REFRESH | INSPECT_STORED, &a.facts,
		&family, &row))
		return answer_fault(c);
	return a;
}
