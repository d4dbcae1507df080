/*
 * import/client.h - a client of an old server becomes a row of a realm.import order: what is asked
 * of its secret, grants, redirect URIs and lifetimes whatever tables it came from, with what there
 * is to say of them.
 */
#ifndef HUFU_IMPORT_CLIENT_H
#define HUFU_IMPORT_CLIENT_H

#include "import/spring_state.h"
#include "oauth/issuer.h"
#include "oauth/lists.h"

#define LIFE_MAX_S INT64_C(3153600000)  /* a hundred years, the longest that a record can say */

/* One row in hand; m, where its columns are mapped, says which is what. of: how findings name it: "client app". */
struct columns;
struct reading { struct spring *x; const json_t *row; const struct columns *m; json_t *out; struct str of; };

/*
 * A client by the id of its row, enabled or not by its states. False, with a finding: it is
 * deleted, has no id, or is in seen already. The row's end is client_end.
 */
bool client_begin(struct reading *r, const struct table_states *states, const json_t *row, struct str id, json_t *seen);
void client_end(struct reading *r);                             /* into the plan */
void client_note(struct reading *r, enum finding f, struct str value);
void client_text(struct reading *r, const char *member, struct str value);
/*
 * A list of texts, the caller's: "a,b", with blanks "a b" and one a line too, a JSON array, or
 * between the brackets that PostgreSQL and Java put around one. What is no text in an array is
 * named and left out. column: as findings call it.
 */
json_t *client_words(struct reading *r, struct str column, struct str text, bool blanks);
/* Of a list, which it takes, the words that may stand in a record; the others are named and left out. */
json_t *client_checked(struct reading *r, struct str column, json_t *list, const char *(*check)(struct str));
/* The value of a finding about a word: column "word": what is wrong. */
struct str client_what(struct reading *r, struct str column, struct str word, const char *wrong);
/*
 * The stored secret, in clear or encoded; absent or empty: a public client. An encoding that nobody
 * knows refuses the row.
 */
void client_secret(struct reading *r, struct str stored);
/*
 * The client has a secret that nobody knows: it cannot come in before the operator gives it one
 * (hufu client rotate-secret). For clients that proved themselves in a way that is not here:
 * without a secret they would be public, and anybody could come in by their name.
 */
void client_secret_lock(struct reading *r);
/* A list as client_words reads it: grants by their names there; one that is not known is named and left out. */
json_t *client_grants(struct reading *r, struct str column, struct str text);
void client_grant(struct reading *r, json_t *list, struct str word);
/*
 * Mark it for the weak habits that it may have by its grants, of those that its old server let it
 * have: BIT(HABIT_...) of could. Call it after the secret.
 */
void client_habits(struct reading *r, const json_t *grants, unsigned could);
void client_redirects(struct reading *r, json_t *uris);         /* takes uris */
/* Seconds; 0 and less: for ever. what: as the finding calls it. */
void client_life(struct reading *r, const char *what, const char *member, int64_t seconds);
#endif
