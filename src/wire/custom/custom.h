/*
 * wire/custom/custom.h - custom dialects: made from the settings, and printed as settings. Each key
 * is a row of custom.def, and what reads it stands beside what prints it. The tables are copies of
 * the base's with the configured values in place; a complaint never stops the reading, so that all
 * are told at once.
 */
#ifndef HUFU_WIRE_CUSTOM_H
#define HUFU_WIRE_CUSTOM_H

#include "wire/wire_int.h"

struct derive {
	const struct wire_spec *spec;
	const struct wire *base;
	struct wire *w;                         /* being made, in mem */
	struct arena *mem;
	struct findings *findings;              /* complaints, each with file and line */
	size_t n_wrong;                         /* of this dialect, said before or not */
};
#define CUSTOM(key, type, read, show) \
	void read(struct derive *d); \
	void show(struct buf *b, const struct wire *w, const struct wire *base);
#include "wire/custom/custom.def"
#undef CUSTOM

/* --- complain.c --- */
/* One complaint about `dialects.NAME.MAP.KEY`; node gives line and key, and may be NULL for the dialect as a whole. */
void wrong(struct derive *d, const char *map, const struct tree *node, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* "there is no WHAT x; did you mean y?" - near as found by nearest_try. */
void wrong_name(
    struct derive *d, const char *map, const struct tree *node, const char *what, const struct nearest *near);
/* The words of a value: one, or a list of at most WORDS_OF_MAX; `none` and null give none at all. False: complained. */
#define WORDS_OF_MAX 16
struct words { struct str at[WORDS_OF_MAX]; size_t n; };
bool words_of(struct derive *d, const char *map, const struct tree *node, struct words *out);
/*
 * Each is a name of a parameter, grant or member of a URL: 1 to 64 visible ASCII characters that
 * mean nothing in URLs, HTML, shells.
 */
bool names_are_good(struct derive *d, const char *map, const struct tree *node, const struct words *names);

/* --- yaml.c --- */
void put_word(struct buf *b, struct str s);
void put_key(struct buf *b, const char *indent, struct str key);
void put_words(struct buf *b, const struct str *at, size_t n);         /* one, a list, or none */
/* Words that are gathered to be printed; more than WORDS_MAX cannot come: the readers allow fewer. */
#define WORDS_MAX 160
void one_more(struct str *words, size_t *n, const char *word);

/* --- paths.c --- */
/* once paths, methods and read_from are there: what meets, where pages lead */
void routes_settle(struct derive *d);
void unknown_endpoint(struct derive *d, const char *map, const struct tree *node);
/* an earlier row has its name */
bool route_seen_before(const struct wire *w, const struct route *r, struct arena *mem);
/* --- grants.c --- */
bool grant_is_offered(const struct wire *w, struct str name);
bool first_of_grant(const struct wire *w, const struct grant_row *row);
#endif
