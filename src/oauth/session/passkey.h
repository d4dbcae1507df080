/*
 * oauth/session/passkey.h - passkeys of users: a login without a password, a second factor, and their enrolment. What a
 * browser answers is judged by login/webauthn.h; here is what was asked, of whom, and that it counts once.
 *
 * A challenge is 32 random bytes. Nothing is stored of it before it is answered: it travels in a ticket of the form,
 * sealed with its end, its use, and what the form is held against (the browser's nonce, or its session). The answer
 * spends it, by a row that outlives it (OP_ONCE_USE) in the transaction of what it gives, so of any number of equal
 * answers one counts, also across a restart.
 *
 * A passkey is a row of `factors` of the kind PASSKEY_KIND; its counter is the authenticator's. user.id of Web
 * Authentication is the user's id, 16 bytes, which names nobody.
 */
#ifndef HUFU_OAUTH_PASSKEY_H
#define HUFU_OAUTH_PASSKEY_H

#include "login/webauthn.h"
#include "oauth/session/factor.h"

#define PASSKEY_KIND    "passkey"
#define PASSKEYS_MAX    20              /* of one user */
#define PASSKEY_ANSWER_MAX (40 * 1024)  /* P_PASSKEY */
#define PASSKEY_TTL_S   (60 * 60)       /* of a challenge: as long as a login page waits (saved.c) */

/* What a challenge is for. Nothing that was asked for one counts as another. */
enum passkey_use { PASSKEY_LOGIN, PASSKEY_FACTOR, PASSKEY_ENROL };
/* By the policy, and the issuer has an RP id. */
bool passkey_is_offered(const struct issuer *i, enum passkey_use use);
/* passkey_rp_id, or the host of the issuer's URL; in mem. */
struct str passkey_rp_id(const struct issuer *i, struct arena *mem);

/*
 * Ask a browser: out->passkey says what a page has to put before its script (call.h). secret: what the form is held
 * against. u: whose passkey, NULL for PASSKEY_LOGIN. None is asked for (out untouched) where the use is not offered, or
 * where u has none and one is needed. False: c->why.
 */
bool passkey_ask(struct call *c, enum passkey_use use, struct str secret, const struct user *u, struct answer *out);

/* What an answer is worth. Spans live in the call's arena. */
struct passkey_proof {
	struct user user;
	struct factor row;              /* as it is to be: used, or new */
	int64_t was;                    /* its counter before */
	struct op_once once;
	bool verified;                  /* the authenticator asked who it was: two factors at once */
};
/*
 * P_PASSKEY and P_PASSKEY_TICKET for that use, by that secret, of u (NULL: of whom the passkey names, who then may
 * enter). Failures are counted by address. False: c->why is R_PASSKEY, R_USER_..., R_WAIT or what else failed.
 */
bool passkey_holds(struct call *c, enum passkey_use use, struct str secret, const struct user *u,
    struct passkey_proof *out);
/* The same, uncounted: who asks has counted the try. */
bool passkey_is_right(struct call *c, enum passkey_use use, struct str secret, const struct user *u,
    struct passkey_proof *out);
/* Spends the challenge and the counter, in front of what they give. Lost: R_PASSKEY. */
void ops_spend_passkey(const struct passkey_proof *p, struct ops *o);
/*
 * Of a login by it alone, where the authenticator asked who it was: RFC 8176. Whether the key is in hardware (hwk)
 * nobody says, for no attestation is asked for; nor what the authenticator asked for (pin, fpt).
 */
#define PASSKEY_AMR "pop user mfa"

/* --- passkey_login.c --- */
/* P_PASSKEY of PASSKEY_LOGIN: a login; answers as login_endpoint, which asks for it once the form's token holds. */
struct answer passkey_login(struct call *c);

/* --- enrolling --- */
/*
 * P_PASSKEY of PASSKEY_ENROL as a row that is to be added; its name is P_FACTOR_NAME, or a date. Nothing is committed:
 * who adds the row spends out->once with it. False: c->why, R_PASSKEY_KNOWN or R_PASSKEYS_MANY too.
 */
bool passkey_enrols(struct call *c, struct str secret, const struct user *u, struct passkey_proof *out);
/* --- passkey_row.c: what the row keeps, JSON; of our own making --- */
struct str passkey_write(struct arena *mem, const struct webauthn_credential *k);
/* False: the row is no passkey's. */
bool passkey_row_read(struct arena *mem, const struct factor *f, struct webauthn_credential *out);
/* Those of u, at most PASSKEYS_MAX; -1: c->why. */
int passkeys_of(struct call *c, const struct user *u, struct factor *out);
#endif
