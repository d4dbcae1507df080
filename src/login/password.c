/* login/password.c - the table of password encodings, and what is done with a row of it. */
#include "login/password_int.h"

static int64_t
plain_cost(__attribute__((unused)) const struct scheme *k, __attribute__((unused)) struct str body)
{
	return 1;
}

static bool
plain_verify(__attribute__((unused)) const struct scheme *k, __attribute__((unused)) struct arena *mem,
    struct str body, struct str given)
{
	return str_eq_secret(body, given);
}

#define NAMED(id, label, family, ...) { .prefix = S("{" id "}"), .name = S(label), .cost = family##_cost, .verify = family##_verify, __VA_ARGS__ }
#define RAW(start, label, family, ...) { .prefix = S(start), .whole = true, .name = S(label), .cost = family##_cost, .verify = family##_verify, __VA_ARGS__ }
#define OTHER(start, label, family, ...) { .prefix = S(start), .name = S(label), .cost = family##_cost, .verify = family##_verify, __VA_ARGS__ }
#define bcrypt_verify crypt_verify
#define prehashed_cost bcrypt_cost

static const struct scheme schemes[] = {
	NAMED("argon2", "argon2", argon2), NAMED("bcrypt", "bcrypt", bcrypt), NAMED("noop", "noop", plain),
	NAMED("plain", "noop", plain),
	NAMED("pbkdf2", "pbkdf2", pbkdf2, .detail = "SHA1", .iterations = 185000, .salt_size = 8),
	NAMED("scrypt", "scrypt", scrypt), NAMED("sha256", "sha256", standard),
	NAMED("SHA-256", "SHA-256", message, .detail = "SHA-256"),
	NAMED("SHA-1", "SHA-1", message, .detail = "SHA-1"), NAMED("MD5", "MD5", message, .detail = "MD5"),
	NAMED("MD4", "MD4", message, .detail = "MD4"),
	NAMED("SHA-384", "SHA-384", message, .detail = "SHA-384"),
	NAMED("SHA-512", "SHA-512", message, .detail = "SHA-512"),
	NAMED("SM3", "SM3", message, .detail = "SM3"), NAMED("aspnet", "aspnet", aspnet),
	NAMED("keycloak", "keycloak", keycloak), NAMED("salted", "salted digest", shiro, .detail = "salted"),
	NAMED("ldap", "ldap", ldap), NAMED("argon2@SpringSecurity_v5_8", "argon2", argon2),
	NAMED("scrypt@SpringSecurity_v5_8", "scrypt", scrypt),
	NAMED("pbkdf2@SpringSecurity_v5_8", "pbkdf2", pbkdf2, .detail = "SHA256", .iterations = 310000,
	    .salt_size = 16),
	RAW("$2a$", "bcrypt", bcrypt), RAW("$2b$", "bcrypt", bcrypt), RAW("$2y$", "bcrypt", bcrypt),
	RAW("$argon2id$", "argon2", argon2), RAW("$argon2i$", "argon2", argon2), RAW("$1$", "crypt", crypt),
	RAW("$5$", "crypt", crypt), RAW("$6$", "crypt", crypt), RAW("$y$", "crypt", crypt),
	RAW("$7$", "crypt", crypt), RAW("$P$", "phpass", stretched, .detail = "MD5"),
	RAW("$H$", "phpass", stretched, .detail = "MD5"),
	RAW("$S$", "drupal", stretched, .detail = "SHA-512"),
	RAW("$shiro1$", "shiro", shiro, .detail = "shiro1"),
	OTHER("$wp", "wordpress", prehashed, .detail = "HMAC-SHA-384"),
	OTHER("pbkdf2_sha256$", "django", django, .detail = "SHA256"),
	OTHER("pbkdf2_sha1$", "django", django, .detail = "SHA1"),
	OTHER("bcrypt_sha256$", "django", prehashed, .detail = "SHA-256"), OTHER("bcrypt$", "django", bcrypt),
	OTHER("argon2", "django", argon2), OTHER("scrypt$", "django", django_scrypt),
	OTHER("sha1$", "django", salt_first, .detail = "SHA-1"),
	OTHER("md5$", "django", salt_first, .detail = "MD5"), RAW("AQAAAA", "aspnet", aspnet),
	RAW("A", "aspnet", aspnet, .by_shape = true), /* version 3, version 2 */
};

/* A stored value, understood. scheme NULL: an encoding we do not know. */
struct reading { const struct scheme *scheme; struct str body; int64_t cost_us; };

static struct reading
password_read(struct str stored)
{
	struct reading r = { 0 };

	if (stored.n > STORED_MAX)
		return r;
	if (str_empty(stored))                          /* nothing stored is matched by nothing given */
		stored = S("{noop}");
	for (size_t i = 0; i < COUNT(schemes) && r.scheme == NULL; i++)
		if (str_starts(stored, schemes[i].prefix)
		    && (!schemes[i].by_shape || schemes[i].cost(&schemes[i], stored) != COST_MALFORMED))
			r.scheme = &schemes[i];
	if (r.scheme == NULL)
		return r;
	r.body = r.scheme->whole ? stored : str_from(stored, r.scheme->prefix.n);
	r.cost_us = r.scheme->cost(r.scheme, r.body);
	return r;
}

static bool
is_computable(const struct reading *r)
{
	return r->scheme != NULL && r->cost_us != COST_MALFORMED && r->cost_us <= COST_MAX_US;
}

/* The default encoding, as strong as today's default or stronger; nothing at all needs no better hash either. */
static bool
is_good_enough(const struct reading *r, struct str stored)
{
	return str_empty(stored) || (str_eq(r->scheme->prefix, S("{argon2}")) && argon2_is_default(r->body));
}

static enum password_result
judge(struct arena *mem, const struct reading *r, struct str stored, struct str given)
{
	if (r->scheme == NULL || (r->cost_us != COST_MALFORMED && r->cost_us > COST_MAX_US))
		return PASSWORD_UNKNOWN_ENCODING;
	if (r->cost_us == COST_MALFORMED || given.n > PASSWORD_MAX)
		return PASSWORD_WRONG;
	slot_spend(r->cost_us);
	if (!r->scheme->verify(r->scheme, mem, r->body, given))
		return PASSWORD_WRONG;
	return is_good_enough(r, stored) ? PASSWORD_OK : PASSWORD_OK_REHASH;
}

/*
 * Up to the default it is the default's own work that makes up the rest. More is asked where more
 * expensive encodings are about, which in practice means bcrypt: then it is bcrypt's.
 */
static void
pay_rest(struct arena *mem, struct str given, int64_t least_us, int64_t own_us)
{
	given = str_sub(given, 0, PASSWORD_MAX);
	if (least_us <= COST_DEFAULT_US)
		argon2_burn(given, least_us - own_us);
	else
		bcrypt_burn(mem, given, least_us - own_us);
}

static enum password_result
check_in(enum slots of, struct arena *mem, struct str stored, struct str given, int64_t least_us)
{
	struct reading r = password_read(stored);
	bool nobody = !str_given(stored), spends = is_computable(&r) && !nobody && given.n <= PASSWORD_MAX;
	int64_t own_us = spends ? r.cost_us : 0, slot_us = own_us > least_us ? own_us : least_us;
	enum password_result result;

	slot_take(of, slot_us);
	result = nobody ? PASSWORD_WRONG : judge(mem, &r, stored, given);
	if (result != PASSWORD_OK && result != PASSWORD_OK_REHASH && own_us < least_us)
		pay_rest(mem, given, least_us, own_us);
	slot_give(of, slot_us);
	return result;
}

enum password_result
password_check(struct arena *mem, struct str stored, struct str given, int64_t least_us)
{
	return check_in(SLOTS_USERS, mem, stored, given, least_us);
}

enum password_result
client_secret_verify(struct arena *mem, struct str stored, struct str given)
{
	return check_in(SLOTS_CLIENTS, mem, str_given(stored) ? stored : S(""), given, 0);
}

enum password_result
password_verify(struct arena *mem, struct str stored, struct str given)
{
	return password_check(mem, str_given(stored) ? stored : S(""), given, 0);
}

int64_t
password_cost_us(struct str stored)
{
	struct reading r = password_read(stored);

	return is_computable(&r) ? r.cost_us : 0;
}

struct str
password_encoding(struct str stored)
{
	struct reading r = password_read(stored);

	return is_computable(&r) ? r.scheme->name : STR_ABSENT;
}

struct str
password_prefix(struct str stored)
{
	ptrdiff_t end = str_starts(stored, S("{")) ? str_index(stored, '}') : -1;

	return end < 0 ? STR_ABSENT : str_sub(stored, 1, (size_t)end - 1);
}

bool
password_prefix_is_known(struct str prefix)
{
	for (size_t i = 0; i < COUNT(schemes); i++)
		if (str_starts(schemes[i].prefix, S("{")) && str_eq(schemes[i].prefix, prefix))
			return true;
	return false;
}

bool
password_is_cheap(struct str stored)
{
	return password_cost_us(stored) < COST_CHEAP_US;
}

struct str
password_hash(struct arena *mem, struct str given)
{
	struct str hash;

	if (given.n > PASSWORD_MAX)
		return STR_ABSENT;
	slot_take(SLOTS_USERS, COST_DEFAULT_US);
	hash = argon2_make(mem, given);
	slot_give(SLOTS_USERS, COST_DEFAULT_US);
	return str_given(hash) ? ARENA_CAT(mem, S("{argon2}"), hash) : STR_ABSENT;
}

struct str
secret_hash(struct arena *mem, struct str given)
{
	uint8_t salt[8], digest[DIGEST_SIZE];
	struct str raw;

	rand_bytes(salt, sizeof salt);
	standard_digest(str_span(salt, sizeof salt), given, digest);
	raw = ARENA_CAT(mem, str_span(salt, sizeof salt), str_span(digest, sizeof digest));
	raw = str_given(raw) ? hex_encode(mem, raw) : raw;
	return str_given(raw) ? ARENA_CAT(mem, S("{sha256}"), raw) : STR_ABSENT;
}

void
password_pay(__attribute__((unused)) struct arena *mem, struct str given)
{
	slot_take(SLOTS_USERS, COST_DEFAULT_US);
	argon2_burn(str_sub(given, 0, PASSWORD_MAX), COST_DEFAULT_US);
	slot_give(SLOTS_USERS, COST_DEFAULT_US);
}
