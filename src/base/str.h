/* base/str.h - a borrowed span of bytes, passed by value. */
#ifndef HUFU_BASE_STR_H
#define HUFU_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Not NUL-terminated. p == NULL means "absent"; p != NULL with n == 0 means "empty": OAuth tells them apart.
 * Whoever hands out a str says in its header how long the bytes live.
 */
struct str { const char *p; size_t n; };

#define S(lit)      ((struct str){ (lit), sizeof(lit) - 1 })
#define STR_ABSENT  ((struct str){ NULL, 0 })
#define STR_ARG(s)  (int)(s).n, (s).p ? (s).p : ""          /* for "%.*s" */

static inline struct str str_of(const char *z) { return z ? (struct str){ z, strlen(z) } : STR_ABSENT; }
static inline struct str str_span(const void *p, size_t n) { return (struct str){ p, n }; }
static inline bool str_given(struct str s) { return s.p != NULL; }
static inline bool str_empty(struct str s) { return s.n == 0; }                 /* absent or empty */
static inline struct str str_some(struct str s) { return str_empty(s) ? STR_ABSENT : s; }        /* absent for empty */
static inline bool str_eq(struct str a, struct str b) { return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0); }
static inline bool str_is(struct str a, const char *z) { return str_eq(a, str_of(z)); }

static inline char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

/* Constant-time comparison for secrets and digests; lengths may leak, contents may not. */
bool str_eq_secret(struct str a, struct str b);
bool str_eq_nocase(struct str a, struct str b);                 /* ASCII letters only */
bool str_starts(struct str s, struct str prefix);
bool str_starts_nocase(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
int  str_cmp(struct str a, struct str b);                       /* byte order; for sorting */
bool str_contains(struct str s, struct str needle);
ptrdiff_t str_index(struct str s, char c);                      /* first position of c, or -1 */
ptrdiff_t str_rindex(struct str s, char c);
struct str str_sub(struct str s, size_t from, size_t n);        /* clamped to s */
struct str str_from(struct str s, size_t from);                 /* the rest, clamped */
struct str str_trim(struct str s);                              /* without blanks, tabs, CR, LF at both ends */

/*
 * Cut *rest at the first sep: returns what stands before it and moves *rest behind it. After the last piece *rest is
 * absent. Loop: for (struct str w; str_given(rest) && (w = str_cut(&rest, ',')).p; ) ...
 */
struct str str_cut(struct str *rest, char sep);

/* Decimal number, digits only with one optional leading '-', whole span, no overflow; false leaves *out untouched. */
bool str_int(struct str s, int64_t *out);

/* True when every byte sequence is well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF). */
bool str_utf8(struct str s);
bool str_is_visible(struct str s);       /* visible ASCII without blanks, and not empty */
/* Length of the well-formed UTF-8 sequence s begins with; 0 when it begins with none. */
size_t str_utf8_step(struct str s);

/* A word of a list separated by blanks ("read write") or by sep: membership, exact. */
bool str_has_word(struct str list, struct str word, char sep);
/* How many words there are that are not empty; at, unless NULL, receives them and has room for that many. */
size_t str_words(struct str list, char sep, struct str *at);
#endif
