/* oauth/grant/grant.h - what the files of the grants share. */
#ifndef HUFU_OAUTH_GRANT_H
#define HUFU_OAUTH_GRANT_H

#include "oauth/client/trusted.h"
#include "oauth/token/token.h"

/* --- open_id.c: whom the parameter openId means --- */
bool open_id_whose(struct call *c, struct user *u);

/* --- password.c --- */
bool password_resolve(struct call *c, struct authority *a, struct str name, enum table_by by);

/*
 * --- trusted_user.c --- of a JWT that was verified, and of one that was not, as the store has him. False: nobody, or
 * c->why.
 */
bool trusted_user(struct call *c, const struct trusted_token *k, struct user *u);
bool trusted_whose(struct call *c, struct str token, enum trust what, struct user *u);
/* A claim as JSON, in c->mem; absent: it is not there. One that is no object is told as it is, and fits nothing. */
struct str claim_json(struct call *c, const json_t *v);
/* Its claim act, with the issuer that says so; absent: it has none. */
struct str trusted_act(struct call *c, const struct trusted_token *k);
/* --- decoupled.c: a request whose user decides elsewhere, by the digest of what the client comes back with --- */
bool decoupled_resolve(struct call *c, struct authority *a, enum decoupled_kind kind, struct dig32 digest);
bool decoupled_whose(struct call *c, struct dig32 digest, struct user *u);

/* What the outcome of a login means to the authority of a grant. */
bool login_settles(struct call *c, struct authority *a, enum login_result r, const struct login_try *t);
#endif
