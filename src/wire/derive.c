/* wire/derive.c - a dialect of one's own: the tables of a built-in one with what the settings say otherwise. */
#include "wire/derive.h"

#define COMPLAINTS_MAX (64 * 1024)

static void
put_line(struct derive *d, struct str where, struct str text)
{
	if (d->bad.n > 0)
		buf_putc(&d->bad, '\n');
	buf_put(&d->bad, where);
	buf_put(&d->bad, S(": "));
	buf_put(&d->bad, arena_plain(d->mem, text));
}

void
wrong(struct derive *d, const char *map, const struct tree *node, const char *fmt, ...)
{
	struct str place = ARENA_CAT(d->mem, S("dialects."), d->spec->name, S("."), str_of(map));
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof text, say(fmt), ap);
	va_end(ap);
	if (node != NULL && str_given(node->name))
		place = ARENA_CAT(d->mem, place, S("."), node->name);
	put_line(d, node != NULL && str_given(node->where) ? node->where : d->spec->where,
		ARENA_CAT(d->mem, S("`"), place, S("`: "), str_span(text, n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1)));
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
base_found(struct derive *d, struct str *why)
{
	struct nearest near = nearest_to(d->spec->based_on);

	d->base = wire_named(d->spec->based_on);
	for (size_t i = 0; wires[i] != NULL; i++)
		nearest_try(&near, wire_name(wires[i]));
	if (d->base != NULL && wire_named(d->spec->name) == NULL)
		return true;
	if (d->base != NULL)
		*why = arena_say(d->mem, "%.*s: `dialects.%.*s`: a built-in dialect has this name; choose another", STR_ARG(d->spec->where), STR_ARG(d->spec->name));
	else
		*why = arena_say(d->mem, "%.*s: `dialects.%.*s.based_on`: \"%.*s\" is no built-in dialect%s%.*s%s", STR_ARG(d->spec->where), STR_ARG(d->spec->name),
			STR_ARG(d->spec->based_on), str_given(near.name) ? say("; did you mean ") : say("; `hufu dialect list` names them"), STR_ARG(near.name),
			str_given(near.name) ? "?" : "");
	return false;
}

const struct wire *
wire_derive(const struct wire_spec *spec, struct arena *mem, struct str *why)
{
	struct derive d = { .spec = spec, .mem = mem, .w = arena_new(mem, struct wire) };

	buf_init(&d.bad, mem, COMPLAINTS_MAX);
	*why = SAY("memory is exhausted");
	if (d.w == NULL || !base_found(&d, why))
		return NULL;
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
	if (d.bad.n > 0)
		*why = buf_str(&d.bad);
	return d.bad.n > 0 || mem->full ? NULL : d.w;
}
