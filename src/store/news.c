/* store/news.c - who is told that another process has changed something. */
#include <pthread.h>
#include "store/engine.h"

/* Of all stores; there is one. Held while news is called, so that it is not called any more once it was taken back. */
static pthread_mutex_t watching = PTHREAD_MUTEX_INITIALIZER;

void
store_watch(struct store *s, void (*news)(void *ctx), void *ctx)
{
	pthread_mutex_lock(&watching);
	s->news_ctx = ctx;
	s->news = news;
	pthread_mutex_unlock(&watching);
}

void
news_tell(struct store *s)
{
	pthread_mutex_lock(&watching);
	if (s->news != NULL)
		s->news(s->news_ctx);
	pthread_mutex_unlock(&watching);
}
