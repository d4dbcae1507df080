/*
 * store/store.h - memory: what outlives a request. One interface, two engines below it (engine.h:
 * sqlite/ and postgres/), held to the suite of tests/unit/store.
 *
 * Reads return records copied into the caller's arena. Writes are lists of operations committed
 * as one transaction: all or nothing, durable (synced) when store_commit returns STORE_DONE.
 * Batches of many callers share one sync.
 *
 * S1: a code is spent at most once; the loser of a race gets STORE_LOST.
 * S2: a refresh generation is rotated at most once.
 * S3: nothing for which STORE_DONE was returned is lost by kill -9 or a power cut.
 * S4: no secret, code or token is stored in clear; only digests, HMAC inputs, and rows sealed by the caller.
 * S5: every change is a single statement that carries its own condition; no read-modify-write
 *     across statements.
 * S6: whoever was told "done" is not undone by a request that had read before. A list that gives
 *     somebody something holds a guard for each row it stands on: OP_USER_STANDS,
 *     OP_CLIENT_STANDS, OP_SESSION_ALIVE, OP_FAMILY_ALIVE (or ROTATE). A row's version changes
 *     with every write of it, and is drawn at random when the row is made, so one that was deleted
 *     and made again differs.
 * S7: what is meant as an update never inserts: OP_..._SET, OP_SESSION_TOUCH, OP_USER_REHASH.
 * S8: not_before_s of a user or client moves beyond now when it is disabled, locked, gets another
 *     password, or is deleted (then it is remembered for who comes under the same name), so that
 *     signed tokens, which have no row, end with it for good.
 * S9: of several processes none counts for less: what one has committed the others find, and what must
 *     be so at the moment of a commit is made so by the database. Under one writer (sqlite/) nothing
 *     comes between the operations of a list. In PostgreSQL (READ COMMITTED) it is so by this:
 *       S1, S2, and whatever else is COND: the UPDATE, DELETE or INSERT ... ON CONFLICT that carries its own
 *         condition; a row that somebody else is changing is waited for, and the condition asked anew.
 *       S6: a guard locks its row (HELD, HELD_SHARED of the dialect) until the commit, so the act that
 *         would end it comes before, and the guard is lost, or after, and finds what was given.
 *       sessions of one user (SESSION_ROOM) and registrations of one realm (REGISTRATION_ADD) are
 *         counted behind a lock of the user's or the realm's row.
 *       names of a realm: whoever writes a user holds the realm's rule (REALM_HELD) as it is.
 *       failures (THROTTLE_FAIL): added up where somebody else has counted meanwhile.
 *       an upsert (SESSION_ADD, APPROVAL_PUT, QUOTA_USE, ONCE_USE, ...): by its unique key.
 *       expired rows: each is deleted by one process, the others pass it over (PASS_HELD).
 *     A transaction that another stands in the way of (deadlock, serialization) is begun anew; one whose
 *     end was not answered is settled by its mark before anything else is written (postgres/commit.c).
 *
 * S10: what waits to be sent is held by one process at a time, by a row that is taken in one statement (OP_OUTGOING_TAKE,
 *      OP_OUTGOING_BEGIN); what a dead one held is taken when its time is over.
 * S11: a store that cannot be reached is told so at once: nobody waits for it longer than the first who noticed. When it
 *      is there again everything goes on by itself, with what was acknowledged before, on whichever host it is then.
 * S12: nothing that a process remembers (clients, keys, what was said of a token) is told when it is older than the
 *      caller's limit: store_age_ms.
 *
 * The tests that guard each stand in ARCHITECTURE.md; tests/lists.py compares.
 *
 * Times are Unix seconds unless the name says _ms; 0 means "never" for an expiry. Text is UTF-8.
 * Lists are blank-separated words unless said otherwise. ids are 16 bytes (rand_id), digests 32
 * (SHA-256).
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

/* --- records ---------------------------------------------------------------------------------- */

/*
 * What the words of a record may take, in bytes as elements of a JSON array (jw_words_size):
 * together they fit into a signed token (JWT_CLAIMS_MAX), and such a token into a request header
 * of the usual 16 KiB. Whoever gives more is refused when giving it: no reader leaves words out.
 * Values that are older than the limit stay as they are.
 */
#define AUTHORITIES_MAX (10 * 1024)
#define SCOPES_SIZE_MAX (4 * 1024)
#define RESOURCES_MAX   (4 * 1024)
#define SCOPE_WORDS_MAX 256             /* of a client, and of one request */
static inline bool authorities_fit(struct str words) { return jw_words_size(words, ' ') <= AUTHORITIES_MAX; }

struct client_metadata;
/* A client (RFC 6749 section 2). */
struct client {
	struct str realm, id, name;
	struct str secret;              /* encoded ("{bcrypt}$2a$..."); empty: public client */
	/* the one before, encoded likewise, until then it proves the client too; empty, 0: there is none */
	struct str former_secret;
	int64_t    former_until_s;
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
	/* JSON object: what else it has registered (oauth/client_metadata.h); empty: nothing */
	struct str metadata;
	/* the same read, in a realm; NULL: not, or nothing */
	const struct client_metadata *registered;
	int64_t    access_ttl_s, refresh_ttl_s;         /* -1: the issuer's; 0: never expires */
	bool       enabled;
	int64_t    created_s, updated_s;
	/* of the row as read: S6; given to an addition it becomes the row's, 0: one is drawn */
	int64_t    version;
	int64_t    not_before_s;        /* what was signed for it before (iat) is dead: S8; only read */
	/*
	 * Who made it. 0: an operator. Else it registered itself (struct registration) and ends when it
	 * was not used for so long; LEASE_NONE: it stays.
	 */
	int64_t    lease_s;
};
/*
 * A resource server (RFC 6749 section 1.1): an API that tokens are for. id is its resource indicator (RFC 8707), and
 * the audience of its tokens. What is empty is as the issuer has it.
 */
struct resource_server {
	struct str realm, id, name;
	struct str scopes;              /* those it understands; empty: whatever there is */
	struct str signing_alg;         /* "ES256" */
	struct str typ;                 /* of the header of its tokens: "at+jwt", "JWT" */
	struct str shape;               /* of its tokens: "jwt", "opaque" */
	struct str sign_out_uri;        /* where it hears that what its tokens stood on has ended; empty: nowhere */
	int64_t    access_ttl_s;        /* -1: the client's, else the issuer's; 0: never expires */
	bool       enabled;
	int64_t    created_s, updated_s;
	int64_t    version;             /* as of a client */
};
#define LEASE_NONE INT64_C(-1)
/* A user; id is the stable `sub`. */
struct user {
	struct str realm; struct id16 id;
	struct str name, display_name, phone, email, open_id, account_type;
	struct str password;            /* encoded; empty: no password login */
	struct str authorities;         /* "ROLE_USER OP_USER" */
	int64_t    number;              /* numeric id shown by some dialects; 0 none; not unique */
	bool       enabled, locked;
	int64_t    created_s, updated_s;
	struct str
	    origin; /* "TABLE:KEY": what is known of a row of that user table (login/table.h); empty: the realm's own */
	/* as of a client; a better hash of the same password leaves the version */
	int64_t    version, not_before_s;
	/*
	 * What a directory or user table said last (login/ldap.h, login/table.h); OP_USER_PUT
	 * leaves these as they are.
	 */
	struct str entry; /* "DIRECTORY:KEY:NAME" of the entry that is this user; empty: of no directory */
	/* why the directory does not let them in: a word of login/states.h; empty: it does */
	struct str shut;
	/* tells another password of the user table from the one before; says nothing of it */
	struct str mark;
	int64_t    checked_s;           /* when that was; 0: never */
	struct str claims;              /* what else is known of the person: store/user_claims.h; absent: nothing */
	int64_t password_s;             /* when the password was set; the store writes it. 0: there is none */
	/* a new password is chosen before this one opens anything; of a directory's user by its last word */
	bool must_change;
};
/* May they come in, by the operator's word and the last one of whoever knows them? */
static inline bool user_may_enter(const struct user *u) { return u->enabled && !u->locked && u->shut.n == 0; }
/* Why a session ended. UNTOLD: nobody is told, for it goes on under another cookie, or its time was over. */
enum session_end { SESSION_END_UNTOLD, SESSION_END_ELSEWHERE, SESSION_END_SIGNED_OUT, SESSION_END_OPERATOR };
/* A login session at one issuer. The cookie holds a random value of which only the digest is the key. */
struct session {
	struct dig32 digest; struct str issuer; struct id16 user; struct str user_name, account_type;
	int64_t auth_s, seen_s, expires_s;
	struct str address, agent;      /* from where it was begun, and by what: at most 256 bytes of printable UTF-8 */
	struct str client;              /* for which it was used last; empty: none yet */
	struct str amr;                 /* by what it was begun, words of RFC 8176; empty: not known */
	/*
	 * When a second factor was shown in it (oauth/session/factor.h); 0: none was, FACTOR_BY_DEVICE: a device that
	 * is remembered stood for it
	 */
	int64_t factor_s;
	/*
	 * What its user was asked on the pages of one authorization request, and has answered: bits of the
	 * caller's, and which request that is. 0: nothing, or it has been spent.
	 */
	int64_t answered; struct dig32 request;
	struct str device;              /* the kind that the browser says it is: oauth/session/device_kinds.def; empty: begun before it was noted */
	int64_t idle_s;                 /* how long it may be unused, as its issuer said when it began; 0: for ever, or not noted */
	bool refresh_ends;              /* with it ends whatever was given in it, offline access too */
	enum session_end why;           /* of OP_SESSION_END: why; no column */
};
/* A session that has ended, kept SESSION_ENDED_KEPT_S, so that its browser and the operator are told why. */
#define SESSION_ENDED_KEPT_S (7 * 86400)
struct ended_session {
	struct dig32 digest; struct str issuer; struct id16 user; struct str user_name;
	struct str address, agent, device;
	int64_t begun_s; enum session_end why; int64_t ended_s, expires_s;
};
#define FACTOR_BY_DEVICE INT64_C(-1)
/*
 * A second factor of a user: a secret for one-time passwords, a recovery code, a credential. kind: a word of
 * oauth/factors.def. It is there once it was proven; nothing waits here. data: the caller's, by kind: sealed, a hash, or
 * public. counter: what was used last of it; a code or an answer counts once by moving it. last_s: 0: never used.
 */
struct factor {
	struct id16 id; struct str realm; struct id16 user; struct str kind;
	struct str name;                /* the user's own word for it; empty: none */
	struct str data;
	int64_t counter, created_s, last_s;
};
/*
 * A browser that was told to remember: it stands for the second factor of this user at this issuer. digest: of its
 * cookie's value.
 */
struct trusted_device {
	struct dig32 digest; struct id16 user; struct str issuer;
	struct str address, agent;      /* as of a session, when it was used last */
	int64_t created_s, last_s, expires_s;
};
/*
 * A client that was given something in a session, and so is to hear of its end: one row for each name of a
 * session that it was told (sid). The end of a session, a user or what the client holds of one makes it
 * ENDED, in the same statement list; whoever tells the client moves it on. A session that goes on under
 * another cookie, after a new login of its user, takes its rows along.
 */
enum session_client_state { SC_LIVES, SC_ENDED, SC_SENDING, SC_DELIVERED, SC_FAILED };
struct session_client {
	struct id16 id; struct dig32 session; struct str issuer, client; struct id16 user; struct str sid;
	enum session_client_state state;
	int64_t status, tries, told_s;  /* of the last try to tell: the answer's status, 0: none; how many; when */
	int64_t expires_s;              /* LIVES: the session's; then how long the record is kept; 0: never */
	/*
	 * Given: this resource server instead, for which tokens of the family were, of that client and user; it ends as the
	 * family does, by whatever. session is not known then, sid may be absent.
	 */
	struct str resource; struct id16 family;
};
/* An authorization request waiting for consent; data: what else was asked, JSON made by oauth/. */
struct pending {
	struct id16 id;
	struct dig32 session;
	struct authorization auth;      /* what will be given, unless the user takes scopes away */
	struct str data;
	int64_t expires_s;
};
/*
 * A request whose user decides elsewhere: on another device by a code that is typed (RFC 8628), or when asked by
 * the issuer (CIBA). The client comes back and asks how it went, not more often than interval_s, which grows.
 */
enum decoupled_kind { DECOUPLED_DEVICE = 1, DECOUPLED_CIBA };
enum decoupled_state { DECOUPLED_WAITS, DECOUPLED_ALLOWED, DECOUPLED_DENIED, DECOUPLED_SPENT };
struct decoupled {
	struct id16 id; enum decoupled_kind kind;
	struct dig32 digest;            /* of the text that the client comes back with */
	bool has_user_code; struct dig32 user_code;     /* keyed: the code is short */
	struct authorization auth;      /* what is asked for; once it is allowed, what was given */
	enum decoupled_state state;
	int64_t interval_s, polled_ms;  /* polled_ms: when it came back last; 0: not yet */
	int64_t issued_s, expires_s;
	struct str address, agent;      /* from where it was asked for, as of a session */
	struct str message;             /* what both sides show: CIBA 7.1; empty: nothing */
	/* sealed: what a notice of the decision says; absent: none is wanted, or one is on its way */
	struct str notify;
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
/*
 * A word of scope that begins with APPROVAL_RESOURCE, which no scope does (RFC 6749 3.3), is a resource that tokens may
 * be for (RFC 8707), or APPROVAL_EVERY: whatever the client may ask for. An approval without such a word was given for
 * every one.
 */
#define APPROVAL_RESOURCE "\\"
#define APPROVAL_EVERY APPROVAL_RESOURCE "*"
struct approval { struct str issuer, client, scope; struct id16 user; int64_t expires_s; };
/*
 * The place of a signed access token in a status list of its issuer (draft-ietf-oauth-status-list). Nothing here says
 * that it has ended: that follows from what ended.
 */
struct status_entry {
	struct str issuer;
	int64_t list, idx;              /* which of its lists, from 1; the place in it, from 0 */
	struct dig32 jti;               /* as revoked ones are remembered */
	struct id16 family;             /* zero: none, it is a client's own */
	int64_t generation;             /* of the family, where the jti tells it; -1 */
	struct str client;
	int64_t signed_s, expires_s;    /* 0: never */
};
/* A list: how many places were ever taken. */
struct status_list { int64_t list, used; };
/* family zero: the token at idx has ended; else what that was exchanged for may have. */
struct status_ended { int64_t idx; struct id16 family; };
/*
 * Whom somebody is at an identity provider: its name in the settings, and what it calls its user for ever (at most
 * IDENTITY_SUBJECT_MAX bytes). One row for each, and so one user; shown: what people know it by there, may be empty.
 */
#define IDENTITY_SUBJECT_MAX 255
struct identity {
	struct str realm, provider, subject; struct id16 user;
	struct str shown;
	int64_t linked_s, last_s;       /* last_s: the last login by it; 0: none yet */
};
/* Of one user, behind after's provider and subject. */
struct identity_walk { struct str realm; const struct id16 *user; struct identity after; };
/* A signing key or an issuer's secret, private part sealed by the caller. */
struct key_row {
	struct str issuer, kid, alg, state;
	struct str sealed;              /* empty: the private part is gone */
	int64_t created_s, active_s, retired_s;
	struct str was;                 /* of OP_KEY_CHANGE and OP_KEY_DELETE: the state that the row must still have */
};
/*
 * Failure counter. kind: 'u' account, 'p' account from one address (16 bytes of each), 'a' address,
 * 'c' client's codes, 'f' a kind of second factor of one user. key: digest of what is counted.
 */
struct throttle {
	char kind; struct dig32 key; int64_t failures, first_s, until_ms;
	/*
	 * Of OP_THROTTLE_FAIL: the row that was read before it was counted on. Where another process has counted meanwhile,
	 * its failures and this one add up. 0: no row was read, or none is minded; the row is written as it is.
	 */
	int64_t was_failures, was_until_ms;
};
/*
 * A one-time code sent to somebody. key: digest of whom it is for and what it opens; code: keyed
 * digest. One row per key: a later code takes the place of an earlier one, not before sent_s +
 * the pause its sender asks for.
 */
struct one_time { struct dig32 key, code; int64_t tries, sent_s, expires_s; bool spent; };
/*
 * An authorization request that waits for a login and is too large for the browser to carry. network: digest of whom it
 * came from; data: what it asks for.
 */
struct interaction { struct id16 id; struct str issuer; struct dig32 network; struct str data; int64_t expires_s; };
/*
 * An authorization request that a client pushed (RFC 9126). source: digest of whom the row counts for; data: what it
 * asks for. It can be named until until_s; the row lives until expires_s, which is later once a browser came with it.
 */
struct pushed {
	struct id16 id;
	struct str issuer, client;
	struct dig32 source;
	struct str data;
	int64_t until_s, expires_s;
};
/*
 * How often, first and last a client used a weak habit at an endpoint of an issuer. habit: a word
 * of oauth/habits.def.
 */
/* When a client last proved itself by a secret or key of it: a word of oauth/client/client.h, CREDENTIAL_x. */
struct credential_use { struct str credential; int64_t last_s; };
struct habit_use { struct str realm, issuer, client, endpoint, habit; int64_t first_s, last_s, count; };
/*
 * What is still to be sent to another server. kind: who sends it (outbound/outbox.h). begun: it may
 * have been handed over already. sealed: whom it is for and what it says. The reads know no
 * expiry; not_after_s is the sender's to judge. holder: which process sends it; none: one that knew of
 * no holders. From held_until_s on, another may take it.
 */
struct outgoing {
	struct id16 id; char kind; struct str issuer, sealed; bool begun; int64_t created_s, not_after_s;
	struct id16 user;               /* zero: nobody known here; it goes with the user */
	struct id16 holder; int64_t held_until_s;
};
/*
 * What an import took from an old server, so that the next one can tell what changed there and
 * what changed here. kind: 'u' user, 'c' client, 'a' approval, 't' token. what: a keyed digest of
 * its name. base: the caller's, JSON. version: of the row as the import left it. expires_s:
 * nobody asks after it then; 0: until it is forgotten.
 */
struct imported {
	struct str realm, source;
	char kind;
	struct id16 what;
	struct str base;
	int64_t version, at_s, expires_s;
};
/* A line of base/record.h that no log has yet. */
struct offline_record { struct id16 id; struct str line; };
/*
 * How a client came that registered itself (RFC 7591). by: "open", the name of the initial access token, or
 * "document": its id is the address of its metadata, and no token opens it. token: digest of its registration access
 * token (RFC 7592). expires_s: when its lease ends; each use moves it; 0: it has none.
 */
struct registration {
	struct str realm, client, issuer, by, address;
	struct dig32 token;
	int64_t created_s, expires_s;
	int64_t fresh_s;                /* of a metadata document: until when it need not be asked for again */
};
/* What lets somebody register (RFC 7591 section 3). uses: how many are left; -1: any number. */
struct initial_token {
	struct id16 id; struct str realm, name; struct dig32 digest;
	int64_t uses, created_s, expires_s;
};
/* A counter with a limit, of one window of time. */
struct quota { struct dig32 key; int64_t limit, expires_s; };

/* --- opening ---------------------------------------------------------------------------------- */

struct store_conf {
	struct str path;                /* directory of the embedded store; created 0700 when missing */
	/*
	 * Given: the store lies in PostgreSQL instead, at this postgresql:// URL of libpq, with two parameters of our own:
	 * schema=NAME, and prepare=off where a pooler lends its sessions for one transaction each.
	 */
	struct str url;
	struct str password;            /* for it; absent: as the URL or libpq's own password file has it */
	bool read_only;
	const char *vfs;                /* tests: name of a registered SQLite VFS; NULL default */
	int readers;                    /* read connections kept; 0: 4 */
	struct str
	    only_old; /* given: no new store begins; why not and what to do, said behind "FILE is missing (empty): " */
	bool unfinished;                /* a copy that was begun (store_copy) is opened too: by who goes on with it */
	const struct store_other *other;        /* given: the process that has it, and hands it over; see store_beside */
};
/*
 * Open and migrate to the newest schema. NULL with *why, a sentence for the operator (path,
 * cause, what to do): missing rights, corrupt file, newer schema than this program, disk full, in
 * use by another hufud.
 */
struct store *store_open(const struct store_conf *conf, struct arena *mem, struct str *why);
void store_close(struct store *s);              /* commits what is queued */
/*
 * What is there, without changing it. OLD: of an earlier version, which an opening for writing brings up to date.
 * READY: it is opened, unless that says otherwise (a newer program's, a copy that was begun). UNKNOWN: with *why.
 */
enum store_state { STORE_UNKNOWN, STORE_NONE, STORE_OLD, STORE_READY };
enum store_state store_state(const struct store_conf *conf, struct arena *mem, struct str *why);
int  store_schema_version(struct store *s);
bool store_is_new(struct store *s);             /* it was begun when it was opened */
struct str store_place(const struct store *s);  /* for people: the file, or the database without its password; the store's */
bool store_ready(struct store *s);              /* last commit went through; a probe write is tried when it did not */

/* --- a store that other processes write to as well -------------------------------------------- */

bool store_is_shared(const struct store *s);    /* reads and commits wait for another machine, perhaps */
/*
 * How long ago it was last heard of; 0 of the embedded one. What this process remembers of clients and keys is so old at
 * most, and its time to notice besides (STORE_NOTICED_MS).
 */
#define STORE_NOTICED_MS 500
int64_t store_age_ms(const struct store *s);
/* news(ctx) is called, on a thread of the store, when another process has changed clients, resource servers or keys. */
void store_watch(struct store *s, void (*news)(void *ctx), void *ctx);
/* Changes with every write of a key by any process, once it is noticed; always 0 of the embedded one. */
uint64_t store_keys_epoch(const struct store *s);
/*
 * An upgrade: two processes of one machine have the store, the one that leaves and the one that comes (hufud/upgrade.h).
 * The embedded engine, which is otherwise alone, then takes nothing for known by itself (S9): each read begins at the
 * newest commit, every guard looks at its row, the two writers take turns. An engine that is shared is always so.
 *
 * What the one that opens it has to know of the other: lock_fd, a descriptor of the lock on the directory, which both
 * hold until the last one has closed it (-1: there is none; it stays the caller's); newest, the schema that the other
 * program knows. A migration that it could not go on with is refused, and nothing has changed.
 */
struct store_other { int lock_fd, newest; };
void store_tell(const struct store *s, struct store_other *out);        /* what another is told of this one */
/* From now on there are two; or there is one again. Opened with store_conf.other there are two. */
void store_beside(struct store *s, bool on);
/* Others write, or did so within the last STORE_OTHERS_S seconds: what counts once is not in memory alone. */
#define STORE_OTHERS_S 90
bool store_has_others(const struct store *s);
void store_is_mine(struct store *s);            /* this process is named to whoever finds the directory locked */
/* For people. engine: "sqlite", "postgresql"; where: the file, or the database without its password. */
struct store_status {
	struct str engine, server, where;
	int schema, newest;             /* of the tables; the newest that this program knows */
	int64_t nodes;                  /* processes that have written in the last minutes; 0: not known */
	int64_t others;                 /* ... but for this one; -1: it cannot be told */
	int64_t read_us, commit_us;     /* one of each, tried now; -1: it failed */
};
bool store_status(struct store *s, struct arena *mem, struct store_status *out);

/* --- backup: the store as one file of bytes --------------------------------------------------- */

/*
 * A file without a name in the store's own directory or in another, in which a store may lie: it
 * goes with the process that made it. Its descriptor reads and writes from the start; the caller
 * may seek.
 */
struct store_file;
struct store_file *store_file_new(struct str directory, struct arena *mem, struct str *why);    /* NULL with *why */
void store_file_free(struct store_file *f);             /* NULL is allowed */
int  store_file_fd(const struct store_file *f);
/*
 * Fill it with the store of conf->path as it is at one moment; a daemon goes on writing
 * meanwhile, and nothing of the store changes. Any schema that this program or an earlier one
 * wrote. False with *why.
 */
bool store_file_copy(struct store_file *f, const struct store_conf *conf, struct arena *mem, struct str *why);
/* What is in it. keys: those that are sealed, in mem. */
struct store_look {
	int schema;
	int64_t realms, clients, users, sessions, families, tokens;
	struct key_row *keys; size_t n_keys;
};
/*
 * Judge and count it. whole: every page and index is looked at, which takes a time in proportion
 * to its size; else pages only. False with *why: damaged, no store, or of a newer program.
 */
bool store_file_look(struct store_file *f, bool whole, struct arena *mem, struct store_look *out, struct str *why);
/*
 * Put a store in place: fill writes it to fd (and gives *why when it cannot), it is synced, and
 * takes the name of the store in one step; until then, and after a crash, what was there is
 * there. Refused while a daemon has the directory, and when a store is there unless replace: then
 * the one before stays beside it, *aside is its path (absent: there was none). False with *why.
 */
bool store_restore(const struct store_conf *conf, bool replace, bool (*fill)(void *ctx, int fd, struct str *why),
    void *ctx, struct arena *mem, struct str *aside, struct str *why);

/* --- reads: reads.def says what each does ----------------------------------------------------- */

enum store_found { FOUND, NOT_FOUND, FIND_FAILED };
/* Where a list goes on, and whose: reads.def. */
struct family_walk { const struct id16 *user; struct str client; struct family after; };
struct token_walk { const struct id16 *family, *user; struct str client; struct id16 after; };
struct registration_walk { struct str realm, client; int64_t over_s; };
struct approval_walk { const struct id16 *user; struct str client; struct approval after; int64_t now_s; };
/*
 * Those of a session that live; those that ended and nobody has looked at (ended; resources: of resource servers, else
 * of clients); else all of both kinds that ended, behind that id.
 */
struct session_client_walk { const struct dig32 *session; bool ended, resources; struct id16 after; };
/* Those that wait: of a user, or all; decided: those of which a notice is still to be sent; behind that id. */
struct decoupled_walk { const struct id16 *user; struct id16 after; bool decided; };
/* A list, behind that place; refresh_ends: a refresh ends the access tokens given before (generation). */
struct status_walk { struct str issuer, realm; int64_t list, after; bool refresh_ends; };
struct outgoing_walk { char kind; int64_t now_s, wait_s; };
struct user_counts { int64_t sessions, codes, families, tokens, approvals, waiting, seen_s; };
#define READ(type, name, parameters, passed) type store_##name parameters;
#include "store/reads.def"

/*
 * Changes with every write of a client or resource server, once that is committed. Read it before the clients are
 * read: while it stays the same they are as they were, and OP_CLIENT_STANDS costs nothing. Never
 * 0.
 */
uint64_t store_clients_epoch(struct store *s);
int64_t store_version_new(void);                /* for a row that is to be added and used at once */
/* A client that has nothing yet but its name: no secret, no grants, no scopes; enabled. It lies in no store. */
struct client store_client_new(struct str realm, struct str id, int64_t now_s);

/* --- writes ----------------------------------------------------------------------------------- */

/* What some operations take besides a row. */
/* replace_others: those of the same session end with it. was: the data before. */
struct op_pending { const struct pending *row; bool replace_others; struct str was; };
/* was_ms: the polled_ms that was read. now_s: it must live then. */
struct op_decoupled { const struct decoupled *row; int64_t was_ms, now_s; };
/*
 * Of user (realm, id): sessions, requests that wait, codes, families, tokens; at one issuer
 * unless absent, of one client unless absent (the sessions stay then), but for issuers of other
 * realms, blank-separated. Whole: not_before_s moves too (S8).
 */
struct op_ends { const struct user *user; struct str issuer, client, elsewhere; enum session_end why; };
/*
 * Room for session.row, which is about to be added: beside it at most `most` sessions of its user stay, of its kind of
 * device `most_of_kind` (each 0: no limit), those begun last; the others end as OP_SESSION_END ends them
 * (SESSION_END_ELSEWHERE), or, where it refuses, the list is lost. Those of its issuer, or of every issuer but
 * `elsewhere`. now_s: what is over by then counts for nothing.
 */
struct op_session_room {
	const struct session *row; int64_t most, most_of_kind; bool refuses, whole_realm; struct str elsewhere; int64_t now_s;
};
struct op_resource_sessions { const struct session_client *rows; size_t n; };
struct op_session_move { const struct session *from, *to; };
struct op_outgoing_take { const struct outgoing *row; int64_t was_s; };          /* row: as it is to be; was_s: held_until_s */
struct op_others { const struct session *stays; struct str elsewhere; };        /* elsewhere: as of op_ends */
/* providers: names in the settings, with a blank around each. */
struct op_enters { const struct user *user; struct str providers; };
struct withdrawn { const struct id16 *user; struct str issuer, client, elsewhere; };
struct op_approvals { const struct approval *rows; size_t n; };
struct op_jtis { const struct dig32 *digests; size_t n; int64_t expires_s; };
struct op_jti { struct dig32 digest; int64_t expires_s; struct id16 family; };
/* Beside the present password the hash of the one that it replaced is kept, of the last `keep` (0: none any more). */
struct op_former { const struct user *user; struct str password; int64_t keep; };
struct op_once { struct dig32 digest; int64_t expires_s, now_s; };
/* What clients of a sector are told that a user is called (oauth/subject.h), at this issuer: 32 bytes. */
struct op_subject { struct str issuer; struct dig32 subject; struct id16 user; };
struct op_one_time { const struct one_time *row; int64_t before_s, now_s, tries; };
struct op_interaction { const struct interaction *row; int64_t per_network, total; };
struct op_pushed { const struct pushed *row; int64_t per_source, total; };
struct op_rehash { const struct user *user; struct str verified; };     /* user: realm, id, password; the hash before */
struct op_stands { const struct client *client; uint64_t epoch; };      /* store_clients_epoch at its reading; or 0 */
struct op_resource { const struct resource_server *row; uint64_t epoch; };       /* the same epoch */
struct op_gone { const struct client *client; struct str elsewhere; };  /* issuers of other realms, blank-separated */
struct op_habits { const struct habit_use *rows; size_t n; };
/* Of one user, whose version moves: rows to be added; or what goes: of a kind unless absent, one of them unless none. */
struct op_factors { const struct user *user; const struct factor *rows; size_t n; struct str kind; struct id16 one; };
/* was: the counter that was read. */
struct op_factor { const struct factor *row; int64_t was; };
/* was: the digest before. now_s: it must live then. */
struct op_device { const struct trusted_device *row; struct dig32 was; int64_t now_s; };
struct op_names { struct str realm; bool folds; };
struct op_registration { const struct registration *row; int64_t most, before_s; };

enum store_op_kind {
#define OP(kind, function, operand, when, what) OP_##kind,
#include "store/ops.def"
	OP_COUNT
};
struct store_op {
	enum store_op_kind kind;
	union {
#define OPERAND(type, member) type member;
#include "store/ops.def"
	};
};
bool store_op_only_looks(enum store_op_kind kind);      /* a GUARD of ops.def */
const char *store_op_name(enum store_op_kind kind);     /* "OP_CLIENT_PUT"; for tests and the log */
enum store_result { STORE_DONE, STORE_LOST, STORE_FAILED };
/*
 * Commit n operations (at most STORE_OPS_MAX) as one transaction, in order. STORE_LOST: a
 * conditional operation (COND) found its condition false; nothing of this call was written and
 * *lost (may be NULL) is its index. STORE_FAILED: the store cannot write (disk full, read-only,
 * I/O error): nothing was written; or, of a store that is shared, nobody could learn whether it was (S9).
 * Blocks until synced. Thread-safe.
 */
#define STORE_OPS_MAX 20
enum store_result store_commit(struct store *s, const struct store_op *ops, size_t n, size_t *lost);

/*
 * The same without waiting: done(ctx, result) is called on the writer's thread once the list is
 * committed, lost or has failed; it must be short and must not call the store. ops and what they
 * point to must live until then; the waiting place is taken from mem. False: nothing was queued
 * and done is not called (mem is full, store is read-only).
 */
bool store_commit_later(struct store *s, struct arena *mem, const struct store_op *ops, size_t n,
    void (*done)(void *ctx, enum store_result r), void *ctx);

/* Kinds of rows that expire, in the words of the log. */
#define STORE_EXPIRING(X) \
	X(tokens) X(codes) X(families) X(sessions) X(pendings) X(approvals) X(revoked_jtis) X(jtis) \
	X(imports) X(throttles) X(one_time_codes) X(quotas) X(outgoing) X(interactions) X(pushed) \
	X(session_clients) X(initial_tokens) X(decoupled) X(used_once) X(trusted_devices) X(status_entries) X(status_lists) \
	X(resource_sessions) X(ended_sessions)
enum store_kind {
#define X(word) STORE_KIND_##word,
	STORE_EXPIRING(X)
#undef X
	STORE_KINDS
};
/*
 * Delete expired rows, at most `rows` of each kind, each slice its own transaction; returns how
 * many went. gone, unless NULL: those of each kind are added.
 */
int store_sweep(struct store *s, int64_t now_s, int rows, int64_t gone[STORE_KINDS]);

/* For /metrics. */
struct store_stats { int64_t commits, batches, records, failed, commit_us_total, queue_us_total, queue_depth; };
void store_stats(struct store *s, struct store_stats *out);
#endif
