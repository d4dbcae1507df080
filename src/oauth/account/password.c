/*
 * oauth/account/password.c - a person changes the password: the old one is asked for, as at a login, the new one
 * judged by the rules, and the session goes on under another cookie.
 */
#include "oauth/account/account.h"

enum account_password
account_password_is(struct call *c, const struct account_here *h)
{
	struct login_try t = { .realm = realm_name(c->issuer->realm),
		.name = h->u.name,
		.password = c->arg[P_CURRENT_PASSWORD],
		.address = c->peer,
		.book = c->svc->guesses };

	switch (login_password(c->mem, c->svc->store, &c->svc->throttle, &t)) {
	case LOGIN_OK:
		return memcmp(t.user.id.b, h->u.id.b, sizeof h->u.id.b) == 0 ? ACCOUNT_PASSWORD_RIGHT
									     : ACCOUNT_PASSWORD_WRONG;
	case LOGIN_WAIT:
		c->retry_after_s = (t.wait_ms + 999) / 1000;
		return ACCOUNT_PASSWORD_WAIT;
	case LOGIN_TROUBLE:
	case LOGIN_DOWN:
		fail(c, R_STORE, S("login"));
		return ACCOUNT_PASSWORD_FAILED;
	default:
		return ACCOUNT_PASSWORD_WRONG;
	}
}

static struct account_page *
page(struct call *c, const struct account_here *h)
{
	struct account_page *p = account_page(c, ACCOUNT_PASSWORD, h);

	if (p == NULL)
		return NULL;
	p->rules = chosen_rules(c, true);
	return p;
}

/* What is wrong with the new one, once the old one has proven who asks; NULL: nothing, or c->why. */
static const char *
new_wrong(struct call *c, const struct account_here *h)
{
	return str_eq_secret(c->arg[P_NEW_PASSWORD], c->arg[P_CURRENT_PASSWORD]) ? "account_password_same"
	    : chosen_password_fault(c, &h->u);
}

static bool
both_are_sent(const struct call *c)
{
	return !str_empty(c->arg[P_NEW_PASSWORD]) && !str_empty(c->arg[P_CURRENT_PASSWORD]);
}

/* True: the old one is right; else *a is the answer. */
static bool
old_is_right(struct call *c, const struct account_here *h, struct answer *a)
{
	struct account_page *p = page(c, h);

	switch (account_password_is(c, h)) {
	case ACCOUNT_PASSWORD_RIGHT: return true;
	case ACCOUNT_PASSWORD_FAILED: *a = answer_fault(c); return false;
	case ACCOUNT_PASSWORD_WAIT:
		if (p != NULL)
			p->wait_s = c->retry_after_s;
		*a = account_wrong(c, p, 429, "wait");
		return false;
	default:
		c->detail = SAY("the old password is wrong");
		*a = account_wrong(c, p, 400, "account_password_wrong");
		return false;
	}
}

/*
 * The password, the session under its new cookie, and what ends with it: a session that was begun with the old
 * password in between ends too. False without c->why: something has changed meanwhile.
 */
static bool
commit_change(struct call *c, const struct account_here *h)
{
	bool others = str_given(c->arg[P_END_SESSIONS]), access = str_given(c->arg[P_END_ACCESS]);
	struct user u = h->u;
	const struct session *new;
	struct ops o = { .n = 0 };
	bool ok;

	if (!chosen_password_set(c, &u))
		return false;
	ops_add(&o, OP_USER_SET)->user = &u;
	chosen_password_former(c, &o, &u, h->u.password);
	if (access)
		ops_add(&o, OP_USER_REVOKE)->ends = (struct op_ends){ .user = &u, .elsewhere = c->issuer->elsewhere };
	if ((new = session_renew(c, &h->s, &o)) == NULL)
		return false;
	if (others && !access)
		ops_add(&o, OP_SESSIONS_END_OTHERS)->others = (struct op_others){ new, c->issuer->elsewhere };
	ok = account_commit(c, h, &o);
	if (!ok)
		session_not_begun(c);
	if (ok)
		c->detail = access ? SAY("the person has changed the password; other sessions and all access of "
					 "applications ended")
		    : others ? SAY("the person has changed the password; other sessions ended")
			     : SAY("the person has changed the password");
	return ok;
}

/* True: *a is the answer. */
static bool
change_once(struct call *c, struct answer *a)
{
	struct account_here h;
	const char *wrong;

	if (!account_session(c, ACCOUNT_SEES, &h, a))
		return true;
	if (!account_form_holds(c))
		*a = c->why == R_NONE ? account_wrong(c, page(c, &h), 403, "expired_form") : answer_fault(c);
	else if (!account_has_password(c, &h))
		*a = account_wrong(c, page(c, &h), 403, "account_managed");
	else if (!both_are_sent(c))
		*a = account_wrong(c, page(c, &h), 400, "account_password_missing");
	else if (old_is_right(c, &h, a)) {
		if ((wrong = new_wrong(c, &h)) != NULL)
			*a = account_wrong(c, page(c, &h), 400, wrong);
		else if (c->why == R_NONE && commit_change(c, &h))
			*a = account_done(c, "password");
		else if (c->why == R_NONE)
			return false;
		else
			*a = answer_fault(c);
	}
	return true;
}

struct answer
account_password_endpoint(struct call *c, bool posted)
{
	struct account_here h;
	struct answer a;

	if (posted)
		return account_settles(c, change_once);
	return account_session(c, ACCOUNT_SEES, &h, &a) ? account_answer(c, page(c, &h)) : a;
}
