/* login/throttle_int.h - what user.c asks of throttle.c besides the public questions. */
#ifndef HUFU_LOGIN_THROTTLE_INT_H
#define HUFU_LOGIN_THROTTLE_INT_H

#include "login/login.h"

/* The counter as it stands now: NOT_FOUND with *row zeroed but for its key when there is none or it has run out. */
enum store_found throttle_look(struct store *s, const struct throttle_rules *r, const struct throttle_key *k, int64_t now_ms, struct throttle *row);
/* What is left of the wait that the row carries. */
int64_t throttle_left_ms(const struct throttle_rules *r, const struct throttle *row, int64_t now_ms);
#endif
