/*
 * import/keycloak_role.c - which roles a user of Keycloak has: its own, those of its groups, and those that
 * composite roles bring.
 */
#include "import/keycloak.h"
#include "import/user.h"

/*
 * A realm role and a client's cannot have one key: '=' begins the first, no client's role has the tabulator
 * behind its client's name first.
 */
static const char *
role_key(struct keycloak *k, struct str client, struct str role)
{
	return arena_z(k->x.mem, str_given(client) ? ARENA_CAT(k->x.mem, client, S("\t"), role)
	    : ARENA_CAT(k->x.mem, S("="), role));
}

static struct str
text_of(const json_t *v)
{
	return json_is_string(v) ? str_span(json_string_value(v), json_string_length(v)) : STR_ABSENT;
}

/* --- indexes ---------------------------------------------------------------------------------- */

static void
roles_index(struct keycloak *k, struct str client, const json_t *list)
{
	const json_t *role;
	size_t i;

	json_array_foreach(list, i, role) {
		struct str name = json_member_str(role, "name");

		if (!str_empty(name))
			json_object_set(k->roles, role_key(k, client, name), (json_t *)(uintptr_t)role);
	}
}

static void
groups_index(struct keycloak *k, const json_t *list, const json_t *above)
{
	const json_t *group;
	size_t i;

	json_array_foreach(list, i, group) {
		const char *path = json_string_value(json_object_get(group, "path"));
		json_t *chain = above != NULL ? json_copy((json_t *)(uintptr_t)above) : json_array();

		json_array_append(chain, (json_t *)(uintptr_t)group);
		if (path != NULL)
			json_object_set(k->groups, path, chain);
		groups_index(k, json_object_get(group, "subGroups"), chain);
		json_decref(chain);
	}
}

bool
roles_begin(struct keycloak *k)
{
	const json_t *roles = json_object_get(k->realm, "roles"), *list;
	const char *client;

	k->roles = json_object();
	k->groups = json_object();
	if (k->roles == NULL || k->groups == NULL || !arena_defer(k->x.mem, (void (*)(void *))json_decref, k->roles)
	    || !arena_defer(k->x.mem, (void (*)(void *))json_decref, k->groups))
		return false;
	roles_index(k, STR_ABSENT, json_object_get(roles, "realm"));
	json_object_foreach(json_object_get(roles, "client"), client, list)
		roles_index(k, str_of(client), list);
	groups_index(k, json_object_get(k->realm, "groups"), NULL);
	return true;
}

/* --- of one user ------------------------------------------------------------------------------ */

/* Roles met so far, as [client or null, role]; seen keeps each from being met twice, so that circles end. */
struct bag { struct keycloak *k; json_t *list, *seen; };

static void
bag_add(struct bag *b, struct str client, struct str role)
{
	const char *key = role_key(b->k, client, role);

	if (str_empty(role) || json_object_get(b->seen, key) != NULL)
		return;
	json_object_set_new(b->seen, key, json_true());
	json_array_append_new(b->list, json_pack("[o, s%]",
	    str_given(client) ? json_str(client) : json_null(), role.p, role.n));
}

/* {"realm":[...],"client":{"app":[...]}}, or under the names that users and groups have. */
static void
bag_fill(struct bag *b, const json_t *from, const char *realm, const char *client)
{
	const json_t *list, *role;
	const char *name;
	size_t i;

	json_array_foreach(json_object_get(from, realm), i, role)
		bag_add(b, STR_ABSENT, text_of(role));
	json_object_foreach(json_object_get(from, client), name, list)
		json_array_foreach(list, i, role)
			bag_add(b, str_of(name), text_of(role));
}

static void
groups_fill(struct bag *b, const json_t *user)
{
	const json_t *path, *group;
	size_t i, g;

	json_array_foreach(json_object_get(user, "groups"), i, path) {
		const char *name = json_string_value(path);

		json_array_foreach(name != NULL ? json_object_get(b->k->groups, name) : NULL, g, group)
			bag_fill(b, group, "realmRoles", "clientRoles");
	}
}

/* The list grows while it is gone through. */
static void
composites_fill(struct bag *b)
{
	for (size_t i = 0; i < json_array_size(b->list); i++) {
		const json_t *one = json_array_get(b->list, i);
		struct str client = text_of(json_array_get(one, 0)), role = text_of(json_array_get(one, 1));

		bag_fill(b, json_object_get(json_object_get(b->k->roles, role_key(b->k, client, role)),
		    "composites"), "realm", "client");
	}
}

/* What every user has, and what opens only Keycloak's own pages. */
static bool
is_own(const struct keycloak *k, struct str client, struct str role)
{
	if (str_given(client))
		return keycloak_is_own(k, client);
	return str_is(role, "offline_access") || str_is(role, "uma_authorization")
	    || (str_starts(role, S("default-roles-")) && str_eq_nocase(str_from(role, 14),
	    json_member_str(k->realm, "realm")));
}

static bool
is_word(struct str s)
{
	return str_is_visible(s) && s.n <= 256;
}

/* A client's role never becomes the realm role that happens to be called alike. */
static void
role_take(struct keycloak *k, json_t *record, struct str of, struct str client, struct str role)
{
	struct str word = str_given(client) ? ARENA_CAT(k->x.mem, client, S(":"), role) : role;
	bool taken = str_given(client) && json_object_get(k->roles, role_key(k, STR_ABSENT, word)) != NULL;

	if (is_own(k, client, role))
		k->own_roles = true;
	else if (!is_word(word) || taken)
		finding_add(k->x.plan, FIND_ROLE, of, word);
	else
		user_authority(record, word);
}

void
roles_of_user(struct keycloak *k, const json_t *user, json_t *record, struct str of)
{
	struct bag b = { k, json_array(), json_object() };
	const json_t *one;
	size_t i;

	user_authority(record, S(""));
	bag_fill(&b, user, "realmRoles", "clientRoles");
	groups_fill(&b, user);
	composites_fill(&b);
	json_array_foreach(b.list, i, one)
		role_take(k, record, of, text_of(json_array_get(one, 0)), text_of(json_array_get(one, 1)));
	json_decref(b.list);
	json_decref(b.seen);
}
