/* hufud/upgrade_order.c - an order to upgrade waits on its thread until the main thread has carried it out. */
#include "hufud/upgrade_int.h"

#include <signal.h>
#include <unistd.h>

bool
daemon_upgrade(void *ctx, struct arena *mem, const struct upgrade_order *o, struct upgraded *out, struct str *why)
{
	struct daemon *d = ctx;
	struct upgrade *u = &d->upgrade;
	bool ok;

	pthread_mutex_lock(&u->lock);
	if (u->asked || u->left || atomic_load(&d->stopping)) {
		pthread_mutex_unlock(&u->lock);
		*why = SAY("this process has handed over, or stops, already");
		return false;
	}
	u->order = *o;
	u->asked = true;
	u->done = false;
	kill(getpid(), SIGUSR2);
	while (!u->done)
		pthread_cond_wait(&u->changed, &u->lock);
	ok = u->left;
	*out = (struct upgraded){ .pid = u->pid, .took_ms = u->took_ms };
	*why = arena_dup(mem, str_of(u->why));
	u->asked = false;
	pthread_mutex_unlock(&u->lock);
	return ok;
}

void
upgrade_take(struct daemon *d, struct arena *mem, struct upgrade_order *out)
{
	struct upgrade *u = &d->upgrade;

	*out = (struct upgrade_order){ .binary = STR_ABSENT };
	pthread_mutex_lock(&u->lock);
	if (u->asked)
		*out = (struct upgrade_order){ arena_dup(mem, u->order.binary), u->order.within_s };
	pthread_mutex_unlock(&u->lock);
}

void
upgrade_answer(struct daemon *d, bool left, int64_t pid, int64_t took_ms, struct str why)
{
	struct upgrade *u = &d->upgrade;

	pthread_mutex_lock(&u->lock);
	u->left = left;
	u->pid = pid;
	u->took_ms = took_ms;
	snprintf(u->why, sizeof u->why, "%.*s", STR_ARG(str_given(why) ? why : S("")));
	u->done = true;
	pthread_cond_broadcast(&u->changed);
	pthread_mutex_unlock(&u->lock);
}

void
upgrade_taken_back(struct daemon *d)
{
	pthread_mutex_lock(&d->upgrade.lock);
	d->upgrade.left = false;
	pthread_mutex_unlock(&d->upgrade.lock);
}

void
upgrade_refuse(struct daemon *d)
{
	struct upgrade *u = &d->upgrade;

	pthread_mutex_lock(&u->lock);
	if (u->asked && !u->done)
		snprintf(u->why, sizeof u->why, "%s", say("a signal stops this one meanwhile"));
	u->done = true;
	pthread_cond_broadcast(&u->changed);
	pthread_mutex_unlock(&u->lock);
}
