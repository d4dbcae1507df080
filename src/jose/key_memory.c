/* jose/key_memory.c - public keys that were made of their numbers a moment ago, in a table of fixed size. */
#include "jose/jose_int.h"

#include <pthread.h>
#include <stdlib.h>

#define WAYS 4                  /* places that one may stand in */

struct remembered { struct key_name numbers; EVP_PKEY *pkey; uint64_t used; };
struct key_memory {
	pthread_mutex_t    lock;
	uint64_t           clock;       /* of uses: who was used longest ago makes room */
	size_t             sets;
	struct remembered *at;          /* [set][way] */
};

struct key_memory *
key_memory_new(size_t most)
{
	struct key_memory *m = calloc(1, sizeof *m);

	if (m == NULL)
		return NULL;
	m->sets = most / WAYS + 1;
	m->at = calloc(m->sets * WAYS, sizeof *m->at);
	if (m->at == NULL) {
		free(m);
		return NULL;
	}
	pthread_mutex_init(&m->lock, NULL);
	return m;
}

void
key_memory_free(struct key_memory *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->sets * WAYS; i++)
		EVP_PKEY_free(m->at[i].pkey);
	pthread_mutex_destroy(&m->lock);
	free(m->at);
	free(m);
}

static struct remembered *
set_of(struct key_memory *m, const struct key_name *numbers)
{
	uint64_t n;

	memcpy(&n, numbers->b, sizeof n);
	return m->at + n % m->sets * WAYS;
}

EVP_PKEY *
key_recall(struct key_memory *m, const struct key_name *numbers)
{
	struct remembered *set;
	EVP_PKEY *found = NULL;

	if (m == NULL)
		return NULL;
	pthread_mutex_lock(&m->lock);
	set = set_of(m, numbers);
	for (size_t i = 0; i < WAYS && found == NULL; i++)
		if (set[i].pkey != NULL && memcmp(&set[i].numbers, numbers, sizeof *numbers) == 0
		    && EVP_PKEY_up_ref(set[i].pkey) == 1) {
			set[i].used = ++m->clock;
			found = set[i].pkey;
		}
	pthread_mutex_unlock(&m->lock);
	return found;
}

void
key_remember(struct key_memory *m, const struct key_name *numbers, EVP_PKEY *pkey)
{
	struct remembered *set, *oldest;
	EVP_PKEY *gone = NULL;

	if (m == NULL || EVP_PKEY_up_ref(pkey) != 1)
		return;
	pthread_mutex_lock(&m->lock);
	set = oldest = set_of(m, numbers);
	for (size_t i = 1; i < WAYS; i++)
		if (set[i].used < oldest->used)
			oldest = &set[i];
	gone = oldest->pkey;
	*oldest = (struct remembered){ *numbers, pkey, ++m->clock };
	pthread_mutex_unlock(&m->lock);
	EVP_PKEY_free(gone);
}
