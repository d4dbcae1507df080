/* wire/custom/parameters.c - `parameters`: their names, everywhere or for one grant or endpoint. */
#include "wire/custom/custom.h"

#define ALIASES_MAX 128

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
	return (param_flags[p] & PF_OWN) != 0;
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

/* --- names for everywhere --------------------------------------------------------------------- */

/* "password.username" -> password, username; without a dot: absent. */
static struct str
scope_of_key(struct str key, struct str *param)
{
	ptrdiff_t dot = str_rindex(key, '.');

	*param = dot < 0 ? key : str_from(key, (size_t)dot + 1);
	return dot < 0 ? STR_ABSENT : str_sub(key, 0, (size_t)dot);
}

static bool
none_is_reserved(struct derive *d, const struct tree *node, const struct words *names)
{
	for (size_t i = 0; i < names->n; i++)
		if (is_reserved(names->at[i])) {
			wrong(d, "parameters", node, "%.*s is a field of hufu's own forms; choose another name",
				STR_ARG(names->at[i]));
			return false;
		}
	return true;
}

static void
add_names(struct derive *d, struct aliases *t, const struct tree *node, enum param p)
{
	struct words names;

	if (!words_of(d, "parameters", node, &names) || !names_are_good(d, "parameters", node, &names)
	    || !none_is_reserved(d, node, &names))
		return;
	for (size_t i = 0; i < names.n; i++) {
		for (size_t k = 0; k < t->n; k++)
			if (str_is(names.at[i], t->at[k].name))
				wrong(d, "parameters", node,
				    "%.*s is the name of %s already; give one of them another",
				    STR_ARG(names.at[i]), param_names[t->at[k].is]);
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

/* --- names for one grant or one endpoint ------------------------------------------------------ */

static const struct tree *
key_for(struct derive *d, struct str place, enum param p)
{
	return tree_member(
	    d->spec->parameters, arena_z(d->mem, ARENA_CAT(d->mem, place, S("."), str_of(param_names[p]))));
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
		int p = str_eq(scope_of_key(map->at[i].name, &param), place)
			&& str_index(map->at[i].name, '.') >= 0
		    ? param_called(param)
		    : -1;

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
is_place(struct derive *d, struct str name)
{
	if (grant_is_offered(d->w, name))
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
			wrong(d, "parameters", &map->at[i],
			    "%.*s is neither a grant nor an endpoint of this dialect", STR_ARG(place));
	}
	for (struct route *r = rows; r->path != NULL; r++)      /* a path of one grant has the grant's names */
		r->aliases = place_aliases(d, r->only ? str_of(r->only->name) : route_name(d->mem, r), r->aliases);
	for (struct grant_row *g = grant_rows; g->name != NULL; g++)
		g->aliases = place_aliases(d, str_of(g->grant->name), g->aliases);
}

void
read_parameters(struct derive *d)
{
	name_params(d);
	if (d->w->routes != d->base->routes && d->w->grants != d->base->grants)
		name_params_of_places(d);
}

/* --- printed ---------------------------------------------------------------------------------- */

/* The parameter that a row is about: one that it names, or one whose name it hides. */
static int
about(const struct wire *w, const struct param_alias *a)
{
	return a->is == P_COUNT ? wire_param(w, str_of(a->name)) : (int)a->is;
}

/* What some place calls otherwise, once for each parameter. */
static void
put_aliases(struct buf *b, const struct wire *w, struct str place, const struct param_alias *table)
{
	for (const struct param_alias *a = table; a != NULL && a->name != NULL; a++) {
		struct str names[WORDS_MAX];
		size_t n = 0;
		bool again = about(w, a) < 0;

		for (const struct param_alias *p = table; p < a; p++)
			again |= about(w, p) == about(w, a);
		if (again)
			continue;
		for (const struct param_alias *p = a; a->is != P_COUNT && p->name != NULL; p++)
			if (p->is == a->is)
				one_more(names, &n, p->name);
		put_key(b, "      ", ARENA_CAT(b->mem, place, S("."), str_of(param_names[about(w, a)])));
		put_words(b, names, n);
	}
}

void
show_parameters(struct buf *b, const struct wire *w, const struct wire *base)
{
	(void)base;
	buf_put(b, S("    parameters:\n"));
	for (int p = 0; p < P_COUNT; p++) {
		struct str names[WORDS_MAX];
		size_t n = 0;

		if (param_is_own((enum param)p))
			continue;
		for (const struct param_alias *a = w->params; a != NULL && a->name != NULL; a++)
			if ((int)a->is == p)
				one_more(names, &n, a->name);
		if (w->params == NULL)
			one_more(names, &n, param_names[p]);
		put_key(b, "      ", str_of(param_names[p]));
		put_words(b, names, n);
	}
	for (const struct grant_row *g = w->grants; g->name != NULL; g++)
		if (first_of_grant(w, g))
			put_aliases(b, w, str_of(g->grant->name), g->aliases);
	for (const struct route *r = w->routes; r->path != NULL; r++)
		if (r->only == NULL)
			put_aliases(b, w, route_name(b->mem, r), r->aliases);
}
