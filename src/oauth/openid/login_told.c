/* oauth/openid/login_told.c - what ID tokens say of the login behind them: acr and amr. OpenID Connect Core 2. */
#include "oauth/openid/openid.h"
#include "oauth/session/session.h"

void
login_told(const struct call *c, const struct session *s, struct authorization *a)
{
	const struct policy *policy = c->issuer->policy;
	struct authorization_extra x;

	/* where tokens do not say it, a refresh still has to know */
	if ((!claims_have(policy->token.id_claims, FROM_AMR) && s->factor_s <= 0) || !authorization_extra_get(c->mem, a, &x))
		return;
	x.amr = str_some(s->amr);
	x.acr = str_some(session_acr(policy, s));
	(void)authorization_extra_set(c->mem, a, &x);   /* full: it stays as it was */
}
