/*
 * login/password_crypt.c - bcrypt and the other formats of crypt(3), computed by libxcrypt.
 * crypt(5) names their fields.
 */
#include "login/password_int.h"

#include <crypt.h>

#define BCRYPT_SIZE 60
#define BCRYPT_USES 72          /* bytes of a password that bcrypt looks at */
#define BCRYPT_US   INT64_C(52)        /* microseconds of cost 0 */
#define BCRYPT_LEAST 4
#define BCRYPT_MOST 16          /* within COST_MAX_US */

/* The value of one character of crypt's base 64, or -1. */
static int
digit64(char c)
{
	if (c == '.' || c == '/')
		return c - '.';
	if (c >= '0' && c <= '9')
		return c - '0' + 2;
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 12;
	return c >= 'a' && c <= 'z' ? c - 'a' + 38 : -1;
}

static bool
all_digits64(struct str s, const char *also)
{
	for (size_t i = 0; i < s.n; i++)
		if (digit64(s.p[i]) < 0 && (s.p[i] == '\0' || strchr(also, s.p[i]) == NULL))
			return false;
	return true;
}

/*
 * $2b$10$ and 22 characters of salt and 31 of hash. $2a$ and $2y$ are the same algorithm; $2x$
 * repeats an old mistake.
 */
int64_t
bcrypt_cost(__attribute__((unused)) const struct scheme *k, struct str body)
{
	int64_t rounds;

	if (body.n != BCRYPT_SIZE || !str_starts(body, S("$2")) || strchr("aby", body.p[2]) == NULL
	    || body.p[2] == '\0' || body.p[3] != '$' || body.p[6] != '$'
	    || !str_int(str_sub(body, 4, 2), &rounds) || rounds < 4 || rounds > 31
	    || !all_digits64(str_from(body, 7), ""))
		return COST_MALFORMED;
	return BCRYPT_US << rounds;
}

/* $5$rounds=N$salt$hash; without the word it is 5,000 rounds. */
static int64_t
sha_crypt_cost(struct str body, int per_us)
{
	struct str rest = str_from(body, 3), first;
	int64_t rounds = 5000;

	first = str_cut(&rest, '$');
	if (str_starts(first, S("rounds="))) {
		if (!str_int(str_from(first, 7), &rounds) || rounds < 1)
			return COST_MALFORMED;
	}
	return rounds / per_us;
}

/* N = 2^log2 blocks of 128 r bytes, p times; N r p of 1 costs so many eighths of a microsecond. */
static int64_t
scrypt_like_cost(int log2, uint64_t r, uint64_t p, int eighths)
{
	if (log2 < 1 || log2 > 30 || r < 1 || r > 1024 || p < 1 || p > 256)
		return COST_ABSURD;
	if ((UINT64_C(128) << log2) * r > COST_MEMORY_MAX)
		return COST_ABSURD;
	return (int64_t)((r << log2) * p) * eighths / 8;
}

/* Five characters, least significant first. */
static int64_t
number30(struct str s)
{
	int64_t v = 0;

	if (s.n != 5)
		return -1;
	for (size_t i = 5; i-- > 0; ) {
		if (digit64(s.p[i]) < 0)
			return -1;
		v = v << 6 | digit64(s.p[i]);
	}
	return v;
}

/* $7$Nrrrrrpppppsalt$hash */
static int64_t
crypt_scrypt_cost(struct str body)
{
	int64_t r = number30(str_sub(body, 4, 5)), p = number30(str_sub(body, 9, 5));

	if (body.n < 15 || digit64(body.p[3]) < 0 || r < 0 || p < 0)
		return COST_MALFORMED;
	return scrypt_like_cost(digit64(body.p[3]), (uint64_t)r, (uint64_t)p, 3);
}

/*
 * $y$jNr$salt$hash as libxcrypt writes it: flavour j, one character each for N and r, which are one
 * more than they say. The format's further parameters (parallelism, time) are written by nobody and
 * would go around the bounds.
 */
static int64_t
yescrypt_cost(struct str body)
{
	int n = body.n > 7 ? digit64(body.p[4]) : -1, r = body.n > 7 ? digit64(body.p[5]) : -1;

	if (n < 0 || r < 0 || body.p[3] != 'j' || body.p[6] != '$')
		return COST_MALFORMED;
	return n > 47 || r > 47 ? COST_ABSURD : scrypt_like_cost(n + 1, (uint64_t)r + 1, 1, 1);
}

int64_t
crypt_cost(const struct scheme *k, struct str body)
{
	if (str_starts(body, S("$2")))
		return bcrypt_cost(k, body);
	if (body.n < 13 || body.n >= CRYPT_OUTPUT_SIZE || !all_digits64(body, "$=,"))
		return COST_MALFORMED;
	if (str_starts(body, S("$1$")))
		return 100;
	if (str_starts(body, S("$5$")))
		return sha_crypt_cost(body, 3);
	if (str_starts(body, S("$6$")))
		return sha_crypt_cost(body, 4);
	if (str_starts(body, S("$7$")))
		return crypt_scrypt_cost(body);
	if (str_starts(body, S("$y$")))
		return yescrypt_cost(body);
	return body.n == 13 && digit64(body.p[0]) >= 0 ? 100 : COST_MALFORMED;  /* DES, found in LDAP directories */
}

/* libxcrypt wants 32 KiB to work in; they are too much for a request's arena and for some threads' stacks. */
static bool
crypt_run(const char *phrase, const char *setting, char out[CRYPT_OUTPUT_SIZE])
{
	struct crypt_data *data = calloc(1, sizeof *data);
	const char *z = data == NULL ? NULL : crypt_rn(phrase, setting, data, sizeof *data);

	if (z != NULL)
		memcpy(out, z, strlen(z) + 1);
	if (data != NULL)
		explicit_bzero(data, sizeof *data);
	free(data);
	return z != NULL;
}

bool
crypt_verify(__attribute__((unused)) const struct scheme *k, struct arena *mem, struct str body, struct str given)
{
	bool bcrypt = str_starts(body, S("$2"));
	char *setting = arena_z(mem, body), out[CRYPT_OUTPUT_SIZE];
	char *phrase = arena_z(mem, bcrypt ? str_sub(given, 0, BCRYPT_USES) : given);

	return setting != NULL && phrase != NULL && crypt_run(phrase, setting, out) && str_eq_secret(str_of(out), body);
}

/* The binary digits of us are bcrypt costs: what bcrypt(10) takes is one bcrypt(10), on every machine. */
void
bcrypt_burn(struct arena *mem, struct str given, int64_t us)
{
	char *phrase = arena_z(mem, str_sub(given, 0, BCRYPT_USES)), setting[32], out[CRYPT_OUTPUT_SIZE];

	for (int cost = BCRYPT_MOST; cost >= BCRYPT_LEAST; cost--) {
		if (!(us / BCRYPT_US & (INT64_C(1) << cost)))
			continue;
		snprintf(setting, sizeof setting, "$2b$%02d$CCCCCCCCCCCCCCCCCCCCC.", cost);
		if (crypt_run(phrase ? phrase : "", setting, out))
			slot_spend(BCRYPT_US << cost);
	}
}
