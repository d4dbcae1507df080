/*
 * store/sqlite/checkpoint.c - brings the log into the data file beside the writer, so that
 * commits do not stand still meanwhile.
 */
#include <signal.h>
#include <time.h>
#include "store/sqlite/sqlite_int.h"

/*
 * A checkpoint of 16 MB takes tens of milliseconds, so a thread with a connection of its own
 * makes it while commits go on. What they appended in that time is little; the writer brings that
 * in itself, between two batches, and with nothing left in it the log begins anew.
 */
#define WAL_PAGES      4000     /* 16 MB: bounds the log, and the recovery at start after a crash */
#define WAL_PAGES_MORE 1000     /* before the next try when a reader kept the log from beginning anew */
#define WAL_PAGES_HIGH 6000
#define WAIT_S         5
#define WAL_PAGES_MAX  8000     /* 32 MB: here the thread is too slow, and the writer makes the checkpoint itself while its callers wait */

/* False: something still keeps the log from beginning anew. */
static bool
checkpoint(struct sqlite_store *s, struct sqlite_conn *c, int mode)
{
	int rc;

	readers_let_go(s);
	rc = sqlite3_wal_checkpoint_v2(c->db, NULL, mode, NULL, NULL);
	/*
	 * Who still looks into the log keeps it from beginning anew: idle readers let go now, the
	 * others at their next read.
	 */
	atomic_fetch_add_explicit(&s->door.commits, 1, memory_order_release);
	readers_let_go(s);
	return rc == SQLITE_OK;
}

/* Two checkpoints at once cannot be: let the thread finish, at most for WAIT_S. */
static void
thread_wait(struct checkpointer *k)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_S;
	pthread_mutex_lock(&k->lock);
	while (k->busy && pthread_cond_timedwait(&k->done, &k->lock, &until) == 0)
		;
	pthread_mutex_unlock(&k->lock);
}

/*
 * Passive waits for nobody. When readers, or a checkpoint that does not end, have kept the log
 * from beginning anew for too long, wait for them once, for the time that SQLite waits for a
 * lock: after the passive round everything is in the data file, so that whoever reads again looks
 * there and not into the log.
 */
static void
checkpoint_here(struct sqlite_store *s)
{
	static _Atomic int64_t told;

	if (s->wal_pages >= WAL_PAGES_MAX)
		thread_wait(&s->checkpointer);
	checkpoint(s, &s->writer, SQLITE_CHECKPOINT_PASSIVE);
	if (s->wal_pages < WAL_PAGES_HIGH || checkpoint(s, &s->writer, SQLITE_CHECKPOINT_RESTART) || !log_is_due(&told, 60))
		return;
	log_warn("store: the write-ahead log of %s is %d pages long and cannot begin anew: another program reads the store, or the disk is slow; "
	    "commits wait for it now and then", s->file, s->wal_pages);
}

static void *
helper(void *p)
{
	struct sqlite_store *s = p;
	struct checkpointer *k = &s->checkpointer;

	pthread_mutex_lock(&k->lock);
	while (k->state != CHECKPOINT_END) {
		if (k->state != CHECKPOINT_ASKED) {
			pthread_cond_wait(&k->asked, &k->lock);
			continue;
		}
		k->busy = true;
		pthread_mutex_unlock(&k->lock);
		checkpoint(s, &k->conn, SQLITE_CHECKPOINT_PASSIVE);
		pthread_mutex_lock(&k->lock);
		k->busy = false;
		pthread_cond_signal(&k->done);
		if (k->state == CHECKPOINT_ASKED)
			k->state = CHECKPOINT_MADE;
	}
	pthread_mutex_unlock(&k->lock);
	return NULL;
}

/* The queue's thread calls this after every batch, when its callers have been woken. */
void
checkpoint_rest(void *store)
{
	struct sqlite_store *s = store;
	struct checkpointer *k = &s->checkpointer;
	bool tail, ask;

	if (s->wal_pages < WAL_PAGES)
		k->due = WAL_PAGES;
	if (s->wal_pages < k->due)
		return;
	pthread_mutex_lock(&k->lock);
	tail = k->state == CHECKPOINT_MADE;
	ask = k->state == CHECKPOINT_IDLE;
	if (tail)
		k->state = CHECKPOINT_IDLE;
	else if (ask)
		k->state = CHECKPOINT_ASKED;
	pthread_mutex_unlock(&k->lock);
	if (ask)
		pthread_cond_signal(&k->asked);
	if (!tail && s->wal_pages < WAL_PAGES_MAX)
		return;
	checkpoint_here(s);
	k->due = s->wal_pages + WAL_PAGES_MORE;
}

bool
checkpoint_start(struct sqlite_store *s)
{
	struct checkpointer *k = &s->checkpointer;
	sigset_t all, before;

	pthread_mutex_init(&k->lock, NULL);
	pthread_cond_init(&k->asked, NULL);
	pthread_cond_init(&k->done, NULL);
	k->due = WAL_PAGES;
	if (!conn_open(&k->conn, s, SQLITE_OPEN_READWRITE, "PRAGMA synchronous=FULL; PRAGMA cache_size=-64; PRAGMA wal_autocheckpoint=0;"))
		return false;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	k->started = pthread_create(&k->thread, NULL, helper, s) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return k->started;
}

void
checkpoint_stop(struct sqlite_store *s)
{
	struct checkpointer *k = &s->checkpointer;

	if (k->started) {
		pthread_mutex_lock(&k->lock);
		k->state = CHECKPOINT_END;
		pthread_mutex_unlock(&k->lock);
		pthread_cond_signal(&k->asked);
		pthread_join(k->thread, NULL);
	}
	conn_close(&k->conn);
}
