/* login/guess.c - counters of wrong client secrets in a table of fixed size. */
#include "login/passed.h"
#include "login/throttle_int.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>

#define WAYS      8             /* places a key may stand in */
#define LOCKS     64
#define MINUTE_MS INT64_C(60000)

struct counter {
	uint64_t key;                           /* 0: free */
	int64_t  touched_ms, first_ms, until_ms;
	int32_t  in_minute;                     /* since first_ms */
	int32_t  failures;                      /* in a row: what the growing wait follows */
};
struct proven { uint64_t key, turn; };
/* Logins of an address: a bit for each in a minute, by the account. */
#define LOGIN_WORDS 16
struct logins { uint64_t key, bits[2][LOGIN_WORDS]; int64_t minute; };
struct guess_book {
	uint8_t         key[crypto_shorthash_KEYBYTES];
	size_t          mask;                   /* sets - 1 */
	struct counter *counters;               /* [set][way] */
	struct proven  *proven;
	struct logins  *logins;                 /* [login_sets][way] */
	size_t          login_mask;
	_Atomic uint64_t turns;                 /* order of proofs */
	pthread_mutex_t locks[LOCKS];
};

struct guess_book *
guess_book_new(size_t counters)
{
	struct guess_book *b = sodium_init() < 0 ? NULL : calloc(1, sizeof *b);
	size_t sets = LOCKS;

	if (b == NULL)
		return NULL;
	while (sets * WAYS < counters)
		sets *= 2;
	b->mask = sets - 1;
	b->counters = calloc(sets * WAYS, sizeof *b->counters);
	b->proven = calloc(sets * WAYS, sizeof *b->proven);
	b->login_mask = (sets >= 16 * LOCKS ? sets / 16 : LOCKS) - 1;
	b->logins = calloc((b->login_mask + 1) * WAYS, sizeof *b->logins);
	for (size_t i = 0; i < LOCKS; i++)
		pthread_mutex_init(&b->locks[i], NULL);
	rand_bytes(b->key, sizeof b->key);
	if (b->counters != NULL && b->proven != NULL && b->logins != NULL)
		return b;
	guess_book_free(b);
	return NULL;
}

void
guess_book_free(struct guess_book *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; i < LOCKS; i++)
		pthread_mutex_destroy(&b->locks[i]);
	free(b->counters);
	free(b->proven);
	free(b->logins);
	free(b);
}

/*
 * --- keys: SipHash under the process's own key, so that nobody can aim at the place of another
 * ----------------------------------
 */

/* One more text, bound to what came before it and to its length. */
static uint64_t
mix(const struct guess_book *b, uint64_t before, struct str text)
{
	struct mixed { uint64_t before, left; char piece[112]; } in;
	uint64_t out = before;

	do {
		size_t n = text.n < sizeof in.piece ? text.n : sizeof in.piece;

		in.before = out;
		in.left = text.n;
		if (n > 0)
			memcpy(in.piece, text.p, n);
		crypto_shorthash((unsigned char *)&out, (const unsigned char *)&in,
		    offsetof(struct mixed, piece) + n, b->key);
		text = str_from(text, n);
	} while (text.n > 0);
	return out | 1;                         /* so that no key looks like a free place */
}

struct guesser
guesser_of(const struct guess_book *b, struct str realm, struct str client_id, struct str address)
{
	struct guesser g = { .client = mix(b, mix(b, 2, realm), client_id) };
	uint8_t room[8];
	struct str kind, net = throttle_network(address, room, &kind);

	if (str_empty(address))
		return g;
	g.address = mix(b, mix(b, 4, kind), net);
	g.pair = mix(b, mix(b, g.client, kind), net);
	return g;
}

/* --- places ----------------------------------------------------------------------------------- */

static size_t
set_of(const struct guess_book *b, uint64_t key)
{
	return (size_t)(key >> 8) & b->mask;
}

static pthread_mutex_t *
lock_of(struct guess_book *b, uint64_t key)
{
	pthread_mutex_t *l = &b->locks[set_of(b, key) % LOCKS];

	pthread_mutex_lock(l);
	return l;
}

static struct counter *
counter_find(struct guess_book *b, uint64_t key)
{
	struct counter *set = b->counters + set_of(b, key) * WAYS;

	for (int i = 0; i < WAYS; i++)
		if (set[i].key == key)
			return &set[i];
	return NULL;
}

/* Its own place, a free one, or that of the one that was touched longest ago. */
static struct counter *
counter_take(struct guess_book *b, uint64_t key, int64_t now_ms)
{
	struct counter *c = counter_find(b, key), *set = b->counters + set_of(b, key) * WAYS;

	if (c != NULL)
		return c;
	c = set;
	for (int i = 1; i < WAYS && c->key != 0; i++)
		if (set[i].key == 0 || set[i].touched_ms < c->touched_ms)
			c = &set[i];
	*c = (struct counter){ .key = key, .first_ms = now_ms };
	return c;
}

/* Old counts mean nothing any more, nor do those from a future that a clock set right has taken back (L3). */
static void
counter_age(struct counter *c, const struct throttle_rules *r, int64_t now_ms)
{
	if (now_ms < c->first_ms || now_ms - c->first_ms >= MINUTE_MS) {
		c->first_ms = now_ms;
		c->in_minute = 0;
	}
	if (c->until_ms - now_ms > r->account_max_ms || now_ms - c->until_ms > r->forget_s * 1000)
		c->failures = 0;
}

/* --- the questions ---------------------------------------------------------------------------- */

static int64_t
minute_left_ms(const struct counter *c, int per_minute, int64_t now_ms)
{
	return per_minute > 0 && c->in_minute >= per_minute ? c->first_ms + MINUTE_MS - now_ms : 0;
}

/* grows: the wait that follows failures in a row is asked for too. */
static int64_t
wait_of(struct guess_book *b, const struct throttle_rules *r, uint64_t key, bool grows, int per_minute, int64_t now_ms)
{
	pthread_mutex_t *lock;
	struct counter *c;
	int64_t wait = 0;

	if (key == 0)
		return 0;
	lock = lock_of(b, key);
	if ((c = counter_find(b, key)) != NULL) {
		counter_age(c, r, now_ms);
		wait = minute_left_ms(c, per_minute, now_ms);
		if (grows && c->failures > r->client_free && c->until_ms - now_ms > wait)
			wait = c->until_ms - now_ms;
	}
	pthread_mutex_unlock(lock);
	return wait;
}

static bool
is_proven(struct guess_book *b, uint64_t pair)
{
	struct proven *set = b->proven + set_of(b, pair) * WAYS;
	pthread_mutex_t *lock;
	bool found = false;

	if (pair == 0)
		return false;
	lock = lock_of(b, pair);
	for (int i = 0; i < WAYS; i++)
		found |= set[i].key == pair;
	pthread_mutex_unlock(lock);
	return found;
}

int64_t
guess_wait_ms(struct guess_book *b, const struct throttle_rules *r, const struct guesser *g, int64_t now_ms)
{
	int64_t wait = wait_of(b, r, g->pair, true, r->address_per_minute, now_ms), address;

	if (wait > 0)
		return wait;
	address = wait_of(b, r, g->address, false, r->address_per_minute, now_ms);
	return address > 0 && !is_proven(b, g->pair) ? address : 0;
}

int64_t
guess_crowd_wait_ms(struct guess_book *b, const struct throttle_rules *r, const struct guesser *g, int64_t now_ms)
{
	int64_t wait = guess_wait_ms(b, r, g, now_ms);
	int64_t crowd = wait > 0 ? 0 : wait_of(b, r, g->client, false, r->client_per_minute, now_ms);

	return crowd > 0 && !is_proven(b, g->pair) ? crowd : wait;
}

/* --- the answers ------------------------------------------------------------------------------ */

static void
add_failure(struct guess_book *b, const struct throttle_rules *r, uint64_t key, int64_t now_ms)
{
	pthread_mutex_t *lock;
	struct counter *c;

	if (key == 0)
		return;
	lock = lock_of(b, key);
	c = counter_take(b, key, now_ms);
	counter_age(c, r, now_ms);
	c->in_minute++;
	c->failures++;
	c->until_ms = now_ms + throttle_growing_ms(r, r->client_free, c->failures);
	c->touched_ms = now_ms;
	pthread_mutex_unlock(lock);
}

void
guess_wrong(struct guess_book *b, const struct throttle_rules *r, const struct guesser *g, int64_t now_ms)
{
	add_failure(b, r, g->pair, now_ms);
	add_failure(b, r, g->address, now_ms);
	if (!is_proven(b, g->pair))
		add_failure(b, r, g->client, now_ms);
}

/* Failures in a row end here; those of this minute stay counted, so that a right secret buys no more guesses in it. */
static void
failures_forget(struct guess_book *b, uint64_t pair)
{
	struct counter *c = counter_find(b, pair);

	if (c != NULL)
		c->failures = 0;
}

static void
proof_keep(struct guess_book *b, uint64_t pair)
{
	struct proven *set = b->proven + set_of(b, pair) * WAYS, *p = set;

	for (int i = 0; i < WAYS; i++) {
		if (set[i].key == pair) {
			p = &set[i];
			break;
		}
		if (set[i].turn < p->turn)
			p = &set[i];
	}
	*p = (struct proven){ pair, atomic_fetch_add(&b->turns, 1) + 1 };
}

void
guess_right(struct guess_book *b, const struct guesser *g)
{
	pthread_mutex_t *lock;

	if (g->pair == 0)
		return;
	lock = lock_of(b, g->pair);
	failures_forget(b, g->pair);
	proof_keep(b, g->pair);
	pthread_mutex_unlock(lock);
}

/* --- users who log in ------------------------------------------------------------------------- */

struct login_from
login_from_of(const struct guess_book *b, const struct dig32 *account, struct str address)
{
	struct throttle_key from = throttle_address(address);
	struct login_from f = { 0, 0 };

	if (b == NULL || throttle_is_none(&from))
		return f;
	f.address = mix(b, 6, dig_str(&from.digest));
	f.pair = mix(b, mix(b, 8, dig_str(account)), dig_str(&from.digest));
	return f;
}

/* The address's place, its minutes moved on; NULL: it has none and wants none. Under the lock of the address. */
static struct logins *
logins_of(struct guess_book *b, uint64_t address, int64_t minute, bool make)
{
	struct logins *set = b->logins + ((address >> 8) & b->login_mask) * WAYS, *l = set;
	bool found = false;

	for (int i = 0; i < WAYS && !found; i++) {
		found = set[i].key == address;
		if (found || set[i].minute < l->minute)
			l = &set[i];
	}
	if (!found && !make)
		return NULL;
	if (!found)
		*l = (struct logins){ .key = address, .minute = minute };
	if (l->minute == minute)
		return l;
	if (l->minute == minute - 1)
		memcpy(l->bits[1], l->bits[0], sizeof l->bits[1]);
	else                                    /* also a clock that was set back */
		memset(l->bits[1], 0, sizeof l->bits[1]);
	memset(l->bits[0], 0, sizeof l->bits[0]);
	l->minute = minute;
	return l;
}

/* Each account sets a few bits of its own and no more: whoever logs in again and again buys nobody guesses. */
static void
login_mark(struct logins *l, uint64_t pair)
{
	for (uint64_t i = 0; i < LOGINS_EACH; i++) {
		uint64_t at = (pair ^ (i + 1) * UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xff51afd7ed558ccd) >> 54;

		if (l->bits[0][at / 64] & BIT(at % 64))
			continue;
		l->bits[0][at / 64] |= BIT(at % 64);
		return;
	}
}

void
login_note(struct guess_book *b, const struct login_from *f, int64_t now_ms)
{
	pthread_mutex_t *lock;

	if (f->pair == 0)
		return;
	lock = lock_of(b, f->pair);
	proof_keep(b, f->pair);
	pthread_mutex_unlock(lock);
	lock = lock_of(b, f->address);
	login_mark(logins_of(b, f->address, now_ms / MINUTE_MS, true), f->pair);
	pthread_mutex_unlock(lock);
}

bool
login_is_known(struct guess_book *b, const struct login_from *f)
{
	return f->pair != 0 && is_proven(b, f->pair);
}

int64_t
login_count(struct guess_book *b, const struct login_from *f, int64_t now_ms)
{
	pthread_mutex_t *lock;
	struct logins *l;
	int64_t n = 0;

	if (f->address == 0)
		return 0;
	lock = lock_of(b, f->address);
	if ((l = logins_of(b, f->address, now_ms / MINUTE_MS, false)) != NULL)
		for (int i = 0; i < LOGIN_WORDS; i++)
			n += __builtin_popcountll(l->bits[0][i]) + __builtin_popcountll(l->bits[1][i]);
	pthread_mutex_unlock(lock);
	return n;
}

/* --- passed on: times in it are of the wall clock ------------------------------------------------ */

static const char *const part_names[] = { "guess-key/1", "guess-counters/1", "guess-proven/1", "guess-logins/1" };
enum { PARTS = COUNT(part_names) };

static void
parts_of(struct guess_book *b, struct str out[PARTS])
{
	out[0] = str_span(b->key, sizeof b->key);
	out[1] = str_span(b->counters, (b->mask + 1) * WAYS * sizeof *b->counters);
	out[2] = str_span(b->proven, (b->mask + 1) * WAYS * sizeof *b->proven);
	out[3] = str_span(b->logins, (b->login_mask + 1) * WAYS * sizeof *b->logins);
}

bool
guesses_pass(struct guess_book *b, int fd)
{
	uint64_t turns = atomic_load(&b->turns);
	struct str parts[PARTS];
	bool ok;

	parts_of(b, parts);
	for (int i = 0; i < LOCKS; i++)
		pthread_mutex_lock(&b->locks[i]);
	ok = pass_part(fd, "guess-turns/1", str_span(&turns, sizeof turns), STR_ABSENT);
	for (int i = 0; ok && i < PARTS; i++)
		ok = pass_part(fd, part_names[i], parts[i], STR_ABSENT);
	for (int i = 0; i < LOCKS; i++)
		pthread_mutex_unlock(&b->locks[i]);
	return ok;
}

bool
guesses_take(struct guess_book *b, struct str all)
{
	struct str mine[PARTS], theirs[PARTS], turns = passed_part(all, "guess-turns/1");
	uint64_t n;

	parts_of(b, mine);
	if (turns.n != sizeof n)
		return false;
	for (int i = 0; i < PARTS; i++) {
		theirs[i] = passed_part(all, part_names[i]);
		if (theirs[i].n != mine[i].n)
			return false;
	}
	for (int i = 0; i < PARTS; i++)
		memcpy((void *)(uintptr_t)mine[i].p, theirs[i].p, theirs[i].n);
	memcpy(&n, turns.p, sizeof n);
	atomic_store(&b->turns, n);
	return true;
}
