/* wire/metadata_part.c - what the metadata of an issuer and those of its APIs have in common. */
#include "wire/wire_int.h"

void
put_list(struct buf *b, const char *name, const char *const *words, size_t n)
{
	jw_name(b, str_of(name));
	jw_open(b, '[');
	for (size_t i = 0; i < n; i++)
		if (words[i] != NULL)
			ja_str(b, str_of(words[i]));
	jw_close(b, ']');
}

bool
mutual_tls_is_taken(const struct exchange *x)
{
	return x->mount->issuer->takes_certs && (x->w->client_auth & BIT(METHOD_SELF_SIGNED));
}

/* RFC 9449 section 5.1. */
void
put_proofs(struct buf *b, const struct policy *policy)
{
	const char *names[ALG_COUNT] = { NULL };

	for (int a = 0; a < ALG_COUNT; a++)
		if (policy->token.dpop_algs & BIT(a))
			names[a] = alg_name((enum jose_alg)a);
	if (policy->token.dpop != DPOP_OFF)
		put_list(b, "dpop_signing_alg_values_supported", names, ALG_COUNT);
}
