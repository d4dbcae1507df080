/*
 * store/store.h - memory: what outlives a request. One interface, backends behind it (sqlite/ now, postgres/ next), all
 * held to the same suite (tests/unit/store).
 *
 * Reads return records copied into the caller's arena. Writes are lists of operations committed as one transaction: all
 * or nothing, durable (synced) when store_commit returns STORE_DONE. Batches of many callers share one sync.
 *
 * S1: a code is spent at most once; the loser of a race gets STORE_LOST.
 * S2: a refresh generation is rotated at most once.
 * S3: nothing for which STORE_DONE was returned is lost by kill -9 or a power cut.
 * S4: no secret, code or token is stored in clear; only digests, HMAC inputs, and rows sealed by the caller.
 * S5: every change is a single statement that carries its own condition; no read-modify-write across statements.
 * S6: whoever was told "done" is not undone by a request that had read before. A list that gives somebody something holds a guard
 *     for each row it stands on: OP_USER_STANDS, OP_CLIENT_STANDS, OP_SESSION_ALIVE, OP_FAMILY_ALIVE (or ROTATE). A row's version
 *     changes with every write of it, and is drawn at random when the row is made, so one that was deleted and made again differs.
 * S7: what is meant as an update never inserts: OP_..._SET, OP_SESSION_TOUCH, OP_USER_REHASH.
 * S8: not_before_s of a user or client moves beyond now when it is disabled, locked, gets another password, or is deleted (then it
 *     is remembered for who comes under the same name), so that signed tokens, which have no row, end with it for good.
 *
 * Times are Unix seconds unless the name says _ms; 0 means "never" for an expiry. Text is UTF-8. Lists are blank-separated
 * words unless said otherwise. ids are 16 bytes (rand_id), digests 32 (SHA-256).
 */
#ifndef HUFU_STORE_H
#define HUFU_STORE_H

#include "base/base.h"
#include "store/authorization.h"

struct store;
static inline struct str id_str(const struct id16 *id) { return (struct str){ (const char *)id->b, 16 }; }
static inline bool id_none(const struct id16 *id) { static const struct id16 zero; return memcmp(id, &zero, 16) == 0; }
struct dig32 { uint8_t b[32]; };
static inline struct str dig_str(const struct dig32 *d) { return (struct str){ (const char *)d->b, 32 }; }

/* --- records ----------------------------------------------------------------------------------------------------------- */

/*
 * What the words of a record may take, in bytes as elements of a JSON array (jw_words_size): together they fit into a signed token
 * (JWT_CLAIMS_MAX), and such a token into a request header of the usual 16 KiB. Whoever gives more is refused when giving it: no reader
 * leaves words out. Values that are older than the limit stay as they are.
 */
#define AUTHORITIES_MAX (10 * 1024)
#define SCOPES_SIZE_MAX (4 * 1024)
#define RESOURCES_MAX   (4 * 1024)
#define SCOPE_WORDS_MAX 256             /* of a client, and of one request */
static inline bool authorities_fit(struct str words) { return jw_words_size(words, ' ') <= AUTHORITIES_MAX; }

/* A client (RFC 6749 section 2). */
struct client {
	struct str realm, id, name;
	struct str secret;              /* encoded ("{bcrypt}$2a$..."); empty: public client */
	struct str grants;              /* core grant names: "authorization_code refresh_token password" */
	struct str scopes;              /* registered order; empty: none */
	struct str redirect_uris;       /* separated by '\n' */
	struct str auto_approve;        /* "*" all, words, or empty */
	struct str authorities;         /* of the client itself: "ROLE_APP" */
	struct str resource_ids;        /* audiences */
	struct str origins;             /* allowed CORS origins */
	struct str acts_for;            /* user name that client_credentials speaks for; empty: none */
	struct str legacy;              /* weak habits allowed to it: words of oauth/habits.def */
	struct str introspects;         /* audiences whose tokens it may ask about, besides its own; "all": every one */
	struct str info;                /* JSON object: additional information */
	int64_t    access_ttl_s, refresh_ttl_s;         /* -1: the issuer's; 0: never expires */
	bool       enabled;
	int64_t    created_s, updated_s;
	int64_t    version;             /* of the row as read: S6; given to an addition it becomes the row's, 0: one is drawn */
	int64_t    not_before_s;        /* what was signed for it before (iat) is dead: S8; only read */
};
/* A user; id is the stable `sub`. */
struct user {
	struct str realm; struct id16 id;
	struct str name, display_name, phone, email, open_id, account_type;
	struct str password;            /* encoded; empty: no password login */
	struct str authorities;         /* "ROLE_USER OP_USER" */
	int64_t    number;              /* numeric id shown by some dialects; 0 none; not unique */
	bool       enabled, locked;
	int64_t    created_s, updated_s;
	struct str origin;              /* "TABLE:KEY": what is known of a row of that user table (login/table.h); empty: the realm's own */
	int64_t    version, not_before_s;       /* as of a client; a better hash of the same password leaves the version */
	/*
	 * What a directory or user table said last (login/ldap.h, login/table.h); OP_USER_PUT
	 * leaves these as they are.
	 */
	struct str entry;               /* "DIRECTORY:KEY:NAME" of the entry that is this user; empty: of no directory */
	struct str shut;                /* why the directory does not let them in: a word of login/states.h; empty: it does */
	struct str mark;                /* tells another password of the user table from the one before; says nothing of it */
	int64_t    checked_s;           /* when that was; 0: never */
};
/* May they come in, by the operator's word and the last one of whoever knows them? */
static inline bool user_may_enter(const struct user *u) { return u->enabled && !u->locked && u->shut.n == 0; }
/* A login session at one issuer. The cookie holds a random value of which only the digest is the key. */
struct session {
	struct dig32 digest; struct str issuer; struct id16 user; struct str user_name, account_type;
	int64_t auth_s, seen_s, expires_s;
	struct str address, agent;      /* from where it was begun, and by what: at most 256 bytes of printable UTF-8 */
	struct str client;              /* for which it was used last; empty: none yet */
};
/* An authorization request waiting for consent; data: what else was asked, JSON made by oauth/. */
struct pending {
	struct id16 id;
	struct dig32 session;
	struct authorization auth;      /* what will be given, unless the user takes scopes away */
	struct str data;
	int64_t expires_s;
};
/* An authorization code. */
enum code_state { CODE_FRESH, CODE_SPENT, CODE_BURNT };
struct code {
	struct dig32 digest;
	struct authorization auth;
	struct str redirect_uri, challenge;
	bool redirect_sent;
	int64_t issued_s, expires_s;
	enum code_state state;
	struct id16 family;             /* what it gave, once spent */
};
/* A refresh family: everything that stems from one authorization. */
enum family_state { FAMILY_LIVE, FAMILY_REVOKED };
struct family {
	struct id16 id;
	struct authorization auth;
	struct str grant;               /* what began it: name of a grant, "implicit"; empty: not known */
	bool       has_digest; struct dig32 digest;     /* of a refresh token found by its text; else found by id */
	bool       refreshable;         /* false: exists only so that what it gave can be revoked */
	int64_t    generation, rotated_ms, issued_s, expires_s;
	enum family_state state;
};
/* An opaque access token. Its text is HMAC(token key, id ‖ generation): never stored, always recomputable. */
struct token {
	struct id16 id;
	struct authorization auth;      /* its scope may be narrower than the family's; no nonce */
	struct id16 family;             /* zero: none */
	bool       has_digest; struct dig32 digest;     /* when found by its text */
	bool       has_reuse; struct dig32 reuse;       /* "the live token of this client, user and scope" */
	int64_t    issued_s, expires_s; /* of the token */
	int64_t    keep_s;              /* row may be swept after this (>= expires_s; 0 never) */
};
struct approval { struct str issuer, client, scope; struct id16 user; int64_t expires_s; };
/* A signing key or an issuer's secret, private part sealed by the caller. */
struct key_row {
	struct str issuer, kid, alg, state;
	struct str sealed;              /* empty: the private part is gone */
	int64_t created_s, active_s, retired_s;
	struct str was;                 /* of OP_KEY_CHANGE and OP_KEY_DELETE: the state that the row must still have */
};
/*
 * Failure counter. kind: 'u' account, 'p' account from one address (16 bytes of each), 'a' address,
 * 'c' client's codes. key: digest of what is counted.
 */
struct throttle { char kind; struct dig32 key; int64_t failures, first_s, until_ms; };
/*
 * A one-time code sent to somebody. key: digest of whom it is for and what it opens; code: keyed digest. One row per key: a later
 * code takes the place of an earlier one, not before sent_s + the pause its sender asks for.
 */
struct one_time { struct dig32 key, code; int64_t tries, sent_s, expires_s; bool spent; };
/* How often, first and last a client used a weak habit at an endpoint of an issuer. habit: a word of oauth/habits.def. */
struct habit_use { struct str realm, issuer, client, endpoint, habit; int64_t first_s, last_s, count; };
/*
 * What is still to be sent to another server. kind: who sends it (login/outbox.h). begun: it may have been handed over already. sealed:
 * whom it is for and what it says. The reads know no expiry; not_after_s is the sender's to judge.
 */
struct outgoing {
	struct id16 id; char kind; struct str issuer, sealed; bool begun; int64_t created_s, not_after_s;
	struct id16 user;               /* zero: nobody known here; it goes with the user */
};
/*
 * What an import took from an old server, so that the next one can tell what changed there and what changed here. kind: 'u' user, 'c'
 * client, 'a' approval, 't' token. what: a keyed digest of its name. base: the caller's, JSON. version: of the row as the import left it.
 * expires_s: nobody asks after it then; 0: until it is forgotten.
 */
struct imported {
	struct str realm, source;
	char kind;
	struct id16 what;
	struct str base;
	int64_t version, at_s, expires_s;
};
/* A line of base/record.h that no log has yet. */
struct kept_record { struct id16 id; struct str line; };
/* A counter with a limit, of one window of time. */
struct quota { struct dig32 key; int64_t limit, expires_s; };

/* --- opening ------------------------------------------------------------------------------------------------------------ */

struct store_conf {
	struct str path;                /* directory of the embedded store; created 0700 when missing */
	bool read_only;
	const char *vfs;                /* tests: name of a registered SQLite VFS; NULL default */
	int readers;                    /* read connections kept; 0: 4 */
	struct str only_old;            /* given: no new store begins; why not and what to do, said behind "FILE is missing (empty): " */
};
/*
 * Open and migrate to the newest schema. NULL with *why, a sentence for the operator (path, cause, what to do): missing
 * rights, corrupt file, newer schema than this program, disk full, in use by another hufud.
 */
struct store *store_open(const struct store_conf *conf, struct arena *mem, struct str *why);
void store_close(struct store *s);              /* commits what is queued */
int  store_schema_version(struct store *s);
bool store_is_new(struct store *s);             /* it was begun when it was opened */
bool store_ready(struct store *s);              /* last commit went through; a probe write is tried when it did not */

/* --- backup: the store as one file of bytes --------------------------------------------------- */

/*
 * A file without a name in the store's own directory or in another, in which a store may lie: it goes with the process that made it.
 * Its descriptor reads and writes from the start; the caller may seek.
 */
struct store_file;
struct store_file *store_file_new(struct str directory, struct arena *mem, struct str *why);    /* NULL with *why */
void store_file_free(struct store_file *f);             /* NULL is allowed */
int  store_file_fd(const struct store_file *f);
/*
 * Fill it with the store of conf->path as it is at one moment; a daemon goes on writing meanwhile, and nothing of the store changes.
 * Any schema that this program or an earlier one wrote. False with *why.
 */
bool store_file_copy(struct store_file *f, const struct store_conf *conf, struct arena *mem, struct str *why);
/* What is in it. keys: those that are sealed, in mem. */
struct store_look {
	int schema;
	int64_t realms, clients, users, sessions, families, tokens;
	struct key_row *keys; size_t n_keys;
};
/*
 * Judge and count it. whole: every page and index is looked at, which takes a time in proportion to its size; else pages only. False
 * with *why: damaged, no store, or of a newer program.
 */
bool store_file_look(struct store_file *f, bool whole, struct arena *mem, struct store_look *out, struct str *why);
/*
 * Put a store in place: fill writes it to fd (and gives *why when it cannot), it is synced, and takes the name of the store in one
 * step; until then, and after a crash, what was there is there. Refused while a daemon has the directory, and when a store is there
 * unless replace: then the one before stays beside it, *aside is its path (absent: there was none). False with *why.
 */
bool store_restore(const struct store_conf *conf, bool replace, bool (*fill)(void *ctx, int fd, struct str *why),
    void *ctx, struct arena *mem, struct str *aside, struct str *why);

/* --- reads: FOUND and *out filled (spans in mem) when the row exists. Expiry is the caller's to judge. FIND_FAILED: the
 *     store is in trouble or mem is full, so that the caller can answer 503. ------------------------------------------------- */

enum store_found { FOUND, NOT_FOUND, FIND_FAILED };
enum store_found store_client(struct store *, struct arena *, struct str realm, struct str id, struct client *out);
enum store_found store_user_by_name(struct store *, struct arena *, struct str realm, struct str name, struct user *out);
/*
 * Whether names of the realm compare without case (str_fold): so in each that began with this version, unless told otherwise;
 * NOT_FOUND: it has not begun. Then store_user_by_name finds every spelling of
 * its own users (origin empty), and no two of them differ by it; the stored one is kept.
 */
enum store_found store_realm_folds(struct store *, struct str realm, bool *folds);
/* Pairs of names that would be one, at most max: first and second of each. Returns how many, -1 on trouble. */
int store_names_together(struct store *, struct arena *, struct str realm, int max, struct str (*out)[2]);
enum store_found store_user_by_id(struct store *, struct arena *, struct str realm, const struct id16 *id, struct user *out);
/* By phone and open id: only the realm's own users, whose origin is empty. */
enum store_found store_user_by_phone(struct store *, struct arena *, struct str realm, struct str phone, struct user *out);
enum store_found store_user_by_open_id(struct store *, struct arena *, struct str realm, struct str open_id, struct user *out);
enum store_found store_session(struct store *, struct arena *, const struct dig32 *digest, struct session *out);
enum store_found store_pending(struct store *, struct arena *, const struct id16 *id, struct pending *out);
enum store_found store_pending_of_session(struct store *, struct arena *, const struct dig32 *session, struct pending *out); /* newest */
enum store_found store_code(struct store *, struct arena *, const struct dig32 *digest, struct code *out);
enum store_found store_family(struct store *, struct arena *, const struct id16 *id, struct family *out);
enum store_found store_family_by_digest(struct store *, struct arena *, const struct dig32 *digest, struct family *out);
enum store_found store_token(struct store *, struct arena *, const struct id16 *id, struct token *out);
enum store_found store_token_by_digest(struct store *, struct arena *, const struct dig32 *digest, struct token *out);
enum store_found store_token_by_reuse(struct store *, struct arena *, const struct dig32 *reuse, struct token *out);
enum store_found store_jti_revoked(struct store *, const struct dig32 *jti);
enum store_found store_jti_family(struct store *, const struct dig32 *jti, struct id16 *family);
enum store_found store_throttle(struct store *, char kind, const struct dig32 *key, struct throttle *out);
enum store_found store_one_time(struct store *, const struct dig32 *key, struct one_time *out);
/* key: realm, source, kind, what. */
enum store_found store_imported(struct store *, struct arena *, const struct imported *key, struct imported *out);
/* Scopes approved and unexpired, blank-separated, in mem. */
enum store_found store_approvals(struct store *, struct arena *, struct str issuer, const struct id16 *user, struct str client, int64_t now_s, struct str *scopes);
/* One of them, expired or not. */
enum store_found store_approval(struct store *, const struct approval *key, int64_t *expires_s);
/* Access tokens still alive of this user and client at this issuer, in no order, at most max. Returns how many, -1 on trouble. */
int store_tokens_of(struct store *, struct arena *, struct str issuer, const struct id16 *user, struct str client, int64_t now_s, int max, struct token *out);
/* Scopes of access tokens still alive of this user and client at this issuer (legacy consent memory). */
enum store_found store_live_scopes(struct store *, struct arena *, struct str issuer, const struct id16 *user, struct str client, int64_t now_s, struct str *scopes);

/* Lists, in key order, after `after` (absent: from the start), at most max; rows in mem. Returns how many, -1 on trouble. */
int store_clients(struct store *, struct arena *, struct str realm, struct str after, int max, struct client *out);
int store_users(struct store *, struct arena *, struct str realm, struct str after, int max, struct user *out);
/*
 * Pages of what people have, each in the order of an index, so that a page costs what it reads. They know no issuer, expiry or realm:
 * those are the caller's to judge. Sessions: by digest, of one user unless NULL.
 */
int store_sessions(struct store *, struct arena *, const struct id16 *user, const struct dig32 *after, int max,
    struct session *out);
int store_codes(struct store *, struct arena *, const struct id16 *user, const struct dig32 *after, int max, struct code *out);
/*
 * Families. Of a user: those that live, by client and id; of a client: by id, also those that have ended; of nobody: the same of all.
 * NULL or absent: not asked for. after: zero from the start.
 */
struct family_walk { const struct id16 *user; struct str client; struct family after; };
int store_families(struct store *, struct arena *, const struct family_walk *w, int max, struct family *out);
/* Tokens by id: of a family, else all of a user, else those of a client that have no family, else all. */
struct token_walk { const struct id16 *family, *user; struct str client; struct id16 after; };
int store_tokens(struct store *, struct arena *, const struct token_walk *w, int max, struct token *out);
/*
 * Approvals that have not expired, one row for each user, issuer and client, in that order, with all scopes; of one user, or else of one
 * client; after: that row (its scope is not looked at).
 */
struct approval_walk { const struct id16 *user; struct str client; struct approval after; int64_t now_s; };
int store_approval_rows(struct store *, struct arena *, const struct approval_walk *w, int max, struct approval *out);
/*
 * What a user has that has not expired, but for issuers of other realms (elsewhere,
 * blank-separated). seen_s: the latest session's.
 */
struct user_counts { int64_t sessions, codes, families, tokens, approvals, waiting, seen_s; };
enum store_found store_user_counts(struct store *, const struct id16 *user, struct str elsewhere, int64_t now_s, struct user_counts *out);
int store_keys(struct store *, struct arena *, struct str issuer, int max, struct key_row *out);
enum store_found store_has_keys(struct store *);        /* FOUND: some issuer's key is sealed here */
int store_realms(struct store *, struct arena *, int max, struct str *out);

/* Habits used, in the order of issuer, client, endpoint, habit; of one realm or issuer unless absent; after: a row's four words, NULL: from the start. */
int store_habit_uses(struct store *, struct arena *, struct str realm, struct str issuer, const struct habit_use *after, int max, struct habit_use *out);
/* The words of the habits that a client has ever used, at one issuer unless absent. */
enum store_found store_habits_of(struct store *, struct arena *, struct str realm, struct str client, struct str issuer, struct str *words);
/*
 * What is still to be sent, oldest first, after that id (zero: from the start), at most max; rows
 * in mem. Returns how many, -1 on trouble.
 */
int store_outgoing(struct store *, struct arena *, char kind, const struct id16 *after, int max, struct outgoing *out);
/*
 * Of one realm, source and kind, in the order of what; behind after->what; rows in mem. Returns how
 * many, -1 on trouble.
 */
int store_imports(struct store *, struct arena *, const struct imported *after, int max, struct imported *out);
/*
 * Lines of what was done while no daemon ran (base/record.h), in that order, the first max of them.
 * How many, -1 on trouble.
 */
int store_records(struct store *, struct arena *, int max, struct kept_record *out);
int64_t store_habits_since(struct store *);     /* since when they are written down; 0 on trouble */

/*
 * Changes with every write of a client, once that is committed. Read it before the clients are read: while it stays the same they are
 * as they were, and OP_CLIENT_STANDS costs nothing. Never 0.
 */
uint64_t store_clients_epoch(struct store *s);
int64_t store_version_new(void);                /* for a row that is to be added and used at once */

/* --- writes ---------------------------------------------------------------------------------------------------------------- */

enum store_op_kind {
	OP_CLIENT_PUT,                                  /* insert or replace, whatever is there: for loads of whole records */
	OP_CLIENT_ADD,                                  /* COND: lost when there is one */
	OP_CLIENT_SET,                                  /* COND: lost when it is gone or no longer of client.version */
	OP_CLIENT_STANDS,                               /* COND: stands.client is there with its version; changes nothing */
	OP_CLIENT_DELETE,                               /* with what waits for it, its codes, families, tokens, approvals, but for those of issuers of other realms; and its habits */
	OP_USER_PUT,                                    /* insert or replace by id, as OP_CLIENT_PUT. COND: lost when another id has the name */
	OP_USER_ADD,                                    /* COND: lost when id or name is taken */
	OP_USER_SET,                                    /* COND: lost when it is gone, no longer of user.version, or another id has the name */
	OP_USER_STANDS,                                 /* COND: user.realm, user.id is there with user.version; changes nothing */
	OP_USER_CHECKED,                                /* checked_s, where it is later than before; the version stays. Nothing when it is gone */
	OP_USER_DELETE,                                 /* ends.user, with what OP_USER_REVOKE ends, approvals, what waits to be sent; no row keeps the name */
	OP_USER_REVOKE,                                 /* what `ends` says; the user stays, and whoever read the row before loses */
	OP_USER_REHASH,                                 /* a better hash of the password that was verified; nothing when another is stored now */
	OP_REALM_NAMES,                                 /* COND: names.folds for names.realm; lost when two names of it fall together */
	OP_SESSION_ADD,                                 /* insert or replace */
	OP_SESSION_TOUCH,                               /* COND: seen_s of a session that is there; lost when it has ended */
	OP_SESSION_ALIVE,                               /* COND: it is there; changes nothing */
	OP_SESSION_USED,                                /* session.client and seen_s of one that is there; nothing when it has ended */
	OP_SESSION_END, OP_SESSIONS_END_USER,           /* deletes, with the request that waits in it; user: ends, but for its client */
	OP_PENDING_ADD,                                 /* replaces others of the same session when replace_others */
	OP_PENDING_TAKE,                                /* COND: deletes; lost when already gone */
	OP_CODE_ADD,                                    /* COND: lost when the digest is taken (short codes collide) */
	OP_CODE_SPEND,                                  /* COND: FRESH -> SPENT, remembers code.family */
	OP_CODE_BURN,                                   /* FRESH -> BURNT; nothing when not fresh */
	OP_FAMILY_ADD,                                  /* COND: lost when the digest is taken */
	OP_FAMILY_ROTATE,                               /* COND: live and generation == family.generation -> +1, rotated_ms set */
	OP_FAMILY_ALIVE,                                /* COND: live; changes nothing (a guard in the same transaction) */
	OP_FAMILY_REVOKE,                               /* by family.id; with its opaque tokens */
	OP_FAMILIES_REVOKE,                             /* all of family.issuer + user (+ client unless absent, + grant unless absent) but family.id, with tokens */
	OP_TOKEN_ADD,                                   /* COND: lost when a row with the same reuse digest (or digest) exists */
	OP_TOKEN_DELETE,                                /* by token.id */
	OP_TOKENS_DELETE_FAMILY,                        /* by token.family */
	OP_TOKEN_DROP_REUSE,                            /* by token.reuse and token.id: makes room for OP_TOKEN_ADD */
	OP_APPROVAL_PUT, OP_APPROVALS_PUT,              /* one; several */
	OP_APPROVALS_DELETE,                            /* withdrawn: of its user, at one issuer and of one client unless absent, but for issuers of other realms */
	OP_APPROVAL_END,                                /* COND: one, which still has approval.expires_s */
	OP_JTI_ADD,                                     /* jti.digest leads to jti.family, until jti.expires_s */
	OP_JTI_REVOKE,                                  /* jti, jti_expires_s */
	OP_JTIS_REVOKE,                                 /* the same of several: jtis */
	OP_KEY_ADD,                                     /* COND: lost when the issuer has this kid */
	OP_KEYS_FORGET,                                 /* every sealed one, of all issuers */
	OP_KEY_CHANGE, OP_KEY_DELETE,                   /* by issuer, kid. COND: in state key.was; a change sets state, sealed, active_s, retired_s */
	OP_THROTTLE_FAIL,                               /* upsert: see throttle_step in login/throttle.h; stores the given row whole */
	OP_THROTTLE_CLEAR,                              /* one row */
	OP_THROTTLE_FORGET,                             /* throttle->key is an account's: its row, and those of it from each address */
	OP_ONE_TIME_PUT,                                /* COND: insert, or replace a row whose sent_s <= one_time.before_s, or lies ahead of the new one (a clock set back) */
	OP_ONE_TIME_TRY,                                /* COND: not spent, expires_s > one_time.now_s and tries < one_time.tries -> tries + 1 */
	OP_ONE_TIME_SPEND,                              /* COND: not spent and of this code */
	OP_QUOTA_USE,                                   /* COND: below quota.limit -> one more */
	OP_OUTGOING_ADD,
	OP_OUTGOING_BEGIN,                              /* COND: is there -> begun as given */
	OP_OUTGOING_DELETE,                             /* by outgoing.id */
	OP_IMPORTED_PUT,                                /* insert or replace */
	OP_IMPORTED_DROP,                               /* by realm, source, kind, what */
	OP_IMPORTS_FORGET,                              /* by realm and source; all of the realm when that is absent */
	OP_RECORD_PUT,                                  /* insert, or another text in its place */
	OP_RECORD_DELETE,                               /* by record.id */
	OP_HABITS_USED,                                 /* counts added, times widened; rows of clients that do not exist are passed over */
};
struct store_op {
	enum store_op_kind kind;
	union {
		const struct client *client; const struct user *user; const struct session *session;
		struct { const struct pending *row; bool replace_others; } pending;
		const struct code *code; const struct family *family; const struct token *token;
		/*
		 * Of user (realm, id): sessions, pendings, codes, families, tokens; at one issuer unless absent, of one client unless absent
		 * (the sessions stay then), but for issuers of other realms, blank-separated. Whole: not_before_s moves too (S8).
		 */
		struct { const struct user *user; struct str issuer, client, elsewhere; } ends;
		struct withdrawn { const struct id16 *user; struct str issuer, client, elsewhere; } withdrawn;
		const struct approval *approval; const struct key_row *key; const struct throttle *throttle;
		struct { const struct dig32 *digests; size_t n; int64_t expires_s; } jtis;
		struct { const struct approval *rows; size_t n; } approvals;
		struct { struct dig32 digest; int64_t expires_s; struct id16 family; } jti;
		struct { const struct one_time *row; int64_t before_s, now_s, tries; } one_time;
		const struct quota *quota;
		const struct outgoing *outgoing;
		const struct imported *imported;
		const struct kept_record *record;
		struct { const struct user *user; struct str verified; } rehash;        /* user: realm, id, password; verified: the hash before */
		struct { const struct client *client; uint64_t epoch; /* of store_clients_epoch when it was read; 0: not known */ } stands;
		struct { const struct client *client; struct str elsewhere; /* issuers of other realms, blank-separated */ } gone;
		struct { const struct habit_use *rows; size_t n; } habits;
		struct { struct str realm; bool folds; } names;
	};
};
enum store_result { STORE_DONE, STORE_LOST, STORE_FAILED };
/*
 * Commit n operations (at most STORE_OPS_MAX) as one transaction, in order. STORE_LOST: a conditional operation (COND) found
 * its condition false; nothing of this call was written and *lost (may be NULL) is its index. STORE_FAILED: the store cannot
 * write (disk full, read-only, I/O error): nothing was written. Blocks until synced. Thread-safe.
 */
#define STORE_OPS_MAX 20
enum store_result store_commit(struct store *s, const struct store_op *ops, size_t n, size_t *lost);

/*
 * The same without waiting: done(ctx, result) is called on the writer's thread once the list is committed, lost or has failed; it must be short and must not call the store. ops and what they point to must live until
 * then; the waiting place is taken from mem. False: nothing was queued and done is not called (mem is full, store is read-only).
 */
bool store_commit_later(struct store *s, struct arena *mem, const struct store_op *ops, size_t n, void (*done)(void *ctx, enum store_result r), void *ctx);

/* Kinds of rows that expire, in the words of the log. */
#define STORE_EXPIRING(X) X(tokens) X(codes) X(families) X(sessions) X(pendings) X(approvals) X(revoked_jtis) X(jtis) X(imports) X(throttles) \
	X(one_time_codes) X(quotas) X(outgoing)
enum store_kind {
#define X(word) STORE_KIND_##word,
	STORE_EXPIRING(X)
#undef X
	STORE_KINDS
};
/*
 * Delete expired rows, at most `rows` of each kind, each slice its own transaction; returns how many went. gone, unless NULL: those of
 * each kind are added.
 */
int store_sweep(struct store *s, int64_t now_s, int rows, int64_t gone[STORE_KINDS]);

/* For /metrics. */
struct store_stats { int64_t commits, batches, records, failed, commit_us_total, queue_us_total, queue_depth; };
void store_stats(struct store *s, struct store_stats *out);
#endif
