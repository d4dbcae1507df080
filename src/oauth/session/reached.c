/* oauth/session/reached.c - how a user is reached: by mail, by text message. */
#include "oauth/session/session.h"
#include "store/user_claims.h"

static bool
is_denied(struct call *c, const struct user *u, const char *claim)
{
	return json_is_false(json_object_get(user_claims_read(c->mem, u->claims), claim));
}

bool
user_has_mail(struct call *c, const struct user *u)
{
	return mail_address_ok(u->email) && !is_denied(c, u, "email_verified");
}

bool
user_has_phone(struct call *c, const struct user *u)
{
	return sms_number_ok(c->issuer->policy, u->phone) && !is_denied(c, u, "phone_number_verified");
}
