/* login/throttle_int.h - what user.c asks of throttle.c besides the public questions. */
#ifndef HUFU_LOGIN_THROTTLE_INT_H
#define HUFU_LOGIN_THROTTLE_INT_H

#include "login/guess.h"
#include "login/login.h"

/*
 * What counts as one address: an IPv4 one, the /64 of an IPv6 one ("a4", "a6": in room), else the text
 * ("a?": in address). All kinds are spelled in two bytes.
 */
struct str throttle_network(struct str address, uint8_t room[8], struct str *kind);
/* The counter as it stands now: NOT_FOUND with *row zeroed but for its key when there is none or it has run out. */
enum store_found throttle_look(struct store *s, const struct throttle_rules *r, const struct throttle_key *k,
    int64_t now_ms, struct throttle *row);
/* What is left of the wait that the row carries. */
int64_t throttle_left_ms(const struct throttle_rules *r, const struct throttle *row, int64_t now_ms);
/* account_first_ms after the first failure that is not free, twice as long after each more, up to account_max_ms. */
int64_t throttle_growing_ms(const struct throttle_rules *r, int64_t free, int64_t failures);

/*
 * attempt.c: the counters of one try: of each name for the account its failures from this address
 * and from anywhere, in this order, and of the address. begin and also fill t->wait_ms; false: the
 * store cannot be read.
 */
#define ATTEMPT_KEYS 7
#define ATTEMPT_OPS  6
struct attempt {
	struct store *store;
	const struct throttle_rules *rules;
	struct throttle_key keys[ATTEMPT_KEYS];
	struct throttle rows[ATTEMPT_KEYS];
	size_t n;
};
bool attempt_begin(
    struct attempt *a, struct store *s, const struct throttle_rules *r, struct login_try *t, struct str name);
/* at most twice: another name of the same account */
bool attempt_also(struct attempt *a, struct login_try *t, struct str name);
bool attempt_wrong(const struct attempt *a);            /* counted; false: it could not be */
/* Noted in the book; what is to be cleared in the store, which may be nothing. The operations point into a. */
size_t attempt_right(const struct attempt *a, const struct login_try *t, struct store_op ops[ATTEMPT_OPS]);
#endif
