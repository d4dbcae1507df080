/* oauth/session/factor_kinds.h - the functions that rows of oauth/factors.def name. Their shapes: struct factor_row. */
#ifndef HUFU_OAUTH_FACTOR_KINDS_H
#define HUFU_OAUTH_FACTOR_KINDS_H

#include "oauth/session/factor.h"
#include "oauth/session/passkey.h"

/* --- totp.c: time-based one-time passwords, RFC 6238: SHA-1, six digits, thirty seconds --- */
#define TOTP_STEP_S  30
#define TOTP_SECRET  20                 /* bytes: RFC 4226 section 4 */
bool totp_check(struct call *c, const struct factor_try *t, struct ops *o);
/*
 * The step of now, the one before or the one after, in which this secret says code; 0: none, or not behind `after`
 * (RFC 6238 section 5.2: each counts once).
 */
int64_t totp_step(struct str secret, int64_t now_s, int64_t after, struct str code);
/* As it is stored: sealed for this user by the key of the process. Absent: there is no such key, or no memory. */
struct str totp_seal(const struct call *c, const struct user *u, struct str secret);


/* --- factor_address.c, passkey_offer.c: does the issuer ask for that kind? --- */
bool totp_is_on(const struct issuer *i);
bool sms_is_on(const struct issuer *i);
bool mail_is_on(const struct issuer *i);
bool passkey_is_on(const struct issuer *i);

/* --- factor_message.c --- */
bool sms_check(struct call *c, const struct factor_try *t, struct ops *o);
bool mail_check(struct call *c, const struct factor_try *t, struct ops *o);
bool sms_begin(struct call *c, const struct factor_try *t, struct answer *a);
bool mail_begin(struct call *c, const struct factor_try *t, struct answer *a);

/* --- passkey_factor.c --- */
bool passkey_check(struct call *c, const struct factor_try *t, struct ops *o);
bool passkey_begin(struct call *c, const struct factor_try *t, struct answer *a);

bool recovery_check(struct call *c, const struct factor_try *t, struct ops *o);
#endif
