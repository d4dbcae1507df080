/*
 * oauth/grant/id_jag.h - identity assertions that are grants at another authorization server: the Identity Assertion JWT
 * Authorization Grant of draft-ietf-oauth-identity-assertion-authz-grant-04 (ID-JAG), taken and given.
 *
 * Taken: the jwt-bearer grant, of an issuer that is trusted for id_jag (trust.def). Given: a token exchange for whom the
 * client's registration names (id_jag_audiences), where the policy has it.
 */
#ifndef HUFU_OAUTH_GRANT_ID_JAG_H
#define HUFU_OAUTH_GRANT_ID_JAG_H

#include "oauth/grant/exchange.h"

#define ID_JAG_TYP "oauth-id-jag+jwt"

/* --- id_jag.c: section 4.4 --- */
/* By its typ, unverified: what it has to be trusted for. */
enum trust id_jag_or_bearer(const struct call *c, struct str assertion);
/* What a verified one gives besides its user: for this client, within its scope, resources, details and key. False: c->why. */
bool id_jag_take(struct call *c, const struct trusted_token *k, struct authority *a);

/* --- id_jag_give.c: section 4.3 --- */
/* May one be made of this subject token for P_AUDIENCE? False: c->why. */
bool id_jag_may_be_given(struct call *c, const struct party *subject, bool delegates);
/* The assertion in place of an access token; nothing is stored. False: c->why. */
bool id_jag_make(struct call *c, struct authority *a, struct tokens *t);
#endif
