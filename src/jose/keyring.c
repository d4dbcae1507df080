/* jose/keyring.c - the keys of one issuer: which signs, and the set that is published. RFC 7517 section 5. */
#include "jose/jose_int.h"

#define FRAME 16                        /* {"keys":[]} */

struct str
keyring_jwks(struct arena *mem, const struct keyring *ring)
{
	size_t size = FRAME;
	struct buf b;

	for (size_t i = 0; i < ring->n; i++)
		size += key_own(ring->keys[i])->jwk_n + 1;
	for (size_t i = 0; i < ring->n_enc_published; i++)
		size += ring->enc_keys[i]->jwk_n + 1;
	buf_init(&b, mem, size);
	jw_open(&b, '{');
	jw_name(&b, S("keys"));
	jw_open(&b, '[');
	for (size_t i = 0; i < ring->n; i++)
		key_put_jwk(&b, ring->keys[i]);
	for (size_t i = 0; i < ring->n_enc_published; i++)
		jwe_key_put_jwk(&b, ring->enc_keys[i]);
	jw_close(&b, ']');
	jw_close(&b, '}');
	return b.full ? STR_ABSENT : buf_str(&b);
}

/* While one key takes over from another both may be active for a moment: the newer one signs. */
const struct key *
keyring_signer(const struct keyring *ring, enum jose_alg alg)
{
	const struct key *best = NULL;

	for (size_t i = 0; i < ring->n; i++) {
		const struct key *key = ring->keys[i];

		if (key->alg == alg && key->state == KEY_ACTIVE && (best == NULL || key->active_s > best->active_s))
			best = key;
	}
	return best;
}
