/*
 * hufu/import_names.c - whether the realm's user names compare as the old database's did, and names
 * that then fall together.
 */
#include "hufu/import_int.h"

static json_t *
realm_order(struct cli *c, const char *order, const char *names)
{
	json_t *ask = json_object(), *answer;

	json_object_set_new(ask, "do", json_string(order));
	json_object_set(ask, "realm", json_object_get(c->ask, "realm"));
	if (names != NULL)
		json_object_set_new(ask, "names", json_string(names));
	answer = cli_order(c, ask);
	json_decref(ask);
	return answer;
}

/* What is asked for by hand, else what the old database did; NULL: as the realm does. */
static const char *
names_wanted(struct cli *c, const struct spring_plan *plan, bool begun)
{
	struct str said = json_member_str(c->local, "names");

	if (str_given(said))
		return str_is(said, "exact") ? "exact" : "fold";
	if (plan->compare == SOURCE_FOLDS)
		return "fold";
	return plan->compare == SOURCE_EXACT && !begun ? "exact" : NULL;
}

/* Two rows that one login would mean: the later is told, and which it falls together with. */
static void
names_judge(struct cli *c, struct spring_plan *plan)
{
	json_t *seen = json_object(), *user;
	size_t i;

	json_array_foreach(plan->users, i, user) {
		struct str name = json_member_str(user, "name");
		char *fold = arena_z(&c->mem, str_fold(&c->mem, name));
		json_t *first = fold != NULL ? json_object_get(seen, fold) : NULL;

		if (first != NULL)
			finding_add(plan, FIND_NAMES_TOGETHER, ARENA_CAT(&c->mem, S("user "), name),
			    json_member_str(first, "name"));
		else if (fold != NULL)
			json_object_set(seen, fold, user);
	}
	json_decref(seen);
}

bool
import_names_find(struct cli *c, struct spring_plan *plan, const char **names)
{
	struct str said = json_member_str(c->local, "names");
	const json_t *now;
	const char *is;

	if (str_given(said) && !str_is(said, "fold") && !str_is(said, "exact"))
		return cli_usage(c, str_of(text(c, T_bad_names)));
	now = realm_order(c, "realm.show", NULL);
	if (now == NULL)
		return false;
	is = json_string_value(json_object_get(now, "names"));
	*names = names_wanted(c, plan, json_is_true(json_object_get(now, "begun")));
	if (*names != NULL && is != NULL && strcmp(*names, is) != 0)
		finding_add(plan, strcmp(*names, "fold") == 0 ? FIND_NAMES_FOLD : FIND_NAMES_EXACT,
		    ARENA_CAT(&c->mem, S("realm "), json_member_str(c->ask, "realm")), STR_ABSENT);
	else
		*names = NULL;
	if (is != NULL && strcmp(*names != NULL ? *names : is, "fold") == 0)
		names_judge(c, plan);
	return true;
}

bool
import_names_set(struct cli *c, const char *names)
{
	return names == NULL || realm_order(c, "realm.set", names) != NULL;
}
