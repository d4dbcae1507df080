/*
 * wire/custom/complain.c - what is wrong in a custom dialect, with its place; words and names that
 * several keys read.
 */
#include "wire/custom/custom.h"

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
		wrong(d, map, node, "there is no %s %.*s; did you mean %.*s?", say(what),
		    STR_ARG(near->wrong), STR_ARG(near->name));
	else if (shown)
		wrong(d, map, node, "there is no %s %.*s; `hufu dialect show %s` lists them", say(what),
		    STR_ARG(near->wrong), d->base->name);
	else
		wrong(d, map, node, "there is no %s %.*s; docs/dialects.md lists them", say(what),
		    STR_ARG(near->wrong));
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

static bool
name_is_plain(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] >= 0x7f || strchr("\"'\\<>&=#%+?{}`", name.p[i]))
			return false;
	return name.n > 0 && name.n <= 64;
}

bool
names_are_good(struct derive *d, const char *map, const struct tree *node, const struct words *names)
{
	for (size_t i = 0; i < names->n; i++)
		if (!name_is_plain(names->at[i])) {
			wrong(d, map, node,
			    "\"%.*s\" is no name: use 1 to 64 visible ASCII characters, none of \" ' \\ < > "
			    "& = # %% + ? { } `",
			    STR_ARG(names->at[i]));
			return false;
		}
	return true;
}
