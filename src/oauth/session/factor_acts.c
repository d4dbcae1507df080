/* oauth/session/factor_acts.c - the kinds of second factors: the functions that act for each. */
#include "oauth/session/factor_kinds.h"

const struct factor_act factor_acts[FACTOR_COUNT] = {
#define FACTOR(id, word, amr, check, begin, on, flags) [FACTOR_##id] = { check, begin },
#include "oauth/factors.def"
#undef FACTOR
};
