/* import/keycloak.c - the files of a Keycloak export, and the order in which a realm is read. */
#include <dirent.h>
#include <sys/stat.h>

#include "import/keycloak.h"

struct files { struct arena *mem; struct str from, wanted; struct str *why; };

static json_t *
file_load(struct files *f, struct str path)
{
	json_error_t e;
	json_t *v = json_load_file(arena_z(f->mem, path), 0, &e);

	if (v == NULL)
		*f->why = arena_say(f->mem, "%.*s:%d: no JSON: %s", STR_ARG(path), e.line, e.text);
	else if (!arena_defer(f->mem, (void (*)(void *))json_decref, v))
		return NULL;
	return v;
}

static struct str
name_of(const json_t *realm)
{
	struct str name = json_member_str(realm, "realm");

	return str_given(name) ? name : json_member_str(realm, "id");
}

/* Of several realms the one that was named; NULL with *why. */
static json_t *
realm_choose(struct files *f, const json_t *list)
{
	json_t *one, *found = NULL;
	struct str names = S("");
	size_t i;

	json_array_foreach(list, i, one) {
		names = ARENA_CAT(f->mem, names, i > 0 ? S(", ") : S(""), name_of(one));
		if (!str_given(f->wanted) || str_eq(name_of(one), f->wanted))
			found = one;
	}
	if (found != NULL && (str_given(f->wanted) || json_array_size(list) == 1))
		return found;
	*f->why = arena_say(f->mem, json_array_size(list) == 0 ? "%.*s: there is no realm"
	    : "%.*s: name one realm with --old-realm; there are: %.*s",
	    STR_ARG(f->from), STR_ARG(names));
	return NULL;
}

static json_t *
realm_of_file(struct files *f)
{
	json_t *v = file_load(f, f->from), *one = json_is_object(v) ? json_pack("[O]", v) : NULL;

	if (v == NULL || (one != NULL && !arena_defer(f->mem, (void (*)(void *))json_decref, one)))
		return NULL;
	return realm_choose(f, one != NULL ? one : v);
}

/* --- a folder --------------------------------------------------------------------------------- */

/* The files whose names end so, in the order of their names, joined into one list. */
static json_t *
files_load(struct files *f, struct str tail, struct str head)
{
	struct dirent **names = NULL;
	int n = scandir(arena_z(f->mem, f->from), &names, NULL, alphasort);
	json_t *list = json_array();
	bool ok = n >= 0 && list != NULL && arena_defer(f->mem, (void (*)(void *))json_decref, list);

	for (int i = 0; i < n; i++) {
		struct str name = str_of(names[i]->d_name);

		if (ok && str_ends(name, S(".json")) && str_starts(name, head) && str_contains(name, tail)) {
			json_t *v = file_load(f, arena_dup(f->mem, ARENA_CAT(f->mem, f->from, S("/"), name)));
			ok = v != NULL && json_array_append(list, v) == 0;
		}
		free(names[i]);
	}
	free(names);
	return ok ? list : NULL;
}

/* REALM-users-0.json: {"realm":"REALM","users":[...]}. */
static bool
users_join(struct files *f, json_t *realm)
{
	json_t *list = files_load(f, S("-users-"), ARENA_CAT(f->mem, name_of(realm), S("-users-"))), *one, *users;
	size_t i;

	if (list == NULL)
		return false;
	if (json_object_get(realm, "users") == NULL)
		json_object_set_new(realm, "users", json_array());
	users = json_object_get(realm, "users");
	json_array_foreach(list, i, one)
		if (json_object_get(one, "users") != NULL
		    && json_array_extend(users, json_object_get(one, "users")) != 0)
			return false;
	return true;
}

static json_t *
realm_of_folder(struct files *f)
{
	json_t *list = files_load(f, S("-realm.json"), S("")), *realm = list != NULL ? realm_choose(f, list) : NULL;

	return realm != NULL && users_join(f, realm) ? realm : NULL;
}

/* --- the realm -------------------------------------------------------------------------------- */

/* What holds for all of a realm's clients and has no place here, or another. */
static void
realm_judge(struct keycloak *k)
{
	static const char *const members[] = { "identityProviders", "ssoSessionIdleTimeout", "passwordPolicy",
	    "bruteForceProtected" };
	struct str of = ARENA_CAT(k->x.mem, S("realm "), name_of(k->realm));
	const json_t *client;
	bool optional = false;
	size_t i;

	for (i = 0; i < COUNT(members); i++) {
		const json_t *v = json_object_get(k->realm, members[i]);

		if (json_is_true(v) || json_is_integer(v) || json_string_length(v) > 0 || json_array_size(v) > 0)
			finding_add(k->x.plan, FIND_REALM_SETTING, of, str_of(members[i]));
	}
	json_array_foreach(json_object_get(k->realm, "clients"), i, client)
		optional = optional || json_array_size(json_object_get(client, "optionalClientScopes")) > 0;
	if (optional)
		finding_add(k->x.plan, FIND_OPTIONAL_SCOPES, of, STR_ABSENT);
}

bool
keycloak_read(struct arena *mem, struct str from, struct str old_realm, const struct spring_options *o,
    struct spring_plan *out, struct str *why)
{
	struct files f = { mem, from, old_realm, why };
	struct keycloak k = { .x = { NULL, o, out, mem, NULL, why } };
	const char *path = arena_z(mem, from);
	struct stat st;

	*why = SAY("memory is exhausted");
	if (path == NULL || stat(path, &st) != 0) {
		*why = arena_say(mem, "%.*s: there is no such file or folder", STR_ARG(from));
		return false;
	}
	k.realm = S_ISDIR(st.st_mode) ? realm_of_folder(&f) : realm_of_file(&f);
	if (k.realm == NULL)
		return false;
	if (!json_is_array(json_object_get(k.realm, "clients"))) {
		*why = arena_say(mem, "%.*s: no realm export of Keycloak: there is no list of clients",
		    STR_ARG(from));
		return false;
	}
	*why = SAY("memory is exhausted");
	if (!spring_plan_begin(out, mem) || !roles_begin(&k) || !keycloak_clients(&k) || !keycloak_users(&k))
		return false;
	realm_judge(&k);
	return true;
}
