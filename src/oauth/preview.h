/*
 * oauth/preview.h - what a request would be given, for the command line (hufu preview): a user is taken to have logged in.
 * Only for a store that is nobody's: a session is begun in it.
 */
#ifndef HUFU_OAUTH_PREVIEW_H
#define HUFU_OAUTH_PREVIEW_H

#include "oauth/endpoints.h"

/* What a login would be asked besides what proves it, and why it would be refused (R_NONE: it would not). */
struct preview_login { enum reason why; bool factor, new_password; };
/*
 * u logs in by a password, and shows a second factor where one is asked for: c->set_session. In the store of the call
 * the user has u's id. False: out->why, or c->why.
 */
bool preview_login(struct call *c, const struct user *u, struct preview_login *out);

#endif
