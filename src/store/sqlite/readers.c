/* store/sqlite/readers.c - connections to read with: taken, returned, and kept at the newest commit. */
#include "store/sqlite/sqlite_int.h"

static void
let_go(struct sqlite_conn *c)
{
	if (c->open)
		sqlite_say(&c->conn, VERB_COMMIT);
	c->open = false;
}

/* Another process may have committed just now, and this one is not told. */
static bool
is_behind(struct sqlite_store *s, const struct sqlite_conn *c)
{
	return c->open
	    && (c->seen != atomic_load_explicit(&s->door.commits, memory_order_acquire) || atomic_load(&s->door.beside));
}

void
reader_return(struct store *door, struct conn *conn)
{
	struct sqlite_store *s = sqlite_of(door);
	struct sqlite_conn *c = conn_of(conn);

	if (is_behind(s, c))
		let_go(c);
	pthread_mutex_lock(&s->lock);
	/* again: whoever waits for the log has asked the idle ones just before */
	if (is_behind(s, c))
		let_go(c);
	c->next = s->idle;
	s->idle = c;
	pthread_mutex_unlock(&s->lock);
	pthread_cond_signal(&s->returned);
}

void
readers_let_go(struct sqlite_store *s)
{
	pthread_mutex_lock(&s->lock);
	for (struct sqlite_conn *c = s->idle; c != NULL; c = c->next)
		let_go(c);
	pthread_mutex_unlock(&s->lock);
}

/*
 * A transaction per read costs two file locks. As long as only this process writes, a reader whose
 * transaction began after the newest commit may go on with it. The counter is read before the
 * transaction begins: it can only be older than what is seen.
 */
static void
see_newest(struct sqlite_store *s, struct sqlite_conn *c)
{
	uint64_t now = atomic_load_explicit(&s->door.commits, memory_order_acquire);

	if (s->door.queue == NULL || (c->open && !is_behind(s, c)))
		return;
	let_go(c);
	c->seen = now;
	c->open = sqlite_say(&c->conn, VERB_BEGIN_READ);
}

struct conn *
reader_take(struct store *door)
{
	struct sqlite_store *s = sqlite_of(door);
	struct sqlite_conn *c;

	pthread_mutex_lock(&s->lock);
	while (s->idle == NULL)
		pthread_cond_wait(&s->returned, &s->lock);
	c = s->idle;
	s->idle = c->next;
	pthread_mutex_unlock(&s->lock);
	see_newest(s, c);
	return &c->conn;
}
