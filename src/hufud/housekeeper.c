/*
 * hufud/housekeeper.c - what must happen without being asked: expired rows go, keys take turns, the
 * book of weak habits is written, clients hear of sessions that have ended.
 */
#include "hufud/daemon_int.h"
#include "manage/lapse.h"

#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#define TICK_S 1
#define KEYS_EVERY_MS 60000
#define HABITS_EVERY_MS 60000
#define LEASES_EVERY_MS 60000
#define CLIENTS_EVERY_US INT64_C(3000000)
#define NEWS_EVERY_US INT64_C(100000)           /* what another node has done is in force within a second */
#define SLICE_PAUSE_US 2000                     /* between two slices, so that requests get the writer in turn */
#define SCRATCH_MAX (8u * 1024 * 1024)

struct housekeeper {
	struct daemon  *d;
	pthread_t       thread;
	pthread_mutex_t lock;
	pthread_cond_t  stop;
	bool            stopping, woken;
	uint64_t        keys_epoch;     /* as of the last look at the keys */
	struct clock_due sweep_due, keys_due, habits_due, leases_due;
	int64_t clients_due_us;         /* clock_mono_us from which another may be made */
	_Atomic int64_t beat_us;        /* clock_mono_us at its last step */
};

/* It goes on; asked between any two steps, so that a long row of them is no silence. */
static void
beat(struct housekeeper *h)
{
	atomic_store_explicit(&h->beat_us, clock_mono_us(), memory_order_relaxed);
}

int64_t
housekeeper_beat_us(const struct housekeeper *h)
{
	return atomic_load_explicit(&h->beat_us, memory_order_relaxed);
}

static bool
is_stopping(struct housekeeper *h)
{
	bool yes;

	beat(h);
	pthread_mutex_lock(&h->lock);
	yes = h->stopping;
	pthread_mutex_unlock(&h->lock);
	return yes;
}

/* One line for all slices of a run. */
static void
swept_record(const int64_t gone[STORE_KINDS])
{
	static const char *const names[STORE_KINDS] = {
#define X(word) [STORE_KIND_##word] = #word,
		STORE_EXPIRING(X)
#undef X
	};
	int64_t all = 0;
	struct record r;

	for (int i = 0; i < STORE_KINDS; i++)
		all += gone[i];
	if (all == 0)
		return;
	record_begin(&r, EV_store_swept);
	for (int i = 0; i < STORE_KINDS; i++)
		if (gone[i] > 0)
			record_int(&r, names[i], gone[i]);
	record_end(&r);
}

static void
sweep(struct housekeeper *h, int rows)
{
	int64_t gone[STORE_KINDS] = { 0 };

	while (!is_stopping(h) && store_sweep(h->d->store, clock_now_s(), rows, gone) >= rows)
		usleep(SLICE_PAUSE_US);
	swept_record(gone);
}

static bool
same_token_keys(const struct keyring *a, const struct keyring *b)
{
	bool same = a->n_token_keys == b->n_token_keys;

	for (size_t i = 0; same && i < a->n_token_keys; i++)
		same = memcmp(a->token_keys[i].secret, b->token_keys[i].secret, sizeof a->token_keys[i].secret) == 0
		    && a->token_keys[i].revoked == b->token_keys[i].revoked;
	return same;
}

static bool
same_rings(const struct keyring *a, const struct keyring *b)
{
	if (a->n != b->n || !same_token_keys(a, b))
		return false;
	for (size_t i = 0; i < a->n; i++) {
		size_t j = 0;

		while (j < b->n && strcmp(a->keys[i]->kid, b->keys[j]->kid) != 0)
			j++;
		if (j == b->n || a->keys[i]->state != b->keys[j]->state)
			return false;
	}
	return true;
}

/* Whether a key of this issuer came, went or changed its state; keys_load itself makes the step that is due. */
static bool
keys_changed(struct daemon *d, const struct mount *t, struct arena *mem)
{
	struct key_rules rules;
	struct str why = STR_ABSENT;
	struct keyring *ring;
	bool changed;

	pthread_mutex_lock(&d->change);
	rules = setup_key_rules(d->conf, t->issuer->policy, t->issuer->realm);
	pthread_mutex_unlock(&d->change);
	ring = keys_load(d->store, d->kek, t->issuer->name, &rules, clock_now_s(), mem, &why);
	if (ring == NULL) {
		log_error("%.*s", STR_ARG(why));
		return false;
	}
	changed = !same_rings(ring, t->issuer->keys);
	keyring_free(ring);
	return changed;
}

static void
keys_tend(struct housekeeper *h)
{
	struct daemon *d = h->d;
	struct snapshot *s = daemon_hold(d);
	struct arena mem;
	struct str why = STR_ABSENT;
	bool changed = false;

	arena_init(&mem, SCRATCH_MAX);
	for (const struct mount *const *t = s->mounts; *t != NULL; t++) {
		beat(h);
		changed |= keys_changed(d, *t, &mem);
	}
	snapshot_drop(s);
	if (changed && daemon_refresh(d, &mem, &why))
		log_info("signing keys have changed their state; new ones are published");
	else if (changed)
		log_lines(LOG_ERROR, "new signing keys are not in force: ", why);
	arena_free(&mem);
}

/* --- clients that registered themselves -------------------------------------------------------- */

static struct str
elsewhere(void *ctx, struct arena *mem, struct str realm)
{
	return daemon_issuers_but(ctx, mem, realm);
}

static void
leases_tend(struct housekeeper *h)
{
	const struct lapse l = { elsewhere, h->d };

	while (!is_stopping(h) && registrations_lapse(h->d->store, &l, clock_now_s()) == LAPSE_MAX)
		usleep(SLICE_PAUSE_US);
}

/*
 * Whoever has registered since the snapshot works by a read of the store each time (oauth/stands.c);
 * a new snapshot spares that. Made when clients change by themselves, and then not so often that
 * making it would be all there is to do.
 */
static bool
snapshot_is_behind(struct daemon *d)
{
	struct snapshot *s = daemon_hold(d);
	uint64_t epoch = store_clients_epoch(d->store);
	bool behind = false;

	/* one that others write to: by the control socket of another node, perhaps */
	for (const struct mount *const *t = s->mounts; *t != NULL; t++)
		behind |= (store_has_others(d->store) || issuer_registers((*t)->issuer))
		    && realm_epoch((*t)->issuer->realm) != epoch;
	snapshot_drop(s);
	return behind;
}

static void
clients_tend(struct housekeeper *h)
{
	int64_t begun_us = clock_mono_us();
	struct arena mem;
	struct str why = STR_ABSENT;

	if (begun_us < h->clients_due_us || !snapshot_is_behind(h->d))
		return;
	arena_init(&mem, SCRATCH_MAX);
	if (!daemon_refresh(h->d, &mem, &why))
		log_lines(LOG_ERROR, "clients that registered themselves are not in the snapshot: ", why);
	h->clients_due_us = clock_mono_us() + (store_has_others(h->d->store) ? 2 : 20) * (clock_mono_us() - begun_us)
	    + (store_has_others(h->d->store) ? NEWS_EVERY_US : CLIENTS_EVERY_US);
	arena_free(&mem);
}

static void
tick(struct housekeeper *h)
{
	const struct conf *c = h->d->boot;

	beat(h);
	trail_tick(h->d->trail);
	senders_look(h->d);
	if (clock_is_due(&h->sweep_due, conf_int(c, SEC_TOP, STR_ABSENT, "store.sweep_interval") * 1000))
		sweep(h, (int)conf_int(c, SEC_TOP, STR_ABSENT, "store.sweep_rows"));
	if (habit_book_rows(h->d->habits) > HABIT_BOOK_MAX / 2
	    || habit_book_rows(h->d->credentials) > HABIT_BOOK_MAX / 2)
		h->habits_due = (struct clock_due){ 0 };
	if (clock_is_due(&h->habits_due, HABITS_EVERY_MS)) {
		/* a store in trouble says so itself; the books are kept for the next time */
		habit_book_write(h->d->habits, h->d->store);
		habit_book_write(h->d->credentials, h->d->store);
	}
	if (clock_is_due(&h->keys_due, KEYS_EVERY_MS) || store_keys_epoch(h->d->store) != h->keys_epoch) {
		h->keys_epoch = store_keys_epoch(h->d->store);
		keys_tend(h);
	}
	if (clock_is_due(&h->leases_due, LEASES_EVERY_MS))
		leases_tend(h);
	clients_tend(h);
}

static void *
run(void *ctx)
{
	struct housekeeper *h = ctx;

	pthread_mutex_lock(&h->lock);
	while (!h->stopping) {
		struct timespec until;

		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += TICK_S;
		if (!h->woken)
			pthread_cond_timedwait(&h->stop, &h->lock, &until);
		h->woken = false;
		if (h->stopping)
			break;
		pthread_mutex_unlock(&h->lock);
		tick(h);
		pthread_mutex_lock(&h->lock);
	}
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

/* Another process has changed something: look now. Any thread. */
static void
news(void *ctx)
{
	struct housekeeper *h = ctx;

	pthread_mutex_lock(&h->lock);
	h->woken = true;
	pthread_cond_signal(&h->stop);
	pthread_mutex_unlock(&h->lock);
}

struct housekeeper *
housekeeper_start(struct daemon *d, struct str *why)
{
	struct housekeeper *h = calloc(1, sizeof *h);
	pthread_condattr_t attr;

	*why = SAY("memory is exhausted");
	if (h == NULL)
		return NULL;
	h->d = d;
	beat(h);
	h->keys_epoch = store_keys_epoch(d->store);
	clock_due_begin(&h->keys_due);
	clock_due_begin(&h->habits_due);
	pthread_mutex_init(&h->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&h->stop, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&h->thread, NULL, run, h) == 0) {
		store_watch(d->store, news, h);
		return h;
	}
	*why = SAY("the housekeeping thread cannot be started");
	free(h);
	return NULL;
}

void
housekeeper_stop(struct housekeeper *h)
{
	if (h == NULL)
		return;
	store_watch(h->d->store, NULL, NULL);
	pthread_mutex_lock(&h->lock);
	h->stopping = true;
	pthread_cond_signal(&h->stop);
	pthread_mutex_unlock(&h->lock);
	pthread_join(h->thread, NULL);
	pthread_cond_destroy(&h->stop);
	pthread_mutex_destroy(&h->lock);
	free(h);
}
