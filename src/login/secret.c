/* login/secret.c - verified client secrets, remembered as keyed digests in a table of fixed size. */
#include "login/passed.h"

#define WORDS 4         /* a digest as 64-bit words */
#define WAYS  4         /* places a digest may stand in */

/*
 * Words are read and written one by one without a lock. A reader that meets a half-written place
 * sees words of two digests, which cannot equal a third: HMAC words collide with nothing by chance.
 * Two writers may leave such a mixture behind; it is a place that matches nobody until it is
 * overwritten. Either way the worst is to verify a secret once more.
 */
struct secret_memory {
	uint8_t   key[DIGEST_SIZE];
	size_t    mask;                         /* sets - 1 */
	uint64_t *words;                        /* [set][way][word]; zero: free */
};

struct secret_memory *
secret_memory_new(size_t entries)
{
	struct secret_memory *m = calloc(1, sizeof *m);
	size_t sets = 1;

	while (sets * WAYS < entries && sets < (size_t)1 << 24)
		sets *= 2;
	if (m != NULL && (m->words = calloc(sets * WAYS * WORDS, sizeof *m->words)) == NULL) {
		free(m);
		return NULL;
	}
	if (m != NULL) {
		m->mask = sets - 1;
		rand_bytes(m->key, sizeof m->key);
	}
	return m;
}

void
secret_memory_free(struct secret_memory *m)
{
	if (m == NULL)
		return;
	explicit_bzero(m->words, (m->mask + 1) * WAYS * WORDS * sizeof *m->words);
	free(m->words);
	explicit_bzero(m, sizeof *m);
	free(m);
}

static void
secret_digest(const struct secret_memory *m, struct str client_id, struct str stored, struct str given,
    uint64_t out[WORDS])
{
	static const struct str nul = { "", 1 };

	HMAC256((uint8_t *)out, str_span(m->key, sizeof m->key), client_id, nul, stored, nul, given);
	out[0] |= 1;                            /* so that no digest looks like a free place */
}

static uint64_t *
set_of(const struct secret_memory *m, const uint64_t digest[WORDS])
{
	return m->words + (size_t)(digest[1] & m->mask) * WAYS * WORDS;
}

/* All words are looked at, whatever the first ones say. */
static bool
place_holds(const uint64_t *place, const uint64_t digest[WORDS])
{
	uint64_t differ = 0;

	for (int i = 0; i < WORDS; i++)
		differ |= __atomic_load_n(&place[i], __ATOMIC_RELAXED) ^ digest[i];
	return differ == 0;
}

static bool
set_holds(const uint64_t *set, const uint64_t digest[WORDS])
{
	bool found = false;

	for (int way = 0; way < WAYS; way++)
		found |= place_holds(set + way * WORDS, digest);
	return found;
}

bool
secret_is_remembered(const struct secret_memory *m, struct str client_id, struct str stored, struct str given)
{
	uint64_t digest[WORDS];

	secret_digest(m, client_id, stored, given, digest);
	return set_holds(set_of(m, digest), digest);
}

void
secret_remember(struct secret_memory *m, struct str client_id, struct str stored, struct str given)
{
	uint64_t digest[WORDS], *set;
	uint32_t way = 0;

	secret_digest(m, client_id, stored, given, digest);
	set = set_of(m, digest);
	if (set_holds(set, digest))
		return;
	while (way < WAYS && __atomic_load_n(&set[way * WORDS], __ATOMIC_RELAXED) != 0)
		way++;
	if (way == WAYS)
		way = rand_below(WAYS);
	for (int i = 0; i < WORDS; i++)
		__atomic_store_n(&set[way * WORDS + (uint32_t)i], digest[i], __ATOMIC_RELAXED);
}

/* --- passed on -------------------------------------------------------------------------------- */

#define PART "secrets/1"

static size_t
words_size(const struct secret_memory *m)
{
	return (m->mask + 1) * WAYS * WORDS * sizeof *m->words;
}

/* A digest that is half written is one more that matches nothing. */
bool
secrets_pass(const struct secret_memory *m, int fd)
{
	return pass_part(fd, PART, str_span(m->key, sizeof m->key), str_span(m->words, words_size(m)));
}

bool
secrets_take(struct secret_memory *m, struct str all)
{
	struct str part = passed_part(all, PART);

	if (!str_given(part) || part.n != sizeof m->key + words_size(m))
		return false;
	memcpy(m->key, part.p, sizeof m->key);
	memcpy(m->words, part.p + sizeof m->key, words_size(m));
	return true;
}
