/* oauth/session/sms_login.c - the login by a code that was sent to a telephone. */
#include "oauth/session/session.h"

static bool
sms_login_once(struct call *c, struct answer *a)
{
	struct one_time row;
	struct ops spend = { .n = 0 };
	struct login_proof p = { .amr = S("otp sms"), .with = &spend, .lost = R_SMS_CODE };
	struct user u;

	ops_add(&spend, OP_ONE_TIME_SPEND)->one_time.row = &row;
	if (sms_code_holds(c, &u, &row) && login_go(c, &u, &p, a))
		return true;
	if (c->why == R_NONE)
		return false;
	*a = c->why == R_STORE || c->why == R_USER_TABLE ? answer_fault(c) : login_go_failed(c, c->why);
	return true;
}

struct answer
sms_login_endpoint(struct call *c)
{
	struct saved saved;
	struct answer a;

	saved_of_form(c, &saved);
	if (!csrf_holds(c, saved.nonce))
		return answer_fault(c);
	for (int i = 0; i < RACES_MAX; i++)
		if (sms_login_once(c, &a))
			return a;
	return login_too_busy(c);
}
