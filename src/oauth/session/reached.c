/* oauth/session/reached.c - how a user is reached: by mail, by text message. */
#include "oauth/session/session.h"
#include "store/user_claims.h"

bool
sms_number_ok(const struct policy *policy, struct str number)
{
	struct str rest = policy->sms.prefixes, word;
	struct str digits = str_starts(number, S("+")) && policy->sms.digits == 0 ? str_from(number, 1) : number;

	if (policy->sms.digits ? digits.n != (size_t)policy->sms.digits : digits.n < 7 || digits.n > 15)
		return false;
	for (size_t i = 0; i < digits.n; i++)
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return false;
	if (str_empty(rest))
		return true;
	while (str_given(rest) && (word = str_cut(&rest, ' ')).p)
		if (word.n > 0 && str_starts(number, word))
			return true;
	return false;
}

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
