/*
 * import/rageframe.h - the tables of RageFrame 2: rf_oauth2_client, rf_oauth2_access_token, rf_oauth2_refresh_token,
 * rf_oauth2_authorization_code, rf_member. Nothing is written here.
 */
#ifndef HUFU_IMPORT_RAGEFRAME_H
#define HUFU_IMPORT_RAGEFRAME_H

#include "import/spring.h"

/* o->table_prefix: absent for "rf_". False with *why: a source that cannot be read, or has no table of clients. */
bool rageframe_read(struct row_source *s, const struct spring_options *o, struct spring_plan *out, struct str *why);
#endif
