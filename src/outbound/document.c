/* outbound/document.c - a small memory of documents in front of outbound_do. */
#include "outbound/document.h"

#include <pthread.h>
#include <stdlib.h>

struct document {
	uint8_t url[DIGEST_SIZE];
	int64_t came_ms;
	char   *text;                           /* NULL: free */
	size_t  n;
};
struct documents {
	pthread_mutex_t  lock;
	size_t           most;
	struct document *at;
};

struct documents *
documents_new(size_t most)
{
	struct documents *d = calloc(1, sizeof *d);

	if (d == NULL)
		return NULL;
	d->at = calloc(most, sizeof *d->at);
	if (d->at == NULL) {
		free(d);
		return NULL;
	}
	d->most = most;
	pthread_mutex_init(&d->lock, NULL);
	return d;
}

void
documents_free(struct documents *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->most; i++)
		free(d->at[i].text);
	pthread_mutex_destroy(&d->lock);
	free(d->at);
	free(d);
}

/* Its place; or, when it has none, a free one, else the oldest. */
static struct document *
place_of(struct documents *d, const uint8_t url[DIGEST_SIZE])
{
	struct document *best = &d->at[0];

	for (size_t i = 0; i < d->most; i++) {
		struct document *at = &d->at[i];

		if (at->text != NULL && memcmp(at->url, url, DIGEST_SIZE) == 0)
			return at;
		if (best->text != NULL && (at->text == NULL || at->came_ms < best->came_ms))
			best = at;
	}
	return best;
}

/* What is in memory and young enough. Copied under the lock: another thread may put a newer one there. */
static bool
remembered(struct documents *d, struct arena *mem, const uint8_t url[DIGEST_SIZE], int64_t since_ms, struct str *body)
{
	const struct document *at;

	*body = STR_ABSENT;
	pthread_mutex_lock(&d->lock);
	at = place_of(d, url);
	if (at->text != NULL && memcmp(at->url, url, DIGEST_SIZE) == 0 && at->came_ms >= since_ms)
		*body = arena_dup(mem, str_span(at->text, at->n));
	pthread_mutex_unlock(&d->lock);
	return str_given(*body);
}

static void
remember(struct documents *d, const uint8_t url[DIGEST_SIZE], struct str body, int64_t now_ms)
{
	char *text = malloc(body.n + 1);
	struct document *at;

	if (text == NULL)
		return;                         /* it is asked for again */
	memcpy(text, body.p, body.n);
	pthread_mutex_lock(&d->lock);
	at = place_of(d, url);
	free(at->text);
	*at = (struct document){ .came_ms = now_ms, .text = text, .n = body.n };
	memcpy(at->url, url, DIGEST_SIZE);
	pthread_mutex_unlock(&d->lock);
}

const char *
document_get(struct documents *d, struct arena *mem, const struct outbound_rules *rules, struct str url,
    int64_t keep_ms, int64_t now_ms, struct str *body)
{
	ptrdiff_t fragment = str_index(url, '#');
	struct outbound_rules r = *rules;
	struct outbound_ask ask = { .method = S("GET"), .url = fragment < 0 ? url : str_sub(url, 0, (size_t)fragment) };
	struct outbound_answer answer;
	uint8_t key[DIGEST_SIZE];

	SHA256(key, url);
	if (keep_ms > 0 && remembered(d, mem, key, now_ms - keep_ms, body))
		return NULL;
	r.answer_max = DOCUMENT_MAX;
	if (!outbound_do(mem, &r, &ask, &answer))
		return answer.trouble;
	if (answer.status != 200)
		return arena_z(mem, arena_say(mem, "status %d", answer.status));
	remember(d, key, answer.body, now_ms);
	*body = answer.body;
	return NULL;
}

bool
document_kept(struct documents *d, struct arena *mem, struct str url, int64_t keep_ms, int64_t now_ms, struct str *body)
{
	uint8_t key[DIGEST_SIZE];

	SHA256(key, url);
	return remembered(d, mem, key, now_ms - keep_ms, body);
}
