/* oauth/session/stale.c - a password that must be another one before the login goes on: the page that asks for it. */
#include "oauth/session/factor.h"

struct answer
new_password_page(struct call *c, const struct new_password_asking *f)
{
	struct answer a = { .kind = ANS_PAGE_NEW_PASSWORD, .why = R_PASSWORD_EXPIRED };

	if (str_empty(f->saved->nonce))
		c->set_saved = saved_write(c, f->saved);
	a.new_password.csrf = csrf_token(c, f->saved->nonce);
	a.new_password.saved = request_write(c, f->saved);
	a.new_password.half = f->half;
	a.new_password.identity = f->identity;
	a.new_password.user_name = f->user_name;
	a.new_password.account_type = c->arg[P_ACCOUNT_TYPE];
	a.new_password.rules = chosen_rules(c, true);
	if (!str_given(f->half))
		a.new_password.rules = (struct chosen_rules){ .max = a.new_password.rules.max };
	a.new_password.error = f->error;
	a.new_password.wait_s = f->wait_s;
	return a;
}

bool
new_password_wanted(
    struct call *c, const struct user *u, const struct login_proof *p, struct saved *saved, struct answer *a)
{
	struct new_password_asking f = { .user_name = u->name, .saved = saved };

	if (!half_of_proof(c, u, p, HALF_PASSWORD, saved, &f.half))
		return false;
	*a = new_password_page(c, &f);
	return true;
}
