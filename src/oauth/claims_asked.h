/*
 * oauth/claims_asked.h - claims that a request asks for by their names: the parameter `claims`, OpenID Connect Core
 * 5.5. They wait and go on as authorization_extra.claims.
 */
#ifndef HUFU_OAUTH_CLAIMS_ASKED_H
#define HUFU_OAUTH_CLAIMS_ASKED_H

#include "oauth/openid_claims.h"

/* Of what is kept of the parameter, in bytes: the other members of authorization_extra need room beside it. */
#define CLAIMS_ASKED_MAX (6 * 1024)
#define CLAIMS_ID_TOKEN "id_token"
#define CLAIMS_USERINFO "userinfo"

/* The object of the form of 5.5; NULL: it is none. */
const json_t *claims_asked_read(struct arena *mem, struct str text);
/*
 * What is kept of it: the claims of a person that these scopes open, standard ones and the issuer's own, and what is
 * asked about the login; auth_time as well when it is wanted. Absent: longer than CLAIMS_ASKED_MAX, or mem is full.
 */
struct str claims_asked_within(struct arena *mem, const struct policy *policy, const json_t *asked,
    struct str scopes, bool auth_time);
/*
 * The scopes that open the claims of an authorization which were asked for, words beside those that it has; perhaps
 * none.
 */
struct str claims_asked_scopes(struct arena *mem, const struct policy *policy, const struct authorization *a);
/* What was asked of one claim: what an authorization holds for a place, CLAIMS_x; NULL: nothing. */
const json_t *claims_asked_of(struct arena *mem, const struct authorization *a, const char *place);
/* Is value one that the request for a claim takes? One that names none takes every one. */
bool claim_value_fits(const json_t *request, struct str value);
bool claim_has_value(const json_t *request);            /* it names one, or several */
bool claim_is_essential(const json_t *request);
/*
 * Members of the object in b for those that were asked for at that place, but for what these scopes have opened
 * already.
 */
void claims_asked_put(struct buf *b, const struct openid_user *o, const struct authorization *a, const char *place,
    struct str opened);
#endif
