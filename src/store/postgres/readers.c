/* store/postgres/readers.c - connections to read with: taken and returned, the one used last first. */
#include "store/postgres/postgres_int.h"

struct conn *
pg_reader_take(struct store *door)
{
	struct pg_store *s = store_of(door);
	struct pg_conn *c;

	pthread_mutex_lock(&s->lock);
	while (s->idle == NULL)
		pthread_cond_wait(&s->returned, &s->lock);
	c = s->idle;
	s->idle = c->next;
	pthread_mutex_unlock(&s->lock);
	return &c->conn;
}

void
pg_reader_return(struct store *door, struct conn *conn)
{
	struct pg_store *s = store_of(door);
	struct pg_conn *c = conn_of(conn);

	pthread_mutex_lock(&s->lock);
	c->next = s->idle;
	s->idle = c;
	pthread_mutex_unlock(&s->lock);
	pthread_cond_signal(&s->returned);
}
