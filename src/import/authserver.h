/*
 * import/authserver.h - the tables of Spring Authorization Server 1.x: oauth2_registered_client,
 * oauth2_authorization_consent, oauth2_authorization; users stand in the tables that import/spring.h reads.
 * Nothing is written here.
 */
#ifndef HUFU_IMPORT_AUTHSERVER_H
#define HUFU_IMPORT_AUTHSERVER_H

#include "import/spring.h"

/* False with *why: a source that cannot be read, or has no oauth2_registered_client. */
bool authserver_read(struct row_source *s, const struct spring_options *o, struct spring_plan *out, struct str *why);

/* --- what the files share: ids leads from a row's id to its client_id ------------------------- */
bool authserver_clients(struct spring *x, json_t *ids);
bool authserver_consents(struct spring *x, const json_t *ids);
bool authserver_tokens(struct spring *x, const json_t *ids);
#endif
