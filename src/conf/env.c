/*
 * conf/env.c - settings from the environment: HUFU_SECTION__KEY, and HUFU_SECTION__KEY_FILE for a
 * file that holds the value.
 */
#include "conf/conf_int.h"

/* What a variable's name means. */
struct target { const struct setting *row; enum setting_section section; struct str item; };

static struct str
lowered(struct arena *mem, struct str s, char from, char to)
{
	char *p = arena_alloc(mem, s.n + 1);

	if (p == NULL)
		return S("");
	for (size_t i = 0; i < s.n; i++)
		p[i] = s.p[i] == from ? to : s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] + 32) : s.p[i];
	return str_span(p, s.n);
}

static ptrdiff_t
double_underscore(struct str s)
{
	for (size_t i = 0; i + 1 < s.n; i++)
		if (s.p[i] == '_' && s.p[i + 1] == '_')
			return (ptrdiff_t)i;
	return -1;
}

/* name: behind "HUFU_". Lower case is no setting's variable: it would be another way to write the same. */
static bool
target_find(struct arena *mem, struct str name, struct target *t)
{
	ptrdiff_t cut = double_underscore(name);
	struct str head = cut < 0 ? STR_ABSENT : lowered(mem, str_sub(name, 0, (size_t)cut), 0, 0);
	struct str tail = cut < 0 ? name : str_from(name, (size_t)cut + 2);

	*t = (struct target){ .section = setting_section_of(head) };
	if (t->section != SEC_TOP) {
		cut = double_underscore(tail);
		if (cut < 0)
			return false;
		t->item = lowered(mem, str_sub(tail, 0, (size_t)cut), '_', '-');
		tail = str_from(tail, (size_t)cut + 2);
		head = STR_ABSENT;
	}
	tail = lowered(mem, tail, 0, 0);
	t->row = setting_find(t->section, str_given(head) ? ARENA_CAT(mem, head, S("."), tail) : tail);
	return t->row != NULL && (t->section == SEC_TOP || item_name_is_good(t->item));
}

static void
apply(struct loader *l, const struct target *t, struct str where, struct str value)
{
	struct conf_item *item = item_find(l->conf, t->section, t->item);
	struct given g = { .text = value };

	if (item == NULL)
		item = item_add(l, t->section, t->item, where);
	if (item != NULL)
		value_read(l, item, t->row, &g, where, STR_ABSENT);
}

static void
apply_file(struct loader *l, const struct target *t, struct str where, struct str path)
{
	struct str text, cause;

	if (!file_read(l->mem, path, 64 * 1024, &text, &cause))
		conf_complain(l, where,
		    "the file \"%.*s\" cannot be read: %.*s; correct the path or its rights", STR_ARG(path),
		    STR_ARG(cause));
	else
		apply(l, t, where, str_trim(text));
}

/* One variable; files in the second pass only, so that they stand above the plain variables. */
static void
variable(struct loader *l, struct str name, struct str value, bool files)
{
	struct str rest = str_from(name, 5), stem = rest;
	struct target t;

	if (str_is(name, "HUFU_CONFIG"))
		return;
	if (target_find(l->mem, rest, &t)) {
		if (!files)
			apply(l, &t, name, value);
		return;
	}
	if (str_ends(rest, S("_FILE"))) {
		stem.n -= 5;
		if (target_find(l->mem, stem, &t)) {
			if (files)
				apply_file(l, &t, name, value);
			return;
		}
	}
	if (!files)
		conf_complain(l, name,
		    "this environment variable names no setting; unset it or correct it (HUFU_SECTION__KEY, "
		    "see `hufu config manual`)");
}

void
env_load(struct loader *l, char **envp)
{
	for (int files = 0; files <= 1; files++) {
		for (char **e = envp; e != NULL && *e != NULL; e++) {
			struct str value = str_of(*e), name = str_cut(&value, '=');
			if (str_starts(name, S("HUFU_")) && str_given(value))
				variable(l, name, value, files);
		}
	}
}
