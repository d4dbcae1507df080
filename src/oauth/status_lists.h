/*
 * oauth/status_lists.h - signed lists of which access tokens have ended, for whoever verifies them without asking
 * (Token Status List, draft-ietf-oauth-status-list-21). A JWT access token of an issuer that has them says its place
 * in one (section 6.2); the place is a row, committed with what the token gives. Which of them have ended is no column:
 * when a list is made, it follows from what has ended, as introspection would find it, but that nobody else is asked
 * about a user. A token that has merely expired says so itself: its place stays as it was until its row is swept.
 *
 * A list has 2^17 places of one bit: VALID (0) and INVALID (1) of section 7.1. Nothing is suspended here: a user who is
 * disabled and enabled again has the tokens of before (those of a family), so INVALID may become VALID.
 *
 * ST1: no place is given twice, and none of a list whose number was given to another (the numbers only grow).
 * ST2: what had ended when a list was asked for is INVALID in it, or in the one that is made STATUS_KEPT_S later.
 */
#ifndef HUFU_OAUTH_STATUS_LISTS_H
#define HUFU_OAUTH_STATUS_LISTS_H

#include "base/base.h"

#define STATUS_PLACES (1 << 17)
#define STATUS_FULL   (STATUS_PLACES / 8 * 7)   /* then the next list begins: a free place is soon drawn */
#define STATUS_TYPE   "application/statuslist+jwt"
/* How long a list that was made is given again, and how long it may be believed where none can be had: section 13.7. */
#define STATUS_KEPT_S(ttl_s) ((ttl_s) / 2 > 0 ? (ttl_s) / 2 : 1)
#define STATUS_EXP_S(ttl_s)  ((ttl_s) * 5)

/* A list that was made: the signed text, the same by gzip (RFC 1952), and a tag of this version: base64url. */
struct made_list { struct str text, gzip, tag; int64_t made_ms; };

/* The lists of one process that were made; may be used by many threads at once. About 50 KiB each. NULL: no memory. */
struct status_lists;
struct status_lists *status_lists_new(void);
void status_lists_free(struct status_lists *l);                 /* NULL is fine */
#endif
