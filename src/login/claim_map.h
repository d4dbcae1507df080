/*
 * login/claim_map.h - claims of a person out of another server's record: which attribute of a directory's entry, or
 * which column of a user table, says which (the setting `claims` of both).
 *
 * A claim that is named there is that server's to say: what it says no more is taken away at the next look. Others
 * stay as they are.
 */
#ifndef HUFU_LOGIN_CLAIM_MAP_H
#define HUFU_LOGIN_CLAIM_MAP_H

#include "base/base.h"
#include "base/findings.h"

#define CLAIM_MAP_MAX 32

struct claim_map_row {
	const char *claim;              /* "given_name"; of an address "address" */
	const char *part;               /* "locality" of it; NULL: it is no address */
	bool list;                      /* always a list, also of one value or none */
	const char *from;               /* the attribute or column */
};
struct claim_map { const struct claim_map_row *rows; size_t n; };

/*
 * Words "given_name=givenName", "address.locality=l", "groups[]=memberOf" into rows in mem; what cannot be is said of
 * the setting `claims`, and left out.
 */
struct claim_map claim_map_read(struct arena *mem, const struct str *words, size_t n, struct findings *f);

/* An object to be filled by claim_map_put, freed with mem; NULL: it is full. */
json_t *claim_map_begin(struct arena *mem);
/*
 * What one row says, of n values; none: nothing. A flag is written true or false, 1 or 0, t or f, yes or no; a date may
 * be the beginning of a time. What may not stand under that claim counts as not said, and the log tells, once a minute;
 * whose: "directory corp: ", for that.
 */
void claim_map_put(struct arena *mem, json_t *said, const struct claim_map_row *r, const struct str *values, size_t n,
    struct str whose);
/* The object as a text; absent: it is more than a user can have, which the log tells, or mem is full. */
struct str claim_map_end(struct arena *mem, const json_t *said, struct str whose);
/*
 * The claims of a user with what was said now in place of what the rows said before. said absent: nobody was asked,
 * nothing changes. False: together they are more than a user can have, or mem is full; *claims is then untouched.
 */
bool claim_map_apply(struct arena *mem, const struct claim_map *m, struct str said, struct str *claims);
#endif
