/*
 * oauth/token/documents.c - public keys: the JWK set (RFC 7517 section 5) and the PEM that older
 * resource servers fetch.
 */
#include "oauth/token/token.h"

struct answer
jwks_endpoint(struct call *c)
{
	struct answer a = { .kind = ANS_DOCUMENT,
		.document = {
		    .type = S("application/jwk-set+json"), .body = keyring_jwks(c->mem, c->issuer->keys) } };

	if (str_given(a.document.body))
		return a;
	fail(c, R_INTERNAL, S("memory"));
	return answer_fault(c);
}

struct answer
token_key_endpoint(struct call *c)
{
	struct answer a = { .kind = ANS_DOCUMENT, .document = { .type = S("application/x-pem-file") } };
	const struct key *key = keyring_signer(c->issuer->keys, c->issuer->policy->token.signing_alg);

	if (c->issuer->policy->token.access_shape != SHAPE_JWT || key == NULL)
		fail(c, R_NOT_FOUND, STR_ABSENT);
	else if (str_given(a.document.body = key_public_pem(c->mem, key, true)))
		return a;
	fail(c, R_INTERNAL, S("memory"));
	return answer_fault(c);
}
