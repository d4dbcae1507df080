/* conf/show.c - the effective configuration as YAML that could be loaded again, each value with where it came from. */
#include "conf/conf_int.h"

/* A double-quoted YAML scalar: JSON's escapes are YAML's too. */
static void
put_scalar(struct buf *b, const struct conf_value *v)
{
	switch (v->row->type) {
	case SET_TEXT: case SET_PATH:
		buf_json(b, v->text);
		break;
	case SET_SECRET:
		buf_put(b, v->text.n > 0 ? S("\"***\"") : S("\"\""));
		break;
	case SET_WORDS:
		buf_putc(b, '[');
		for (size_t i = 0; i < v->n_words; i++) {
			if (i > 0)
				buf_put(b, S(", "));
			buf_json(b, v->words[i]);
		}
		buf_putc(b, ']');
		break;
	case SET_MAP:                           /* JSON is YAML's flow style */
		tree_json(b, v->map);
		break;
	default:
		buf_put(b, v->text);
		break;
	}
}

static void
put_value(struct buf *b, const struct conf_value *v, const char *indent)
{
	struct str key = setting_key(v->row);

	buf_put(b, str_of(indent));
	buf_put(b, key);
	buf_put(b, S(": "));
	put_scalar(b, v);
	buf_put(b, S("\t# "));
	buf_put(b, v->set ? v->where : S("default"));
	buf_putc(b, '\n');
}

/* An empty choice or number has no word that could be loaded again. */
static bool
is_shown(const struct conf_value *v)
{
	return v->set || v->row->fallback[0] != '\0';
}

static void
put_top(struct buf *b, const struct conf *c)
{
	const struct conf_value *values = c->list[SEC_TOP].at[0].values;
	const char *group = "";

	for (size_t i = 0; i < settings_count; i++) {
		const struct setting *row = &settings[i];
		if (row->section != SEC_TOP || !is_shown(&values[i]))
			continue;
		if (strcmp(group, row->group) != 0) {
			group = row->group;
			buf_put(b, str_of(group));
			buf_put(b, S(":\n"));
		}
		put_value(b, &values[i], group[0] != '\0' ? "  " : "");
	}
}

static void
put_items(struct buf *b, const struct conf *c, enum setting_section s)
{
	const struct conf_items *list = &c->list[s];

	if (list->n == 0)
		return;
	buf_put(b, str_of(section_keys[s]));
	buf_put(b, S(":\n"));
	for (size_t i = 0; i < list->n; i++) {
		buf_put(b, S("  "));
		buf_put(b, list->at[i].name);
		buf_put(b, S(":\n"));
		for (size_t k = 0; k < settings_count; k++)
			if (settings[k].section == s && is_shown(&list->at[i].values[k]))
				put_value(b, &list->at[i].values[k], "    ");
	}
}

struct str
conf_show(const struct conf *c, struct arena *mem)
{
	struct buf b;

	buf_init(&b, mem, 4 * CONF_SIZE_MAX);
	put_top(&b, c);
	for (int s = SEC_TOP + 1; s < SEC_COUNT; s++)
		put_items(&b, c, (enum setting_section)s);
	return b.full ? STR_ABSENT : buf_str(&b);
}
