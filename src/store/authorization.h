/*
 * store/authorization.h - who allowed whom what: the record that a code, a refresh family, an
 * access token and a request that waits for consent have in common, so that what one of them
 * knows goes on to the next by assignment.
 *
 * A new member that few rows have is a row of AUTHORIZATION_EXTRA and nothing else: no column, no
 * migration. One that most rows have, or that rows are looked for by, is a row of AUTHORIZATION
 * and a migration that adds its column.
 */
#ifndef HUFU_STORE_AUTHORIZATION_H
#define HUFU_STORE_AUTHORIZATION_H

#include "base/base.h"

struct id16 { uint8_t b[16]; };

/*
 * X(kind, member, column, where), in the order of the columns. kind: TEXT, ID (zero: NULL), INT.
 * where: ALWAYS, or PERSON for what is forgotten with a user who is deleted.
 */
#define AUTHORIZATION(X) \
	X(TEXT, issuer,       issuer,       ALWAYS)     /* at which it was given, and where alone it counts */ \
	X(TEXT, client,       client,       ALWAYS)     /* who may use it: the client's id */ \
	X(ID,   user,         user_id,      ALWAYS)     /* who gave it; zero: the client itself */ \
	X(TEXT, user_name,    user_name,    PERSON)     /* as it was then */ \
	X(TEXT, account_type, account_type, ALWAYS)     /* what the login named */ \
	X(TEXT, scope,        scope,        ALWAYS)     /* settled, words */ \
	X(TEXT, nonce,        nonce,        PERSON)     /* OpenID Connect Core 3.1.2.1; no access token keeps it */ \
	X(INT,  auth_s,       auth_s,       ALWAYS)     /* when the user logged in; 0: nobody did */ \
	X(TEXT, extra,        extra,        PERSON)     /* JSON object of the rows below; empty: none of them */

/*
 * X(kind, member): TEXT; WORDS, blank-separated, an array of texts in JSON; JSON, an object or
 * array as it came.
 */
#define AUTHORIZATION_EXTRA(X) \
	X(TEXT,  sid)                           /* the session, as clients are told it: Back-Channel Logout 2.1 */ \
	X(TEXT,  acr)                           /* how the user was authenticated: OpenID Connect Core 2 */ \
	X(WORDS, amr)                           /* by what: RFC 8176 */ \
	X(WORDS, resource)                      /* for which servers: RFC 8707 */ \
	X(TEXT,  offline)                       /* "declined": the user took offline_access away, Core 11 */ \
	X(JSON,  claims)                        /* which claims were asked for: OpenID Connect Core 5.5 */ \
	X(JSON,  authorization_details)         /* RFC 9396 */ \
	X(JSON,  cnf)                           /* who alone may present what comes of it: RFC 7800 */ \
	X(JSON,  act)                           /* who acts for the subject: RFC 8693 section 4.1 */ \
	X(TEXT,  sub)                           /* of what was exchanged: whom it speaks of, no user and not the client */ \
	X(TEXT,  parent)                        /* ... and for what, which ends it too: ancestors_live */

#define AUTH_IS_TEXT(member) struct str member;
#define AUTH_IS_WORDS(member) struct str member;
#define AUTH_IS_JSON(member) struct str member;
#define AUTH_IS_ID(member) struct id16 member;
#define AUTH_IS_INT(member) int64_t member;

struct authorization {
#define X(kind, member, column, where) AUTH_IS_##kind(member)
	AUTHORIZATION(X)
#undef X
};

/* Absent members were not given. */
struct authorization_extra {
#define X(kind, member) AUTH_IS_##kind(member)
	AUTHORIZATION_EXTRA(X)
#undef X
};

/* Of the JSON of all extra members together, in bytes. */
#define AUTHORIZATION_EXTRA_MAX (8 * 1024)

/*
 * Put them into a->extra, in place of those that were there; the text is allocated in mem, none
 * at all makes it absent. False: longer than AUTHORIZATION_EXTRA_MAX together, a JSON member that
 * is neither object nor array, or mem is full; a is then untouched. Whoever takes such a member
 * from outside tells the sender.
 */
bool authorization_extra_set(struct arena *mem, struct authorization *a, const struct authorization_extra *x);
/*
 * And back; the texts are in mem. False: a->extra is no such object (a row that was damaged), or
 * mem is full.
 */
bool authorization_extra_get(struct arena *mem, const struct authorization *a, struct authorization_extra *x);
#endif
