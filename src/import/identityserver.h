/*
 * import/identityserver.h - the tables of IdentityServer4 and Duende IdentityServer (Entity Framework):
 * Clients with what hangs from it, PersistedGrants, and the users of ASP.NET Core Identity. Nothing is
 * written here.
 */
#ifndef HUFU_IMPORT_IDENTITYSERVER_H
#define HUFU_IMPORT_IDENTITYSERVER_H

#include "import/spring.h"

/* False with *why: a source that cannot be read, or has no table Clients. */
bool identityserver_read(struct row_source *s, const struct spring_options *o, struct spring_plan *out,
    struct str *why);

/* --- what the files share --------------------------------------------------------------------- */
struct identityserver { struct spring x; json_t *names /* of users by their id */; };
bool identityserver_clients(struct identityserver *s);
bool identityserver_users(struct identityserver *s);
bool identityserver_grants(struct identityserver *s);           /* consents; and live tokens where they are wanted */
/* BIT, bit(1), boolean: 1, t, true, True; anything else that is given is a no. */
bool identityserver_flag(const json_t *row, const char *column, bool otherwise);
#endif
