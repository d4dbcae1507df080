/* oauth/algs.c - by which algorithms an issuer signs. OpenID Connect Core 2 and 15.1, Dynamic Client Registration 2. */
#include "oauth/policy.h"

uint64_t
policy_algs(const struct policy *p)
{
	return BIT(p->token.signing_alg) | p->token.id_token_algs;
}

bool
id_token_alg(const struct policy *p, struct str wanted, enum jose_alg *out)
{
	*out = p->token.signing_alg;
	return str_empty(wanted) || (alg_read(wanted, out) && (policy_algs(p) & BIT(*out)) != 0);
}

uint64_t
policy_client_algs(const struct policy *p)
{
	return p->client.algs != 0 ? p->client.algs : BIT(ALG_COUNT) - 1;
}
