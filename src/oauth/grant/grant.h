/* oauth/grant/grant.h - what the files of the grants share. */
#ifndef HUFU_OAUTH_GRANT_H
#define HUFU_OAUTH_GRANT_H

#include "oauth/token/token.h"

/* --- open_id.c: whom the parameter openId means --- */
bool open_id_whose(struct call *c, struct user *u);

/* --- password.c --- */
bool password_resolve(struct call *c, struct authority *a, struct str name, enum table_by by);

/* What the outcome of a login means to the authority of a grant. */
bool login_settles(struct call *c, struct authority *a, enum login_result r, const struct login_try *t);
#endif
