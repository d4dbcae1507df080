/* oauth/client/client.h - who the client is, and where it may send its users. */
#ifndef HUFU_OAUTH_CLIENT_H
#define HUFU_OAUTH_CLIENT_H

#include "oauth/oauth_int.h"

/*
 * --- authenticate.c: c->proof is there, or can be made in microseconds and is now; false: a slow
 * hash stands before it ---
 */
bool client_is_settled(struct call *c);
struct str basic_names(const struct call *c);    /* the client id that the Basic field means */

/* --- redirect.c --- */
bool redirect_resolve(struct call *c, const struct client *k, struct str *uri);
bool redirect_matches(const struct policy *policy, struct str registered, struct str asked, bool loose);
/* registered but for parameters added to its query */
bool redirect_is_loose(const struct policy *policy, const struct client *k, struct str uri);
#endif
