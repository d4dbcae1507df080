/* login/password_argon2.c - Argon2i and Argon2id in the PHC string format. RFC 9106. */
#include "login/password_int.h"

#include <sodium.h>

#define DEFAULT_KIB    19456
#define DEFAULT_PASSES 2
#define LANES_MAX      16

struct argon2 { bool id; int64_t kib, passes, lanes; };

/* "m=19456" at the head of *rest, up to the comma. */
static bool
parameter(struct str *rest, struct str name, int64_t *out)
{
	struct str item = str_cut(rest, ',');

	return str_starts(item, name) && str_int(str_from(item, name.n), out) && *out > 0;
}

static bool
parameters(struct str text, struct argon2 *a)
{
	struct str rest = text;

	return parameter(&rest, S("m="), &a->kib) && parameter(&rest, S("t="), &a->passes)
	    && parameter(&rest, S("p="), &a->lanes) && !str_given(rest);
}

static bool
is_base64(struct str s, size_t min, size_t max)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+'
			|| c == '/'))
			return false;
	}
	return s.n >= min && s.n <= max;
}

/*
 * $argon2id$v=19$m=19456,t=2,p=1$salt$hash; a salt of 8 bytes and a hash of 16 are the least RFC
 * 9106 section 3.1 allows.
 */
static bool
argon2_read(struct str body, struct argon2 *a)
{
	struct str rest = str_from(body, 1), type, version, params, salt;

	type = str_cut(&rest, '$');
	version = str_cut(&rest, '$');
	params = str_cut(&rest, '$');
	salt = str_cut(&rest, '$');
	a->id = str_eq(type, S("argon2id"));
	return (a->id || str_eq(type, S("argon2i"))) && str_eq(version, S("v=19")) && parameters(params, a)
	    && is_base64(salt, 11, 88) && is_base64(rest, 22, 172);
}

int64_t
argon2_cost(__attribute__((unused)) const struct scheme *k, struct str body)
{
	struct argon2 a = { 0 };

	if (!argon2_read(body, &a) || a.kib < 8 * a.lanes)
		return COST_MALFORMED;
	if (a.kib > (int64_t)(COST_MEMORY_MAX / 1024) || a.passes > COST_MAX_US || a.lanes > LANES_MAX)
		return COST_ABSURD;
	return a.kib * (a.passes + 2) / 4;
}

bool
argon2_verify(__attribute__((unused)) const struct scheme *k, struct arena *mem, struct str body, struct str given)
{
	char *z = arena_z(mem, body);

	return z != NULL && sodium_init() >= 0 && crypto_pwhash_str_verify(z, given.p ? given.p : "", given.n) == 0;
}

bool
argon2_is_default(struct str body)
{
	struct argon2 a = { 0 };

	return argon2_read(body, &a) && a.id && a.kib >= DEFAULT_KIB && a.passes >= DEFAULT_PASSES;
}

struct str
argon2_make(struct arena *mem, struct str given)
{
	char *out = arena_alloc(mem, crypto_pwhash_STRBYTES);

	if (out == NULL || sodium_init() < 0
	    || crypto_pwhash_str_alg(out, given.p ? given.p : "", given.n, DEFAULT_PASSES, DEFAULT_KIB * 1024,
	    crypto_pwhash_ALG_ARGON2ID13) != 0)
		return STR_ABSENT;
	slot_spend(COST_DEFAULT_US);
	return str_of(out);
}

void
argon2_burn(struct str given, int64_t us)
{
	static const unsigned char salt[crypto_pwhash_SALTBYTES] = "no-hash-is-kept";
	unsigned char out[32];

	if (us < COST_CHEAP_US || sodium_init() < 0)
		return;
	if (us > COST_DEFAULT_US)
		us = COST_DEFAULT_US;
	if (crypto_pwhash(out, sizeof out, given.p ? given.p : "", given.n, salt, DEFAULT_PASSES,
		(size_t)us * 1024, crypto_pwhash_ALG_ARGON2ID13)
	    == 0) /* with two passes a KiB costs 1 us: see argon2_cost */
		slot_spend(us);
	explicit_bzero(out, sizeof out);
}
