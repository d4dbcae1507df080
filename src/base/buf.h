/* base/buf.h - an output buffer with a hard ceiling, and the JSON writer on top of it. */
#ifndef HUFU_BASE_BUF_H
#define HUFU_BASE_BUF_H

#include "base/arena.h"

/*
 * Grows in its arena up to max bytes. A write past max, or without memory, sets `full` and is dropped; so are all later
 * ones. Check `full` once, at the end.
 */
struct buf { char *p; size_t n, cap, max; struct arena *mem; bool full; };

void buf_init(struct buf *b, struct arena *mem, size_t max);
void buf_put(struct buf *b, struct str s);
void buf_putc(struct buf *b, char c);
void buf_int(struct buf *b, int64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static inline struct str buf_str(const struct buf *b) { return (struct str){ b->p ? b->p : "", b->n }; }

/*
 * s as a JSON string with quotes: '"', '\\' and controls escaped; bytes that are no UTF-8 become
 * U+FFFD; others as they are.
 */
void buf_json(struct buf *b, struct str s);

/* Members of a JSON object, in the order written: the first call after '{' writes no comma.
 * buf_open/buf_close write { } or [ ]. A member with an absent value is left out by jm_str, written null by jm_null. */
void jw_open(struct buf *b, char bracket);                      /* '{' or '[' */
void jw_close(struct buf *b, char bracket);                     /* '}' or ']' */
void jw_name(struct buf *b, struct str name);                   /* comma if needed, "name": */
void jm_str(struct buf *b, struct str name, struct str value);  /* nothing when value is absent */
void jm_int(struct buf *b, struct str name, int64_t value);
void jm_bool(struct buf *b, struct str name, bool value);
void jm_null(struct buf *b, struct str name);
void jm_raw(struct buf *b, struct str name, struct str json);   /* json is already JSON */
void ja_str(struct buf *b, struct str value);                   /* an array element, comma if needed */
void jw_item(struct buf *b, struct str json);                   /* the same for what is already JSON */
/* Bytes of the words as elements of a JSON array, each with its quotes and one comma. */
size_t jw_words_size(struct str words, char sep);
void jm_words(struct buf *b, struct str name, struct str words,
    char sep); /* "a b" -> ["a","b"]; empty or absent -> [] */
#endif
