/* jose/jwe_alg.c - the names of what encrypts, and how a key is encrypted or agreed: RFC 7518 sections 4.1 and 5.1. */
#include "jose/jose_int.h"

const struct alg_of_jwe jwe_alg_rows[JWE_ALG_COUNT] = {
#define KIND_IS_RSA true
#define KIND_IS_EC  false
#define JWE_ALG(id, text, kind, md, kek_n) \
	[JWE_##id] = { .name = text, .rsa = KIND_IS_##kind, .hash = md, .wrap_n = kek_n },
#include "jose/jwe.def"
};

const char *
jwe_alg_name(enum jwe_alg alg)
{
	return jwe_alg_rows[alg].name;
}

const char *
jwe_enc_name(enum jwe_enc enc)
{
	return jwe_enc_rows[enc].name;
}

bool
jwe_alg_read(struct str name, enum jwe_alg *out)
{
	for (int i = 0; i < JWE_ALG_COUNT; i++)
		if (str_given(name) && str_is(name, jwe_alg_rows[i].name)) {
			*out = (enum jwe_alg)i;
			return true;
		}
	return false;
}

bool
jwe_enc_read(struct str name, enum jwe_enc *out)
{
	for (int i = 0; i < JWE_ENC_COUNT; i++)
		if (str_given(name) && str_is(name, jwe_enc_rows[i].name)) {
			*out = (enum jwe_enc)i;
			return true;
		}
	return false;
}
