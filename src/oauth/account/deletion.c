/*
 * oauth/account/deletion.c - a person deletes the account, where the policy allows it: with the password, or a
 * fresh login where there is none, and the user name typed once more. The operations of an operator's order.
 */
#include "oauth/account/account.h"

static struct account_page *
page(struct call *c, const struct account_here *h)
{
	struct account_page *p = account_page(c, ACCOUNT_DELETION, h);

	if (p != NULL)
		p->asks_password = account_has_password(c, h);
	return p;
}

/* Where no password can be asked for, the login itself has to be a fresh one. */
static bool
person_is_here(struct call *c, struct account_here *h, struct answer *a)
{
	if (!account_session(c, ACCOUNT_SEES, h, a))
		return false;
	if (!account_may_be_deleted(c, h)) {
		fail(c, R_NOT_FOUND, STR_ABSENT);
		*a = answer_fault(c);
		return false;
	}
	return account_has_password(c, h) || account_session(c, ACCOUNT_FRESH, h, a);
}

/* True: the form says it clearly; else *a is the answer. */
static bool
is_meant(struct call *c, const struct account_here *h, struct answer *a)
{
	struct account_page *p = page(c, h);

	if (!account_form_holds(c))
		*a = c->why == R_NONE ? account_wrong(c, p, 403, "expired_form") : answer_fault(c);
	else if (!str_eq(str_fold(c->mem, c->arg[P_CONFIRMATION]), str_fold(c->mem, h->u.name)))
		*a = account_wrong(c, p, 400, "account_delete_name");
	else if (!account_has_password(c, h))
		return true;
	else switch (account_password_is(c, h)) {
	case ACCOUNT_PASSWORD_RIGHT: return true;
	case ACCOUNT_PASSWORD_FAILED: *a = answer_fault(c); break;
	case ACCOUNT_PASSWORD_WAIT:
		if (p != NULL)
			p->wait_s = c->retry_after_s;
		*a = account_wrong(c, p, 429, "wait");
		break;
	case ACCOUNT_PASSWORD_WRONG:
		c->detail = SAY("the old password is wrong");
		*a = account_wrong(c, p, 400, "account_password_wrong");
		break;
	}
	return false;
}

static struct answer
gone(struct call *c, const struct account_here *h)
{
	struct account_page *p = account_page(c, ACCOUNT_DELETED, h);

	session_cookie_goes(c, c->session_cookie);
	c->detail = SAY("the person has deleted the account");
	return account_answer(c, p);
}

/* True: *a is the answer. */
static bool
delete_once(struct call *c, struct answer *a)
{
	struct account_here h;
	struct person_ops end;
	struct ops o = { .n = 0 };

	if (!person_is_here(c, &h, a) || !is_meant(c, &h, a))
		return true;
	person_deleted(&end, &h.u, c->issuer->elsewhere);
	for (size_t i = 0; i < end.n; i++)
		*ops_add(&o, end.at[i].kind) = end.at[i];
	if (!account_commit(c, &h, &o)) {
		*a = answer_fault(c);
		return c->why != R_NONE;
	}
	*a = gone(c, &h);
	return true;
}

struct answer
account_deletion_endpoint(struct call *c, bool posted)
{
	struct account_here h;
	struct answer a;

	if (posted)
		return account_settles(c, delete_once);
	return person_is_here(c, &h, &a) ? account_answer(c, page(c, &h)) : a;
}
