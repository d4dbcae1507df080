/*
 * base/arena.h - all memory of one request (or of one snapshot), released as a whole.
 * Not thread-safe: an arena has one user at a time.
 */
#ifndef HUFU_BASE_ARENA_H
#define HUFU_BASE_ARENA_H

#include <stdarg.h>

#include "base/str.h"

struct arena_block;
struct arena_defer;
struct arena {
	struct arena_block *head;       /* newest block */
	struct arena_defer *defers;     /* run newest first by arena_reset */
	size_t used, max;               /* bytes handed out, and their ceiling */
	bool   full;                    /* an allocation was refused */
};

/* An arena that hands out at most max bytes. Allocates nothing yet. */
void arena_init(struct arena *a, size_t max);

/*
 * n bytes, zeroed, aligned for any type, valid until arena_reset. NULL and a->full when max would be passed or the
 * machine is out of memory. n == 0 gives a valid pointer.
 */
void *arena_alloc(struct arena *a, size_t n);
#define arena_new(a, type)          ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, count) ((type *)arena_calloc((a), (count), sizeof(type)))
void *arena_calloc(struct arena *a, size_t count, size_t size);     /* overflow-checked */

/*
 * p, which held n bytes of this arena (or NULL and 0), now with room for more >= n bytes: in place
 * when it was handed out last, else a copy. The new bytes are zero. NULL as arena_alloc; p is then
 * untouched.
 */
void *arena_grow(struct arena *a, void *p, size_t n, size_t more);

/* Copies; absent stays absent; the copy is absent when the arena is full. arena_z adds a NUL and gives NULL when full
 * or when s holds a NUL itself. */
struct str arena_dup(struct arena *a, struct str s);
/*
 * The same with "?" for each control character, so that it paints nobody's terminal and stays one
 * line; empty when there is no room.
 */
struct str arena_plain(struct arena *a, struct str s);
char *arena_z(struct arena *a, struct str s);
struct str arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct str arena_vprintf(struct arena *a, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* parts joined; absent ones count as empty */
struct str arena_cat(struct arena *a, const struct str *parts, size_t n);
#define ARENA_CAT(a, ...) arena_cat((a), (const struct str[]){ __VA_ARGS__ }, \
	sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str))

/*
 * Have fn(p) called by the next arena_reset: for what a library allocated. False when full (fn is
 * then called at once).
 */
bool arena_defer(struct arena *a, void (*fn)(void *), void *p);

/* Runs the defers, wipes every byte handed out (explicit_bzero), keeps the first block, frees the others. */
void arena_reset(struct arena *a);
/* arena_reset, then frees everything. The arena may be used again. */
void arena_free(struct arena *a);
#endif
