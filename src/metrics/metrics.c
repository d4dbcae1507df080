/* metrics/metrics.c - counting: per-thread blocks, relaxed atomics, no lock once a label combination is known. */
#include "metrics/metrics_int.h"

static const char other[] = "other";
const int64_t metrics_bounds_us[METRICS_BUCKETS - 1] = {
	250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 5000000,
};

static uint64_t
hash_bytes(const char *p, size_t n)
{
	uint64_t h = UINT64_C(1469598103934665603);

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)p[i]) * UINT64_C(1099511628211);
	return h ^ h >> 29;
}

/* --- labels ----------------------------------------------------------------------------------- */

/* Where z is or would be: a free slot tells that it is not known. */
static _Atomic(char *) *
name_slot(struct metrics *m, const char *z, const char **found)
{
	size_t at = hash_bytes(z, strlen(z)) % COUNT(m->names);

	for (;; at = (at + 1) % COUNT(m->names)) {
		char *name = atomic_load_explicit(&m->names[at], memory_order_acquire);

		*found = name;
		if (name == NULL || strcmp(name, z) == 0)
			return &m->names[at];
	}
}

static const char *
name_add(struct metrics *m, const char *z)
{
	const char *name;
	_Atomic(char *) *slot;

	pthread_mutex_lock(&m->lock);
	slot = name_slot(m, z, &name);
	if (name == NULL && m->n_names < METRICS_NAMES) {
		char *copy = strdup(z);

		if (copy != NULL) {
			atomic_store_explicit(slot, copy, memory_order_release);
			m->n_names++;
			name = copy;
		}
	}
	pthread_mutex_unlock(&m->lock);
	return name ? name : other;
}

static const char *
name_of(struct metrics *m, const char *z)
{
	const char *name;

	if (z == NULL)
		z = "none";
	name_slot(m, z, &name);
	return name ? name : name_add(m, z);
}

/* --- blocks ----------------------------------------------------------------------------------- */

static struct metrics_block *
block_of_thread(struct metrics *m)
{
	struct metrics_block *b;
	pthread_t me = pthread_self();

	pthread_mutex_lock(&m->lock);
	for (b = atomic_load(&m->blocks); b != NULL && !pthread_equal(b->owner, me); b = b->next)
		;
	if (b == NULL && (b = calloc(1, sizeof *b)) != NULL) {
		b->owner = me;
		b->next = atomic_load(&m->blocks);
		atomic_store_explicit(&m->blocks, b, memory_order_release);
	}
	pthread_mutex_unlock(&m->lock);
	return b;
}

static struct metrics_block *
block_get(struct metrics *m)
{
	static _Thread_local struct { uint64_t id; struct metrics_block *block; } mine;

	if (mine.id != m->id) {
		mine.block = block_of_thread(m);
		mine.id = m->id;
	}
	return mine.block;
}

static void
bump(_Atomic uint64_t *counter, uint64_t by)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + by, memory_order_release);
}

static bool
same_key(const struct series_key *a, const struct series_key *b)
{
	return a->issuer == b->issuer && a->endpoint == b->endpoint && a->grant == b->grant
	    && a->status == b->status && a->why == b->why;
}

static void
series_count(struct metrics_block *b, const struct series_key *key)
{
	uintptr_t mix = (uintptr_t)key->issuer * 31 ^ (uintptr_t)key->endpoint * 17 ^ (uintptr_t)key->grant
	    ^ (uintptr_t)(key->why * 7919 + key->status) << 4;
	size_t at = (mix >> 4) % METRICS_SERIES;

	for (int tries = 0; tries < 64; tries++, at = (at + 1) % METRICS_SERIES) {
		struct series *s = &b->series[at];
		bool is_free = atomic_load_explicit(&s->count, memory_order_relaxed) == 0;

		if (is_free)
			s->key = *key;          /* seen by readers only once count is not 0 */
		if (is_free || same_key(&s->key, key)) {
			bump(&s->count, 1);
			return;
		}
	}
	bump(&b->spilled, 1);
}

static void
duration_count(struct metrics_block *b, const char *endpoint, int64_t dur_us)
{
	int bucket = 0;

	while (bucket < METRICS_BUCKETS - 1 && dur_us > metrics_bounds_us[bucket])
		bucket++;
	for (struct histogram *h = b->duration; h < b->duration + METRICS_ENDPOINTS; h++) {
		const char *name = atomic_load_explicit(&h->endpoint, memory_order_relaxed);

		if (name == NULL)
			atomic_store_explicit(&h->endpoint, endpoint, memory_order_release);
		if (name == NULL || name == endpoint) {
			bump(&h->sum_us, dur_us > 0 ? (uint64_t)dur_us : 0);
			bump(&h->bucket[bucket], 1);
			return;
		}
	}
}

/* --- the room's doors ------------------------------------------------------------------------- */

struct metrics *
metrics_new(void)
{
	static _Atomic uint64_t last_id;
	struct metrics *m = calloc(1, sizeof *m);

	if (m == NULL)
		return NULL;
	m->id = atomic_fetch_add(&last_id, 1) + 1;
	pthread_mutex_init(&m->lock, NULL);
	return m;
}

void
metrics_free(struct metrics *m)
{
	struct metrics_block *b, *next;

	if (m == NULL)
		return;
	for (b = atomic_load(&m->blocks); b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	for (size_t i = 0; i < COUNT(m->names); i++)
		free(atomic_load(&m->names[i]));
	for (size_t i = 0; i < COUNT(m->clients); i++)
		free(atomic_load(&m->clients[i].name));
	pthread_mutex_destroy(&m->lock);
	free(m);
}

void
metrics_request(struct metrics *m, const char *issuer, const char *endpoint, const char *grant, int status,
    enum reason why, int64_t dur_us)
{
	struct metrics_block *b = block_get(m);
	struct series_key key = { name_of(m, issuer), name_of(m, endpoint), name_of(m, grant), status, why };

	if (b == NULL)
		return;
	series_count(b, &key);
	duration_count(b, key.endpoint, dur_us);
}

void
metrics_refused(struct metrics *m, const char *why, int status)
{
	const char *name = name_of(m, why);
	struct refusal *at = m->refusals;

	pthread_mutex_lock(&m->lock);           /* rare, and not on the way of a request that is served */
	while (at < m->refusals + METRICS_REFUSALS && atomic_load(&at->why) != NULL
	    && (atomic_load(&at->why) != name || atomic_load(&at->status) != status))
		at++;
	atomic_store(&at->why, at == m->refusals + METRICS_REFUSALS ? other : name);
	atomic_store(&at->status, at == m->refusals + METRICS_REFUSALS ? 0 : status);
	bump(&at->count, 1);
	pthread_mutex_unlock(&m->lock);
}

static bool
is_pair(const char *name, struct str issuer, struct str id)
{
	size_t n = strlen(name);

	return str_eq(issuer, str_span(name, n)) && str_is(id, name + n + 1);
}

/* Where the pair is or would be: a free one tells that it is not known. Never more than half are taken. */
static struct habit_count *
client_find(struct metrics *m, struct str issuer, struct str id)
{
	size_t at = (hash_bytes(issuer.p, issuer.n) * 31 + hash_bytes(id.p, id.n)) % (2 * METRICS_CLIENTS);

	for (;; at = (at + 1) % (2 * METRICS_CLIENTS)) {
		const char *name = atomic_load_explicit(&m->clients[at].name, memory_order_acquire);

		if (name == NULL || is_pair(name, issuer, id))
			return &m->clients[at];
	}
}

static struct habit_count *
client_add(struct metrics *m, struct str issuer, struct str id)
{
	struct habit_count *c;
	char *name;

	pthread_mutex_lock(&m->lock);
	c = client_find(m, issuer, id);
	if (atomic_load(&c->name) == NULL) {
		name = m->n_clients < METRICS_CLIENTS ? calloc(1, issuer.n + id.n + 2) : NULL;
		if (name != NULL) {
			memcpy(name, issuer.p, issuer.n);
			memcpy(name + issuer.n + 1, id.p, id.n);
			atomic_store_explicit(&c->name, name, memory_order_release);
			m->n_clients++;
		} else
			c = &m->clients[2 * METRICS_CLIENTS];
	}
	pthread_mutex_unlock(&m->lock);
	return c;
}

void
metrics_habit(struct metrics *m, struct str issuer, struct str client_id, enum habit h)
{
	struct habit_count *c = client_find(m, issuer, client_id);

	if (atomic_load_explicit(&c->name, memory_order_acquire) == NULL)
		c = client_add(m, issuer, client_id);
	atomic_fetch_add_explicit(&c->used[h], 1, memory_order_relaxed);
}
