/*
 * base/near.h - the nearest of some names to a wrong one, for "did you mean": Levenshtein's
 * distance, at most a third of the name and two.
 */
#ifndef HUFU_BASE_NEAR_H
#define HUFU_BASE_NEAR_H

#include "base/str.h"

struct nearest { struct str wrong, name; size_t far; };         /* name: absent while nothing is near */
struct nearest nearest_to(struct str wrong);
void nearest_try(struct nearest *n, struct str candidate);      /* names longer than 64 bytes are never near */
#endif
