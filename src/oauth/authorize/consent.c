/* oauth/authorize/consent.c - the user's decision on a pending authorization request. */
#include "oauth/authorize/authorize_int.h"
#include "oauth/details.h"
#include "oauth/session/session.h"
#include "oauth/token/token.h"

/*
 * Every form of ours names its request. One as an old manual prints it does not, and means the
 * newest of the session.
 */
static bool
pending_find(struct call *c, struct session *s, struct pending *p)
{
	struct str raw;
	struct id16 id;
	enum store_found f;

	if (!str_empty(c->arg[P_PENDING_REQUEST])) {
		if (!hex_decode(c->mem, c->arg[P_PENDING_REQUEST], &raw) || raw.n != 16)
			return false;
		memcpy(id.b, raw.p, 16);
		f = store_pending(c->svc->store, c->mem, &id, p);
	} else
		f = store_pending_of_session(c->svc->store, c->mem, &s->digest, p);
	if (f == FOUND && accounts_are_several(c) && memcmp(p->session.b, s->digest.b, 32) != 0
	    && !account_of_session(c, &p->session, s))
		return false;
	return store_answered(c, f) && str_eq(p->auth.issuer, c->issuer->name)
	    && memcmp(p->session.b, s->digest.b, 32) == 0 && !expired(p->expires_s, c->now_s);
}

/* What the user granted, in the order requested; empty: denied. */
static struct str
decision(struct call *c, const struct authz *z)
{
	struct scope_words w, yes = { .n = 0 };

	if (c->issuer->policy->consent.rule == CONSENT_YES_NO)
		return str_eq_nocase(c->arg[P_APPROVAL], S("true")) ? authz_asks(c, z) : S("");
	if (!scope_split(c->issuer->policy, authz_asks(c, z), &w))
		return S("");
	for (size_t i = 0; i < w.n; i++)
		if (str_has_word(c->approved, w.at[i], ' '))
			yes.at[yes.n++] = w.at[i];
	return scope_join(c->mem, &yes, S(" "));
}

static struct answer
denial(struct call *c, const struct authz *z)
{
	struct answer a = { .kind = ANS_REDIRECT, .why = R_ACCESS_DENIED };

	fail(c, R_ACCESS_DENIED, STR_ABSENT);
	a.redirect.kind = REDIRECT_FAULT;
	a.redirect.uri = z->redirect_uri;
	a.redirect.mode = z->mode;
	a.redirect.state = z->state;
	a.redirect.iss = c->issuer->policy->authorize.iss_in_response;
	return a;
}

static struct answer
denied(struct call *c, const struct authz *z, struct ops *o)
{
	size_t lost;

	if (!authz_uses_pushed(c, z, o))
		return answer_fault(c);
	switch (authz_decided(c, z, S("")) ? store_commit(c->svc->store, o->at, o->n, &lost) : STORE_FAILED) {
	case STORE_DONE: return denial(c, z);
	case STORE_LOST:                                /* another POST of the same form has decided: look again */
		if (o->at[lost].kind == OP_PUSHED_TAKE)
			fail(c, R_PUSHED_UNKNOWN, SAY("used meanwhile"));
		return answer_fault(c);
	default: fail(c, R_STORE, S("commit")); return answer_fault(c);
	}
}

/* A double click is one click: the same answer, as long as its code is fresh. */
static bool
is_repeated(struct call *c, const struct authz *z, struct answer *a)
{
	struct str code;
	struct code row;
	struct dig32 digest;

	if (str_empty(c->arg[P_PENDING_REQUEST]) || !authz_answer(c, z, &code))
		return false;
	if (code.n == 0) {
		*a = denial(c, z);
		return true;
	}
	digest = digest_of(c->issuer, S("code"), code);
	if (!store_answered(c, store_code(c->svc->store, c->mem, &digest, &row)) || row.state != CODE_FRESH
	    || expired(row.expires_s, c->now_s))
		return false;
	c->client = z->client;
	*a = (struct answer){ .kind = ANS_REDIRECT };
	a->redirect.kind = REDIRECT_CODE;
	a->redirect.code = code;
	a->redirect.mode = z->mode;
	a->redirect.uri = z->redirect_uri;
	a->redirect.state = z->state;
	a->redirect.iss = c->issuer->policy->authorize.iss_in_response;
	return true;
}

/*
 * The form is of a session that has ended, or of a request that waits no more. It decides nothing;
 * what it was about begins anew, at its own address: no more than a link to it does.
 */
static struct answer
form_is_stale(struct call *c, enum reason why, struct str detail)
{
	struct saved form = { .url = STR_ABSENT };

	fail(c, why, detail);
	if ((c->why != R_CSRF && c->why != R_NOTHING_PENDING) || c->site == SITE_CROSS || !request_read(c, &form))
		return answer_fault(c);
	call_begins_anew(c);
	return (struct answer){ .kind = ANS_GO, .go = { .place = PLACE_SAVED, .url = form.url, .saved_exists = true } };
}

/* What a decision leaves of the request: for a code, what it was; tokens are not given twice. */
static void
decided_add(const struct call *c, struct ops *o, struct authz *z, const struct pending *p, struct pending *left)
{
	bool once = authz_gives(z) != GIVES_CODE;
	struct store_op *op = ops_add(o, once ? OP_PENDING_TAKE : OP_PENDING_DECIDE);

	op->pending.row = p;
	/* what the newest has replaced must not become the newest again */
	op->pending.replace_others = str_empty(c->arg[P_PENDING_REQUEST]);
	if (once)
		return;
	*left = *p;
	left->expires_s = c->now_s + c->issuer->policy->authorize.code_ttl_s;
	op->pending.row = z->decided = left;
	op->pending.was = p->data;
}

/* Without openid there is no ID token, and a request that asks this endpoint for one is denied. */
static bool
gives_what_was_asked(const struct call *c, const struct authz *z)
{
	return !(authz_gives(z) & GIVES_ID_TOKEN) || id_token_is_asked(c->issuer->policy, z->auth.scope);
}

static struct answer
decide(struct call *c, const struct session *s, const struct pending *p)
{
	struct authz z;
	struct user u;
	struct pending left;
	struct ops o = { .n = 0 };
	struct answer a;
	struct str allowed, more[TARGETS_MAX + DETAILS_ITEMS_MAX];
	size_t n;
	bool sound = authz_read(c, p, &z);

	if (sound && str_given(z.answer))
		return is_repeated(c, &z, &a) ? a : form_is_stale(c, R_NOTHING_PENDING, S("decided"));
	if (!sound || !user_of_session_again(c, s, &u)) {
		fail(c, R_NOTHING_PENDING, SAY("client or user is gone"));
		return answer_fault(c);
	}
	if (!authz_check_again(c, &z))
		return authz_failed(c);
	decided_add(c, &o, &z, p, &left);
	allowed = decision(c, &z);
	if (!authz_allow(c, &z, allowed))
		return answer_fault(c);
	if (str_empty(z.auth.scope) || !gives_what_was_asked(c, &z))
		return denied(c, &z, &o);
	n = authz_resource_words(c, &z, more);
	n += details_remember(c, &z, &more[n], DETAILS_ITEMS_MAX);
	if (!approvals_remember(c, z.client, s, allowed, more, n, &o))
		return answer_fault(c);
	return authz_issue(c, &z, s, &u, &o);
}

/* The session that is active, else any of the browser's: what waits says whose it is. */
static bool
somebody_is_here(struct call *c, struct session *s)
{
	struct accounts all;

	c->session_cookie = active_cookie(c);
	if (session_find(c, s))
		return true;
	if (c->why != R_NONE || !accounts_are_several(c) || !accounts_live(c, &all) || all.n == 0)
		return false;
	account_use(c, &all.at[0]);
	*s = all.at[0].s;
	return true;
}

static struct answer
look_at_decision(struct call *c)
{
	struct session s;
	struct pending p;
	bool found;

	if (!somebody_is_here(c, &s))
		return form_is_stale(c, R_NOTHING_PENDING, SAY("no session"));
	found = pending_find(c, &s, &p);
	if (!csrf_holds(c, c->session_cookie))
		return form_is_stale(c, c->why, STR_ABSENT);
	if (!found)
		return form_is_stale(c, R_NOTHING_PENDING, SAY("nothing waits for a decision"));
	return decide(c, &s, &p);
}

struct answer
consent_endpoint(struct call *c)
{
	return authz_settle(c, look_at_decision);
}

/* What is asked comes from the request that waits, never from the address of the page. */
struct answer
confirm_page_endpoint(struct call *c)
{
	struct session s;
	struct pending p;
	struct authz z;
	struct str approved = STR_ABSENT;

	if (!session_find(c, &s) || !pending_find(c, &s, &p) || !authz_read(c, &p, &z) || str_given(z.answer)) {
		fail(c, R_NOTHING_PENDING, S("none"));
		return answer_fault(c);
	}
	authz_is_approved(c, &z, &s, &approved);
	return authz_page(c, &z, &s, &p, approved);
}
