/*
 * oauth/token/token.c - the token endpoint as a list of questions, each of which may fail the call.
 * RFC 6749 section 3.2.
 */
#include <assert.h>

#include "oauth/client/client.h"
#include "oauth/dpop.h"
#include "oauth/session/factor.h"
#include "oauth/token/token.h"

/* minted: what the tokens themselves want done; o: the whole list of the commit. */
struct token_work { struct authority a; struct tokens t; struct ops minted, o; };
typedef bool question_fn(struct call *c, struct token_work *x);

static bool
ask_client(struct call *c, struct token_work *x)
{
	(void)x;
	return client_is_proven(c);
}

/* The client_id parameter must not name another client than the one that authenticated. */
static bool
ask_client_same(struct call *c, struct token_work *x)
{
	(void)x;
	if (str_empty(c->arg[P_CLIENT_ID]) || str_eq(c->arg[P_CLIENT_ID], c->client->id))
		return true;
	return fail(c, R_CLIENT_OTHER, c->arg[P_CLIENT_ID]);
}

/* What is said beside evidence that brings its scope along need not be there. */
static bool
brings_scope(const struct grant *g)
{
	return g != NULL && g->scope != SCOPE_ASKED;
}

static bool
ask_scope_known(struct call *c, struct token_work *x)
{
	const struct policy *policy = c->issuer->policy;

	if (!policy->scope.absent_means_all && str_empty(c->arg[P_SCOPE])
	    && (c->grant == NULL || brings_scope(c->grant)))
		return true;
	if (c->grant != NULL && c->grant->scope == SCOPE_SETTLED && !policy->scope.with_code_is_checked)
		return true;
	return scope_settle(c, c->client, &x->a.auth.scope);
}

static bool
ask_grant_named(struct call *c, struct token_work *x)
{
	(void)x;
	if (c->grant_is_implicit)
		return fail(c, R_GRANT_IMPLICIT, STR_ABSENT);
	if (c->grant != NULL && (c->issuer->policy->grant.offered & BIT(c->grant->index)))
		return true;
	if (c->grant == NULL && str_empty(c->arg[P_GRANT_TYPE]))
		return fail(c, R_GRANT_MISSING, STR_ABSENT);
	return fail_with(c, R_GRANT_UNKNOWN, c->arg[P_GRANT_TYPE]);
}

/* Where a refresh token is given to every client, every client may use what it was given. */
static bool
client_may_use(const struct call *c)
{
	if (c->grant->refreshes && !c->issuer->policy->refresh.needs_grant)
		return true;
	return client_may(c->client, str_of(c->grant->name));
}

static bool
ask_grant_allowed(struct call *c, struct token_work *x)
{
	(void)x;
	if (!client_may_use(c))
		return fail_with(c, R_GRANT_FORBIDDEN,
		    str_given(c->arg[P_GRANT_TYPE]) ? c->arg[P_GRANT_TYPE] : str_of(c->grant->name));
	return !c->grant->weak || habit_use(c, c->grant->habit, R_GRANT_FORBIDDEN, str_of(c->grant->name));
}

static bool
ask_proof(struct call *c, struct token_work *x)
{
	(void)x;
	return dpop_proof(c, c->client);
}

static bool
ask_params(struct call *c, struct token_work *x)
{
	(void)x;
	for (const enum param *p = c->grant->needs; p != NULL && *p != P_COUNT; p++)
		if (!call_has(c, *p))
			return fail(c, c->grant->when_missing, STR_ABSENT);
	return true;
}

/* A code or refresh token that is bound is used only by who shows the key. RFC 9449 5, 10; RFC 8705 4. */
static bool
evidence_is_held(struct call *c, struct authority *a)
{
	struct str cnf;

	if (!confirmation_of_auth(c, &a->auth, &cnf))
		return false;
	if (!confirmation_is_shown(c, cnf))
		return fail(c, R_EVIDENCE_UNPROVEN, cnf);
	a->cnf = confirmation_of(c, cnf);
	return true;
}

static bool
ask_resolve(struct call *c, struct token_work *x)
{
	struct str known = x->a.auth.scope;

	x->a = (struct authority){ .auth.scope = known, .auth.auth_s = c->now_s };
	return confirmation_is_possible(c) && c->grant->resolve(c, &x->a) && evidence_is_held(c, &x->a);
}

/* Grants whose evidence carries a scope have set it; the others get what was asked for. */
static bool
ask_scope(struct call *c, struct token_work *x)
{
	struct str ignored;

	if (x->a.spends_code && c->issuer->policy->scope.with_code_is_checked && !str_empty(c->arg[P_SCOPE]))
		return scope_settle(c, c->client, &ignored);
	if (x->a.spends_code || x->a.spends_decoupled || x->a.is_refresh || x->a.is_assertion)
		return true;
	return scope_settle(c, c->client, &x->a.auth.scope) && scope_bind(c, x->a.scope_most, &x->a.auth.scope);
}

/* The user took offline_access away. OpenID Connect Core 11. */
static bool
offline_is_declined(const struct call *c, const struct authority *a)
{
	struct authorization_extra x;

	return !str_empty(a->auth.extra) && authorization_extra_get(c->mem, &a->auth, &x) && str_is(x.offline, "declined");
}

static void
decide_refresh(const struct call *c, struct authority *a)
{
	const struct policy *policy = c->issuer->policy;

	if (a->is_refresh)
		return;
	a->wants_refresh = a->has_user || policy->refresh.for_client_credentials;
	if (c->grant->for_client && !policy->refresh.for_client_credentials)
		a->wants_refresh = false;
	if (!(policy->grant.offered & BIT(GI_refresh_token))
	    || (policy->refresh.needs_grant && !client_may(c->client, S("refresh_token"))) || offline_is_declined(c, a)
	    || a->without_refresh)
		a->wants_refresh = false;
}

/* Nobody gets by another door what a page would have asked a second factor for. */
static bool
factor_is_met(struct call *c, const struct authority *a)
{
	if (!a->has_user || c->grant->for_client
	    || (a->is_refresh && str_is(a->family.grant, "client_credentials")))       /* a client that acts for a user */
		return true;
	return (!c->grant->one_factor || a->vouched
		   || (password_at_grant(c, &a->user, c->grant->habit == HABIT_PASSWORD_GRANT)
		       && factor_at_grant(c, &a->user)))
	    && factor_of_authorization(c, &a->auth, a->auth.scope);
}

static bool
ask_mint(struct call *c, struct token_work *x)
{
	x->minted.n = 0;
	if (!factor_is_met(c, &x->a))
		return false;
	if (x->a.is_assertion)
		return c->grant->shape(c, &x->a, &x->t);
	decide_refresh(c, &x->a);
	return tokens_mint(c, &x->a, &x->t, &x->minted)
	    && (c->grant->shape == NULL || c->grant->shape(c, &x->a, &x->t));
}

/* How long one that was given before may live, whomever it is for. */
static int64_t
longest_access(const struct call *c)
{
	int64_t own = ttl_of(c->client->access_ttl_s, c->issuer->policy->token.access_ttl_s);
	int64_t theirs = realm_resource_needs(c->issuer->realm).ttl_s;

	for (const struct renewed_resource *r = c->renewed_resources; theirs != 0 && r != NULL; r = r->next)
		if (r->row != NULL && (r->row->access_ttl_s == 0 || r->row->access_ttl_s > theirs))
			theirs = r->row->access_ttl_s;
	return own == 0 || theirs == 0 ? 0 : theirs > own ? theirs : own;
}

/* Its token key may have been replaced since. */
static void
revoke_previous_jti(struct call *c, struct token_work *x)
{
	const struct keyring *ring = c->issuer->keys;
	struct dig32 *digests;
	struct store_op *op;

	if (!c->issuer->policy->refresh.kills_access || c->issuer->policy->token.access_shape != SHAPE_JWT
	    || c->issuer->policy->token.jti_shape != JTI_UUID || !x->a.rotates)
		return;
	digests = arena_array(c->mem, struct dig32, ring->n_token_keys);
	for (size_t k = 0; digests != NULL && k < ring->n_token_keys; k++)
		digests[k] = digest_of(c->issuer, S("jti"),
		    jti_text_under(
			&ring->token_keys[k], c->issuer, c->mem, &x->a.family, x->a.family.generation, true));
	op = ops_add(&x->o, OP_JTIS_REVOKE);
	op->jtis.digests = digests;
	op->jtis.n = digests != NULL ? ring->n_token_keys : 0;
	op->jtis.expires_s = expiry(c->now_s, longest_access(c));
}

/* Conditions first, so that the loser of a race undoes as little as possible. */
static void
collect(struct call *c, struct token_work *x)
{
	struct authority *a = &x->a;
	const struct policy *policy = c->issuer->policy;

	x->o.n = 0;
	ops_stand_on(c, &x->o, a->has_user ? &a->user : NULL, a->session);
	ops_stand_on_target(c, &x->o, &a->target);
	ops_spend_assertion(c, &x->o);
	if (a->spends_code) {
		if (a->has_family)
			a->code.family = a->family.id;
		ops_add(&x->o, OP_CODE_SPEND)->code = &a->code;
	}
	if (a->spends_decoupled)
		ops_add(&x->o, OP_DECOUPLED_SPEND)->decoupled.row = &a->decoupled;
	if (a->spends_sms)
		ops_add(&x->o, OP_ONE_TIME_SPEND)->one_time.row = &a->sms;
	if (a->from != NULL && a->from != c->issuer) {
		ops_add(&x->o, OP_FAMILY_ALIVE)->family = &a->moved;
		if (a->from->policy->refresh.rule != REFRESH_KEPT || !refresh_is_reused(a->from, c->client))
			ops_add(&x->o, OP_FAMILY_REVOKE)->family = &a->moved;
	} else if (a->rotates) {
		a->family.rotated_ms = c->now_ms;
		ops_add(&x->o, OP_FAMILY_ROTATE)->family = &a->family;
	} else if (a->has_family && !a->family_is_new)
		ops_add(&x->o, OP_FAMILY_ALIVE)->family = &a->family;
	if (a->derived && !id_none(&a->parent.id))
		ops_add(&x->o, OP_FAMILY_ALIVE)->family = &a->parent;
	if (policy->token.single_login && a->has_user && !a->is_refresh && !a->derived)
		rivals_end(c, a, &x->o);
	if (a->family_is_new)
		ops_add(&x->o, OP_FAMILY_ADD)->family = &a->family;
	if (a->is_refresh && !a->repeats && policy->refresh.kills_access
	    && (policy->token.access_shape != SHAPE_JWT || policy->token.takes_resource)) {
		a->access_row.family = a->family.id;
		ops_add(&x->o, OP_TOKENS_DELETE_FAMILY)->token = &a->access_row;
	}
	revoke_previous_jti(c, x);
	ops_append(&x->o, &x->minted);
	if (a->access_row_is_new)
		ops_add(&x->o, OP_TOKEN_ADD)->token = &a->access_row;
}

/* PARTY: the client or a resource server. */
enum commit { COMMITTED, LOST_TOKEN, LOST_EVIDENCE, LOST_PARTY, COMMIT_FAILED };

static enum commit
commit(struct call *c, struct token_work *x)
{
	size_t lost;

	collect(c, x);
	switch (commit_standing(c, &x->o, &lost)) {
	case STORE_DONE:
		return COMMITTED;
	case STORE_LOST:
		break;
	default:
		return COMMIT_FAILED;
	}
	if (x->o.at[lost].kind == OP_ONCE_USE) {
		assertion_is_spent(c, &x->o.at[lost].once);
		return COMMIT_FAILED;
	}
	if (x->o.at[lost].kind == OP_CLIENT_STANDS || x->o.at[lost].kind == OP_RESOURCE_STANDS)
		return stands_no_more(c, &x->o, lost) ? LOST_PARTY : COMMIT_FAILED;
	return x->o.at[lost].kind == OP_TOKEN_ADD || x->o.at[lost].kind == OP_STATUS_ADD ? LOST_TOKEN : LOST_EVIDENCE;
}

static bool ask_all(struct call *c, struct token_work *x);

/*
 * Who is asked again begins as at first; where the client or a resource server has changed, everything is asked, the
 * secret too.
 */
static bool
ask_again(struct call *c, struct token_work *x, enum commit lost)
{
	if (lost == LOST_PARTY) {
		x->a = (struct authority){ .auth.scope = STR_ABSENT };
		return ask_all(c, x);
	}
	if (lost == LOST_EVIDENCE && !(ask_resolve(c, x) && ask_scope(c, x)))
		return false;
	if (x->a.family_is_new)
		x->a.has_family = x->a.family_is_new = false;
	return ask_mint(c, x);
}

/*
 * A lost race is not an error: the winner has made a live token, a successor, or a spent code that
 * we now find; or the operator has changed the user or the client, and then the answer is that of
 * now (O7).
 */
static bool
ask_commit(struct call *c, struct token_work *x)
{
	for (int i = 0; i < RACES_MAX; i++) {
		enum commit r = commit(c, x);

		if (r == COMMITTED)
			return true;
		if (r == COMMIT_FAILED || !ask_again(c, x, r))
			return false;
	}
	c->retry_after_s = 1;
	return fail(c, R_TOO_BUSY, SAY("lost the race too often"));
}

static question_fn *const questions[] = {
	[Q_CLIENT] = ask_client,
	[Q_CLIENT_SAME] = ask_client_same,
	[Q_SCOPE_KNOWN] = ask_scope_known,
	[Q_PROOF] = ask_proof,
	[Q_GRANT_NAMED] = ask_grant_named,
	[Q_GRANT_ALLOWED] = ask_grant_allowed,
	[Q_PARAMS] = ask_params,
	[Q_RESOLVE] = ask_resolve,
	[Q_SCOPE] = ask_scope,
	[Q_MINT] = ask_mint,
	[Q_COMMIT] = NULL, /* always the last: ask_commit, or the two halves */
};

/* Every question before the commit. */
static bool
ask_all(struct call *c, struct token_work *x)
{
	for (const enum question *q = c->issuer->policy->grant.questions; *q != Q_END; q++)
		if (*q != Q_COMMIT && !questions[*q](c, x))
			return false;
	return true;
}

static struct token_work *
work_new(struct call *c)
{
	struct token_work *x = arena_new(c->mem, struct token_work);

	if (x == NULL)
		fail(c, R_INTERNAL, S("memory"));
	return x;
}

static struct answer
answer_tokens(struct call *c, const struct token_work *x)
{
	if (x->a.has_user)
		c->user_name = x->a.user.name;
	return (struct answer){ .kind = ANS_TOKENS, .tokens = x->t };
}

/*
 * Two calls may make the one living token of a client, user and scope at the same time: the row of
 * one of them is lost.
 */
enum token_next
token_begin(struct call *c, struct token_work **w, const struct store_op **ops, size_t *n, struct answer *a)
{
	struct token_work *x = *w = work_new(c);
	struct call before;
	bool asked;
	size_t lost;

	if (c->proof.ok && dpop_is_taken(c->issuer))
		dpop_judge(c, STR_ABSENT);      /* once, also where the call is asked again elsewhere */
	call_defers(c, &before);
	asked = x != NULL && ask_all(c, x);
	if (!asked && c->evidence.n_once > 0)
		c->waits = true; /* what is refused has used its assertion too: where it can be committed */
	if (call_waits(c, &before)) {
		*w = NULL;
		return TOKEN_RACES;
	}
	if (!asked) {
		*a = answer_fault(c);
		return TOKEN_ANSWERED;
	}
	collect(c, x);
	if (ops_only_guard(&x->o))
		switch (commit_standing(c, &x->o, &lost)) {
		case STORE_DONE: *a = answer_tokens(c, x); return TOKEN_ANSWERED;
		case STORE_LOST: return TOKEN_RACES;
		default: *a = answer_fault(c); return TOKEN_ANSWERED;
		}
	if (c->issuer->policy->token.live_is_returned)
		return TOKEN_RACES;
	assert(ops_are_guarded(&x->o));
	*ops = x->o.at;
	*n = x->o.n;
	return TOKEN_PREPARED;
}

static struct answer
answer_refusal(struct call *c)
{
	assertion_spend_refused(c);
	return answer_fault(c);
}

struct answer
token_commit(struct call *c, struct token_work *x)
{
	return ask_commit(c, x) ? answer_tokens(c, x) : answer_refusal(c);
}

struct answer
token_end(struct call *c, struct token_work *x, enum store_result r)
{
	if (r == STORE_DONE)
		return answer_tokens(c, x);
	fail(c, R_STORE, S("commit"));
	return answer_fault(c);
}

struct answer
token_endpoint(struct call *c)
{
	struct token_work *x = work_new(c);

	if (x == NULL || !ask_all(c, x))
		return answer_refusal(c);
	return token_commit(c, x);
}
