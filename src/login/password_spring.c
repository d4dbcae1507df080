/*
 * login/password_spring.c - what Spring Security's PasswordEncoders store: pbkdf2, scrypt, sha256
 * and the message digests.
 */
#include "login/password_int.h"

#include <openssl/evp.h>
#include <sodium.h>

#define KEY_SIZE        32
#define STANDARD_SALT   8
#define STANDARD_ROUNDS 1024

static bool
is_hex(struct str s, size_t bytes)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')
			|| (s.p[i] >= 'A' && s.p[i] <= 'F')))
			return false;
	return s.n == 2 * bytes;
}

/*
 * --- Pbkdf2PasswordEncoder (RFC 8018 section 5.2): hex of salt and key; iterations and digest go
 * without saying --------------
 */

int64_t
pbkdf2_cost(const struct scheme *k, struct str body)
{
	if (!is_hex(body, (size_t)(k->salt_size + KEY_SIZE)))
		return COST_MALFORMED;
	return (int64_t)k->iterations * (strcmp(k->detail, "SHA1") == 0 ? 43 : 23) / 100;
}

bool
pbkdf2_verify(const struct scheme *k, struct arena *mem, struct str body, struct str given)
{
	EVP_MD *md = EVP_MD_fetch(NULL, k->detail, NULL);
	uint8_t key[KEY_SIZE];
	struct str raw;
	bool ok = md != NULL && hex_decode(mem, body, &raw)
	    && PKCS5_PBKDF2_HMAC(given.p ? given.p : "", (int)given.n, (const uint8_t *)raw.p, k->salt_size,
		   k->iterations, md, sizeof key, key)
		== 1
	    && str_eq_secret(str_from(raw, (size_t)k->salt_size), str_span(key, sizeof key));

	EVP_MD_free(md);
	explicit_bzero(key, sizeof key);
	return ok;
}

/*
 * --- SCryptPasswordEncoder (RFC 7914): $params$salt$key, params = hex of log2(N) << 16 | r << 8 |
 * p ----------------------------
 */

struct scrypt { uint64_t n, r, p; struct str salt, key; };

/* Up to 8 hex digits, as Java's Long.toString(params, 16) writes them. */
static bool
hex_number(struct str s, uint64_t *out)
{
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
		v = v << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	*out = v;
	return s.n > 0 && s.n <= 8;
}

static bool
scrypt_read(struct str body, struct scrypt *s)
{
	struct str rest = str_from(body, 1);
	uint64_t params = 0, log2;

	if (!str_starts(body, S("$")) || !hex_number(str_cut(&rest, '$'), &params))
		return false;
	log2 = params >> 16;
	s->n = log2 < 32 ? UINT64_C(1) << log2 : 0;             /* 0: judged absurd by scrypt_cost */
	s->r = params >> 8 & 0xff;
	s->p = params & 0xff;
	s->salt = str_cut(&rest, '$');
	s->key = rest;
	return log2 > 0 && s->r > 0 && s->p > 0 && s->salt.n >= 8 && s->salt.n <= 172 && s->key.n >= 22
	    && s->key.n <= 172;
}

int64_t
scrypt_cost(__attribute__((unused)) const struct scheme *k, struct str body)
{
	struct scrypt s;

	if (!scrypt_read(body, &s))
		return COST_MALFORMED;
	if (s.n == 0 || s.n * s.r * 128 > COST_MEMORY_MAX)
		return COST_ABSURD;
	return (int64_t)(s.n * s.r * s.p) * 3 / 8;
}

bool
scrypt_verify(__attribute__((unused)) const struct scheme *k, struct arena *mem, struct str body, struct str given)
{
	struct scrypt s;
	struct str salt, key;
	uint8_t *out;

	if (!scrypt_read(body, &s) || !b64_decode(mem, s.salt, &salt) || !b64_decode(mem, s.key, &key)
	    || key.n < 16 || (out = arena_alloc(mem, key.n)) == NULL)
		return false;
	return crypto_pwhash_scryptsalsa208sha256_ll((const uint8_t *)(given.p ? given.p : ""), given.n,
		   (const uint8_t *)salt.p, salt.n, s.n, (uint32_t)s.r, (uint32_t)s.p, out, key.n)
	    == 0
	    && str_eq_secret(key, str_span(out, key.n));
}

/*
 * --- StandardPasswordEncoder: hex of an 8-byte salt and SHA-256 iterated over salt and secret
 * ----------------------------------
 */

void
standard_digest(struct str salt, struct str given, uint8_t out[DIGEST_SIZE])
{
	SHA256(out, salt, given);
	for (int i = 1; i < STANDARD_ROUNDS; i++)
		SHA256(out, str_span(out, DIGEST_SIZE));
}

int64_t
standard_cost(__attribute__((unused)) const struct scheme *k, struct str body)
{
	return is_hex(body, STANDARD_SALT + DIGEST_SIZE) ? 200 : COST_MALFORMED;
}

bool
standard_verify(__attribute__((unused)) const struct scheme *k, struct arena *mem, struct str body, struct str given)
{
	uint8_t digest[DIGEST_SIZE];
	struct str raw;

	if (!hex_decode(mem, body, &raw))
		return false;
	standard_digest(str_sub(raw, 0, STANDARD_SALT), given, digest);
	return str_eq_secret(str_from(raw, STANDARD_SALT), str_span(digest, sizeof digest));
}

/*
 * --- MessageDigestPasswordEncoder and Md4PasswordEncoder: {salt} and hex or base64, the digest of
 * password and "{salt}" -------
 */

static struct str
message_salt(struct str body)
{
	ptrdiff_t end = str_starts(body, S("{")) ? str_index(body, '}') : -1;

	return end < 0 ? S("") : str_sub(body, 0, (size_t)end + 1);
}

/* With encodeHashAsBase64; whether the spare bits are zero is seen when it is decoded. */
static bool
is_base64(struct str s, size_t bytes)
{
	size_t plain = (bytes * 4 + 2) / 3;

	for (size_t i = 0; i < plain && i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= 'A' && s.p[i] <= 'Z')
			|| (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '+' || s.p[i] == '/'))
			return false;
	return s.n == plain || (s.n == (bytes + 2) / 3 * 4 && str_ends(s, S("=")));
}

int64_t
message_cost(const struct scheme *k, struct str body)
{
	struct str digest = str_from(body, message_salt(body).n);
	size_t size = old_digest_size(k->detail);

	return is_hex(digest, size) || is_base64(digest, size) ? 5 : COST_MALFORMED;
}

bool
message_verify(const struct scheme *k, struct arena *mem, struct str body, struct str given)
{
	struct str salt = message_salt(body), want;
	uint8_t digest[OLD_DIGEST_MAX];
	size_t n = old_digest(k->detail, given, salt, digest);

	body = str_from(body, salt.n);
	return n > 0 && (body.n == 2 * n ? hex_decode(mem, body, &want) : b64_decode(mem, body, &want))
	    && str_eq_secret(want, str_span(digest, n));
}
