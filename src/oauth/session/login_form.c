/* oauth/session/login_form.c - the form of the login page: a password, a passkey, or who is logged in stays. */
#include "oauth/session/passkey.h"

enum login_result
login_tried(struct call *c, struct str password, struct str new_password, struct login_try *t)
{
	enum login_result r;

	*t = (struct login_try){ .realm = realm_name(c->issuer->realm),
		.name = c->arg[P_USERNAME],
		.password = password,
		.new_password = new_password,
		.table = c->issuer->table,
		.directory = c->issuer->at_login,
		.address = c->peer,
		.book = c->svc->guesses,
		.rehash = c->svc->rehash };
	c->user_name = t->name;
	login_of_type(c, t);
	r = login_password(c->mem, c->svc->store, &c->svc->throttle, t);
	if (r == LOGIN_WAIT)
		c->retry_after_s = (t->wait_ms + 999) / 1000;
	if (r == LOGIN_DOWN)
		c->retry_after_s = DOWN_RETRY_S;
	return r;
}

bool
login_by_password(struct call *c, struct user *u)
{
	struct login_try t;
	enum login_result r = login_tried(c, c->arg[P_PASSWORD], STR_ABSENT, &t);

	if (r != LOGIN_OK)
		return fail(c, login_reason(c, r, &t), S("login"));
	*u = t.user;
	return true;
}

/* The directory wants another password; here it can be chosen, unless t->fault says that it cannot. */
static struct answer
login_stale(struct call *c, const struct login_try *t)
{
	struct saved saved;

	if (t->fault != NULL)
		return login_go_failed(c, R_PASSWORD_EXPIRED);
	saved_of_form(c, &saved);
	return new_password_page(
	    c, &(struct new_password_asking){ .user_name = t->name, .half = STR_ABSENT, .saved = &saved });
}

/* By name and password. False: the user has changed while the password was verified, or the call has failed. */
static bool
login_once(struct call *c, struct answer *a)
{
	struct login_try t;
	enum login_result r = login_tried(c, c->arg[P_PASSWORD], STR_ABSENT, &t);

	if (r == LOGIN_OK)
		return login_go(c, &t.user, &(struct login_proof){ .amr = S("pwd"), .by_password = true }, a);
	if (r == LOGIN_STALE) {
		*a = login_stale(c, &t);
		return true;
	}
	if (r == LOGIN_TROUBLE || r == LOGIN_DOWN)
		return fail(c, login_reason(c, r, &t), S("login"));
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
	if (call_must_wait(c))
		return answer_fault(c);
	switch (store_commit(c->svc->store, o.at, o.n, NULL)) {
	case STORE_DONE: return login_goes_on(from);
	case STORE_LOST: return login_page_endpoint(c);         /* it has ended meanwhile */
	default: fail(c, R_STORE, S("commit")); return answer_fault(c);
	}
}

struct answer
login_endpoint(struct call *c)
{
	struct saved saved;
	bool has_nonce = saved_of_form(c, &saved);
	struct answer a;

	if (!csrf_holds(c, saved.nonce))
		return login_is_stale(c, &saved, has_nonce);
	if (login_may_stay(c, &saved) && !str_empty(c->arg[P_CONTINUE]))
		return login_stay(c, &saved);
	if (passkey_is_offered(c->issuer, PASSKEY_LOGIN) && !str_empty(c->arg[P_PASSKEY]))
		return passkey_login(c);
	for (int i = 0; i < RACES_MAX; i++) {
		if (login_once(c, &a))
			return a;
		if (c->why != R_NONE)
			return answer_fault(c);
	}
	return login_too_busy(c);
}

enum token_next
login_begin(struct call *c, const struct store_op **ops, size_t *n, struct answer *a)
{
	struct call before;

	call_defers(c, &before);
	*a = login_endpoint(c);
	return call_left(c, &before, ops, n);
}
