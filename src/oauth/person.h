/*
 * oauth/person.h - what is stored of a person, as JSON, and how it ends: what operators ask for by manage/ and
 * what a person asks for on the account pages are the same rows and the same operations. The texts of secrets,
 * passwords and tokens stand in none of them.
 */
#ifndef HUFU_OAUTH_PERSON_H
#define HUFU_OAUTH_PERSON_H

#include "base/base.h"
#include "store/store.h"

/* --- person_rows.c: one object each, put into b; mem for a moment's texts ------------------------ */
void user_json(struct buf *b, struct arena *mem, const struct user *u);
/* named: with the session's name, by which an operator ends it. */
void session_json(struct buf *b, struct arena *mem, const struct session *s, bool named);
/* One that is gone, and by what; named as above. */
void ended_session_json(struct buf *b, struct arena *mem, const struct ended_session *s, bool named);
void factor_json(struct buf *b, struct arena *mem, const struct factor *f);
void device_json(struct buf *b, const struct trusted_device *d);
void identity_json(struct buf *b, const struct identity *r);
void code_json(struct buf *b, const struct code *k);
/* user_name absent: nobody of that id is known. */
void approval_json(struct buf *b, struct arena *mem, const struct approval *a, struct str user_name);
/* Of the words of an approval its scopes, or its resources without their mark; blank-separated, in mem. No details. */
struct str approval_words(struct arena *mem, struct str words, bool resources);
/* "refresh_token", or "grant" where it only says what was given. */
const char *family_kind(const struct family *f);
void family_json(struct buf *b, struct arena *mem, const struct family *f);
/* family NULL: the token is of none. */
void token_json(struct buf *b, struct arena *mem, const struct token *t, const struct id16 *family);

/* --- person_export.c ------------------------------------------------------------------------------ */
/*
 * All of it: {"user","failed_logins","messages","factors","devices","identities","ended_sessions","codes","sessions",
 * "tokens","approvals","acted_for_by"}, as `hufu user export` prints it. elsewhere: issuers of other realms,
 * blank-separated, whose rows are none of this person's. clients: those of the realm.
 */
struct person_asked {
	struct store *store;
	const struct user *user;
	struct str elsewhere;
	const struct client *clients;
	size_t n_clients;
	int64_t now_s;
};
/* What stands beside the record, as members of the object that is open in b: factors, devices, identities, ended_sessions. */
bool person_beside(const struct person_asked *p, struct buf *b);
/* False: the store is in trouble, or the memory for a page of rows is full. b->full: it is longer than b may be. */
bool person_export(const struct person_asked *p, struct buf *b);

/* --- person_end.c --------------------------------------------------------------------------------- */
/* Operations and what they point to; to be kept until they are committed. */
#define PERSON_OPS_MAX 3
struct person_ops { struct store_op at[PERSON_OPS_MAX]; size_t n; struct throttle by_name, by_phone; };
/*
 * The user and all that is stored of them goes: no row keeps the name, the counters of wrong passwords neither.
 * Where the user must still be as it was read, OP_USER_STANDS stands before.
 */
void person_deleted(struct person_ops *o, const struct user *u, struct str elsewhere);
/*
 * What the user allowed a client of that issuer is withdrawn, with what the client holds: an old dialect remembers
 * a consent by its living tokens. u->realm and u->id are looked at.
 */
void person_withdraws(struct person_ops *o, const struct user *u, struct str issuer, struct str client);
/* The counter of wrong passwords of one of the account's names, from wherever they came. */
struct throttle person_failures(const struct user *u, struct str name);
#endif
