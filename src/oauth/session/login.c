/* oauth/session/login.c - the login page, the login itself, the logout. */
#include "oauth/session/session.h"

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
static bool
may_stay(const struct call *c, const struct saved *s)
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
	if (may_stay(c, &s) && session_find(c, &here))
		a.login.here = here.user_name;
	return a;
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

enum reason
login_reason(const struct call *c, enum login_result r, const struct login_try *t)
{
	switch (r) {
	case LOGIN_DISABLED: return R_USER_DISABLED;
	case LOGIN_LOCKED: return R_USER_LOCKED;
	case LOGIN_WAIT: return R_WAIT;
	case LOGIN_WRONG:
		return t->known || !c->issuer->policy->session.distinct_login_errors ? R_USER_CREDENTIALS
										     : R_USER_UNKNOWN;
	case LOGIN_DOWN: return t->directory_down ? R_DIRECTORY : R_USER_TABLE;
	default: return R_STORE;
	}
}

/* What clients know of the old session goes on where it is the same user's. */
static bool
old_sessions_end(struct call *c, const struct session *s, struct ops *o)
{
	struct session *old = arena_new(c->mem, struct session);

	if (c->accounts != NULL)
		return accounts_join(c, s, c->set_session, o);
	if (str_empty(c->session_cookie))
		return true;
	if (old == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	old->digest = session_digest(c->issuer, c->session_cookie);
	ops_add(o, OP_SESSION_CLIENTS_MOVE)->session_move = (struct op_session_move){ old, s };
	ops_add(o, OP_SESSION_END)->session = old;
	return true;
}

/*
 * A new id at every login; the old session of this browser ends in the same transaction (of several accounts that of
 * this user), and the code that proved who it is (NULL: none) is spent in it. What the request that led here demanded
 * is answered, for that request alone. STORE_LOST: the user has changed meanwhile, unless c->why
 * says that the code was spent.
 */
static enum store_result
session_begin(struct call *c, const struct user *u, const struct one_time *sms, const struct login_by *by,
    const struct saved *from)
{
	uint8_t raw[32];
	struct session s = { .issuer = c->issuer->name,
		.user = u->id,
		.user_name = u->name,
		.account_type = c->arg[P_ACCOUNT_TYPE],
		.auth_s = by != NULL ? by->auth_s : c->now_s,
		.seen_s = c->now_s,
		.expires_s = expiry(c->now_s, c->issuer->policy->session.ttl_s),
		.address = c->address,
		.agent = session_agent(c),
		.client = S(""),
		.amr = by != NULL ? by->amr : sms != NULL ? S("otp sms") : S("pwd"),
		.answered = from->demanded,
		.request = request_digest(c->issuer, from->url) };
	struct ops o = { .n = 0 };
	enum store_result r = STORE_FAILED;
	size_t lost;

	accounts_forget(c);
	rand_bytes(raw, sizeof raw);
	c->set_session = b64url_encode(c->mem, str_span(raw, sizeof raw));
	s.digest = session_digest(c->issuer, c->set_session);
	if (by != NULL)
		ops_append(&o, by->first);
	ops_stand_on(c, &o, u, NULL);
	if (sms != NULL)
		ops_add(&o, OP_ONE_TIME_SPEND)->one_time.row = sms;
	if (old_sessions_end(c, &s, &o)) {
		ops_add(&o, OP_SESSION_ADD)->session = &s;
		r = commit_standing(c, &o, &lost);
	}
	if (r != STORE_DONE) {
		c->set_session = STR_ABSENT;
		accounts_forget(c);
	}
	if (r != STORE_LOST || stands_no_more(c, &o, lost))
		return r;
	if (by == NULL)
		fail(c, R_SMS_CODE, S("spend"));
	else if (by->lost != R_NONE && lost == 0)
		fail(c, by->lost, S("spend"));
	return r;
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

static bool
login_ends(struct call *c, const struct user *u, const struct one_time *sms, const struct login_by *by,
    struct answer *a)
{
	struct saved saved;

	saved_of_form(c, &saved);
	if (session_begin(c, u, sms, by, &saved) != STORE_DONE)
		return false;
	c->user_name = u->name;
	saved_done(c, &saved);
	*a = login_goes_on(&saved);
	return true;
}

bool
login_go(struct call *c, const struct user *u, const struct one_time *sms, struct answer *a)
{
	return login_ends(c, u, sms, NULL, a);
}

bool
login_go_by(struct call *c, const struct user *u, const struct login_by *by, struct answer *a)
{
	return login_ends(c, u, NULL, by, a);
}

struct answer
login_too_busy(struct call *c)
{
	c->retry_after_s = 1;
	fail(c, R_TOO_BUSY, SAY("lost the race too often"));
	return answer_fault(c);
}

/* By name and password. False: the user has changed while the password was verified, or the call has failed. */
static bool
login_once(struct call *c, struct answer *a)
{
	struct login_try t = { .realm = realm_name(c->issuer->realm),
		.name = c->arg[P_USERNAME],
		.password = c->arg[P_PASSWORD],
		.table = c->issuer->table,
		.directory = c->issuer->at_login,
		.address = c->peer,
		.book = c->svc->guesses,
		.rehash = c->svc->rehash };
	enum login_result r;

	c->user_name = t.name;
	login_of_type(c, &t);
	r = login_password(c->mem, c->svc->store, &c->svc->throttle, &t);
	if (r == LOGIN_OK)
		return login_go(c, &t.user, NULL, a);
	if (r == LOGIN_WAIT)
		c->retry_after_s = (t.wait_ms + 999) / 1000;
	if (r == LOGIN_TROUBLE || r == LOGIN_DOWN) {
		c->retry_after_s = r == LOGIN_DOWN ? DOWN_RETRY_S : 0;
		return fail(c, login_reason(c, r, &t), S("login"));
	}
	*a = login_go_failed(c, login_reason(c, r, &t));
	return true;
}

/* Who is logged in goes on as such. Nobody is, any more: the page once more. */
static struct answer
login_stay(struct call *c, const struct saved *from)
{
	struct session s;
	struct user u;
	struct ops o = { .n = 0 };

	if (!session_find(c, &s) || !user_of_session_again(c, &s, &u))
		return c->why != R_NONE ? answer_fault(c) : login_page_endpoint(c);
	s.answered = BIT(PROMPT_ACCOUNT);
	s.request = request_digest(c->issuer, from->url);
	ops_add(&o, OP_SESSION_ANSWER)->session = &s;
	switch (store_commit(c->svc->store, o.at, o.n, NULL)) {
	case STORE_DONE: return login_goes_on(from);
	case STORE_LOST: return login_page_endpoint(c);         /* it has ended meanwhile */
	default: fail(c, R_STORE, S("commit")); return answer_fault(c);
	}
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

struct answer
login_endpoint(struct call *c)
{
	struct saved saved;
	bool has_nonce = saved_of_form(c, &saved);
	struct answer a;

	if (!csrf_holds(c, saved.nonce))
		return login_is_stale(c, &saved, has_nonce);
	if (may_stay(c, &saved) && !str_empty(c->arg[P_CONTINUE]))
		return login_stay(c, &saved);
	for (int i = 0; i < RACES_MAX; i++) {
		if (login_once(c, &a))
			return a;
		if (c->why != R_NONE)
			return answer_fault(c);
	}
	return login_too_busy(c);
}

bool
session_close(struct call *c, struct session *s)
{
	struct ops o = { .n = 0 };

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
