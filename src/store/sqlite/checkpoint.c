/*
 * store/sqlite/checkpoint.c - brings the log into the data file beside the writer, so that
 * commits do not stand still meanwhile.
 */
#include <signal.h>
#include <time.h>
#include <unistd.h>
#include "store/sqlite/sqlite_int.h"

/*
 * While the data file is synced the sync of the log has to wait, on many disks for every page
 * written before it. So a thread with a connection of its own brings the log in slice by slice
 * while commits go on, each small enough to be synced between two of them. At 16 MB the writer
 * brings in what came beside the last slice itself, between two batches, and with nothing left in
 * it the log begins anew.
 */
#define WAL_SLICE      500      /* pages, 2 MB */
#define WAL_PAGES      4000     /* bounds the log, and the recovery at start after a crash */
#define WAL_PAGES_MORE 1000     /* before the next try when a reader kept the log from beginning anew */
#define WAL_PAGES_HIGH 6000
#define WAIT_S         5
#define TURN_US        1000     /* between two batches while another process writes too */
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
	/* of two processes none waits for the readers of the other: soon there is one */
	if (s->wal_pages < WAL_PAGES_HIGH || atomic_load(&s->door.beside) || checkpoint(s, &s->writer, SQLITE_CHECKPOINT_RESTART)
	    || !log_is_due(&told, 60))
		return;
	log_warn("store: the write-ahead log of %s is %d pages long and cannot begin anew: another program "
		 "reads the store, or the disk is slow; "
		 "commits wait for it now and then",
	    s->file, s->wal_pages);
}

/*
 * SQLite syncs the data file only when nothing is left in the log: without a sync of its own the
 * writer would wait for all slices at once. False: it failed, which a file tells once to each who
 * has opened it.
 */
static bool
slice(struct sqlite_store *s)
{
	sqlite3 *db = s->checkpointer.conn.db;
	sqlite3_file *data = NULL;

	if (!checkpoint(s, &s->checkpointer.conn, SQLITE_CHECKPOINT_PASSIVE)
	    && sqlite3_extended_errcode(db) == SQLITE_IOERR_FSYNC)
		return false;
	return sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &data) == SQLITE_OK
	    && data->pMethods->xSync(data, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY) == SQLITE_OK;
}

static void *
helper(void *p)
{
	struct sqlite_store *s = p;
	struct checkpointer *k = &s->checkpointer;
	bool ok;

	pthread_mutex_lock(&k->lock);
	while (k->state != CHECKPOINT_END) {
		if (k->state != CHECKPOINT_ASKED) {
			pthread_cond_wait(&k->asked, &k->lock);
			continue;
		}
		k->busy = true;
		pthread_mutex_unlock(&k->lock);
		ok = slice(s);
		pthread_mutex_lock(&k->lock);
		k->busy = false;
		pthread_cond_signal(&k->done);
		if (!ok)                        /* the writer goes on alone, and hears of it from its own sync */
			break;
		if (k->state == CHECKPOINT_ASKED)
			k->state = CHECKPOINT_IDLE;
	}
	pthread_mutex_unlock(&k->lock);
	return NULL;
}

/* False: it is still at the slice before. */
static bool
thread_asked(struct checkpointer *k, bool ask)
{
	bool idle;

	pthread_mutex_lock(&k->lock);
	idle = k->state == CHECKPOINT_IDLE;
	if (idle && ask)
		k->state = CHECKPOINT_ASKED;
	pthread_mutex_unlock(&k->lock);
	if (idle && ask)
		pthread_cond_signal(&k->asked);
	return idle;
}

/* The queue's thread calls this after every batch, when its callers have been woken. */
void
checkpoint_rest(void *store)
{
	struct sqlite_store *s = store;
	struct checkpointer *k = &s->checkpointer;
	bool anew = s->wal_pages < k->seen, idle;

	if (atomic_load(&s->door.beside))
		usleep(TURN_US);                /* the other process has its turn */
	if (anew)
		k->due = WAL_SLICE;
	k->last = k->last && !anew;
	k->seen = s->wal_pages;
	if (s->wal_pages < k->due)
		return;
	idle = thread_asked(k, !k->last);
	if (idle && !k->last) {
		k->last = s->wal_pages >= WAL_PAGES;
		k->due = s->wal_pages + (k->last ? 0 : WAL_SLICE);
	} else if (idle || s->wal_pages >= WAL_PAGES_MAX) {
		checkpoint_here(s);
		k->last = false;
		k->due = s->wal_pages + WAL_PAGES_MORE;
	}
}

bool
checkpoint_start(struct sqlite_store *s)
{
	struct checkpointer *k = &s->checkpointer;
	sigset_t all, before;

	pthread_mutex_init(&k->lock, NULL);
	pthread_cond_init(&k->asked, NULL);
	pthread_cond_init(&k->done, NULL);
	k->due = WAL_SLICE;
	if (!conn_open(&k->conn, s, SQLITE_OPEN_READWRITE,
		"PRAGMA synchronous=FULL; PRAGMA cache_size=-64; PRAGMA wal_autocheckpoint=0;"))
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
