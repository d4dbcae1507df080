/*
 * oauth/authorize/authorize.c - the authorization endpoint: login, checks, consent, code or token.
 * RFC 6749 section 3.1.
 */
#include "oauth/authorize/authorize_int.h"
#include "oauth/subject.h"
#include "oauth/session/factor.h"
#include "oauth/token/token.h"

#define PENDING_TTL_S (30 * 60)

/*
 * One look at a request: what it asks for, and who is here. It lies in the call's arena, for its
 * commit may be left to the writer.
 */
struct asking {
	struct authz   z;
	bool           live;            /* a session; its user is looked up by login_is_wanted */
	struct session s;
	struct user    u;
	struct str     approved;
	struct accounts all;            /* where the browser may have several: those that live */
	bool           unclear;         /* with which of them the request is to go on */
};

/* --- with which account it goes on ------------------------------------------------------------ */

/* Who has answered on this very request's pages has chosen, whatever else names somebody. */
static const struct account *
account_that_answered(const struct call *c, const struct accounts *all)
{
	struct dig32 here = request_digest(c->issuer, c->self);

	for (size_t i = 0; i < all->n; i++)
		if (all->at[i].s.answered != 0 && memcmp(here.b, all->at[i].s.request.b, sizeof here.b) == 0)
			return &all->at[i];
	return NULL;
}

/* Whom id_token_hint or a claim `sub` means: the active one where it may be several. */
static const struct account *
account_of_subject(struct call *c, const struct asking *q)
{
	for (size_t i = 0; i < q->all.n; i++)
		if (str_has_word(q->z.hinted, subject_of(c->mem, c->issuer, q->z.client, &q->all.at[i].s.user), ' '))
			return &q->all.at[i];
	return NULL;
}

/*
 * The active one, unless the application is at home in the session of another and not in that: a user must not be
 * exchanged for another behind an application's back. OpenID Connect Core 3.1.2.6, account_selection_required.
 */
static const struct account *
account_by_use(struct call *c, const struct asking *q)
{
	if (!q->all.has_active)
		return NULL;
	if (session_has_client(c, &q->all.at[0].s, q->z.client->id))
		return &q->all.at[0];
	for (size_t i = 1; i < q->all.n; i++)
		if (session_has_client(c, &q->all.at[i].s, q->z.client->id))
			return NULL;
	return &q->all.at[0];
}

static const struct account *
account_for(struct call *c, const struct asking *q)
{
	const struct account *one = account_that_answered(c, &q->all);

	if (one == NULL && (q->z.prompts & BIT(PROMPT_HINT)) && (one = account_of_subject(c, q)) == NULL)
		return q->all.has_active ? &q->all.at[0] : NULL;        /* nobody who is here: other_is_wanted */
	if (one == NULL && c->issuer->policy->authorize.extensions_are_judged)
		one = account_hinted(c, &q->all, c->arg[P_LOGIN_HINT]);
	return one != NULL ? one : account_by_use(c, q);
}

/* False: c->why. */
static bool
account_settled(struct call *c, struct asking *q)
{
	const struct account *one;

	if (accounts_are_several(c)) {
		if (!accounts_live(c, &q->all))
			return false;
		one = account_for(c, q);
		q->live = one != NULL;
		q->unclear = one == NULL && q->all.n > 0 && !(q->z.prompts & BIT(PROMPT_HINT));
		if (one != NULL) {
			q->s = one->s;
			account_use(c, one);
		}
	}
	if (c->accounts != NULL && q->live && c->why == R_NONE)
		q->live = session_touch(c, &q->s);
	return c->why == R_NONE;
}

/* --- what the user is asked: prompts.def ------------------------------------------------------ */

/* Was it answered on the pages of this very request, in this session, and not used yet? */
static bool
is_answered(const struct call *c, const struct asking *q, enum prompt p)
{
	struct dig32 here = request_digest(c->issuer, c->self);

	return (q->s.answered & (int64_t)BIT(p)) && memcmp(here.b, q->s.request.b, sizeof here.b) == 0;
}

static bool
login_is_wanted(struct call *c, struct asking *q)
{
	if (!q->live && q->unclear && !(q->z.prompts & BIT(PROMPT_LOGIN)))
		return false;                   /* somebody is here: account_is_wanted */
	if (!q->live || ((q->z.prompts & BIT(PROMPT_LOGIN)) && !is_answered(c, q, PROMPT_LOGIN)))
		return true;
	return !user_of_session_again(c, &q->s, &q->u);
}

static bool
account_is_wanted(struct call *c, struct asking *q)
{
	return q->unclear || ((q->z.prompts & BIT(PROMPT_ACCOUNT)) && !is_answered(c, q, PROMPT_ACCOUNT));
}

/*
 * A login on this request's own pages is young enough, however long the way back took. Where a second factor is asked
 * for, its age is meant: factor_is_wanted.
 */
static bool
age_is_wanted(struct call *c, struct asking *q)
{
	return (q->z.prompts & BIT(PROMPT_AGE)) && !q->z.factor && c->now_s - q->s.auth_s > q->z.max_age_s
	    && !is_answered(c, q, PROMPT_AGE);
}

/* It is not there, or was shown too long ago for this request. */
static bool
factor_is_wanted(struct call *c, struct asking *q)
{
	if (session_lacks_factor(c, &q->s, &q->u, q->z.factor))
		return true;
	return q->z.factor && (q->z.prompts & BIT(PROMPT_AGE)) && c->now_s - q->s.factor_s > q->z.max_age_s
	    && !is_answered(c, q, PROMPT_FACTOR);
}

/* id_token_hint, or a claim `sub` that is asked for, names somebody else than who is here. */
static bool
other_is_wanted(struct call *c, struct asking *q)
{
	return (q->z.prompts & BIT(PROMPT_HINT))
	    && !str_has_word(q->z.hinted, subject_of(c->mem, c->issuer, q->z.client, &q->u.id), ' ');
}

static bool
consent_is_wanted(struct call *c, struct asking *q)
{
	return !authz_is_approved(c, &q->z, &q->s, &q->approved) || (q->z.prompts & BIT(PROMPT_CONSENT));
}

/* What a login on the request's own page answers. */
#define ASKED_BY_LOGIN (BIT(PROMPT_LOGIN) | BIT(PROMPT_ACCOUNT) | BIT(PROMPT_AGE) | BIT(PROMPT_HINT))

/* Who logs in among several accounts has chosen one. */
static struct answer
ask_at(struct call *c, struct asking *q, enum place place)
{
	struct saved s = { .demanded = q->z.prompts & ASKED_BY_LOGIN };

	if (accounts_are_several(c) || place == PLACE_ACCOUNTS)
		s.demanded |= BIT(PROMPT_ACCOUNT);
	if (!interaction_keep(c))
		return answer_fault(c);
	s.url = c->self;
	return (struct answer){ .kind = ANS_GO, .go = { .place = place, .saved = saved_begin(c, &s) } };
}

static struct answer
ask_login(struct call *c, struct asking *q)
{
	return ask_at(c, q, PLACE_LOGIN);
}

static struct answer
ask_account(struct call *c, struct asking *q)
{
	return ask_at(c, q, c->accounts != NULL ? PLACE_ACCOUNTS : PLACE_LOGIN);
}

/* Of the session that is here: it rises, and the request goes on with it. */
static struct answer
ask_factor(struct call *c, struct asking *q)
{
	(void)q;
	return interaction_keep(c) ? factor_wanted(c, c->self) : answer_fault(c);
}

/* Once: where somebody else has logged in again, the application is told so. */
static struct answer
ask_other(struct call *c, struct asking *q)
{
	if (!is_answered(c, q, PROMPT_HINT))
		return ask_login(c, q);
	fail(c, R_LOGIN_REQUIRED, SAY("another user than the hint names"));
	return authz_failed(c);
}

/* Keep the request with the session until the decision arrives. */
static struct answer
ask_consent(struct call *c, struct asking *q)
{
	struct pending *p = arena_new(c->mem, struct pending);
	struct ops o = { .n = 0 };
	struct store_op *op;
	size_t lost;

	if (!interaction_keep(c))
		return answer_fault(c);
	if (c->pushed.by_uri)           /* the page stands at an address that can be loaded again */
		return (struct answer){ .kind = ANS_GO,
			.go = { .place = PLACE_SAVED, .url = c->self, .saved_exists = true } };
	q->z.self = c->self;
	if (p == NULL) {
		fail(c, R_INTERNAL, S("memory"));
		return answer_fault(c);
	}
	*p = (struct pending){ .id = id_new(), .session = q->s.digest, .auth = authz_given(c, &q->z, &q->s, &q->u),
		.data = authz_write(c->mem, &q->z), .expires_s = c->now_s + PENDING_TTL_S };
	c->client = q->z.client;
	ops_stand_on(c, &o, &q->u, &q->s);
	if (!session_used(c, &q->s, &o))
		return answer_fault(c);
	op = ops_add(&o, OP_PENDING_ADD);
	op->pending.row = p;
	if (!str_given(p->data))
		fail(c, R_INTERNAL, S("memory"));
	else
		switch (commit_standing(c, &o, &lost)) {
		case STORE_DONE: return authz_page(c, &q->z, &q->s, p, q->approved);
		case STORE_LOST: stands_no_more(c, &o, lost); break;
		default: break;
		}
	return answer_fault(c);
}

static const struct {
	bool (*wanted)(struct call *c, struct asking *q);
	struct answer (*ask)(struct call *c, struct asking *q);
	enum reason refusal;
} prompts[PROMPT_COUNT] = {
#define PROMPT(id, word, wanted, ask, refusal) { wanted, ask, refusal },
#include "oauth/prompts.def"
#undef PROMPT
};

/* The first thing that is still to be asked; a request that allows no page ends by it. */
static struct answer
ask_or_issue(struct call *c, struct asking *q)
{
	if (!account_settled(c, q))
		return answer_fault(c);
	for (size_t i = 0; i < PROMPT_COUNT; i++) {
		bool wanted = prompts[i].wanted(c, q);

		if (c->why != R_NONE)
			return answer_fault(c);
		if (!wanted)
			continue;
		if (!(q->z.prompts & PROMPT_SILENT))
			return prompts[i].ask(c, q);
		fail(c, prompts[i].refusal, STR_ABSENT);
		return authz_failed(c);
	}
	return authz_issue(c, &q->z, &q->s, &q->u, NULL);
}

static struct answer
look_at_request(struct call *c)
{
	struct asking *q = arena_new(c->mem, struct asking);

	c->session_cookie = active_cookie(c);
	if (q == NULL)
		fail(c, R_INTERNAL, S("memory"));
	else    /* one of several is noted as used once it is known which */
		q->live = session_find(c, &q->s) && (c->accounts != NULL || session_touch(c, &q->s));
	if (c->why != R_NONE)
		return answer_fault(c);
	if (!q->live && c->issuer->policy->authorize.login_before_checks) {
		struct str unknown;

		(void)prompts_read(c, &q->z.prompts, &unknown); /* judged after the login */
		return ask_login(c, q);
	}
	if (!authz_check(c, &q->z))
		return authz_failed(c);
	q->z.factor |= request_needs_factor(c->issuer->policy, q->z.client, q->z.auth.scope);
	return ask_or_issue(c, q);
}

struct answer
authorize_endpoint(struct call *c)
{
	if (str_given(c->arg[P_INTERACTION]) ? !interaction_resume(c) : pushed_is_named(c) && !pushed_resume(c))
		return answer_fault(c);
	return authz_settle(c, look_at_request);
}

/* JARM: not on the thread that answers others meanwhile. */
static bool
is_signed_slowly(const struct call *c, const struct answer *a)
{
	return a->kind == ANS_REDIRECT && response_mode_is_jwt(a->redirect.mode) && c->client != NULL
	    && response_jwt_is_slow(c->issuer->policy, c->client);
}

enum token_next
authorize_begin(struct call *c, const struct store_op **ops, size_t *n, struct answer *a)
{
	struct call before;

	call_defers(c, &before);
	*a = authorize_endpoint(c);
	if (is_signed_slowly(c, a))
		call_must_wait(c);
	return call_left(c, &before, ops, n);
}
