/*
 * login/login.h - who is it: passwords in every encoding met in the wild, remembered client secrets, throttling.
 *
 * L1: an unknown user and a wrong password take the same time and give the same answer.
 * L2: "disabled" and "locked" are said only after the right password.
 * L3: no account is ever locked for good.
 * L19: who guesses at an account from one address makes that address wait, not the account's owner
 * at another; guessing from many is
 *     bounded by the account's own counter, which holds nobody up where the account has logged in lately. An address from which more
 *     people log in than fail is held up by none of them.
 */
#ifndef HUFU_LOGIN_H
#define HUFU_LOGIN_H

#include "base/base.h"
#include "login/table.h"
#include "store/store.h"

/* --- password.c ------------------------------------------------------------------------------- */

enum password_result { PASSWORD_OK, PASSWORD_OK_REHASH, PASSWORD_WRONG, PASSWORD_UNKNOWN_ENCODING };
/*
 * Does `given` match `stored`? Encodings: {noop} {bcrypt} {pbkdf2} {scrypt} {argon2} {sha256}
 * {SHA-256} {SHA-1} {MD5} {MD4} {ldap} ({SSHA} {SHA} {MD5} {SMD5} {CRYPT} inside), raw $2a$ $2b$
 * $2y$, $argon2i$ $argon2id$, crypt(3) ($1$ $5$ $6$ $y$ $7$), {plain} as a synonym of {noop}; an
 * unprefixed value that is none of these: PASSWORD_UNKNOWN_ENCODING. OK_REHASH: right, but not in
 * the default encoding at (at least) the default cost. Time is that of the encoding; comparison is
 * constant-time. Of other frameworks (password_other.c): {SHA-384} {SHA-512} {SM3}, hex or base64;
 * ASP.NET Core Identity 2 and 3, raw or {aspnet}; {keycloak}pbkdf2-sha256$ITERATIONS$salt$key
 * (pbkdf2, pbkdf2-sha512 too; salt and key base64); Django's pbkdf2_sha256$ pbkdf2_sha1$ bcrypt$
 * bcrypt_sha256$ argon2$ scrypt$ sha1$ md5$; phpass $P$ $H$; WordPress $wp$2y$; Drupal 7 $S$;
 * $shiro1$; {salted}. Also {argon2@SpringSecurity_v5_8}, {scrypt@...}, {pbkdf2@...}; inside {ldap}
 * also {SSHA256} and its kin. An empty stored value is matched by an empty given one (public
 * client). given: at most PASSWORD_MAX bytes, else WRONG. Stored encodings are imported data: what
 * does not have the shape its prefix promises is WRONG, what would cost more than 4 seconds or 256
 * MiB is PASSWORD_UNKNOWN_ENCODING; neither is computed. Waits for a slot when expensive.
 */
#define PASSWORD_MAX 1024
enum password_result password_verify(struct arena *mem, struct str stored, struct str given);
/*
 * "bcrypt", "noop", ... when password_verify could say OK; absent when unknown, malformed or too
 * expensive: for logs and imports.
 */
struct str password_encoding(struct str stored);
/* The name in the braces, known or not, to refuse it by name; absent when there is none. Points into stored. */
struct str password_prefix(struct str stored);
/*
 * A digest whose salt stands in another column, as a stored encoding that says it all. recipe:
 * ALGORITHM:ORDER[:ITERATIONS], such as MD5:password+salt, MD5:MD5(password)+salt,
 * SHA-256:salt+password:1024, MD5:name+password+salt; further iterations digest the bytes of the
 * one before. stored: hex or base64. Absent: the recipe is unknown or stored has not the size of
 * that digest.
 */
struct str password_salted(struct arena *mem, struct str recipe, struct str stored, struct str name, struct str salt);
bool password_recipe_is_known(struct arena *mem, struct str recipe);
bool password_prefix_is_known(struct str prefix);       /* "{bcrypt}": encodings above that stand in braces */
/* verifying costs microseconds: noop, sha256, MD5... or an empty secret */
bool password_is_cheap(struct str stored);
/* "{argon2}$argon2id$..." at the default cost. Absent when mem is exhausted. */
struct str password_hash(struct arena *mem, struct str given);
/* Generated secrets (256 random bits) need no slow hash: "{sha256}" of this project's making, salted. */
struct str secret_hash(struct arena *mem, struct str given);
/* Pay the price of one default hash, for L1. */
void password_pay(struct arena *mem, struct str given);
/* password_verify of a client's secret: it waits for a slot of its own kind, never for those of users' passwords. */
enum password_result client_secret_verify(struct arena *mem, struct str stored, struct str given);
/*
 * How many expensive hashes may run, and hold their memory (19 MiB each by default, 256 MiB at
 * most), at the same time in this process: of users' passwords 2 unless set, of clients' secrets 1.
 * Others wait in password_verify, password_hash, password_pay and login_password; in
 * client_secret_verify.
 */
void login_slots_set(int max);
void client_slots_set(int max);
/*
 * What all hashing in this process has cost, in microseconds of a reference machine: counted by
 * what was computed, not by a clock, so that two ways of failing can be compared on any machine
 * (L1).
 */
int64_t login_work_us(void);

/* --- secret.c: a verified client secret is remembered as a keyed digest ----------------------- */

struct secret_memory;                           /* thread-safe without locks, bounded; one per process */
/*
 * Room for at least `entries` pairs, 32 bytes each. The key is random and dies with the process.
 * NULL without memory.
 */
struct secret_memory *secret_memory_new(size_t entries);
void secret_memory_free(struct secret_memory *m);
/*
 * Is (stored, given) a pair that verified before? The stored encoding is part of the key, so a
 * changed client forgets.
 */
bool secret_is_remembered(const struct secret_memory *m, struct str client_id, struct str stored, struct str given);
void secret_remember(struct secret_memory *m, struct str client_id, struct str stored, struct str given);

struct guess_book;
/* --- throttle.c ------------------------------------------------------------------------------- */

struct throttle_rules {
	int     account_free;           /* wrong passwords for one account from one address without a wait: 5 */
	int     account_total;          /* ... from all addresses: 50; 0: not counted */
	int64_t account_first_ms;       /* wait after the next: 1000, doubling */
	int64_t account_max_ms;         /* ... up to 15 minutes */
	int     address_per_minute;     /* 30 failures; 0: not counted */
	int     code_per_minute;        /* wrong codes of one client from one address and minute: 30; 0: not counted */
	int64_t forget_s;               /* a counter without failures for this long starts anew: 86400 */
	/* wrong secrets of one client from one address without a wait: 10; then as an account's */
	int     client_free;
	/* ... of one client from all addresses that have not proven it: 300; 0: not counted */
	int     client_per_minute;
};
/*
 * What is counted: kind as in struct throttle; key text is digested with the realm. The texts are
 * borrowed, for the record of a wait.
 */
struct throttle_key { char kind; struct dig32 digest; struct str realm, user, client, address; };
/* ASCII letters in either case: one counter */
struct throttle_key throttle_account(struct str realm, struct str user_name);
/*
 * The account from that address; one that is not known is a place like others. The first half of
 * the digest is the account's.
 */
struct throttle_key throttle_account_from(const struct throttle_key *account, struct str address);
struct throttle_key throttle_address(struct str address);                       /* IPv6 by /64; IPv4-mapped as IPv4 */
/* Wrong authorization codes: a public client's id is no secret, so they count where they come from. */
struct throttle_key throttle_client_codes(struct str realm, struct str client_id, struct str address);
struct throttle_key throttle_address_codes(struct str address);                 /* whatever clients it names */
/* One kind of second factor of one user, from wherever: who tries it has proven the rest. */
struct throttle_key throttle_factor(struct str realm, const struct id16 *user, struct str user_name, struct str kind);
/*
 * May this try be looked at? True: it is counted as a failure before anything is compared, so that of many at once few
 * pass; a right one clears the counter (OP_THROTTLE_CLEAR). False: *wait_ms to wait; 0: the store did not take it.
 */
bool throttle_take(struct store *s, const struct throttle_rules *r, const struct throttle_key *k, int64_t now_ms,
    int64_t *wait_ms);
/*
 * Milliseconds to wait before another try is looked at; 0: go ahead. Reads the store; 0 too when
 * that fails, for the write that counts a failure fails then as well and is not to be passed over.
 */
int64_t throttle_wait_ms(struct store *s, const struct throttle_rules *r, const struct throttle_key *k, int64_t now_ms);
/* Fill *row with the counter after one more failure (to be committed as OP_THROTTLE_FAIL). */
void throttle_failed(struct store *s, const struct throttle_rules *r, const struct throttle_key *k,
    int64_t now_ms, struct throttle *row);
/*
 * Count one failure of each of n (at most 7) keys in one commit. The read and the write are under a
 * lock of this process, so failures that arrive together are all counted; throttle_failed alone
 * loses some. False: the store did not take it.
 */
bool throttle_count(struct store *s, const struct throttle_rules *r, const struct throttle_key *keys,
    size_t n, int64_t now_ms);
/* No counter is wanted: an address that is not known, a rule of 0. */
static inline bool throttle_is_none(const struct throttle_key *k) { return k->kind == 0; }

/* --- user.c: user name and password to user --------------------------------------------------- */

enum login_result {
	LOGIN_OK,
	LOGIN_WRONG,
	LOGIN_DISABLED,
	LOGIN_LOCKED,
	LOGIN_WAIT,
	LOGIN_TROUBLE,
	LOGIN_DOWN, /* no directory (login/ldap.h) or table answered */
	LOGIN_STALE /* right, but the directory wants another password first */
};
struct directory;
struct login_try {
	struct str realm, name, password, address;      /* in */
	/* in: given to the directory that wants another password; absent: none is chosen yet */
	struct str new_password;
	/* in: where users are looked for that the realm does not have itself; NULL: nowhere */
	const struct user_table *table;
	/* in: login/ldap.h: who judges those that neither of them has; NULL: nobody */
	const struct directory *directory;
	enum table_by by;                               /* in: what name is: TABLE_BY_NAME or TABLE_BY_PHONE */
	/* in: who logs in from where (login/guess.h); NULL: nothing is remembered */
	struct guess_book *book;
	bool rehash;                                    /* in: store a better hash after a right password */
	/* in: others are nobody; the type of users who have none. Absent: any will do */
	struct str account_type, default_type;
	struct user user;                               /* out: LOGIN_OK, DISABLED, LOCKED */
	int64_t wait_ms;                                /* out: LOGIN_WAIT */
	/* out: LOGIN_STALE: why there is none, a key of page/texts.def; NULL: one may be chosen */
	const char *fault;
	bool directory_down;                            /* out: LOGIN_DOWN: it was the directory that did not answer */
	/* out: there is such a user; never to be told where that matters */
	bool known;
};
/*
 * The whole question with throttling, L1 and L2; commits counters (and a rehash) itself. Slow: for the password lane.
 * Counted are the account from this address, the account from anywhere, and the address (L19); an
 * absent address is not. A wrong password that cannot be counted is LOGIN_TROUBLE, so that a full
 * disk gives no free guesses; a right one whose counter or better hash cannot be stored is still
 * right.
 * L1: a wrong answer costs as much as the most expensive encoding met in this process so far (at
 * most twelve default hashes), and one question to the table, whoever was named. Where a table
 * takes several spellings for one user, all count for that user too.
 */
/* Own users come first, then those of the table; an own user's password is never sent to the directory (L6). */
enum login_result login_password(
    struct arena *mem, struct store *s, const struct throttle_rules *r, struct login_try *t);
#endif
