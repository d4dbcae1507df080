/*
 * oauth/token/encrypt.c - a token that only the client may read: what is signed, encrypted to a key of the set that
 * the client has registered. OpenID Connect Core 2 and 10.2, RFC 7519 section 5.2.
 */
#include "oauth/client_metadata.h"
#include "oauth/token/token.h"

/* Where only alg was registered: OpenID Connect Dynamic Client Registration 1.0 section 2. */
#define ENC_DEFAULT S("A128CBC-HS256")

const char *
client_encrypt(struct arena *mem, const struct client *k, struct str alg, struct str enc, const struct jwe_form *form,
    struct str *token)
{
	struct jwe_form f = *form;
	const struct jwk *to;
	struct jwks set;
	const char *why;

	if (str_empty(alg))
		return NULL;
	if (!jwe_alg_read(alg, &f.alg) || !jwe_enc_read(str_empty(enc) ? ENC_DEFAULT : enc, &f.enc))
		return say("the client has registered for an encryption that is not known here");
	if (!jwks_read(mem, NULL, client_metadata(k)->jwks, &set, &why) || (to = jwks_recipient(&set, f.alg)) == NULL)
		return say("the client has registered for encryption, and its jwks has no key to encrypt to");
	return jwe_encrypt(mem, to, &f, *token, token) ? NULL : say("encrypting failed");
}

bool
token_encrypt(struct call *c, const struct client *k, struct str alg, struct str enc, bool is_signed, struct str *token)
{
	const struct jwe_form form = { .typ = S("JWT"), .cty = is_signed ? S("JWT") : STR_ABSENT };
	const char *why = client_encrypt(c->mem, k, alg, enc, &form, token);

	return why == NULL || fail(c, R_INTERNAL, str_of(why));
}
