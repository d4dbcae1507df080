/*
 * oauth/token/encrypt.c - a token that only the client may read: what is signed, encrypted to a key of the set that
 * the client has registered. OpenID Connect Core 2 and 10.2, RFC 7519 section 5.2.
 */
#include "jose/jwe.h"
#include "oauth/client_metadata.h"
#include "oauth/token/token.h"

/* Where only alg was registered: OpenID Connect Dynamic Client Registration 1.0 section 2. */
#define ENC_DEFAULT S("A128CBC-HS256")

bool
token_encrypt(struct call *c, const struct client *k, struct str alg, struct str enc, bool is_signed, struct str *token)
{
	struct jwe_form form = { .typ = S("JWT"), .cty = is_signed ? S("JWT") : STR_ABSENT };
	const struct jwk *to;
	struct jwks set;
	const char *why;

	if (str_empty(alg))
		return true;
	if (!jwe_alg_read(alg, &form.alg) || !jwe_enc_read(str_empty(enc) ? ENC_DEFAULT : enc, &form.enc))
		return fail(c, R_INTERNAL, SAY("the client has registered for an encryption that is not known here"));
	if (!jwks_read(c->mem, client_metadata(k)->jwks, &set, &why) || (to = jwks_recipient(&set, form.alg)) == NULL)
		return fail(c, R_INTERNAL, SAY("the client has registered for encryption, and its jwks has no key to encrypt to"));
	return jwe_encrypt(c->mem, to, &form, *token, token) || fail(c, R_INTERNAL, SAY("encrypting failed"));
}
