/* oauth/selfservice/password.c - the password that somebody chooses, and what is wrong with it. */
#include "login/login.h"
#include "login/password_rule.h"
#include "oauth/selfservice/selfservice.h"

const char *
new_password_fault(struct call *c, const struct user *u)
{
	static const struct user nobody = { .version = 0 };
	struct str given = c->arg[P_NEW_PASSWORD];

	if (!str_eq(given, c->arg[P_NEW_PASSWORD_AGAIN]))
		return "password_differs";
	if (str_empty(given) || given.n > PASSWORD_MAX)
		return str_empty(given) ? "password_short" : "password_long";
	switch (password_judge(c->svc->passwords, c->mem, given, u != NULL ? u : &nobody)) {
	case PASSWORD_FITS: return NULL;
	case PASSWORD_SHORT: return "password_short";
	case PASSWORD_OWN_WORDS: return "password_own_words";
	case PASSWORD_COMMON:
	case PASSWORD_LISTED: break;
	}
	return "password_common";
}
