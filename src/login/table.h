/*
 * login/table.h - users whom another database knows: configured SELECTs give one row of the old
 * server's user table. Only read.
 *
 * L7: what a user typed reaches that database as a bound parameter only.
 * L18: names and open ids are compared as bytes once the row has come: one that only a collation
 * takes for the same is another user.
 * L8: nothing is written there, and none of its passwords is kept here: of the stored encoding only
 * a mark under a key that is not in the
 *     store, which tells that there is another now; then what was given before ends.
 *
 * Who logs in gets a row in the realm's store, a shadow, so that sessions and tokens have somebody
 * to speak of. Its id follows from realm and key, so it is the same after it was deleted; its
 * `origin` names table and key; `enabled` is the operator's word here, `locked` that the table has
 * not let this user in when it was last asked.
 */
#ifndef HUFU_LOGIN_TABLE_H
#define HUFU_LOGIN_TABLE_H

#include "base/findings.h"
#include "login/claim_map.h"
#include "login/states.h"
#include "sql/sql.h"
#include "store/store.h"

/*
 * --- what a column may mean, and the names it usually has, best first; also for the import of such
 * a table -------------------
 */

enum user_column {
	COLUMN_NAME,
	COLUMN_PASSWORD,
	COLUMN_SALT,
	COLUMN_DISPLAY,
	COLUMN_PHONE,
	COLUMN_EMAIL,
	COLUMN_NUMBER,
	COLUMN_OPENID,
	COLUMN_TYPE,
	COLUMN_AUTHORITIES,
	COLUMN_STATES,
	COLUMN_ENABLED = COLUMN_STATES,
	COLUMN_LOCKED,
	COLUMN_EXPIRED,
	COLUMN_STALE,
	COLUMN_DELETED,
	COLUMN_COUNT,
	COLUMN_ID = COLUMN_COUNT, /* of a user table only */
	TABLE_COLUMNS,
};
/* usual: empty for states, whose columns login/states.def knows */
struct user_column_row { const char *member, *usual; };
extern const struct user_column_row user_columns[TABLE_COLUMNS];
int user_column_named(struct str member);       /* -1: there is none */

/* --- a configured table ----------------------------------------------------------------------- */

enum table_by { TABLE_BY_NAME, TABLE_BY_PHONE, TABLE_BY_OPEN_ID, TABLE_BY_ID, TABLE_BY_COUNT };
/* Immutable but for its connections; spans live as long as it. */
struct user_table {
	struct str name, realm;
	struct sql_address address;
	struct str select[TABLE_BY_COUNT];      /* empty: not asked this way */
	struct str roles, operations;           /* by key: one word in the first column of each row; empty: none */
	struct str columns[TABLE_COLUMNS];      /* empty: the usual names */
	struct claim_map claims;
	struct str encoding; /* of a hash that does not say what it is: "bcrypt"; empty: it must say it */
	struct state_mapping states;            /* who is let in */
	struct str role_prefix, operation_prefix, authorities, /* of everybody */
	    account_type; /* where no column has it */
	bool upper;                             /* roles and operations in capitals */
	/* sessions and refresh tokens go on while the database does not answer, for grace_s */
	bool allow_when_down;
	/* how old its word may be: see table_word_is_fresh and table_word_holds */
	int64_t recheck_s, grace_s;
	uint8_t mark_key[32];                   /* L8 */
	bool has_mark_key;                      /* false: passwords are not marked, and a new one ends nothing */
	struct sql_pool *pool;
};
#define TABLE_BYTES_MAX 262144                  /* of one answer */
#define TABLE_TEXT_MAX  256                     /* of a name and the like */
#define AUTHORITIES_FULL SAY("a user has more authorities than a token can say: give fewer roles or operations, or shorter names")
/* All that cannot work of the settings, each with the setting's name as its place; judged without a connection. */
void user_table_judge(const struct user_table *t, struct findings *f);

/* --- asking it -------------------------------------------------------------------------------- */

/*
 * A row as a user, in the caller's arena; deleted: it is kept there for the books only, and is
 * nobody. user.password is the stored encoding, with its name in front where the settings say it;
 * user.authorities and user.claims what the row itself says; user.enabled and user.locked the table's word. realm,
 * id, origin and times are not set.
 */
struct table_row { struct str key; struct user user; bool deleted; };
enum table_answer { TABLE_FOUND, TABLE_NOBODY, TABLE_DOWN };
/*
 * DOWN: the database did not answer, or said what cannot be a user; *why is a sentence. Blocks
 * within the table's limits.
 */
enum table_answer table_ask(struct arena *mem, const struct user_table *t, enum table_by by, struct str value,
    struct table_row *out, struct str *why);
/* The authorities of a row: everybody's, its own, those of its roles and operations. */
enum table_answer table_authorities(struct arena *mem, const struct user_table *t,
    const struct table_row *row, struct str *out, struct str *why);

/* table_map.c: what the cells of a row say. False: no user, *why is a sentence. */
bool table_row_read(struct arena *mem, const struct user_table *t, const struct sql_cell *cells, size_t n,
    struct table_row *out, struct str *why);
/*
 * Words of value, separated by blanks or commas, as authorities behind those in b: with the prefix
 * unless they have it. False: one of them can be no authority, or b has no room for all; *why is a
 * sentence.
 */
bool table_words_put(struct buf *b, const struct user_table *t, struct str value, struct str prefix, struct str *why);

/* --- table_user.c: somebody of a realm: its own users first, then those of its table ---------- */

enum person_answer { PERSON_FOUND, PERSON_NONE, PERSON_TROUBLE /* the store's */, PERSON_DOWN /* the table's */ };
struct person { struct user user; bool of_table, had_shadow /* when it was looked for */; struct table_row row; };
/*
 * Who is meant; table may be NULL. Writes nothing, and asks the table once whether it has somebody
 * or not. user.enabled, user.locked: the whole truth. of a table: user has what the row says, and
 * the stored password encoding.
 */
enum person_answer person_look(struct arena *mem, struct store *s, const struct user_table *t,
    enum table_by by, struct str realm, struct str value, struct person *out);
/*
 * Somebody of the table was let in, or would be if not disabled: authorities are asked for and the
 * shadow is made or brought up to date. user is then as the store has it, but for enabled and
 * locked. The realm's own: nothing happens. NONE: the realm's own user of that name is somebody
 * else, or the operator has deleted this one since it was looked for.
 */
enum person_answer person_settle(struct arena *mem, struct store *s, const struct user_table *t, struct person *p);
/* Both. */
enum person_answer person_find(struct arena *mem, struct store *s, const struct user_table *t,
    enum table_by by, struct str realm, struct str value, struct user *out);
/* The user of that id; one of a table is asked about again. A row that is gone: found, not enabled. */
enum person_answer person_again(struct arena *mem, struct store *s, const struct user_table *t,
    struct str realm, const struct id16 *id, struct user *out);
/* May a token be answered for by the stored word, without asking; and by it when the table gave no answer? */
bool table_word_is_fresh(const struct user_table *t, const struct user *u, int64_t now_s);
bool table_word_holds(const struct user_table *t, const struct user *u, int64_t now_s);
/* The id of a shadow. */
struct id16 shadow_id(struct str realm, struct str key);
static inline bool user_is_shadow(const struct user *u) { return u->origin.n > 0; }
#endif
