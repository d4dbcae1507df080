/* oauth/token/status_kept.c - status lists that were made, until they are too old. */
#include <pthread.h>

#include "oauth/status_lists.h"
#include "oauth/token/token.h"

#define CHAINS 1024
#define OLD_MS (24 * 3600 * INT64_C(1000))      /* of a list that nobody has asked for since: it goes */

struct kept {
	struct kept *next;
	struct dig32 what;
	struct made_list made;          /* of bytes */
	char bytes[];
};
struct status_lists { pthread_mutex_t lock; struct kept *chains[CHAINS]; };

struct status_lists *
status_lists_new(void)
{
	struct status_lists *l = calloc(1, sizeof *l);

	if (l != NULL)
		pthread_mutex_init(&l->lock, NULL);
	return l;
}

void
status_lists_free(struct status_lists *l)
{
	for (size_t i = 0; l != NULL && i < CHAINS; i++)
		for (struct kept *k = l->chains[i], *next; k != NULL; k = next) {
			next = k->next;
			free(k);
		}
	if (l != NULL)
		pthread_mutex_destroy(&l->lock);
	free(l);
}

static struct kept **
chain_of(struct status_lists *l, const struct dig32 *what)
{
	return &l->chains[(what->b[0] | what->b[1] << 8) % CHAINS];
}

bool
made_list_copy(struct arena *mem, const struct made_list *from, struct made_list *to)
{
	struct made_list l = { .text = arena_dup(mem, from->text), .gzip = arena_dup(mem, from->gzip),
		.tag = arena_dup(mem, from->tag), .made_ms = from->made_ms };
	bool whole = str_given(l.text) && str_given(l.gzip) && str_given(l.tag);

	if (whole)
		*to = l;
	return whole;
}

bool
status_kept_find(struct status_lists *l, struct arena *mem, const struct dig32 *what, int64_t since_ms,
    struct made_list *out)
{
	bool found = false;

	if (l == NULL)
		return false;
	pthread_mutex_lock(&l->lock);
	for (const struct kept *k = *chain_of(l, what); k != NULL; k = k->next)
		if (memcmp(&k->what, what, sizeof *what) == 0 && k->made.made_ms >= since_ms)
			found = made_list_copy(mem, &k->made, out);
	pthread_mutex_unlock(&l->lock);
	return found;
}

/* The former of the same list goes, and what is long out of date beside it. */
static void
chain_clear(struct kept **at, const struct dig32 *what, int64_t now_ms)
{
	while (*at != NULL) {
		struct kept *k = *at;

		if (memcmp(&k->what, what, sizeof *what) != 0 && k->made.made_ms > now_ms - OLD_MS) {
			at = &k->next;
			continue;
		}
		*at = k->next;
		free(k);
	}
}

static struct str
bytes_put(char **at, struct str s)
{
	struct str put = str_span(*at, s.n);

	memcpy(*at, s.p, s.n);
	*at += s.n;
	return put;
}

void
status_kept_put(struct status_lists *l, const struct dig32 *what, const struct made_list *made)
{
	size_t n = made->text.n + made->gzip.n + made->tag.n;
	struct kept *k = l != NULL ? malloc(sizeof *k + n) : NULL, **chain;
	char *at;

	if (k == NULL)
		return;                         /* it is made again */
	k->what = *what;
	at = k->bytes;
	k->made = (struct made_list){ .text = bytes_put(&at, made->text), .gzip = bytes_put(&at, made->gzip),
		.tag = bytes_put(&at, made->tag), .made_ms = made->made_ms };
	pthread_mutex_lock(&l->lock);
	chain = chain_of(l, what);
	chain_clear(chain, what, made->made_ms);
	k->next = *chain;
	*chain = k;
	pthread_mutex_unlock(&l->lock);
}
