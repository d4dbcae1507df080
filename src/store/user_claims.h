/*
 * store/user_claims.h - what a user record knows of a person beyond its own columns: one JSON
 * object, in the member `claims` of struct user. Its members are standard claims of OpenID Connect
 * Core 5.1 (user_claims.def), and attributes of the operator's own under names that are no standard
 * claim: text, a number, true or false, or a list of texts.
 *
 * The text is compact, its members in the order of their names, so that equal claims are equal
 * texts. Whatever comes from outside is judged by user_claim_wrong before it is stored.
 */
#ifndef HUFU_STORE_USER_CLAIMS_H
#define HUFU_STORE_USER_CLAIMS_H

#include "base/base.h"

#define USER_CLAIMS_MAX      (8 * 1024)         /* bytes of the whole text */
#define USER_CLAIM_TEXT_MAX  1024               /* bytes of one text */
#define USER_CLAIM_NAME_MAX  128
#define USER_CLAIM_ITEMS_MAX 64                 /* texts of one list */
#define USER_CLAIM_DIGITS    15                 /* of a number that is not whole: as many as come back as they were */

enum user_claim_kind {
	UC_OWN,                              /* no standard claim */
	UC_TEXT, UC_URL, UC_DATE, UC_ZONE, UC_LOCALE, UC_FLAG, UC_ADDRESS,
	UC_COLUMN,
};
enum user_claim_kind user_claim_kind(struct str name);

/*
 * NULL when this value may stand under this name, else what is wrong with it, as a sentence without
 * its subject. NULL values are wrong. at, which holds as much: the member that is meant ("address.locality").
 */
const char *user_claim_wrong(struct arena *mem, struct str name, const json_t *value, struct str *at);

/* The object of a column; NULL: there is none, or it is no object. Borrowed from mem. */
json_t *user_claims_read(struct arena *mem, struct str text);
/*
 * And back, in mem: absent for an object without members. False: longer than USER_CLAIMS_MAX, or mem
 * is full; *out is then untouched.
 */
bool user_claims_write(struct arena *mem, const json_t *claims, struct str *out);

/*
 * An e-mail address or phone number that has changed is verified no longer: the claims without the
 * mark of what is not as it was. Absent marks are no trouble; False: mem is full.
 */
struct user_marks { bool email, phone; };       /* which of them has changed */
bool user_claims_unmark(struct arena *mem, struct str *claims, struct user_marks changed);
#endif
