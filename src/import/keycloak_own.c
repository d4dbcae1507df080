/* import/keycloak_own.c - clients that every Keycloak has, for its own pages and its console. */
#include "import/keycloak.h"

bool
keycloak_is_own(const struct keycloak *k, struct str client)
{
	static const char *const own[] = { "account", "account-console", "admin-cli", "broker",
	    "realm-management", "security-admin-console" };
	const json_t *one;
	size_t i;

	for (i = 0; i < COUNT(own); i++)
		if (str_is(client, own[i]))
			return true;
	if (!str_is(json_member_str(k->realm, "realm"), "master") || !str_ends(client, S("-realm")))
		return false;
	json_array_foreach(json_object_get(k->realm, "clients"), i, one)
		if (str_eq(json_member_str(one, "clientId"), client))
			return json_is_true(json_object_get(one, "bearerOnly"));
	return false;
}
