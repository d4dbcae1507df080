/*
 * wire/derive.h - a custom dialect being made: what the files derive*.c share. The tables are copies of the base's with the
 * configured values in place; a complaint never stops the reading, so that all are told at once.
 */
#ifndef HUFU_WIRE_DERIVE_H
#define HUFU_WIRE_DERIVE_H

#include "wire/wire_int.h"

struct derive {
	const struct wire_spec *spec;
	const struct wire *base;
	struct wire *w;                         /* being made, in mem */
	struct arena *mem;
	struct findings *findings;              /* complaints, each with file and line */
	size_t n_wrong;                         /* of this dialect, said before or not */
};
/* One complaint about `dialects.NAME.MAP.KEY`; node gives line and key, and may be NULL for the dialect as a whole. */
void wrong(struct derive *d, const char *map, const struct tree *node, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* "there is no WHAT x; did you mean y?" - near as found by nearest_try. */
void wrong_name(struct derive *d, const char *map, const struct tree *node, const char *what, const struct nearest *near);

/* The words of a value: one, or a list of at most WORDS_OF_MAX; `none` and null give none at all. False: complained. */
#define WORDS_OF_MAX 16
struct words { struct str at[WORDS_OF_MAX]; size_t n; };
bool words_of(struct derive *d, const char *map, const struct tree *node, struct words *out);
/* A name of a parameter, grant or member of a URL: 1 to 64 visible ASCII characters that mean nothing in URLs, HTML and shells. */
bool name_is_plain(struct str name);

void derive_routes(struct derive *d);           /* derive_routes.c: paths, methods, read_from */
void derive_names(struct derive *d);            /* derive_names.c: parameters, grants, redirect */
void derive_answers(struct derive *d);          /* derive_answers.c: bodies, errors */
void derive_claims(struct derive *d);           /* derive_claims.c: claims of JWT access tokens */
#endif
