/* oauth/facts_book.c - what was said of signed tokens a moment ago: a table of places, each found by a digest. */
#include <pthread.h>

#include "oauth/facts_book.h"

struct place { uint8_t what[DIGEST_SIZE]; int64_t at_us, exp_s; char *said; size_t n; };
struct facts_book { pthread_mutex_t lock; int64_t keep_us; struct place place[FACTS_BOOK_MAX]; };

struct facts_book *
facts_book_new(int64_t keep_ms)
{
	struct facts_book *b = calloc(1, sizeof *b);

	if (b == NULL)
		return NULL;
	b->keep_us = keep_ms * 1000;
	pthread_mutex_init(&b->lock, NULL);
	return b;
}

static void
place_empty(struct place *p)
{
	free(p->said);
	*p = (struct place){ .said = NULL };
}

void
facts_book_free(struct facts_book *b)
{
	for (size_t i = 0; b != NULL && i < FACTS_BOOK_MAX; i++)
		place_empty(&b->place[i]);
	if (b != NULL)
		pthread_mutex_destroy(&b->lock);
	free(b);
}

static struct place *
place_of(struct facts_book *b, const struct facts_key *k, uint8_t what[DIGEST_SIZE])
{
	SHA256(what, k->issuer, S("\0"), k->endpoint, S("\0"), k->client, S("\0"), k->token);
	return &b->place[(what[0] | what[1] << 8) % FACTS_BOOK_MAX];
}

void
facts_book_put(struct facts_book *b, const struct facts_key *k, int64_t exp_s, struct str said)
{
	char *copy = said.n > 0 && said.n <= FACTS_TEXT_MAX ? strndup(said.p, said.n) : NULL;
	uint8_t what[DIGEST_SIZE];
	struct place *p = place_of(b, k, what);

	if (copy == NULL)
		return;
	pthread_mutex_lock(&b->lock);
	place_empty(p);
	*p = (struct place){ .at_us = clock_mono_us(), .exp_s = exp_s, .said = copy, .n = said.n };
	memcpy(p->what, what, sizeof what);
	pthread_mutex_unlock(&b->lock);
}

struct str
facts_book_find(struct facts_book *b, struct arena *mem, const struct facts_key *k, int64_t now_s)
{
	struct str said = STR_ABSENT;
	uint8_t what[DIGEST_SIZE];
	struct place *p;

	if (b == NULL)
		return said;
	p = place_of(b, k, what);
	pthread_mutex_lock(&b->lock);
	if (p->said != NULL && memcmp(p->what, what, sizeof what) == 0 && clock_mono_us() - p->at_us <= b->keep_us
	    && (p->exp_s == 0 || now_s < p->exp_s))
		said = arena_dup(mem, str_span(p->said, p->n));
	pthread_mutex_unlock(&b->lock);
	return said;
}
