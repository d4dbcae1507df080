/*
 * admin/admin.h - the office: counters and their Prometheus text, probes, and the control socket on which `hufu` talks to the
 * daemon. Never on a public listener.
 */
#ifndef HUFU_ADMIN_H
#define HUFU_ADMIN_H

#include "base/base.h"
#include "http/http.h"
#include "oauth/oauth.h"
#include "store/store.h"

#define HUFU_VERSION "0.1.0"

/* --- metrics.c: per-thread counters, summed when read --------------------------------------------------------------------- */
struct metrics;
struct metrics *metrics_new(void);
void metrics_free(struct metrics *m);
/* One finished request. endpoint, grant: static names; lock-free. */
void metrics_request(struct metrics *m, const char *issuer, const char *endpoint, const char *grant, int status, enum reason why, int64_t dur_us);
void metrics_refused(struct metrics *m, const char *why, int status);
void metrics_habit(struct metrics *m, struct str issuer, struct str client_id, enum habit h);   /* bounded number of pairs; beyond: "other" */
/* Prometheus text exposition 0.0.4: hufu_* metrics with HELP and TYPE; store, lanes and server figures beside the counters. */
struct metrics_sources { struct store *store; struct http_server *server; struct outbox *sms, *notices; struct http_lane *const *lanes; const char *const *lane_names; size_t n_lanes; };
/* A reason's name as logs and metrics write it: "code_replayed". */
void reason_put(struct buf *b, enum reason why);
struct str metrics_text(struct metrics *m, const struct metrics_sources *src, struct arena *mem);

/* --- habits.c: uses of weak habits between two writes to the store --------------------------------------------------------- */
#define HABIT_BOOK_MAX 8192             /* combinations of issuer, client, endpoint and habit; write the book when it is half full */
struct habit_book;
struct habit_book *habit_book_new(void);                /* NULL without memory */
void habit_book_free(struct habit_book *b);
bool habit_book_note(struct habit_book *b, const struct habit_use *u);          /* adds it up; copies the texts; false: no room. Thread-safe */
size_t habit_book_rows(struct habit_book *b);
bool habit_book_write(struct habit_book *b, struct store *s);   /* all of it in one commit; false: the store cannot, and nothing is lost */

/* --- control: one JSON object in, one out, over HTTP on the UNIX socket: POST /control {"do":"client.create",...} --------- */
/* What the daemon lends to the office; the functions are the daemon's. */
struct key_order;                       /* see keys.c below */
/* What a reload found different, blank-separated names of settings: in force now; waiting for a restart. */
struct reloaded { struct str changed, restart; };
struct office {
	struct store *store;
	struct metrics *metrics;
	struct metrics_sources sources;
	bool (*reload)(void *ctx, struct arena *mem, struct reloaded *told, struct str *why);          /* configuration, clients, keys: a new snapshot */
	bool (*refresh)(void *ctx, struct arena *mem, struct str *why);         /* clients and keys only, after a change */
	bool (*key_do)(void *ctx, const struct key_order *o, struct arena *mem, struct str *out);       /* keys_do, and in force; *out: kid, or why not */
	/*
	 * The public part of a signing key, as its JWK (RFC 7517) and as PEM; false: it has none
	 * here, or is revoked. NULL: nobody can tell.
	 */
	bool (*public_key)(void *ctx, struct arena *mem, struct str issuer, struct str kid, struct str *jwk, struct str *pem);
	struct str (*issuers)(void *ctx, struct arena *mem);                    /* their names, blank-separated */
	struct str (*elsewhere)(void *ctx, struct arena *mem, struct str realm);        /* those of other realms */
	bool (*import_key)(void *ctx, struct arena *mem, uint8_t key[DIGEST_SIZE], struct str *why);    /* manage_do's; NULL: zeros */
	bool (*settle)(void *ctx);                                              /* write down what is gathered in memory; NULL: nothing is */
	struct str (*introspect)(void *ctx, struct arena *mem, struct str issuer, struct str token);    /* JSON */
	bool (*revoke)(void *ctx, struct arena *mem, struct str issuer, struct str token, struct str *why);
	bool (*ready)(void *ctx, struct arena *mem, struct str *why);
	bool announce;                          /* an act is written down before it is done, too: act_announce */
	bool test_clock;                        /* {"do":"clock.turn","ms":N} is honoured */
	void *ctx;
};
/*
 * manage.c: what an operator does to clients, users and sessions, as one JSON object in and one out; the same code whether the
 * daemon runs (control socket) or not (`hufu` on the store). do: client.create|list|show|set|rotate-secret|delete,
 * user.create|list|show|export|set-password|set|disable|enable|delete, session.list|end, token.list, approval.list|withdraw,
 * realm.load (a JSON file of clients and users; what a record says nothing of a secret or password, it keeps), realm.export ("what": clients or
 * users, in the form that realm.load takes; "secrets": with what is stored of them),
 * realm.show, realm.set ("names": "fold" or "exact": whether user names compare without case),
 * realm.import (lists clients, users, approvals, tokens of an old server, tokens as digests: {"added","same","updated","kept","replaced",
 * "ended","conflict","expired","orphaned","refused": numbers, "why":[sentences], "differs":[{"of","field","there","here","decision"}],
 * "absent":[ids of rows that will not be there]}. Rows are compared with what the import before, of the same "source", saw of them: what
 * changed there is taken, what changed here is kept, both: a conflict unless "replace" or "keep". "gone":true in a row: the old table has it
 * no more. "check": judge, write nothing; then "client_comes" and "user_comes" of a row say that its owners come with the same import),
 * realm.imported (rows of "list" that came from "source", behind "after"), realm.import-forget (what is remembered of imports).
 * legacy.uses (weak habits that were used: of "realm", "issuer", behind "after", the "at" of a row), legacy.unused (marks that no request has used).
 * Lists take filters, "max" (1 to 200 rows) and "after", and say "more" and the "after" to go on with; a page may have fewer rows than
 * asked for and more behind it.
 * lent->issuers: the names of all, blank-separated; absent: not known. lent->elsewhere: those of other realms than the one the request
 * names: what is there belongs to other clients and users. lent->import_key: of DIGEST_SIZE bytes, for the digests that realm.import compares by; NULL: zeros.
 * False: *out is {"error":"...","hint":"..."}; else {"ok":true, ...}. A generated secret appears once, in the answer.
 * *changed: clients changed, the caller refreshes its snapshot.
 */
struct lent { struct str issuers, elsewhere; const uint8_t *import_key; };
bool manage_do(struct store *s, struct arena *mem, const json_t *request, const struct lent *lent, struct str *out,
    bool *changed);
/* It changes nothing: a list, or an import that only judges. False for what is no request of manage.c. */
bool manage_reads(const json_t *request);

/*
 * act.c: who did what, as a record (base/record.h). act_who puts "uid", the user's name, and, where the kernel knows it, who had
 * logged in before becoming that user; pid 0: only the uid is known.
 */
void act_who(struct record *r, int64_t uid, int64_t pid);
void act_self(struct record *r);                /* the user of this very process */
/*
 * An order of the control socket that has been answered; q: how it came, by no connection: from this process. ended: what is known of
 * a token that was to be ended (JSON of introspection), absent otherwise. Nothing is written of what only reads.
 */
struct operator_act { const struct http_req *q; const json_t *ask; struct str answer, ended; bool known, reads, done; };
void act_record(const struct operator_act *a);
/*
 * The same before it is carried out, where a crash would leave no trace: "result":"unknown". False:
 * it cannot be written.
 */
bool act_announce(const struct operator_act *a);

/* --- operator.c: an access or refresh token asked about, and ended with its family, without client authentication ---------------------- */
/* {"active":true,"kind","scope",...} or {"active":false,"reason":"token_expired"}; in mem. */
struct str operator_introspect(const struct issuer *i, const struct services *svc, struct arena *mem, struct str token);
/* False with *why for a token that is unknown, expired or no access token. */
bool operator_revoke(const struct issuer *i, const struct services *svc, struct arena *mem, struct str token, struct str *why);

/* What office.public_key tells, of a ring. */
bool ring_public_key(const struct keyring *ring, struct arena *mem, struct str kid, struct str *jwk, struct str *pem);

/* --- keys.c: signing keys of an issuer in the store, sealed under the key-encryption key ------------------------------------- */
/* Seconds: period; lead time; how long a retired signing key and a retired token key stay. */
#define KEYS_FOR_EVER INT64_MAX
struct key_rules { enum jose_alg alg; int64_t rotate_s, publish_s, retire_s, token_retire_s; };
/* Read the key-encryption key: 32 bytes as 64 hex digits or base64url in a file, or in text. False with *why. */
bool kek_read(struct arena *mem, struct str file, struct str text, uint8_t kek[32], struct str *why);
/* An empty file is what a crash of an earlier version left; whatever else stands there is for kek_read to judge. */
enum kek_file { KEK_THERE, KEK_EMPTY, KEK_MISSING };
enum kek_file kek_look(struct str file, struct arena *mem);
/* Make the file with a fresh key, mode 0600, whole or not at all, unless something is there. Ask first whether keys are sealed under the one that is gone. */
bool kek_make(struct str file, struct arena *mem, struct str *why);
/* The file made of this key; false with *why, also where one with content stands already. */
bool kek_put(struct str file, const uint8_t kek[32], struct arena *mem, struct str *why);
/* Of the digests by which imports compare rows (manage_do): it follows from the key-encryption key. */
void import_key_make(const uint8_t kek[32], uint8_t key[DIGEST_SIZE]);
/*
 * Bring the issuer's keys up to date at now_s and load them: makes the first key (active at once) and the token key, publishes a
 * successor publish_s before it is due, activates it, retires the old one, drops retired ones after retire_s. A time that lies ahead
 * of now_s, because the clock was set back, holds nothing up. Idempotent. Every row is sealed for its issuer, kid and algorithm.
 * NULL with *why when a row cannot be unsealed (wrong key-encryption key, a row copied from elsewhere) or the store fails.
 * keyring_free releases.
 */
struct keyring *keys_load(struct store *s, const uint8_t kek[32], struct str issuer, const struct key_rules *r, int64_t now_s, struct arena *mem, struct str *why);
void keyring_free(struct keyring *ring);
/* All keys of the issuer, however many, in mem. False: the store or mem is in trouble. */
bool keys_all(struct store *s, struct arena *mem, struct str issuer, struct key_row **rows, size_t *n);

/*
 * What an operator wants done to the keys of one issuer:
 * KEY_ROTATE            a new signing key: published at once, signs after publish_s (at once when now is true)
 * KEY_ROTATE_TOKEN_KEY  a new token key, for every text from now on; the old one vouches for its texts while they live
 * KEY_IMPORT            a key of the operator's own (der: PKCS#8) signs from now on; the same key again changes nothing
 * KEY_REVOKE            kid is out at once and for good: not published, and what it signed or vouched for is refused. Of the key that
 *                       signed, the coming one or a new one takes the place. Revoking it again changes nothing
 */
enum key_deed { KEY_ROTATE, KEY_ROTATE_TOKEN_KEY, KEY_IMPORT, KEY_REVOKE };
struct key_order { enum key_deed what; struct str issuer, kid, der; bool now; };
/* *kid, in mem: the new key; of a revocation the key that is used from now on. False with *why: nothing has changed. */
bool keys_do(struct store *s, const uint8_t kek[32], const struct key_rules *r, const struct key_order *o, int64_t now_s, struct arena *mem, struct str *kid, struct str *why);
/* Whether this key-encryption key opens a key of the issuer. */
bool keys_open(struct store *s, const uint8_t kek[32], struct str issuer, struct arena *mem);
bool key_row_opens(const struct key_row *row, const uint8_t kek[32], struct arena *mem);       /* the same of one row that is sealed */
/* Drop every sealed key of every issuer, which nobody can open any more. The marks of revoked ones stay. */
bool keys_forget(struct store *s);

/* GET /livez /readyz /metrics, POST /control (only when the listener is the UNIX socket: control == true). */
void office_serve(const struct office *o, struct http_req *q, struct http_reply *r, bool control);
#endif
