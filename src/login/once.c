/* login/once.c - a table of fixed size of what has been used. */
#include "login/passed.h"

#include <pthread.h>
#include <stdlib.h>

#define WAYS 16                 /* places that one may stand in */

struct used { struct dig32 what; int64_t expires_s; };
struct once_book {
	pthread_mutex_t lock;
	size_t          sets;
	struct used    *at;     /* [set][way] */
};

struct once_book *
once_new(size_t most)
{
	struct once_book *b = calloc(1, sizeof *b);

	if (b == NULL)
		return NULL;
	b->sets = most / WAYS + 1;
	b->at = calloc(b->sets * WAYS, sizeof *b->at);
	if (b->at == NULL) {
		free(b);
		return NULL;
	}
	pthread_mutex_init(&b->lock, NULL);
	return b;
}

void
once_free(struct once_book *b)
{
	if (b == NULL)
		return;
	pthread_mutex_destroy(&b->lock);
	free(b->at);
	free(b);
}

static enum once
use(struct used *set, const struct dig32 *what, int64_t expires_s, int64_t now_s)
{
	struct used *free_one = NULL;

	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].expires_s <= now_s)
			free_one = &set[i];
		else if (memcmp(&set[i].what, what, sizeof *what) == 0)
			return ONCE_AGAIN;
	}
	if (free_one == NULL)
		return ONCE_FULL;
	*free_one = (struct used){ *what, expires_s };
	return ONCE_FIRST;
}

enum once
once_use(struct once_book *b, const struct dig32 *what, int64_t expires_s, int64_t now_s)
{
	uint64_t n;
	enum once r;

	memcpy(&n, what->b, sizeof n);
	pthread_mutex_lock(&b->lock);
	r = use(b->at + n % b->sets * WAYS, what, expires_s, now_s);
	pthread_mutex_unlock(&b->lock);
	return r;
}

/* --- passed on -------------------------------------------------------------------------------- */

#define PART "once/1"

static size_t
live_count(const struct once_book *b, int64_t now_s)
{
	size_t n = 0;

	for (size_t i = 0; i < b->sets * WAYS; i++)
		n += b->at[i].expires_s > now_s;
	return n;
}

static struct used *
live_copy(const struct once_book *b, int64_t now_s, size_t n)
{
	struct used *out = calloc(n + 1, sizeof *out);

	for (size_t i = 0, k = 0; out != NULL && k < n; i++)
		if (b->at[i].expires_s > now_s)
			out[k++] = b->at[i];
	return out;
}

bool
once_pass(struct once_book *b, int fd, int64_t now_s)
{
	struct used *copy;
	size_t n;
	bool ok;

	pthread_mutex_lock(&b->lock);
	n = live_count(b, now_s);
	copy = live_copy(b, now_s, n);
	pthread_mutex_unlock(&b->lock);
	ok = copy != NULL && pass_part(fd, PART, str_span(copy, n * sizeof *copy), STR_ABSENT);
	free(copy);
	return ok;
}

bool
once_take(struct once_book *b, struct str all, int64_t now_s)
{
	struct str part = passed_part(all, PART);
	struct used u;

	if (!str_given(part) || part.n % sizeof u != 0)
		return false;
	for (; part.n >= sizeof u; part = str_from(part, sizeof u)) {
		memcpy(&u, part.p, sizeof u);
		if (u.expires_s > now_s && once_use(b, &u.what, u.expires_s, now_s) == ONCE_FULL)
			return false;
	}
	return true;
}
