/* login/throttle_int.h - what user.c asks of throttle.c besides the public questions. */
#ifndef HUFU_LOGIN_THROTTLE_INT_H
#define HUFU_LOGIN_THROTTLE_INT_H

#include "login/login.h"

/* The counter as it stands now: NOT_FOUND with *row zeroed but for its key when there is none or it has run out. */
enum store_found throttle_look(struct store *s, const struct throttle_rules *r, const struct throttle_key *k, int64_t now_ms, struct throttle *row);
/* What is left of the wait that the row carries. */
int64_t throttle_left_ms(const struct throttle_rules *r, const struct throttle *row, int64_t now_ms);
/* account_first_ms after the first failure that is not free, twice as long after each more, up to account_max_ms. */
int64_t throttle_growing_ms(const struct throttle_rules *r, int64_t free, int64_t failures);

/* The counters of one try: of what was typed, of the address, and of the user's own name where other spellings are taken for it. */
#define COUNTERS 3
struct counters { struct throttle_key keys[COUNTERS]; struct throttle rows[COUNTERS]; size_t n; };
/* One more, unless it is there; t->wait_ms becomes how long this try must wait at least. False: the store cannot be read. */
bool counter_add(struct store *s, const struct throttle_rules *r, struct throttle_key key, struct login_try *t, struct counters *c);
/* The failures of accounts are over: operations into ops (room for COUNTERS), pointing into c. Returns how many. */
size_t counters_clear(const struct counters *c, struct store_op *ops);
#endif
