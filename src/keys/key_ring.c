/*
 * keys/key_ring.c - stored keys to a keyring: those that sign or verify, and the token keys, the
 * one that makes texts first.
 */
#include "keys/keys_int.h"

static struct key *
key_of_row(struct key_plan *p, const struct held_key *k)
{
	const struct key_row *row = &k->row;
	enum jose_alg alg;
	struct key *key = alg_read(row->alg, &alg) ? key_from_der(alg, k->plain) : NULL;

	if (key == NULL || !str_is(row->kid, key->kid)) {
		*p->why = arena_say(p->mem, "the stored key %.*s of issuer %.*s is damaged", STR_ARG(row->kid), STR_ARG(p->issuer));
		key_free(key);
		return NULL;
	}
	key->state = key_is(k, LIFE_COMING) ? KEY_COMING : key_is(k, LIFE_ACTIVE) ? KEY_ACTIVE : KEY_RETIRED;
	key->created_s = row->created_s;
	key->active_s = row->active_s;
	key->retired_s = row->retired_s;
	return key;
}

static bool
signing_keys_add(struct key_plan *p, struct keyring *ring)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct held_key *k = &p->at[i];

		if (k->step == STEP_DROP || key_is_token_key(k) || enc_line_of(k->row.alg) != NULL
		    || key_is(k, LIFE_REVOKED))
			continue;
		if ((ring->keys[ring->n] = key_of_row(p, k)) == NULL)
			return false;
		ring->n++;
	}
	return true;
}

/* Those of one state that others encrypt to. A coming one is nobody's yet. */
static bool
enc_keys_add(struct key_plan *p, struct keyring *ring, enum life l)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct held_key *k = &p->at[i];
		const struct enc_line *line = enc_line_of(k->row.alg);
		struct jwe_key *key;

		if (line == NULL || !key_is(k, l))
			continue;
		key = jwe_key_from_der(k->plain);
		if (key == NULL || key->kind != line->kind || !str_is(k->row.kid, key->kid)) {
			*p->why = arena_say(p->mem, "the stored key %.*s of issuer %.*s is damaged",
			    STR_ARG(k->row.kid), STR_ARG(p->issuer));
			jwe_key_free(key);
			return false;
		}
		ring->enc_keys[ring->n_enc_keys++] = key;
		ring->n_enc_published += l == LIFE_ACTIVE;
	}
	return true;
}

/* Of one state: the active ones, then retired ones, then revoked ones. */
static bool
token_keys_add(struct key_plan *p, struct keyring *ring, enum life l)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct held_key *k = &p->at[i];
		struct token_key *to = &ring->token_keys[ring->n_token_keys];

		if (!key_is_token_key(k) || !key_is(k, l))
			continue;
		if (k->plain.n != TOKEN_KEY_SIZE) {
			*p->why = arena_say(p->mem, "the stored token key %.*s of issuer %.*s is damaged", STR_ARG(k->row.kid), STR_ARG(p->issuer));
			return false;
		}
		memcpy(to->secret, k->plain.p, TOKEN_KEY_SIZE);
		to->revoked = l == LIFE_REVOKED;
		ring->n_token_keys++;
	}
	return true;
}

struct keyring *
ring_of_plan(struct key_plan *p)
{
	struct keyring *ring = calloc(1, sizeof *ring);

	*p->why = SAY("memory is exhausted");
	if (ring == NULL)
		return NULL;
	ring->keys = calloc(p->n + 1, sizeof *ring->keys);
	ring->token_keys = calloc(p->n + 1, sizeof *ring->token_keys);
	ring->enc_keys = calloc(p->n + 1, sizeof *ring->enc_keys);
	if (ring->keys != NULL && ring->token_keys != NULL && ring->enc_keys != NULL && signing_keys_add(p, ring)
	    && enc_keys_add(p, ring, LIFE_ACTIVE) && enc_keys_add(p, ring, LIFE_RETIRED)
	    && token_keys_add(p, ring, LIFE_ACTIVE) && token_keys_add(p, ring, LIFE_RETIRED)
	    && token_keys_add(p, ring, LIFE_REVOKED))
		return ring;
	keyring_free(ring);
	return NULL;
}

bool
ring_public_key(const struct keyring *ring, struct arena *mem, struct str kid, struct str *jwk, struct str *pem)
{
	const struct key *key = NULL;
	struct buf b;

	for (size_t i = 0; ring != NULL && i < ring->n; i++)
		if (str_is(kid, ring->keys[i]->kid))
			key = ring->keys[i];
	if (key == NULL)
		return false;
	buf_init(&b, mem, JWT_MAX);
	key_put_jwk(&b, key);
	*jwk = buf_str(&b);
	*pem = key_public_pem(mem, key, false);
	return !b.full && str_given(*pem);
}

void
keyring_free(struct keyring *ring)
{
	if (ring == NULL)
		return;
	for (size_t i = 0; i < ring->n; i++)
		key_free(ring->keys[i]);
	for (size_t i = 0; i < ring->n_enc_keys; i++)
		jwe_key_free(ring->enc_keys[i]);
	free(ring->enc_keys);
	free(ring->keys);
	if (ring->token_keys != NULL)
		explicit_bzero(ring->token_keys, ring->n_token_keys * sizeof *ring->token_keys);
	free(ring->token_keys);
	free(ring);
}
