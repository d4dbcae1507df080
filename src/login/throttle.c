/*
 * login/throttle.c - counting failures, so that guessing takes time; RFC 6749 section 10.10, RFC
 * 6819 section 5.1.4.2.3.
 */
#include "login/throttle_int.h"

#include <arpa/inet.h>
#include <pthread.h>

#define MINUTE_MS  INT64_C(60000)
#define ADDRESS_Z  64           /* longer than any address as text */
#define COUNT_MAX  7            /* keys of one throttle_count */

/* --- what is counted -------------------------------------------------------------------------- */

#define NAME_FOLDED_MAX 4096     /* bytes of a name that is folded as Unicode does it; no user has one as long */

/* Names are as long as the client likes: digested in pieces, each bound to what came before. */
static void
name_digest(struct throttle_key *k, struct str user_name)
{
	char piece[128];

	for (size_t at = 0; at < user_name.n; at += sizeof piece) {
		struct str raw = str_sub(user_name, at, sizeof piece);

		for (size_t i = 0; i < raw.n; i++)
			piece[i] = ascii_lower(raw.p[i]);
		SHA256(k->digest.b, dig_str(&k->digest), str_span(piece, raw.n));
	}
}

/* Every spelling of a name that a realm without case takes for it counts as one, in the others too. */
struct throttle_key
throttle_account(struct str realm, struct str user_name)
{
	struct throttle_key k = { .kind = 'u', .realm = realm, .user = user_name };
	struct arena mem;

	SHA256(k.digest.b, S("u"), str_span("", 1), realm);
	arena_init(&mem, 64 * NAME_FOLDED_MAX);
	name_digest(&k, user_name.n <= NAME_FOLDED_MAX ? str_fold(&mem, user_name) : user_name);
	arena_free(&mem);
	return k;
}

struct throttle_key
throttle_account_from(const struct throttle_key *account, struct str address)
{
	struct throttle_key k = { .kind = 'p', .realm = account->realm, .user = account->user, .address = address };
	struct throttle_key from = throttle_address(address);
	size_t half = sizeof k.digest.b / 2;

	memcpy(k.digest.b, account->digest.b, half);
	memcpy(k.digest.b + half, from.digest.b, half);
	return k;
}

/* The first 8 bytes of an IPv6 address: whoever has one address of a /64 has them all. */
static bool
ipv6_network(const char *z, uint8_t net[8], struct in_addr *mapped)
{
	struct in6_addr six;

	if (inet_pton(AF_INET6, z, &six) != 1)
		return false;
	memcpy(net, &six, 8);
	if (IN6_IS_ADDR_V4MAPPED(&six))
		memcpy(mapped, (const uint8_t *)&six + 12, 4);
	return true;
}

struct str
throttle_network(struct str address, uint8_t room[8], struct str *kind)
{
	struct str bare = str_cut(&address, '%');               /* fe80::1%eth0 */
	struct in_addr four = { 0 };
	char z[ADDRESS_Z] = "";

	if (bare.n < sizeof z && bare.n > 0)
		memcpy(z, bare.p, bare.n);
	if (inet_pton(AF_INET, z, &four) != 1 && ipv6_network(z, room, &four) && four.s_addr == 0) {
		*kind = S("a6");
		return str_span(room, 8);
	}
	if (four.s_addr == 0) {
		*kind = S("a?");
		return bare;
	}
	memcpy(room, &four, sizeof four);
	*kind = S("a4");
	return str_span(room, sizeof four);
}

struct throttle_key
throttle_address(struct str address)
{
	struct throttle_key k = { .kind = str_empty(address) ? 0 : 'a', .address = address };
	uint8_t room[8];
	struct str kind, net = throttle_network(address, room, &kind);

	SHA256(k.digest.b, kind, net);
	return k;
}

struct throttle_key
throttle_client_codes(struct str realm, struct str client_id, struct str address)
{
	struct throttle_key k = { .kind = 'c', .realm = realm, .client = client_id, .address = address },
			    from = throttle_address(address);
	struct str nul = str_span("", 1);

	SHA256(k.digest.b, S("c"), nul, realm, nul, client_id, nul, dig_str(&from.digest));
	return k;
}

struct throttle_key
throttle_address_codes(struct str address)
{
	struct throttle_key k = throttle_address(address);

	if (!throttle_is_none(&k))
		k.kind = 'd';
	return k;
}

struct throttle_key
throttle_factor(struct str realm, const struct id16 *user, struct str user_name, struct str kind)
{
	struct throttle_key k = { .kind = 'f', .realm = realm, .user = user_name };
	struct str nul = str_span("", 1);

	SHA256(k.digest.b, S("f"), nul, realm, nul, id_str(user), kind);
	return k;
}

/* --- the rules -------------------------------------------------------------------------------- */

static int64_t
per_minute(const struct throttle_rules *r, char kind)
{
	return kind == 'c' ? r->code_per_minute : r->address_per_minute;
}

/* Of an account: the wait grows, and a right password ends it. */
static bool
grows(char kind)
{
	return kind == 'u' || kind == 'p' || kind == 'f';
}

static int64_t
free_of(const struct throttle_rules *r, char kind)
{
	return kind == 'u' ? r->account_total : r->account_free;
}

static bool
is_counted(const struct throttle_rules *r, const struct throttle_key *k)
{
	if (throttle_is_none(k))
		return false;
	return k->kind == 'u' ? r->account_total > 0 : k->kind == 'p' || k->kind == 'f' || per_minute(r, k->kind) > 0;
}

/*
 * A row without meaning any more. Besides old rows these are rows from a future that a clock set right has taken back:
 * without this, they would lock until that future comes (L3).
 */
static bool
has_run_out(const struct throttle_rules *r, const struct throttle *row, int64_t now_ms)
{
	if (grows(row->kind))
		return row->until_ms - now_ms > r->account_max_ms || now_ms - row->until_ms > r->forget_s * 1000;
	return now_ms < row->first_s * 1000 || now_ms - row->first_s * 1000 >= MINUTE_MS;
}

enum store_found
throttle_look(struct store *s, const struct throttle_rules *r, const struct throttle_key *k, int64_t now_ms,
    struct throttle *row)
{
	enum store_found found = throttle_is_none(k) ? NOT_FOUND : store_throttle(s, k->kind, &k->digest, row);
	int64_t was_failures = 0, was_until_ms = 0;

	if (found == FOUND) {
		row->kind = k->kind;
		row->key = k->digest;
		was_failures = row->was_failures = row->failures;
		was_until_ms = row->was_until_ms = row->until_ms;
		if (!has_run_out(r, row, now_ms))
			return FOUND;
	}
	*row = (struct throttle){
		.kind = k->kind, .key = k->digest, .was_failures = was_failures, .was_until_ms = was_until_ms,
	};
	return found == FIND_FAILED ? FIND_FAILED : NOT_FOUND;
}

int64_t
throttle_left_ms(const struct throttle_rules *r, const struct throttle *row, int64_t now_ms)
{
	int64_t left = row->until_ms - now_ms;

	if (row->failures == 0 || left < 0
	    || !is_counted(r, &(struct throttle_key){ .kind = row->kind, .digest = row->key }))
		return 0;
	return left;
}

int64_t
throttle_wait_ms(struct store *s, const struct throttle_rules *r, const struct throttle_key *k, int64_t now_ms)
{
	struct throttle row;

	return throttle_look(s, r, k, now_ms, &row) == FOUND ? throttle_left_ms(r, &row, now_ms) : 0;
}

int64_t
throttle_growing_ms(const struct throttle_rules *r, int64_t free, int64_t failures)
{
	int64_t wait = r->account_first_ms;

	if (failures <= free)
		return 0;
	for (int64_t n = free + 1; n < failures && wait > 0 && wait < r->account_max_ms; n++)
		wait *= 2;
	return wait < r->account_max_ms ? wait : r->account_max_ms;
}

/* until_ms is never before the failure itself, so that it also tells when the last one was. */
static void
add_failure(const struct throttle_rules *r, struct throttle *row, int64_t now_ms)
{
	if (row->failures++ == 0)
		row->first_s = now_ms / 1000;
	row->until_ms = now_ms;
	if (grows(row->kind))
		row->until_ms += throttle_growing_ms(r, free_of(r, row->kind), row->failures);
	else if (per_minute(r, row->kind) > 0 && row->failures >= per_minute(r, row->kind))
		row->until_ms = row->first_s * 1000 + MINUTE_MS;
}

void
throttle_failed(struct store *s, const struct throttle_rules *r, const struct throttle_key *k, int64_t now_ms,
    struct throttle *row)
{
	throttle_look(s, r, k, now_ms, row);
	add_failure(r, row, now_ms);
}

/* --- counting without losing a failure -------------------------------------------------------- */

/* One lock for a 64th of all counters each; taken in rising order, so two calls cannot wait for each other. */
static pthread_mutex_t locks[64] = { [0 ... 63] = PTHREAD_MUTEX_INITIALIZER };

static uint64_t
locks_of(const struct throttle_key *keys, size_t n)
{
	uint64_t set = 0;

	for (size_t i = 0; i < n; i++)
		set |= BIT(keys[i].digest.b[0] & 63);
	return set;
}

static void
locks_take(uint64_t set)
{
	for (size_t i = 0; i < COUNT(locks); i++)
		if (set & BIT(i))
			pthread_mutex_lock(&locks[i]);
}

static void
locks_give(uint64_t set)
{
	for (size_t i = 0; i < COUNT(locks); i++)
		if (set & BIT(i))
			pthread_mutex_unlock(&locks[i]);
}

/* Once for each new wait: whoever is let wait is not counted meanwhile. */
static void
wait_record(const struct throttle_rules *r, const struct throttle_key *k, const struct throttle *row, int64_t now_ms)
{
	bool account = grows(k->kind);
	struct record line;

	if (row->until_ms <= now_ms || (!account && row->failures != per_minute(r, k->kind)))
		return;
	record_begin(&line, account ? EV_account_throttled : EV_address_throttled);
	record_text(&line, "of", account || k->kind == 'a' ? S("passwords") : S("codes"));
	record_text(&line, "realm", k->realm);
	record_text(&line, "user", k->user);
	record_text(&line, "client", k->client);
	record_text(&line, "address", k->address);
	record_int(&line, "failures", row->failures);
	record_int(&line, "wait_ms", row->until_ms - now_ms);
	record_end(&line);
}

bool
throttle_take(struct store *s, const struct throttle_rules *r, const struct throttle_key *k, int64_t now_ms,
    int64_t *wait_ms)
{
	uint64_t set = locks_of(k, 1);
	struct throttle row;
	struct store_op op = { .kind = OP_THROTTLE_FAIL, .throttle = &row };
	bool taken = false;

	*wait_ms = 0;
	locks_take(set);
	if (throttle_look(s, r, k, now_ms, &row) != FIND_FAILED
	    && (*wait_ms = throttle_left_ms(r, &row, now_ms)) == 0) {
		add_failure(r, &row, now_ms);
		taken = store_commit(s, &op, 1, NULL) == STORE_DONE;
	}
	locks_give(set);
	return taken;
}

bool
throttle_count(struct store *s, const struct throttle_rules *r, const struct throttle_key *keys, size_t n,
    int64_t now_ms)
{
	struct throttle rows[COUNT_MAX];
	const struct throttle_key *of[COUNT_MAX];
	struct store_op ops[COUNT_MAX];
	uint64_t set = locks_of(keys, n);
	size_t used = 0;
	bool read = n <= COUNT_MAX, done;

	locks_take(set);
	for (size_t i = 0; i < n && read; i++) {
		if (!is_counted(r, &keys[i]))
			continue;
		read = throttle_look(s, r, &keys[i], now_ms, &rows[used]) != FIND_FAILED;
		add_failure(r, &rows[used], now_ms);
		ops[used] = (struct store_op){ .kind = OP_THROTTLE_FAIL, .throttle = &rows[used] };
		of[used++] = &keys[i];
	}
	done = read && (used == 0 || store_commit(s, ops, used, NULL) == STORE_DONE);
	locks_give(set);
	for (size_t i = 0; done && i < used; i++)
		wait_record(r, of[i], &rows[i], now_ms);
	return done;
}
