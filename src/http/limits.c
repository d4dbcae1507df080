/*
 * http/limits.c - how many connections there may be, in all and from one address; and who gives way
 * when there are too many.
 *
 * A full house must not shut out everybody for as long as some sit idle in it. So the newcomer
 * takes the place of an idle connection (H5): from the network that holds most, hence whoever opens
 * many only ever displaces himself.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "http/http_int.h"

#define LEAVING_MAX 48          /* told to give way and not yet gone: the library has room for some over the limit */
#define TRIES       16          /* looks at one that seemed idle, and whose next request is just arriving */
#define SLOW_US     INT64_C(1000000)
#define WAIT_MS     500

bool
limits_init(struct http_server *s)
{
	for (s->n_buckets = 64; s->n_buckets < (size_t)terms_now(s)->connections_max; s->n_buckets *= 2)
		;
	s->buckets = calloc(s->n_buckets, sizeof(struct address_count *));
	s->networks = calloc(s->n_buckets, sizeof(struct address_count *));
	return s->buckets != NULL && s->networks != NULL;
}

void
limits_free(struct http_server *s)
{
	free(s->buckets);
	free(s->networks);
}

/* --- counting --------------------------------------------------------------------------------- */

/* IPv4 as ::ffff:a.b.c.d, and ::1. */
static bool
is_v4_or_loopback(const struct address *a)
{
	static const uint8_t zeros[10];

	return memcmp(a->b, zeros, sizeof zeros) == 0;
}

/* An IPv6 client has a /64 to choose from, so that is what counts as its address. */
static struct address
limit_key(const struct address *a)
{
	struct address key = *a;

	if (!is_v4_or_loopback(a))
		memset(key.b + 8, 0, 8);
	return key;
}

/* What one party is likely to have: an IPv4 /24, an IPv6 /56 (RFC 6177). */
static struct address
network_key(const struct address *a)
{
	struct address key = *a;

	if (is_v4_or_loopback(a))
		key.b[15] = 0;
	else
		memset(key.b + 7, 0, 9);
	return key;
}

static struct address_count **
bucket_of(const struct http_server *s, struct address_count **table, const struct address *key)
{
	uint64_t h = 0;

	for (size_t i = 0; i < sizeof key->b; i++)
		h = (h ^ key->b[i]) * UINT64_C(0x100000001b3);
	return &table[(h ^ (h >> 32)) & (s->n_buckets - 1)];
}

/* One more of that key; NULL without memory. */
static struct address_count *
count_up(const struct http_server *s, struct address_count **table, const struct address *key)
{
	struct address_count **b = bucket_of(s, table, key), *c = *b;

	while (c != NULL && memcmp(&c->key, key, sizeof *key) != 0)
		c = c->next;
	if (c == NULL) {
		c = calloc(1, sizeof *c);
		if (c == NULL)
			return NULL;
		*c = (struct address_count){ *b, *key, 0 };
		*b = c;
	}
	c->n++;
	return c;
}

static void
count_down(const struct http_server *s, struct address_count **table, const struct address *key)
{
	struct address_count **at = bucket_of(s, table, key), *c;

	while ((c = *at) != NULL && memcmp(&c->key, key, sizeof *key) != 0)
		at = &c->next;
	if (c != NULL && --c->n == 0) {
		*at = c->next;
		free(c);
	}
}

/* --- who gives way ---------------------------------------------------------------------------- */

/* Of all that may go: from the largest network, the one idle longest. */
static bool
goes_before(const struct conn *a, const struct conn *b)
{
	int of_a = a->network ? a->network->n : 0, of_b = b->network ? b->network->n : 0;

	if (of_a != of_b)
		return of_a > of_b;
	return atomic_load_explicit(&a->since_us, memory_order_relaxed)
	    < atomic_load_explicit(&b->since_us, memory_order_relaxed);
}

/*
 * slow: those whose next header has begun and has not been whole for a while; else those that have
 * sent nothing of one.
 */
static struct conn *
first_to_go(struct http_server *s, bool slow, int64_t now)
{
	struct conn *best = NULL;

	for (struct conn *c = s->conns; c != NULL; c = c->next) {
		bool fits = slow ? c->begun_us != 0 && now - c->begun_us > SLOW_US : c->begun_us == 0;

		if (fits && !c->cut && atomic_load_explicit(&c->phase, memory_order_acquire) == CONN_IDLE
		    && (best == NULL || goes_before(c, best)))
			best = c;
	}
	return best;
}

/* A request that is just arriving is no idleness; it is noted as begun. */
static struct conn *
first_idle(struct http_server *s, int64_t now)
{
	struct conn *c;

	for (int i = 0; i < TRIES && (c = first_to_go(s, false, now)) != NULL; i++) {
		if (!conn_is_hearing(c))
			return c;
		c->seen = atomic_load(&c->requests);
		c->begun_us = now;
	}
	return NULL;
}

static bool
make_room(struct http_server *s)
{
	int64_t now = clock_mono_us();
	struct conn *c;

	if (s->leaving >= LEAVING_MAX)
		return false;
	c = first_idle(s, now);
	if (c == NULL)
		c = first_to_go(s, true, now);
	if (c == NULL)
		return false;
	c->cut = c->gave_way = true;
	s->leaving++;
	atomic_fetch_add(&s->gave_way, 1);
	shutdown(c->fd, SHUT_RDWR);             /* its I/O thread closes it */
	return true;
}

void
limits_wait(struct http_server *s)
{
	for (int i = 0; i < WAIT_MS; i++) {
		bool room;

		pthread_mutex_lock(&s->lock);
		room = s->leaving < LEAVING_MAX;
		pthread_mutex_unlock(&s->lock);
		if (room)
			return;
		usleep(1000);
	}
}

/* --- in and out ------------------------------------------------------------------------------- */

/* A proxy speaks for many: it has no limit of its own, and gives way last. */
static bool
is_counted(const struct conn *c)
{
	return !c->unix_peer && !c->proxied;
}

static bool
address_enter(struct http_server *s, struct conn *c, const char **why)
{
	struct address key = limit_key(&c->addr), network = network_key(&c->addr);
	struct address_count *n;

	if (!is_counted(c))
		return true;
	*why = "no file descriptor or memory left";
	n = count_up(s, s->buckets, &key);
	if (n == NULL)
		return false;
	if (n->n > terms_now(s)->connections_per_address) {
		atomic_fetch_add(&s->refused_address, 1);
		*why = "too many connections from one address";
	} else if ((c->network = count_up(s, s->networks, &network)) != NULL) {
		return true;
	}
	count_down(s, s->buckets, &key);
	return false;
}

static void
address_leave(struct http_server *s, struct conn *c)
{
	struct address key = limit_key(&c->addr), network = network_key(&c->addr);

	if (!is_counted(c))
		return;
	count_down(s, s->buckets, &key);
	count_down(s, s->networks, &network);
	c->network = NULL;
}

bool
limits_enter(struct http_server *s, struct conn *c, const char **why)
{
	if (!address_enter(s, c, why))
		return false;
	if (atomic_load(&s->connections) - s->leaving < terms_now(s)->connections_max || make_room(s))
		return true;
	address_leave(s, c);
	atomic_fetch_add(&s->refused_limit, 1);
	*why = "too many connections";
	return false;
}

void
limits_leave(struct http_server *s, struct conn *c)
{
	address_leave(s, c);
	s->leaving -= c->gave_way;
}
