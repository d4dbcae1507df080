/* oauth/session/passkey_offer.c - whether an issuer has passkeys, and what they are bound to. */
#include "oauth/session/factor_kinds.h"

bool
passkey_is_offered(const struct issuer *i, enum passkey_use use)
{
	return i->policy->passkey.rule == PASSKEYS_LOGIN
	    || (i->policy->passkey.rule == PASSKEYS_SECOND_FACTOR && use != PASSKEY_LOGIN);
}

bool
passkey_is_on(const struct issuer *i)
{
	return passkey_is_offered(i, PASSKEY_FACTOR);
}

struct str
passkey_rp_id(const struct issuer *i, struct arena *mem)
{
	struct url u;

	if (!str_empty(i->policy->passkey.rp_id))
		return i->policy->passkey.rp_id;
	return url_read(i->url, &u) == NULL ? arena_dup(mem, str_of(u.host)) : STR_ABSENT;
}
