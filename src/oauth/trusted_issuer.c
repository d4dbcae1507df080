/* oauth/trusted_issuer.c - the words of trust.def, and what is remembered of asking for keys. */
#include "oauth/trusted_issuer.h"
#include "oauth/trusted_asking.h"

const char *const trust_words[TRUST_COUNT] = {
#define TRUST(id, word) [TRUST_##id] = word,
#include "oauth/trust.def"
#undef TRUST
};

bool
trust_read(struct str word, enum trust *out)
{
	for (int t = 0; t < TRUST_COUNT; t++)
		if (str_is(word, trust_words[t])) {
			*out = (enum trust)t;
			return true;
		}
	return false;
}

struct trusted_asking *
trusted_asking_new(struct arena *mem)
{
	struct trusted_asking *a = arena_new(mem, struct trusted_asking);

	if (a == NULL)
		return NULL;
	*a = (struct trusted_asking){ .asking = PTHREAD_MUTEX_INITIALIZER };
	atomic_init(&a->rests_until_ms, 0);
	return a;
}
