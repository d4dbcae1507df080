/*
 * login/password_other.c - what other frameworks store: ASP.NET Core Identity, Keycloak, Django,
 * phpass (WordPress, phpBB), Drupal 7, Apache Shiro, and digests whose salt stands in a column of
 * its own. Each is only verified; a login keeps a better hash.
 */
#include "login/password_int.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#define KEY_MAX 64

/* Cost of one PBKDF2 iteration in nanoseconds, for a key of one block; of two blocks it is twice that. */
struct prf { const char *evp; int64_t ns; size_t block; };
static const struct prf prf_sha1 = { "SHA1", 215, 20 }, prf_sha256 = { "SHA256", 230, 32 },
			prf_sha512 = { "SHA512", 330, 64 };

static int64_t
pbkdf2_us(const struct prf *f, int64_t iterations, size_t key)
{
	int64_t blocks = (int64_t)((key + f->block - 1) / f->block);

	if (iterations < 1 || iterations > INT32_MAX)
		return iterations < 1 ? COST_MALFORMED : COST_ABSURD;
	return iterations * blocks * f->ns / 1000 + 1;
}

static bool
pbkdf2_is(const struct prf *f, int64_t iterations, struct str salt, struct str want, struct str given)
{
	EVP_MD *md = EVP_MD_fetch(NULL, f->evp, NULL);
	uint8_t key[KEY_MAX];
	bool ok = md != NULL && want.n >= 16 && want.n <= sizeof key
	    && PKCS5_PBKDF2_HMAC(given.p ? given.p : "", (int)given.n,
		   (const uint8_t *)(salt.p ? salt.p : ""), (int)salt.n, (int)iterations, md, (int)want.n,
		   key)
		== 1
	    && str_eq_secret(want, str_span(key, want.n));

	EVP_MD_free(md);
	explicit_bzero(key, sizeof key);
	return ok;
}

/* base64 of at most 128 bytes, decoded without an arena: what only judges a shape keeps nothing. */
#define RAW_MAX 192
struct raw { uint8_t b[RAW_MAX]; size_t n; };
static bool
raw_read(struct str text, struct raw *r)
{
	return text.n > 0 && text.n <= RAW_MAX / 3 * 4
	    && sodium_base642bin(r->b, sizeof r->b, text.p, text.n, NULL, &r->n, NULL,
		   str_ends(text, S("=")) || text.n % 4 == 0 ? sodium_base64_VARIANT_ORIGINAL
							     : sodium_base64_VARIANT_ORIGINAL_NO_PADDING)
	    == 0;
}

/*
 * --- ASP.NET Core Identity (PasswordHasher): version 2 is 0, salt(16), key(32); version 3 is 1,
 * prf, iterations, salt size --------
 */

#define ASPNET_KEY 32
struct aspnet { const struct prf *prf; int64_t iterations; struct str salt, key; };

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool
aspnet_read(struct str body, struct raw *r, struct aspnet *a)
{
	static const struct prf *const prfs[] = { &prf_sha1, &prf_sha256, &prf_sha512 };
	uint32_t prf, salt;

	if (!raw_read(body, r))
		return false;
	if (r->n == 49 && r->b[0] == 0) {
		*a = (struct aspnet){ &prf_sha1, 1000, str_span(r->b + 1, 16), str_span(r->b + 17, 32) };
		return true;
	}
	if (r->n < 13 + 16 + ASPNET_KEY || r->b[0] != 1)
		return false;
	prf = be32(r->b + 1);
	salt = be32(r->b + 9);
	if (prf >= COUNT(prfs) || salt < 16 || salt > r->n - 13 || r->n - 13 - salt != ASPNET_KEY)
		return false;
	*a = (struct aspnet){ prfs[prf], be32(r->b + 5), str_span(r->b + 13, salt), str_span(r->b + 13 + salt, r->n - 13 - salt) };
	return true;
}

int64_t
aspnet_cost(__attribute__((unused)) const struct scheme *k, struct str body)
{
	struct aspnet a;
	struct raw r;

	return aspnet_read(body, &r, &a) ? pbkdf2_us(a.prf, a.iterations, a.key.n) : COST_MALFORMED;
}

bool
aspnet_verify(__attribute__((unused)) const struct scheme *k, __attribute__((unused)) struct arena *mem,
    struct str body, struct str given)
{
	struct aspnet a;
	struct raw r;

	return aspnet_read(body, &r, &a) && pbkdf2_is(a.prf, a.iterations, a.salt, a.key, given);
}

/* --- Keycloak: the parts of a credential as an import joins them, ALGORITHM$ITERATIONS$salt$key, both base64 --- */

struct keycloak { const struct prf *prf; int64_t iterations; struct raw salt, key; };

static bool
keycloak_read(struct str body, struct keycloak *k)
{
	static const struct { const char *name; const struct prf *prf; } algorithms[] = {
		{ "pbkdf2", &prf_sha1 }, { "pbkdf2-sha256", &prf_sha256 }, { "pbkdf2-sha512", &prf_sha512 },
	};
	struct str rest = body, algorithm = str_cut(&rest, '$'), iterations = str_cut(&rest, '$'),
		   salt = str_cut(&rest, '$');

	k->prf = NULL;
	for (size_t i = 0; i < COUNT(algorithms); i++)
		if (str_is(algorithm, algorithms[i].name))
			k->prf = algorithms[i].prf;
	return k->prf != NULL && str_int(iterations, &k->iterations) && str_given(rest) && raw_read(salt, &k->salt)
	    && raw_read(rest, &k->key) && k->salt.n >= 8 && (k->key.n == 32 || k->key.n == KEY_MAX);
}

int64_t
keycloak_cost(__attribute__((unused)) const struct scheme *k, struct str body)
{
	struct keycloak c;

	return keycloak_read(body, &c) ? pbkdf2_us(c.prf, c.iterations, c.key.n) : COST_MALFORMED;
}

bool
keycloak_verify(__attribute__((unused)) const struct scheme *k, __attribute__((unused)) struct arena *mem,
    struct str body, struct str given)
{
	struct keycloak c;

	return keycloak_read(body, &c)
	    && pbkdf2_is(c.prf, c.iterations, str_span(c.salt.b, c.salt.n), str_span(c.key.b, c.key.n), given);
}

/* --- Django: ITERATIONS$salt$base64, the salt as text ----------------------------------------- */

struct django { int64_t iterations; struct str salt; struct raw key; };

static const struct prf *
django_prf(const struct scheme *k)
{
	return strcmp(k->detail, "SHA1") == 0 ? &prf_sha1 : &prf_sha256;
}

/* The key is as long as the digest. */
static bool
django_read(const struct scheme *k, struct str body, struct django *d)
{
	struct str rest = body, iterations = str_cut(&rest, '$');

	d->salt = str_cut(&rest, '$');
	return str_int(iterations, &d->iterations) && !str_empty(d->salt) && str_given(rest) && raw_read(rest, &d->key)
	    && d->key.n == django_prf(k)->block;
}

int64_t
django_cost(const struct scheme *k, struct str body)
{
	struct django d;

	return django_read(k, body, &d) ? pbkdf2_us(django_prf(k), d.iterations, d.key.n) : COST_MALFORMED;
}

bool
django_verify(const struct scheme *k, __attribute__((unused)) struct arena *mem, struct str body, struct str given)
{
	struct django d;

	return django_read(k, body, &d)
	    && pbkdf2_is(django_prf(k), d.iterations, d.salt, str_span(d.key.b, d.key.n), given);
}

/* N$salt$r$p$base64 (ScryptPasswordHasher) */
struct django_scrypt { int64_t n, r, p; struct str salt; struct raw key; };

static bool
django_scrypt_read(struct str body, struct django_scrypt *s)
{
	struct str rest = body, n = str_cut(&rest, '$'), r, p;

	s->salt = str_cut(&rest, '$');
	r = str_cut(&rest, '$');
	p = str_cut(&rest, '$');
	return str_int(n, &s->n) && str_int(r, &s->r) && str_int(p, &s->p) && s->n > 1
	    && (s->n & (s->n - 1)) == 0 && s->r > 0 && s->r < 256 && s->p > 0 && s->p < 256
	    && s->n <= INT64_C(1) << 31 && !str_empty(s->salt) && str_given(rest) && raw_read(rest, &s->key)
	    && s->key.n == KEY_MAX;
}

int64_t
django_scrypt_cost(__attribute__((unused)) const struct scheme *k, struct str body)
{
	struct django_scrypt s;

	if (!django_scrypt_read(body, &s))
		return COST_MALFORMED;
	return (uint64_t)(s.n * s.r) * 128 > COST_MEMORY_MAX ? COST_ABSURD : s.n * s.r * s.p * 3 / 8;
}

bool
django_scrypt_verify(__attribute__((unused)) const struct scheme *k,
    __attribute__((unused)) struct arena *mem, struct str body, struct str given)
{
	struct django_scrypt s;
	uint8_t out[RAW_MAX];

	return django_scrypt_read(body, &s)
	    && crypto_pwhash_scryptsalsa208sha256_ll((const uint8_t *)(given.p ? given.p : ""), given.n,
		   (const uint8_t *)s.salt.p, s.salt.n, (uint64_t)s.n, (uint32_t)s.r, (uint32_t)s.p, out,
		   s.key.n)
	    == 0
	    && str_eq_secret(str_span(s.key.b, s.key.n), str_span(out, s.key.n));
}

/*
 * --- bcrypt of a digest: Django's bcrypt_sha256 (hex of SHA-256), WordPress since 6.8 ($wp, base64
 * of an HMAC-SHA-384) ------------------
 */

bool
prehashed_verify(const struct scheme *k, struct arena *mem, struct str body, struct str given)
{
	uint8_t digest[OLD_DIGEST_MAX];
	unsigned n = 0;
	struct str text;

	if (strcmp(k->detail, "SHA-256") == 0) {
		n = (unsigned)old_digest("SHA-256", given, S(""), digest);
		text = hex_encode(mem, str_span(digest, n));
	} else {
		given = str_given(given) ? str_trim(given) : S("");
		if (HMAC(EVP_sha384(), "wp-sha384", 9, (const uint8_t *)given.p, given.n, digest, &n) == NULL)
			return false;
		text = b64_encode(mem, str_span(digest, n));
	}
	return n > 0 && str_given(text) && crypt_verify(k, mem, body, text);
}

/*
 * --- phpass and Drupal 7: a digest of salt and password, then 2^COUNT times of digest and
 * password; crypt's alphabet, low bits first ---
 */

static const char itoa64[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static int
count_log2(struct str body)
{
	const char *at = body.n > 3 && body.p[3] != '\0' ? strchr(itoa64, body.p[3]) : NULL;

	return at != NULL ? (int)(at - itoa64) : -1;
}

static size_t
stretched_size(const struct scheme *k)
{
	return strcmp(k->detail, "MD5") == 0 ? 34 : 55;         /* Drupal cuts its text there */
}

int64_t
stretched_cost(const struct scheme *k, struct str body)
{
	int log2 = count_log2(body);

	if (body.n != stretched_size(k) || log2 < 7 || log2 > 30)
		return COST_MALFORMED;
	for (size_t i = 4; i < body.n; i++)
		if (body.p[i] == '\0' || (i >= 12 && strchr(itoa64, body.p[i]) == NULL))
			return COST_MALFORMED;
	return (INT64_C(1) << log2) / 2;
}

static size_t
encode64(const uint8_t *p, size_t n, char *out)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = p[i] | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0)
		    | (i + 2 < n ? (uint32_t)p[i + 2] << 16 : 0);
		size_t digits = n - i >= 3 ? 4 : n - i + 1;

		for (size_t d = 0; d < digits; d++, v >>= 6)
			out[at++] = itoa64[v & 63];
	}
	return at;
}

bool
stretched_verify(const struct scheme *k, __attribute__((unused)) struct arena *mem, struct str body, struct str given)
{
	uint8_t digest[OLD_DIGEST_MAX], next[OLD_DIGEST_MAX];
	char text[4 * (OLD_DIGEST_MAX / 3 + 1)];
	size_t n = old_digest(k->detail, str_sub(body, 4, 8), given, digest), want = body.n - 12;

	for (int64_t i = INT64_C(1) << count_log2(body); n > 0 && i > 0; i--) {
		if (old_digest(k->detail, str_span(digest, n), given, next) != n)
			return false;
		memcpy(digest, next, n);
	}
	return n > 0 && encode64(digest, n, text) >= want && str_eq_secret(str_from(body, 12), str_span(text, want));
}

/* --- salt$hex, the digest of salt and password: Django's first encodings ---------------------- */

static struct str
salt_cut(struct str body, struct str *digest)
{
	struct str rest = body, salt = str_cut(&rest, '$');

	*digest = rest;
	return salt;
}

int64_t
salt_first_cost(const struct scheme *k, struct str body)
{
	struct str digest;

	(void)salt_cut(body, &digest);
	if (digest.n != 2 * old_digest_size(k->detail))
		return COST_MALFORMED;
	for (size_t i = 0; i < digest.n; i++)
		if (hex_value(digest.p[i]) < 0)
			return COST_MALFORMED;
	return 5;
}

bool
salt_first_verify(const struct scheme *k, struct arena *mem, struct str body, struct str given)
{
	struct str hex, want, salt = salt_cut(body, &hex);
	uint8_t digest[OLD_DIGEST_MAX];
	size_t n = old_digest(k->detail, salt, given, digest);

	return n > 0 && hex_decode(mem, hex, &want) && str_eq_secret(want, str_span(digest, n));
}

/*
 * --- ALGORITHM$ITERATIONS$salt$digest in base64: Shiro's format, and {salted} with the order of
 * salt and password in front ----------------
 */

struct shiro { struct str order; int64_t iterations; struct raw salt, tail, digest; const char *name; size_t size; };

static const char *
digest_named(struct str s)
{
	static const char *const names[] = { "MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512", "SM3" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (str_eq_nocase(s, str_of(names[i])))
			return names[i];
	return NULL;
}

static bool
shiro_read(const struct scheme *k, struct str body, struct shiro *s)
{
	bool salted = strcmp(k->detail, "salted") == 0;
	struct str rest = salted ? body : str_from(body, 8), salt, tail;        /* "$shiro1$" */
	int64_t n;

	s->order = salted ? str_cut(&rest, '$') : S("plain");
	s->name = digest_named(str_cut(&rest, '$'));
	if (s->name == NULL || !str_int(str_cut(&rest, '$'), &n) || n < 1 || n > INT32_MAX)
		return false;
	s->iterations = n;
	s->size = old_digest_size(s->name);
	salt = str_cut(&rest, '$');
	tail = salted ? str_cut(&rest, '$') : S("");
	s->salt.n = s->tail.n = 0;
	return (str_is(s->order, "plain") || str_is(s->order, "hex"))
	    && (salt.n == 0 || raw_read(salt, &s->salt)) && (tail.n == 0 || raw_read(tail, &s->tail))
	    && str_given(rest) && raw_read(rest, &s->digest) && s->digest.n == s->size;
}

int64_t
shiro_cost(const struct scheme *k, struct str body)
{
	struct shiro s;

	return shiro_read(k, body, &s) ? s.iterations / 2 + 1 : COST_MALFORMED;
}

bool
shiro_verify(const struct scheme *k, struct arena *mem, struct str body, struct str given)
{
	struct shiro s;
	uint8_t digest[OLD_DIGEST_MAX], next[OLD_DIGEST_MAX];
	struct str text;

	if (!shiro_read(k, body, &s))
		return false;
	text = given;
	if (str_is(s.order, "hex"))
		text = hex_encode(mem, str_span(digest, old_digest(s.name, given, S(""), digest)));
	text = ARENA_CAT(mem, str_given(text) ? text : S(""), str_span(s.tail.b, s.tail.n));
	if (!str_given(text) || old_digest(s.name, str_span(s.salt.b, s.salt.n), text, digest) != s.size)
		return false;
	for (int64_t i = 1; i < s.iterations; i++) {
		if (old_digest(s.name, str_span(digest, s.size), S(""), next) != s.size)
			return false;
		memcpy(digest, next, s.size);
	}
	return str_eq_secret(str_span(s.digest.b, s.size), str_span(digest, s.size));
}

/* --- a digest and the salt beside it ---------------------------------------------------------- */

/*
 * "salt+password", "password+salt", "MD5(password)+salt", "name+password+salt": what stands before
 * and after the password.
 */
static bool
order_read(struct arena *mem, struct str order, struct str algorithm, struct str name, struct str salt,
    bool *hex, struct str *before, struct str *after)
{
	struct str inner = ARENA_CAT(mem, algorithm, S("(password)"));
	bool met = false;

	*before = *after = S("");
	*hex = false;
	while (str_given(order)) {
		struct str word = str_trim(str_cut(&order, '+')), *into = met ? after : before;
		bool is_password = str_is(word, "password") || str_eq_nocase(word, inner);

		if (is_password && met)
			return false;
		if (is_password)
			*hex = !str_is(word, "password");
		else if (str_is(word, "salt"))
			*into = ARENA_CAT(mem, *into, salt);
		else if (str_is(word, "name"))
			*into = ARENA_CAT(mem, *into, name);
		else
			return false;
		met = met || is_password;
	}
	return met;
}

/* The digest's own bytes, from hex or base64. */
static bool
digest_bytes(struct arena *mem, struct str stored, size_t size, struct str *out)
{
	return (stored.n == 2 * size && hex_decode(mem, stored, out))
	    || (b64_decode(mem, stored, out) && out->n == size);
}

bool
password_recipe_is_known(struct arena *mem, struct str recipe)
{
	struct str rest = recipe, algorithm = str_trim(str_cut(&rest, ':')), order = str_cut(&rest, ':'), before, after;
	int64_t iterations = 1;
	bool hex;

	return digest_named(algorithm) != NULL && str_given(order)
	    && order_read(mem, order, algorithm, S("n"), S("s"), &hex, &before, &after)
	    && (!str_given(rest)
		|| (str_int(str_trim(rest), &iterations) && iterations >= 1 && iterations <= INT32_MAX));
}

struct str
password_salted(struct arena *mem, struct str recipe, struct str stored, struct str name, struct str salt)
{
	struct str rest = recipe, algorithm = str_trim(str_cut(&rest, ':')), order = str_cut(&rest, ':'),
		   bytes, before, after;
	bool hex = false;

	if (!password_recipe_is_known(mem, recipe)
	    || !digest_bytes(mem, stored, old_digest_size(digest_named(algorithm)), &bytes)
	    || !order_read(mem, order, algorithm, name, str_given(salt) ? salt : S(""), &hex, &before, &after)
	    || before.n > RAW_MAX / 2 || after.n > RAW_MAX / 2)
		return STR_ABSENT;
	return ARENA_CAT(mem, S("{salted}"), hex ? S("hex") : S("plain"), S("$"),
	    str_of(digest_named(algorithm)), S("$"), str_given(rest) ? str_trim(rest) : S("1"), S("$"),
	    b64_encode(mem, before), S("$"), b64_encode(mem, after), S("$"), b64_encode(mem, bytes));
}
