/* login/attempt.c - the counters of one try to log in by name and password. RFC 6819 section 5.1.4.2.3. */
#include "login/throttle_int.h"

#include <assert.h>

/*
 * One address adds no more failures than this to an account's own counter: a stranger alone never
 * makes its owner wait.
 */
#define SHARE_OF_ADDRESS 10

/* Put the counter in; how long it makes this try wait comes into *left_ms. False: the store cannot be read. */
static bool
counter_add(struct attempt *a, struct throttle_key key, int64_t *left_ms)
{
	int64_t now_ms = clock_now_ms();

	assert(a->n < COUNT(a->keys));
	a->keys[a->n] = key;
	if (throttle_look(a->store, a->rules, &key, now_ms, &a->rows[a->n]) == FIND_FAILED)
		return false;
	*left_ms = throttle_left_ms(a->rules, &a->rows[a->n++], now_ms);
	return true;
}

static void
wait_at_least(struct login_try *t, int64_t left_ms)
{
	t->wait_ms = left_ms > t->wait_ms ? left_ms : t->wait_ms;
}

/*
 * The account from this address, and the account from anywhere; the latter holds nobody up where
 * the account has logged in before.
 */
static bool
account_add(struct attempt *a, struct login_try *t, struct str name)
{
	struct throttle_key account = throttle_account(t->realm, name),
			    pair = throttle_account_from(&account, t->address);
	struct login_from from = login_from_of(t->book, &account.digest, t->address);
	int64_t left_ms;

	if (!counter_add(a, pair, &left_ms))
		return false;
	wait_at_least(t, left_ms);
	if (!counter_add(a, account, &left_ms))
		return false;
	if (left_ms > 0 && !login_is_known(t->book, &from))
		wait_at_least(t, left_ms);
	return true;
}

/* An address from which more people log in than fail goes on: a gateway, an office, a mobile network. */
static bool
address_add(struct attempt *a, struct login_try *t)
{
	struct throttle_key key = throttle_address(t->address);
	struct login_from from = login_from_of(t->book, &a->keys[0].digest, t->address);
	int64_t left_ms;

	if (!counter_add(a, key, &left_ms))
		return false;
	if (left_ms > 0 && a->rows[a->n - 1].failures > login_count(t->book, &from, clock_now_ms()))
		wait_at_least(t, left_ms);
	return true;
}

bool
attempt_begin(struct attempt *a, struct store *s, const struct throttle_rules *r, struct login_try *t, struct str name)
{
	*a = (struct attempt){ .store = s, .rules = r };
	t->wait_ms = 0;
	return account_add(a, t, name) && address_add(a, t);
}

bool
attempt_also(struct attempt *a, struct login_try *t, struct str name)
{
	struct throttle_key other = throttle_account(t->realm, name);

	for (size_t i = 0; i < a->n; i++)
		if (a->keys[i].kind == other.kind
		    && memcmp(&a->keys[i].digest, &other.digest, sizeof other.digest) == 0)
			return true;
	return account_add(a, t, name);
}

bool
attempt_wrong(const struct attempt *a)
{
	struct throttle_key counted[COUNT(a->keys)];
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++)
		/* its pair stands before it */
		if (a->keys[i].kind != 'u' || a->rows[i - 1].failures < SHARE_OF_ADDRESS)
			counted[n++] = a->keys[i];
	return throttle_count(a->store, a->rules, counted, n, clock_now_ms());
}

size_t
attempt_right(const struct attempt *a, const struct login_try *t, struct store_op ops[ATTEMPT_OPS])
{
	struct login_from from = login_from_of(t->book, &a->keys[1].digest, t->address);
	size_t n = 0;

	login_note(t->book, &from, clock_now_ms());
	for (size_t i = 0; i < a->n; i++)
		if (a->keys[i].kind != 'a' && a->rows[i].failures > 0)
			ops[n++] = (struct store_op){ .kind = OP_THROTTLE_CLEAR, .throttle = &a->rows[i] };
	return n;
}
