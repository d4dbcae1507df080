/* oauth/decoupled/ciba_int.h - what the files of CIBA share. */
#ifndef HUFU_OAUTH_CIBA_INT_H
#define HUFU_OAUTH_CIBA_INT_H

#include "oauth/ciba.h"
#include "oauth/decoupled/decoupled.h"

/* Always false: R_CIBA_REQUEST, with what is wrong, which the client is told. */
bool ciba_wrong(struct call *c, struct str what);
/* Where P_REQUEST is there, what it says stands in c->arg from now on. False: c->why. */
bool ciba_request_is_read(struct call *c);
/* What the notice will say, sealed until the decision. */
struct str ciba_notice_seal(const struct call *c, struct str auth_req_id, struct str client_notification_token);
#endif
