/* conf/value.c - the text of one setting becomes a value of its type, or a complaint. */
#include "conf/conf_int.h"

/* Where a value is being read: so that each type's reader takes one thing. */
struct reading {
	struct loader *l;
	const struct setting *row;
	struct str name, where, dir;
	struct conf_value *v;
};

struct str
value_name(struct arena *mem, const struct conf_item *item, const struct setting *row)
{
	if (row->section == SEC_TOP)
		return str_of(row->name);
	return ARENA_CAT(mem, str_of(section_keys[row->section]), S("."), item->name, S("."), str_of(row->name));
}

/* A number with a unit: digits, then at most one letter of units; factors in the same order. */
static bool
scaled(struct str text, const char *units, const int64_t *factors, int64_t *out)
{
	const char *unit = text.n > 0 ? strchr(units, text.p[text.n - 1]) : NULL;
	int64_t n, factor = 1;

	if (unit != NULL && *unit != '\0') {
		factor = factors[unit - units];
		text.n--;
	}
	if (!str_int(text, &n) || n < 0 || __builtin_mul_overflow(n, factor, &n))
		return false;
	*out = n;
	return true;
}

bool
duration_read(struct str text, int64_t *seconds)
{
	static const int64_t factors[] = { 1, 60, 3600, 86400, 604800 };

	return scaled(text, "smhdw", factors, seconds);
}

bool
size_read(struct str text, int64_t *bytes)
{
	static const int64_t factors[] = { 1024, 1024, 1048576, 1048576, 1073741824, 1073741824 };

	return scaled(text, "kKmMgG", factors, bytes);
}

static bool
bool_read(struct str text, int64_t *out)
{
	static const char *const yes[] = { "true", "yes", "on" }, *const no[] = { "false", "no", "off" };

	for (size_t i = 0; i < COUNT(yes); i++) {
		if (str_eq_nocase(text, str_of(yes[i])) || str_eq_nocase(text, str_of(no[i]))) {
			*out = str_eq_nocase(text, str_of(yes[i]));
			return true;
		}
	}
	return false;
}

/* Index of text in "a|b|c", -1 when it is none of them. */
static int64_t
choice_index(const char *choices, struct str text)
{
	struct str rest = str_of(choices), word;
	int64_t i = 0;

	for (; str_given(rest); i++) {
		word = str_cut(&rest, '|');
		if (str_eq_nocase(word, text))
			return i;
	}
	return -1;
}

static bool
has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

bool
text_is_one_line(struct str s)
{
	return !has_control(s) && str_utf8(s);
}

static void
text_value(const struct reading *r, struct str text)
{
	const struct setting *row = r->row;

	if (!text_is_one_line(text))
		conf_complain(r->l, r->where,
		    "`%.*s` must be one line of UTF-8 text; remove control characters", STR_ARG(r->name));
	else if ((int64_t)text.n < row->min)
		conf_complain(r->l, r->where, "`%.*s` must not be empty; give a value or remove the line",
		    STR_ARG(r->name));
	else if (row->max > 0 && (int64_t)text.n > row->max)
		conf_complain(r->l, r->where, "`%.*s` is too long; at most %lld bytes", STR_ARG(r->name),
		    (long long)row->max);
	else if (row->type == SET_PATH && text.n > 0 && text.p[0] != '/' && r->dir.n > 0)
		r->v->text = ARENA_CAT(&r->l->conf->mem, r->dir, S("/"), text);
	else
		r->v->text = arena_dup(&r->l->conf->mem, text);
}

static const char *
wanted(enum setting_type type)
{
	switch (type) {
	case SET_INT: return say("a whole number");
	case SET_SECONDS: return say("a time such as 30, 90s, 15m, 12h or 30d");
	case SET_SIZE: return say("a size such as 512, 64k or 1m");
	default: return say("true or false");
	}
}

static void
number_value(const struct reading *r, struct str text)
{
	const struct setting *row = r->row;
	int64_t n = 0;
	bool ok = row->type == SET_INT ? str_int(text, &n)
	    : row->type == SET_SECONDS ? duration_read(text, &n)
	    : row->type == SET_SIZE ? size_read(text, &n) : bool_read(text, &n);

	if (!ok)
		conf_complain(r->l, r->where, "`%.*s` must be %s, not \"%.*s\"", STR_ARG(r->name),
		    wanted(row->type), STR_ARG(text));
	else if (n < row->min || n > row->max)
		conf_complain(r->l, r->where, "`%.*s` must be between %lld and %lld%s%s, not \"%.*s\"",
		    STR_ARG(r->name), (long long)row->min, (long long)row->max,
		    row->type == SET_SECONDS    ? say(" seconds")
			: row->type == SET_SIZE ? say(" bytes")
			: row->unit[0]          ? " "
						: "",
		    row->unit, STR_ARG(text));
	else {
		r->v->number = n;
		r->v->text = row->type == SET_BOOL ? (n ? S("true") : S("false")) : arena_dup(&r->l->conf->mem, text);
	}
}

static void
choice_value(const struct reading *r, struct str text)
{
	int64_t i = choice_index(r->row->choices, text);
	struct str rest = str_of(r->row->choices);

	if (i < 0) {
		conf_complain(r->l, r->where, "`%.*s` must be one of %s, not \"%.*s\"", STR_ARG(r->name),
		    r->row->choices, STR_ARG(text));
		return;
	}
	r->v->number = i;
	while (i-- >= 0)
		r->v->text = str_cut(&rest, '|');
}

/* Words are kept one by one and joined by blanks. */
static void
words_value(const struct reading *r, const struct str *words, size_t n)
{
	struct arena *mem = &r->l->conf->mem;
	struct str *copy = arena_array(mem, struct str, n);
	struct buf joined;

	if ((int64_t)n < r->row->min || (r->row->max > 0 && (int64_t)n > r->row->max) || copy == NULL) {
		conf_complain(r->l, r->where, "`%.*s` must have %lld to %lld words, not %zu",
		    STR_ARG(r->name), (long long)r->row->min, (long long)r->row->max, n);
		return;
	}
	buf_init(&joined, mem, CONF_SIZE_MAX);
	for (size_t i = 0; i < n; i++) {
		if (words[i].n == 0 || !text_is_one_line(words[i]) || str_index(words[i], ' ') >= 0) {
			conf_complain(r->l, r->where,
			    "`%.*s` must be a list of words; \"%.*s\" is not one word", STR_ARG(r->name),
			    STR_ARG(words[i]));
			return;
		}
		copy[i] = arena_dup(mem, words[i]);
		if (i > 0)
			buf_putc(&joined, ' ');
		buf_put(&joined, copy[i]);
	}
	r->v->words = copy;
	r->v->n_words = n;
	r->v->text = buf_str(&joined);
}

static void
words_split(const struct reading *r, struct str text)
{
	struct str words[CONF_WORDS_MAX], rest = text, w;
	size_t n = 0;

	while (str_given(rest)) {
		w = str_trim(str_cut(&rest, ' '));
		if (w.n > 0 && n == COUNT(words)) {
			conf_complain(r->l, r->where, "`%.*s` must be a list of at most %d words", STR_ARG(r->name),
			    CONF_WORDS_MAX);
			return;
		}
		if (w.n > 0)
			words[n++] = w;
	}
	words_value(r, words, n);
}

static void
scalar_value(const struct reading *r, struct str text)
{
	switch (r->row->type) {
	case SET_TEXT: case SET_PATH: case SET_SECRET:
		text_value(r, text);
		break;
	case SET_INT: case SET_SECONDS: case SET_SIZE: case SET_BOOL:
		number_value(r, text);
		break;
	case SET_CHOICE:
		choice_value(r, text);
		break;
	case SET_WORDS:
		words_split(r, text);
		break;
	case SET_MAP:
		conf_complain(r->l, r->where,
		    "`%.*s` takes keys of its own and stands in the file only; write it there",
		    STR_ARG(r->name));
		break;
	}
}

void
value_spoil(struct loader *l, const struct conf_item *item, const struct setting *row, struct str where)
{
	struct conf_value *v = &item->values[row - settings];

	v->set = true;
	v->where = arena_dup(&l->conf->mem, where);
}

void
value_read(struct loader *l, const struct conf_item *item, const struct setting *row, const struct given *g,
    struct str where, struct str dir)
{
	struct conf_value *v = &item->values[row - settings];
	struct reading r = { l, row, value_name(l->mem, item, row), where, dir, v };

	value_spoil(l, item, row, where);
	if (g->is_list && row->type != SET_WORDS) {
		conf_complain(l, where, "`%.*s` takes one value, not a list", STR_ARG(r.name));
		return;
	}
	if (g->map != NULL)
		v->map = g->map;
	else if (g->is_list)
		words_value(&r, g->words, g->n_words);
	else
		scalar_value(&r, g->text);
}

void
value_default(struct loader *l, const struct conf_item *item, const struct setting *row)
{
	struct conf_value *v = &item->values[row - settings];
	struct reading r = { l, row, str_of(row->name), STR_ABSENT, STR_ABSENT, v };

	v->row = row;
	v->text = S("");
	v->number = row->type == SET_CHOICE ? -1 : 0;
	if (row->fallback[0] != '\0')
		scalar_value(&r, str_of(row->fallback));
}
