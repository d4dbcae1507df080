/*
 * login/login.h - who is it: passwords in every encoding met in the wild, remembered client secrets, throttling.
 *
 * L1: an unknown user and a wrong password take the same time and give the same answer.
 * L2: "disabled" and "locked" are said only after the right password.
 * L3: no account is ever locked for good.
 */
#ifndef HUFU_LOGIN_H
#define HUFU_LOGIN_H

#include "base/base.h"
#include "store/store.h"

/* --- password.c ---------------------------------------------------------------------------------------------------------- */

enum password_result { PASSWORD_OK, PASSWORD_OK_REHASH, PASSWORD_WRONG, PASSWORD_UNKNOWN_ENCODING };
/*
 * Does `given` match `stored`? Encodings: {noop} {bcrypt} {pbkdf2} {scrypt} {argon2} {sha256} {SHA-256} {SHA-1} {MD5} {MD4}
 * {ldap} ({SSHA} {SHA} {MD5} {SMD5} {CRYPT} inside), raw $2a$ $2b$ $2y$, $argon2i$ $argon2id$, crypt(3) ($1$ $5$ $6$ $y$ $7$),
 * {plain} as a synonym of {noop}; an unprefixed value that is none of these: PASSWORD_UNKNOWN_ENCODING. OK_REHASH: right, but
 * not in the default encoding at the default cost. Time is that of the encoding; comparison is constant-time.
 * given: at most PASSWORD_MAX bytes, else WRONG.
 */
#define PASSWORD_MAX 1024
enum password_result password_verify(struct arena *mem, struct str stored, struct str given);
struct str password_encoding(struct str stored);        /* "bcrypt", "noop", ... or absent: for logs and imports */
bool password_is_cheap(struct str stored);              /* verifying costs microseconds: noop, sha256, MD5... or an empty secret */
/* "{argon2}$argon2id$..." at the default cost. Absent when mem is exhausted. */
struct str password_hash(struct arena *mem, struct str given);
/* Generated secrets (256 random bits) need no slow hash: "{sha256}" of this project's making, salted. */
struct str secret_hash(struct arena *mem, struct str given);
/* Pay the price of one default hash, for L1. */
void password_pay(struct arena *mem, struct str given);

/* --- secret.c: a verified client secret is remembered as a keyed digest --------------------------------------------------- */

struct secret_memory;                           /* thread-safe, bounded; one per process */
struct secret_memory *secret_memory_new(size_t entries);
void secret_memory_free(struct secret_memory *m);
/* Is (stored, given) a pair that verified before? The stored encoding is part of the key, so a changed client forgets. */
bool secret_is_remembered(const struct secret_memory *m, struct str client_id, struct str stored, struct str given);
void secret_remember(struct secret_memory *m, struct str client_id, struct str stored, struct str given);

/* --- throttle.c ----------------------------------------------------------------------------------------------------------- */

struct throttle_rules {
	int     account_free;           /* wrong passwords without a wait: 5 */
	int64_t account_first_ms;       /* wait after the next: 1000, doubling */
	int64_t account_max_ms;         /* ... up to 15 minutes */
	int     address_per_minute;     /* 30 failures */
	int     code_per_minute;        /* wrong codes per client and minute: 30 */
	int64_t forget_s;               /* a counter without failures for this long starts anew: 86400 */
};
/* What is counted: kind as in struct throttle; key text is digested with the realm. */
struct throttle_key { char kind; struct dig32 digest; };
struct throttle_key throttle_account(struct str realm, struct str user_name);   /* name canonicalised: one counter per account */
struct throttle_key throttle_address(struct str address);                       /* IPv6 by /64 */
struct throttle_key throttle_client_codes(struct str realm, struct str client_id);
/* Milliseconds to wait before another try is looked at; 0: go ahead. Reads the store. */
int64_t throttle_wait_ms(struct store *s, const struct throttle_rules *r, const struct throttle_key *k, int64_t now_ms);
/* Fill *row with the counter after one more failure (to be committed as OP_THROTTLE_FAIL). */
void throttle_failed(struct store *s, const struct throttle_rules *r, const struct throttle_key *k, int64_t now_ms, struct throttle *row);

/* --- user.c: user name and password to user ------------------------------------------------------------------------------- */

enum login_result { LOGIN_OK, LOGIN_WRONG, LOGIN_DISABLED, LOGIN_LOCKED, LOGIN_WAIT, LOGIN_TROUBLE };
struct login_try {
	struct str realm, name, password, address;      /* in */
	bool rehash;                                    /* in: store a better hash after a right password */
	struct user user;                               /* out: LOGIN_OK, DISABLED, LOCKED */
	int64_t wait_ms;                                /* out: LOGIN_WAIT */
};
/* The whole question with throttling, L1 and L2; commits counters (and a rehash) itself. Slow: for the password lane. */
enum login_result login_password(struct arena *mem, struct store *s, const struct throttle_rules *r, struct login_try *t);
#endif
