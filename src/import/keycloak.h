/*
 * import/keycloak.h - a realm export of Keycloak (kc.sh export, or the console's partial export): clients,
 * users with their credentials, realm and client roles, consents. Nothing is written here.
 */
#ifndef HUFU_IMPORT_KEYCLOAK_H
#define HUFU_IMPORT_KEYCLOAK_H

#include "import/spring.h"

/*
 * from: a file, or the folder of an export with users in files of their own (REALM-realm.json,
 * REALM-users-0.json ...). old_realm: which of several; absent: the only one. False with *why.
 */
bool keycloak_read(struct arena *mem, struct str from, struct str old_realm, const struct spring_options *o,
    struct spring_plan *out, struct str *why);

/* --- what the files share --------------------------------------------------------------------- */
struct keycloak {
	struct spring x;
	const json_t *realm;
	json_t *roles;          /* by the key that role_key makes */
	json_t *groups;         /* path: the groups from the top down to it */
	bool own_roles;         /* somebody had roles of Keycloak's own applications */
};
bool keycloak_clients(struct keycloak *k);
bool keycloak_users(struct keycloak *k);
/* Keycloak's own applications: account, admin-cli, realm-management and so on. */
bool keycloak_is_own(const struct keycloak *k, struct str client);

/* keycloak_role.c: indexes over the realm's roles and groups. False: no memory. */
bool roles_begin(struct keycloak *k);
/*
 * All roles of a user, with those that composite roles and groups bring, as authorities of record: a realm
 * role by its name, a client's as CLIENT:ROLE. Those that no authority can be called by are named and left
 * out.
 */
void roles_of_user(struct keycloak *k, const json_t *user, json_t *record, struct str of);
#endif
