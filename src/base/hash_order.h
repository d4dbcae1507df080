/*
 * base/hash_order.h - the order in which old servers print members of hashed maps and sets, which
 * their clients have come to expect: that of a java.util.HashMap. Buckets by spread hash, insertion
 * order inside a bucket, the table doubling when more than three quarters are in use.
 */
#ifndef HUFU_BASE_HASH_ORDER_H
#define HUFU_BASE_HASH_ORDER_H

#include "base/str.h"

struct arena;

uint32_t hash_spread(struct str text);  /* String.hashCode over UTF-16 units, its upper half folded in */
/*
 * Positions of n distinct names in the order of a table that began with so many buckets (a power of
 * two); n numbers in mem. NULL without memory, and for n == 0.
 */
size_t *hash_order(struct arena *mem, const struct str *names, size_t n, size_t capacity);
/* Blank-separated distinct words in that order; absent without memory. */
struct str hash_order_words(struct arena *mem, struct str words, size_t capacity);
/* The table that a HashSet made from a collection of n begins with; the one of new HashSet(n). */
size_t hash_capacity_copy(size_t n);
size_t hash_capacity_for(size_t n);
#endif
