/* oauth/session/login.c - the login page, the login itself, the logout. */
#include "oauth/session/factor.h"
#include "oauth/session/passkey.h"

/* The nonce of the saved-request cookie; a new cookie when there is none. */
struct str
form_secret(struct call *c, struct saved *s)
{
	if (!saved_of_form(c, s))
		c->set_saved = saved_write(c, s);
	return s->nonce;
}

/*
 * prompt=select_account alone: who is logged in may stay, with a click. Where there may be several, the chooser has
 * asked.
 */
bool
login_may_stay(const struct call *c, const struct saved *s)
{
	return c->accounts == NULL && s->demanded == BIT(PROMPT_ACCOUNT);
}

struct answer
login_page_endpoint(struct call *c)
{
	struct answer a = { .kind = ANS_PAGE_LOGIN };
	struct session here;
	struct saved s;

	a.login.csrf = csrf_token(c, form_secret(c, &s));
	a.login.saved_url = s.url;
	a.login.saved = request_write(c, &s);
	a.login.failed_name = s.name;
	a.login.client_id = interaction_param(c, s.url, P_CLIENT_ID);
	a.login.hint = interaction_param(c, s.url, P_LOGIN_HINT);
	a.upstreams = c->issuer->upstreams;
	if (login_may_stay(c, &s) && session_find(c, &here))
		a.login.here = here.user_name;
	a.login.ended = session_why_ended(c);
	return passkey_ask(c, PASSKEY_LOGIN, s.nonce, NULL, &a) ? a : answer_fault(c);
}

struct answer
login_go_failed(struct call *c, enum reason why)
{
	struct saved s;

	fail(c, why, S("login"));
	saved_of_form(c, &s);
	s.name = c->arg[P_USERNAME];
	return (struct answer){
		.kind = ANS_GO, .why = c->why, .go = { .place = PLACE_LOGIN_FAILED, .saved = saved_begin(c, &s) },
		.login = { .username = c->arg[P_USERNAME], .wait_s = c->retry_after_s },
	};
}

bool
login_is_refused(struct call *c, struct answer *a)
{
	if (c->why != R_SESSIONS_FULL)
		return false;
	*a = login_go_failed(c, R_SESSIONS_FULL);
	return true;
}

enum reason
login_reason(const struct call *c, enum login_result r, const struct login_try *t)
{
	switch (r) {
	case LOGIN_DISABLED: return R_USER_DISABLED;
	case LOGIN_LOCKED: return R_USER_LOCKED;
	case LOGIN_STALE: return R_PASSWORD_EXPIRED;
	case LOGIN_WAIT: return R_WAIT;
	case LOGIN_WRONG:
		return t->known || !c->issuer->policy->session.distinct_login_errors ? R_USER_CREDENTIALS
										     : R_USER_UNKNOWN;
	case LOGIN_DOWN: return t->directory_down ? R_DIRECTORY : R_USER_TABLE;
	default: return R_STORE;
	}
}

struct answer
login_goes_on(const struct saved *s)
{
	struct answer a = { .kind = ANS_GO };

	a.go.saved_exists = !str_empty(s->url);
	a.go.place = a.go.saved_exists ? PLACE_SAVED : PLACE_HOME;
	a.go.url = s->url;
	return a;
}

struct answer
login_resume_endpoint(struct call *c)
{
	struct saved s;

	saved_of_form(c, &s);
	saved_done(c, &s);
	return login_goes_on(&s);
}

/* --- the door of all logins ------------------------------------------------------------------- */

static bool
leads_on(struct call *c, const struct user *u, const struct login_proof *p, const struct factor_set *has,
    struct saved *saved, struct answer *a)
{
	struct factor_asking f = { .u = u, .has = has, .saved = saved, .kind = FACTOR_COUNT };

	if (!half_of_proof(c, u, p, HALF_FACTOR, saved, &f.half))
		return false;
	*a = factor_page(c, &f);
	return true;
}

static bool
begins(struct call *c, const struct user *u, const struct login_proof *p, const struct trusted_device *device,
    const struct saved *saved, struct answer *a)
{
	struct ops with = { .n = 0 };
	struct beginning b = { .u = u, .amr = p->amr, .account_type = c->arg[P_ACCOUNT_TYPE], .auth_s = proven_s(c, p), .first = p->first,
		.factor_s = p->two_factors ? c->now_s : 0, .answered = saved->demanded & ~BIT(PROMPT_FACTOR), .with = &with, .lost = p->lost };

	if (p->with != NULL)
		ops_append(&with, p->with);
	if (p->link != NULL)
		ops_add(&with, OP_IDENTITY_ADD)->identity = p->link;
	if (p->two_factors)
		b.answered |= BIT(PROMPT_FACTOR);
	if (device != NULL) {
		ops_add(&with, OP_DEVICE_USE)->device = (struct op_device){ .row = device, .now_s = c->now_s };
		b.factor_s = FACTOR_BY_DEVICE;
	}
	if (session_begin(c, &b, saved) != STORE_DONE)
		return false;
	saved_done(c, saved);
	*a = login_goes_on(saved);
	return true;
}

bool
login_go(struct call *c, const struct user *u, const struct login_proof *p, struct answer *a)
{
	struct factor_set *has = arena_new(c->mem, struct factor_set);
	struct trusted_device device;
	struct saved saved;
	bool needs, stands;

	saved_of_form(c, &saved);
	if (has == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	if (c->issuer->policy->factor.rule != SECOND_FACTOR_OFF && !p->two_factors && !factors_of(c, u, has))
		return false;
	factors_beside(has, p->amr);
	c->user_name = u->name;
	if (u->must_change && !p->by_password) {
		*a = login_go_failed(c, R_PASSWORD_EXPIRED);
		return true;
	}
	needs = !p->two_factors && login_needs_factor(c, u, has);
	stands = needs && factors_stand(has) && device_stands(c, u, &device);
	if (c->why != R_NONE)
		return false;
	if (needs && !stands && factors_stand(has))
		return leads_on(c, u, p, has, &saved, a);
	if (password_is_stale(c, u, p->by_password))
		return new_password_wanted(c, u, p, &saved, a);
	if (needs && !stands)
		return leads_on(c, u, p, has, &saved, a);
	return begins(c, u, p, stands ? &device : NULL, &saved, a) || login_is_refused(c, a);
}

struct answer
login_too_busy(struct call *c)
{
	c->retry_after_s = 1;
	fail(c, R_TOO_BUSY, SAY("lost the race too often"));
	return answer_fault(c);
}

struct answer
login_is_stale(struct call *c, const struct saved *form, bool has_nonce)
{
	bool waited = !has_nonce && !str_empty(c->saved_cookie) && !str_empty(form->url);

	if (c->why != R_CSRF || !(session_is_live(c, NULL) || waited))
		return answer_fault(c);
	call_begins_anew(c);
	return login_goes_on(form);
}

bool
session_close(struct call *c, struct session *s)
{
	struct ops o = { .n = 0 };

	s->why = SESSION_END_SIGNED_OUT;
	ops_add(&o, OP_SESSION_END)->session = s;
	session_cookie_goes(c, c->session_cookie);
	return commit_or_fail(c, &o);
}

void
session_cookie_goes(struct call *c, struct str cookie)
{
	if (str_eq(cookie, active_cookie(c)))
		c->set_session = S("");
	account_drop(c, cookie);
}

struct answer
logout_endpoint(struct call *c, enum logout_step step)
{
	struct answer a = { .kind = ANS_GO, .go = { .place = PLACE_SIGNED_OUT } };
	struct session s;
	bool live = session_find(c, &s);

	if (live && step == LOGOUT_ASK) {
		a.kind = ANS_PAGE_LOGOUT_CONFIRM;
		a.login.csrf = csrf_token(c, c->session_cookie);
		a.login.username = s.user_name;
		return a;
	}
	if (live && (step == LOGOUT_POSTED || c->issuer->policy->session.csrf_required)
	    && !csrf_holds(c, c->session_cookie))
		return answer_fault(c);
	if (live && !session_close(c, &s))
		return answer_fault(c);
	if (!live && str_given(c->session_cookie))
		c->set_session = S("");
	return c->why == R_NONE ? a : answer_fault(c);
}
