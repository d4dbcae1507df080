/* oauth/grant/login.c - what the outcome of a login means to a grant. */
#include "oauth/grant/grant.h"
#include "oauth/session/session.h"

bool
login_settles(struct call *c, struct authority *a, enum login_result r, const struct login_try *t)
{
	if (r == LOGIN_OK) {
		a->user = t->user;
		return a->has_user = true;
	}
	if (r == LOGIN_WAIT)
		c->retry_after_s = (t->wait_ms + 999) / 1000;
	if (r == LOGIN_DOWN)
		c->retry_after_s = DOWN_RETRY_S;
	return fail(c, login_reason(c, r, t), t->name);
}
