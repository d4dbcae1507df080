/* oauth/client/trusted.h - JWTs of the issuers that the operator trusts: oauth/trusted_issuer.h. */
#ifndef HUFU_OAUTH_CLIENT_TRUSTED_H
#define HUFU_OAUTH_CLIENT_TRUSTED_H

#include "oauth/client/client.h"
#include "oauth/trusted_issuer.h"

/* subject: the value of the operator's claim, of a client's assertion its sub; absent: it has none. exp_s 0: no end. */
struct trusted_token { const struct trusted_issuer *from; struct jwt jwt; struct str subject; int64_t exp_s; };

/* Whose it says that it is, which is nothing yet. NULL: no JWT, or of nobody who is trusted for this here. */
const struct trusted_issuer *trusted_issuer_of(const struct call *c, struct str token, enum trust what);
/* The same of claims that were read already. */
const struct trusted_issuer *trusted_by_claims(const struct call *c, const json_t *claims, enum trust what);
/* Another server has to be asked for the keys. */
bool trusted_needs_document(const struct call *c, struct str token, enum trust what);
/* Signature, iss, typ, aud, exp, nbf, iat (O8). May ask another server where the call may wait. False: *why. */
bool trusted_verify(const struct call *c, struct str token, enum trust what, struct trusted_token *out,
    struct str *why);
/*
 * Where its issuer's tokens are good once for this: the first time. *used remembers that it was this call, which may
 * ask again when it has lost a race. False: *why.
 */
bool trusted_use(struct call *c, const struct trusted_token *k, enum trust what, bool *used, struct str *why);
#endif
