/*
 * oauth/session/new_password.c - a login whose password must be another one: it is chosen, and the login goes on by its one door. For a
 * user of the realm the password that was proven stands in a half login; a directory takes the old one with the new.
 */
#include "login/login.h"
#include "login/password_rule.h"
#include "oauth/session/factor.h"

/* About the same request, and asked for anew. */
static struct answer
login_anew(struct call *c, const struct saved *saved)
{
	struct saved s = { .url = saved->url, .demanded = saved->demanded };

	if (c->why != R_NONE)
		return answer_fault(c);
	return (struct answer){ .kind = ANS_GO, .go = { .place = PLACE_LOGIN, .saved = saved_begin(c, &s) } };
}

static struct answer
page_again(struct call *c, const struct new_password_asking *f)
{
	c->detail = SAY("the new password was not taken");
	return new_password_page(c, f);
}

/* --- a user of the realm ---------------------------------------------------------------------- */

/* False: the half login has ended, its user has changed (an operator's new password too), or c->why. */
static bool
half_stands(struct call *c, const struct saved *saved, struct half_login *h, struct user *u)
{
	return half_read(c, HALF_PASSWORD, c->arg[P_HALF_LOGIN], saved->nonce, h)
	    && store_answered(c, store_user_by_id(c->svc->store, c->mem, realm_name(c->issuer->realm), &h->user, u))
	    && u->version == h->version && user_may_enter(u) && user_is_own(u) && password_is_stale(c, u, true);
}

/* False without c->why: the row has changed meanwhile. */
static bool
own_commit(struct call *c, struct user *u)
{
	struct str former = u->password;
	struct ops o = { .n = 0 };

	if (!chosen_password_set(c, u))
		return false;
	ops_add(&o, OP_USER_SET)->user = u;
	chosen_password_former(c, &o, u, former);
	switch (store_commit(c->svc->store, o.at, o.n, NULL)) {
	case STORE_DONE:
		u->version++;
		c->detail = SAY("the person has changed the password");
		return true;
	case STORE_LOST: return false;
	default: return fail(c, R_STORE, S("commit"));
	}
}

/* The login, with what it has proven and the identity that it came by. False: as login_go. */
static bool
own_goes_on(struct call *c, const struct user *u, const struct half_login *h, struct answer *a)
{
	struct login_proof p = {
		.amr = h->amr, .two_factors = h->two_factors, .auth_s = h->auth_s, .by_password = true
	};
	struct identity link;

	if (half_link(c, h, u, &link))
		p.link = &link;
	return login_go(c, u, &p, a);
}

/* True: *a is the answer. */
static bool
own_once(struct call *c, struct saved *saved, struct answer *a)
{
	struct new_password_asking f = { .half = c->arg[P_HALF_LOGIN], .saved = saved };
	struct half_login h;
	struct user u;

	if (!half_stands(c, saved, &h, &u)) {
		*a = login_anew(c, saved);
		return true;
	}
	c->user_name = f.user_name = u.name;
	f.error = chosen_password_fault(c, &u);
	if (f.error != NULL) {
		*a = page_again(c, &f);
		return true;
	}
	call_put(c, P_ACCOUNT_TYPE, h.account_type);
	return c->why == R_NONE && own_commit(c, &u) && own_goes_on(c, &u, &h, a);
}

/* --- a user of a directory -------------------------------------------------------------------- */

/* Here no rule is known that would have a number of characters. */
static const char *
text_fault(const struct call *c)
{
	const char *fault = chosen_password_text_fault(c);

	if (str_eq_secret(str_some(c->arg[P_NEW_PASSWORD]), str_some(c->arg[P_CURRENT_PASSWORD])))
		return "account_password_same";
	if (fault == NULL || strcmp(fault, "password_short") != 0)
		return fault;
	return "password_too_short";
}

static const char *
directory_fault(enum login_result r, const struct login_try *t)
{
	switch (r) {
	case LOGIN_WRONG: return "account_password_wrong";
	case LOGIN_WAIT: return "wait";
	default: return t->fault;
	}
}

enum new_password_result
new_password_at_directory(struct call *c, struct new_password_asking *f, struct login_try *t, struct answer *a)
{
	enum login_result r;

	f->user_name = c->arg[P_USERNAME];
	f->half = STR_ABSENT;
	f->error = text_fault(c);
	if (f->error != NULL) {
		*a = page_again(c, f);
		return NEW_PASSWORD_ANSWERED;
	}
	switch (r = login_tried(c, c->arg[P_CURRENT_PASSWORD], c->arg[P_NEW_PASSWORD], t)) {
	case LOGIN_OK: return NEW_PASSWORD_TAKEN;
	case LOGIN_WRONG:
	case LOGIN_WAIT:
	case LOGIN_STALE:
		f->error = directory_fault(r, t);
		f->wait_s = c->retry_after_s;
		*a = page_again(c, f);
		a->why = login_reason(c, r, t);
		return NEW_PASSWORD_ANSWERED;
	case LOGIN_DISABLED:
	case LOGIN_LOCKED: *a = login_go_failed(c, login_reason(c, r, t)); return NEW_PASSWORD_ANSWERED;
	default: fail(c, login_reason(c, r, t), S("login")); return NEW_PASSWORD_FAILED;
	}
}

/* True: *a is the answer. */
static bool
directory_once(struct call *c, struct saved *saved, struct answer *a)
{
	struct new_password_asking f = { .saved = saved };
	struct login_try t;

	switch (new_password_at_directory(c, &f, &t, a)) {
	case NEW_PASSWORD_TAKEN:
		return login_go(c, &t.user, &(struct login_proof){ .amr = S("pwd"), .by_password = true }, a);
	case NEW_PASSWORD_ANSWERED: return true;
	default: return false;
	}
}

struct answer
new_password_endpoint(struct call *c, bool posted)
{
	bool own = !str_empty(c->arg[P_HALF_LOGIN]);
	struct saved saved;
	bool has_nonce = saved_of_form(c, &saved);
	struct answer a;

	if (!posted)
		return login_anew(c, &saved);
	if (!csrf_holds(c, saved.nonce))
		return login_is_stale(c, &saved, has_nonce);
	for (int i = 0; i < RACES_MAX; i++) {
		if (own ? own_once(c, &saved, &a) : directory_once(c, &saved, &a))
			return a;
		if (c->why != R_NONE)
			return answer_fault(c);
	}
	return login_too_busy(c);
}
