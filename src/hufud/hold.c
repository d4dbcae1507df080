/* hufud/hold.c - the snapshot that a request begins with. */
#include "hufud/daemon_int.h"

struct snapshot *
daemon_hold(struct daemon *d)
{
	struct snapshot *s;

	pthread_mutex_lock(&d->swap);
	s = snapshot_hold(d->current);
	pthread_mutex_unlock(&d->swap);
	return s;
}

struct snapshot *
daemon_hold_for(struct daemon *d, struct str listener)
{
	struct snapshot *s;

	pthread_mutex_lock(&d->swap);
	s = d->current;
	if (d->former != NULL && snapshot_listener(s, listener) < 0)
		s = d->former;
	snapshot_hold(s);
	pthread_mutex_unlock(&d->swap);
	return s;
}
