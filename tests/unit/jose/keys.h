/* tests/unit/jose/keys.h - keys for tests: imported from vectors, or made. */
#ifndef HUFU_TEST_KEYS_H
#define HUFU_TEST_KEYS_H
#include "../test.h"
#include "jose/jose.h"
#include "vectors.h"

static inline struct key *
key_of(struct arena *mem, enum jose_alg alg, const char *base64)
{
	struct str der;

	return b64_decode(mem, str_of(base64), &der) ? key_from_der(alg, der) : NULL;
}
static void key_drop(void *key) { key_free(key); }

/* The same, freed with mem and active. */
static inline struct key *
key_for_test(struct arena *mem, enum jose_alg alg, const char *base64)
{
	struct key *key = base64 ? key_of(mem, alg, base64) : key_generate(alg);

	if (key == NULL)
		return NULL;
	arena_defer(mem, key_drop, key);
	key->state = KEY_ACTIVE;
	return key;
}
#define RING(...) (&(struct keyring){ .keys = (struct key *[]){ __VA_ARGS__ }, .n = COUNT(((struct key *[]){ __VA_ARGS__ })) })
#endif
