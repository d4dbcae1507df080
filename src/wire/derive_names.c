/* wire/derive_names.c - what parameters, grants and the members of redirects are called in a custom dialect. */
#include "wire/derive.h"

#define ALIASES_MAX 128
#define GRANT_ROWS_MAX 48

struct aliases { struct param_alias at[ALIASES_MAX + 1]; size_t n; };

static void
alias_add(struct derive *d, struct aliases *t, const char *name, enum param is)
{
	if (t->n < ALIASES_MAX)
		t->at[t->n++] = (struct param_alias){ name, is };
	else
		wrong(d, "parameters", NULL, "there are more than %d names", ALIASES_MAX);
}

static int
param_called(struct str name)
{
	for (int i = 0; i < P_COUNT; i++)
		if (str_is(name, param_names[i]))
			return i;
	return -1;
}

/* The templates write them. */
bool
param_is_own(enum param p)
{
	return p == P_CSRF || p == P_APPROVAL || p == P_REQUEST_ID || p == P_CONTINUE || p == P_SAVED_REQUEST
	    || p == P_INTERACTION;
}

static bool
is_reserved(struct str name)
{
	int p = param_called(name);

	return (p >= 0 && param_is_own((enum param)p)) || str_is(name, "decision") || str_is(name, "ui_lang")
	    || str_starts(name, S("scope."));
}

/* The parameter that a key names; -1: complained. */
static int
param_of_key(struct derive *d, const struct tree *node, struct str name)
{
	struct nearest near = nearest_to(name);
	int p = param_called(name);

	if (p >= 0 && !param_is_own((enum param)p))
		return p;
	for (int i = 0; i < P_COUNT; i++)
		if (!param_is_own((enum param)i))
			nearest_try(&near, str_of(param_names[i]));
	if (p >= 0)
		wrong(d, "parameters", node, "this field of hufu's own forms keeps its name");
	else
		wrong_name(d, "parameters", node, "parameter", &near);
	return -1;
}

static bool
names_are_good(struct derive *d, const char *map, const struct tree *node, const struct words *names)
{
	for (size_t i = 0; i < names->n; i++) {
		if (!name_is_plain(names->at[i])) {
			wrong(d, map, node, "\"%.*s\" is no name: use 1 to 64 visible ASCII characters, none of \" ' \\ < > & = # %% + ? { } `", STR_ARG(names->at[i]));
			return false;
		}
		if (strcmp(map, "parameters") == 0 && is_reserved(names->at[i])) {
			wrong(d, map, node, "%.*s is a field of hufu's own forms; choose another name", STR_ARG(names->at[i]));
			return false;
		}
	}
	return true;
}

/* --- names for everywhere --------------------------------------------------------------------------------------------------------- */

/* "password.username" -> password, username; without a dot: absent. */
static struct str
scope_of_key(struct str key, struct str *param)
{
	ptrdiff_t dot = str_rindex(key, '.');

	*param = dot < 0 ? key : str_from(key, (size_t)dot + 1);
	return dot < 0 ? STR_ABSENT : str_sub(key, 0, (size_t)dot);
}

static void
add_names(struct derive *d, struct aliases *t, const struct tree *node, enum param p)
{
	struct words names;

	if (!words_of(d, "parameters", node, &names) || !names_are_good(d, "parameters", node, &names))
		return;
	for (size_t i = 0; i < names.n; i++) {
		for (size_t k = 0; k < t->n; k++)
			if (str_is(names.at[i], t->at[k].name))
				wrong(d, "parameters", node, "%.*s is the name of %s already; give one of them another", STR_ARG(names.at[i]), param_names[t->at[k].is]);
		alias_add(d, t, arena_z(d->mem, names.at[i]), p);
	}
}

/* Those that keep their name stand first, so that a collision is told of the key that made it. */
static void
name_params(struct derive *d)
{
	const struct tree *map = d->spec->parameters;
	struct aliases *t = map ? arena_new(d->mem, struct aliases) : NULL;
	struct str param;

	if (t == NULL)
		return;
	for (int p = 0; p < P_COUNT; p++)
		if (param_is_own((enum param)p) || tree_member(map, param_names[p]) == NULL)
			alias_add(d, t, param_names[p], (enum param)p);
	for (size_t i = 0; i < map->n; i++) {
		int p = str_given(scope_of_key(map->at[i].name, &param)) ? -1 : param_of_key(d, &map->at[i], param);

		if (p >= 0)
			add_names(d, t, &map->at[i], (enum param)p);
	}
	d->w->params = t->at;
}

/* --- names for one grant or one endpoint ------------------------------------------------------------------------------------------- */

static const struct tree *
key_for(struct derive *d, struct str place, enum param p)
{
	return tree_member(d->spec->parameters, arena_z(d->mem, ARENA_CAT(d->mem, place, S("."), str_of(param_names[p]))));
}

/* What a name that is not read in the base is called now. */
static void
hide(struct derive *d, struct aliases *t, enum param p)
{
	for (const struct param_alias *a = d->w->params; a != NULL && a->name != NULL; a++)
		if (a->is == p)
			alias_add(d, t, a->name, P_COUNT);
	if (d->w->params == NULL)
		alias_add(d, t, param_names[p], P_COUNT);
}

static void
keep_aliases(struct derive *d, struct aliases *t, struct str place, const struct param_alias *old)
{
	for (; old != NULL && old->name != NULL; old++) {
		int hidden = old->is == P_COUNT ? param_called(str_of(old->name)) : -1;

		if (hidden >= 0 && key_for(d, place, (enum param)hidden) == NULL)
			hide(d, t, (enum param)hidden);
		else if (old->is != P_COUNT && key_for(d, place, old->is) == NULL)
			alias_add(d, t, old->name, old->is);
	}
}

/* The aliases of a row: the base's, with the keys "PLACE.PARAMETER" in their place. */
static const struct param_alias *
place_aliases(struct derive *d, struct str place, const struct param_alias *old)
{
	const struct tree *map = d->spec->parameters;
	struct aliases *t = map ? arena_new(d->mem, struct aliases) : NULL;

	if (t == NULL)
		return old;
	for (size_t i = 0; i < map->n; i++) {
		struct str param;
		int p = str_eq(scope_of_key(map->at[i].name, &param), place) && str_index(map->at[i].name, '.') >= 0 ? param_called(param) : -1;

		if (p < 0)
			continue;
		if (map->at[i].kind == TREE_NULL || str_is(map->at[i].text, "none"))
			hide(d, t, (enum param)p);
		else
			add_names(d, t, &map->at[i], (enum param)p);
	}
	keep_aliases(d, t, place, old);
	return t->n ? t->at : NULL;
}

static bool
is_grant(const struct wire *w, struct str name)
{
	for (const struct grant_row *g = w->grants; g->name != NULL; g++)
		if (str_is(name, g->grant->name))
			return true;
	return false;
}

static bool
is_place(struct derive *d, struct str name)
{
	if (is_grant(d->w, name))
		return true;
	for (const struct route *r = d->w->routes; r->path != NULL; r++)
		if (r->only == NULL && str_eq(route_name(d->mem, r), name))
			return true;
	return false;
}

static void
name_params_of_places(struct derive *d)
{
	const struct tree *map = d->spec->parameters;
	struct route *rows = (struct route *)(uintptr_t)d->w->routes;
	struct grant_row *grant_rows = (struct grant_row *)(uintptr_t)d->w->grants;
	struct str param;

	for (size_t i = 0; map != NULL && i < map->n; i++) {
		struct str place = scope_of_key(map->at[i].name, &param);

		if (str_given(place) && param_of_key(d, &map->at[i], param) >= 0 && !is_place(d, place))
			wrong(d, "parameters", &map->at[i], "%.*s is neither a grant nor an endpoint of this dialect", STR_ARG(place));
	}
	for (struct route *r = rows; r->path != NULL; r++)      /* a path of one grant has the grant's names */
		r->aliases = place_aliases(d, r->only ? str_of(r->only->name) : route_name(d->mem, r), r->aliases);
	for (struct grant_row *g = grant_rows; g->name != NULL; g++)
		g->aliases = place_aliases(d, str_of(g->grant->name), g->aliases);
}

/* --- grants -------------------------------------------------------------------------------------------------------------------------- */

struct grant_table { struct grant_row at[GRANT_ROWS_MAX + 1]; size_t n; };

static void
grant_add(struct derive *d, struct grant_table *t, const struct tree *node, const struct grant_row *like, const char *name)
{
	if (t->n == GRANT_ROWS_MAX)
		wrong(d, "grants", node, "there are more than %d names", GRANT_ROWS_MAX);
	else {
		t->at[t->n] = *like;
		t->at[t->n++].name = name;
	}
}

/* A dialect that takes up one-time codes gets the bounds that go with them; an issuer may set others. */
static void
offer(struct derive *d, const struct grant *g)
{
	static const struct policy_sms usual = SMS_POLICY(300);
	struct policy *policy = &d->w->policy;

	policy->grant.offered |= BIT(g->index);
	if (g->index == GI_sms && policy->sms.code_ttl_s == 0)
		policy->sms = usual;
}

static void
name_grant(struct derive *d, struct grant_table *t, const struct tree *node, const struct grant_row *like)
{
	struct words names;

	if (!words_of(d, "grants", node, &names) || !names_are_good(d, "grants", node, &names))
		return;
	if (names.n == 0)
		d->w->policy.grant.offered &= ~BIT(like->grant->index);
	else
		offer(d, like->grant);
	for (size_t i = 0; i < names.n; i++)
		grant_add(d, t, node, like, arena_z(d->mem, names.at[i]));
}

static void
add_grant(struct derive *d, struct grant_table *t, const struct tree *node)
{
	struct nearest near = nearest_to(node->name);

	for (int i = 0; i < GI_COUNT; i++) {
		if (str_is(node->name, grants[i]->name)) {
			name_grant(d, t, node, &(struct grant_row){ grants[i]->name, grants[i], NULL, NULL });
			return;
		}
		nearest_try(&near, str_of(grants[i]->name));
	}
	wrong_name(d, "grants", node, "grant", &near);
}

/* No name twice; told of a key that made it so. */
static void
check_grants(struct derive *d, const struct grant_table *t)
{
	for (size_t i = 0; i < t->n; i++)
		for (size_t k = 0; k < i; k++) {
			const struct tree *node = tree_member(d->spec->grants, t->at[i].grant->name);
			const struct grant *other = t->at[node ? k : i].grant;

			if (strcmp(t->at[i].name, t->at[k].name) == 0)
				wrong(d, "grants", node ? node : tree_member(d->spec->grants, t->at[k].grant->name), "%s is the name of %s already; give one of them another",
					t->at[i].name, other->name);
		}
}

static void
name_grants(struct derive *d)
{
	struct grant_table *t = arena_new(d->mem, struct grant_table);
	const struct tree *map = d->spec->grants;

	if (t == NULL)
		return;
	for (const struct grant_row *g = d->base->grants; g->name != NULL; g++) {
		const struct tree *node = tree_member(map, g->grant->name);

		if (node == NULL)
			grant_add(d, t, NULL, g, g->name);
		else if (g == d->base->grants || (g - 1)->grant != g->grant)
			name_grant(d, t, node, g);
	}
	for (size_t i = 0; map != NULL && i < map->n; i++)
		if (!is_grant(d->base, map->at[i].name))
			add_grant(d, t, &map->at[i]);
	check_grants(d, t);
	d->w->grants = t->at;
}

/* Which grants' answers stand in no envelope. */
static void
bare_grants(struct derive *d)
{
	struct grant_row *rows = (struct grant_row *)(uintptr_t)d->w->grants;

	for (size_t i = 0; i < d->spec->n_bare_grants; i++)
		if (!is_grant(d->w, d->spec->bare_grants[i]))
			wrong(d, "bare_grants", NULL, "%.*s is no grant of this dialect", STR_ARG(d->spec->bare_grants[i]));
	if (d->spec->n_bare_grants == 0 && d->spec->success == NULL)
		return;
	for (struct grant_row *g = rows; g->name != NULL; g++) {
		g->tokens = NULL;
		for (size_t i = 0; i < d->spec->n_bare_grants; i++)
			if (str_is(d->spec->bare_grants[i], g->grant->name))
				g->tokens = tokens_bare;
	}
}

/* --- redirects ------------------------------------------------------------------------------------------------------------------------ */

static void
name_redirect(struct derive *d)
{
	const struct tree *map = d->spec->redirect;
	const char **names = arena_array(d->mem, const char *, RW_COUNT);

	for (int i = 0; names != NULL && i < RW_COUNT; i++)
		names[i] = redirect_words[i];
	for (size_t k = 0; names != NULL && map != NULL && k < map->n; k++) {
		struct nearest near = nearest_to(map->at[k].name);
		struct words words;
		int i = 0;

		for (; i < RW_COUNT && !str_is(map->at[k].name, redirect_words[i]); i++)
			nearest_try(&near, str_of(redirect_words[i]));
		if (i == RW_COUNT)
			wrong_name(d, "redirect", &map->at[k], "redirect parameter", &near);
		else if (words_of(d, "redirect", &map->at[k], &words) && words.n != 1)
			wrong(d, "redirect", &map->at[k], "write one name");
		else if (words.n == 1 && names_are_good(d, "redirect", &map->at[k], &words))
			names[i] = arena_z(d->mem, words.at[0]);
	}
	for (int i = 0; names != NULL && map != NULL && i < RW_COUNT; i++)
		for (int k = 0; k < i; k++)
			if (strcmp(names[i], names[k]) == 0)
				wrong(d, "redirect", NULL, "%s and %s are both called %s", redirect_words[k], redirect_words[i], names[i]);
	if (map != NULL)
		d->w->redirect = names;
}

void
derive_names(struct derive *d)
{
	name_grants(d);
	bare_grants(d);
	name_params(d);
	if (d->w->routes != d->base->routes && d->w->grants != d->base->grants)
		name_params_of_places(d);
	name_redirect(d);
}
