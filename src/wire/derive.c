/* wire/derive.c - a custom dialect: the tables of a built-in one with what the settings say otherwise. */
#include "wire/derive.h"

void
wrong(struct derive *d, const char *map, const struct tree *node, const char *fmt, ...)
{
	struct str place = ARENA_CAT(d->mem, S("dialects."), d->spec->name, S("."), str_of(map));
	struct str text;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vprintf(d->mem, say(fmt), ap);
	va_end(ap);
	if (node != NULL && str_given(node->name))
		place = ARENA_CAT(d->mem, place, S("."), node->name);
	d->n_wrong++;
	findings_put(d->findings, FINDING_ERROR, node != NULL && str_given(node->where) ? node->where : d->spec->where,
	    ARENA_CAT(d->mem, S("`"), place, S("`: "), text));
}

void
wrong_name(struct derive *d, const char *map, const struct tree *node, const char *what, const struct nearest *near)
{
	bool shown = strcmp(what, "endpoint") == 0 || strcmp(what, "parameter") == 0 || strcmp(what, "grant") == 0;

	if (str_given(near->name))
		wrong(d, map, node, "there is no %s %.*s; did you mean %.*s?", say(what), STR_ARG(near->wrong), STR_ARG(near->name));
	else if (shown)
		wrong(d, map, node, "there is no %s %.*s; `hufu dialect show %s` lists them", say(what), STR_ARG(near->wrong), d->base->name);
	else
		wrong(d, map, node, "there is no %s %.*s; docs/dialects.md lists them", say(what), STR_ARG(near->wrong));
}

static bool
is_word(const struct tree *t)
{
	return t->kind == TREE_TEXT || t->kind == TREE_NUMBER || t->kind == TREE_BOOL;
}

bool
words_of(struct derive *d, const char *map, const struct tree *node, struct words *out)
{
	out->n = 0;
	if (node->kind == TREE_NULL || (node->kind == TREE_TEXT && str_is(node->text, "none")))
		return true;
	if (is_word(node)) {
		out->at[out->n++] = node->text;
		return true;
	}
	for (size_t i = 0; i < node->n; i++) {
		if (node->kind != TREE_LIST || !is_word(&node->at[i]) || i == WORDS_OF_MAX) {
			wrong(d, map, node, "write one word, a list of at most %d words, or none", WORDS_OF_MAX);
			return false;
		}
		out->at[out->n++] = node->at[i].text;
	}
	if (out->n == 0)
		wrong(d, map, node, "the list is empty; write none to take it away");
	return out->n > 0;
}

bool
name_is_plain(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] >= 0x7f || strchr("\"'\\<>&=#%+?{}`", name.p[i]))
			return false;
	return name.n > 0 && name.n <= 64;
}

/* --- single values ----------------------------------------------------------------------------------------------------------------- */

static void
derive_separator(struct derive *d)
{
	struct str s = d->spec->scope_separator;

	if (!str_given(s) || str_is(s, " "))
		return;
	if (s.n != 1 || strchr(",;|:/", s.p[0]) == NULL)
		wrong(d, "scope_separator", NULL, "it is one of , ; | : / or a blank");
	else
		d->w->scope_separator = s.p[0];
}

/* Nothing that a browser would run: bodies hold what clients sent. */
static void
derive_type(struct derive *d)
{
	struct str type = d->spec->content_type;
	bool fine = str_starts(type, S("application/json")) || str_starts(type, S("text/plain"));

	if (!str_given(type))
		return;
	for (size_t i = 0; i < type.n; i++)
		fine &= type.p[i] >= ' ' && type.p[i] < 0x7f;
	if (!fine)
		wrong(d, "content_type", NULL, "it begins with application/json or text/plain");
	d->w->json_type = d->w->tokens_type = arena_z(d->mem, type);
	d->w->style.error_charset = false;
}

static void
derive_status(struct derive *d)
{
	if (d->spec->failure_status != 0)
		d->w->envelope_always_200 = d->spec->failure_status == 200;
	if (d->spec->unknown_to_login >= 0)
		d->w->anonymous_go_to_login = d->spec->unknown_to_login != 0;
	if (d->spec->expires_less >= 0)
		d->w->expires_less = d->spec->expires_less;
}

/* --- the whole ----------------------------------------------------------------------------------------------------------------------- */

static bool
base_found(struct derive *d)
{
	const struct wire_spec *spec = d->spec;
	struct nearest near = nearest_to(spec->based_on);

	d->base = wire_named(spec->based_on);
	for (size_t i = 0; wires[i] != NULL; i++)
		nearest_try(&near, wire_name(wires[i]));
	if (d->base != NULL && wire_named(spec->name) == NULL)
		return true;
	if (d->base != NULL)
		findings_add(d->findings, FINDING_ERROR, spec->where,
		    "`dialects.%.*s`: a built-in dialect has this name; choose another", STR_ARG(spec->name));
	else
		findings_add(d->findings, FINDING_ERROR, spec->where,
		    "`dialects.%.*s.based_on`: \"%.*s\" is no built-in dialect%s%.*s%s",
		    STR_ARG(spec->name), STR_ARG(spec->based_on),
		    str_given(near.name) ? say("; did you mean ") : say("; `hufu dialect list` names them"),
		    STR_ARG(near.name), str_given(near.name) ? "?" : "");
	return false;
}

static const struct wire *
out_of_memory(struct derive *d)
{
	findings_add(d->findings, FINDING_ERROR, d->spec->where, "memory is exhausted");
	return NULL;
}

const struct wire *
wire_derive(const struct wire_spec *spec, struct arena *mem, struct findings *f)
{
	struct derive d = { .spec = spec, .mem = mem, .w = arena_new(mem, struct wire), .findings = f };

	if (!base_found(&d))
		return NULL;
	if (d.w == NULL)
		return out_of_memory(&d);
	*d.w = *d.base;
	d.w->name = arena_z(mem, spec->name);
	d.w->based_on = d.base->name;
	derive_routes(&d);
	derive_names(&d);
	derive_answers(&d);
	derive_claims(&d);
	derive_separator(&d);
	derive_type(&d);
	derive_status(&d);
	if (d.n_wrong > 0)
		return NULL;
	return mem->full ? out_of_memory(&d) : d.w;
}
