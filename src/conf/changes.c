/*
 * conf/changes.c - two configurations side by side: which settings differ, and whether a reload or
 * only a start takes them.
 */
#include "conf/conf_int.h"

static bool
same_value(struct arena *mem, const struct conf_value *a, const struct conf_value *b)
{
	struct buf x, y;

	if (!str_eq(a->text, b->text) || a->number != b->number || a->n_words != b->n_words
	    || (a->map == NULL) != (b->map == NULL))
		return false;
	for (size_t i = 0; i < a->n_words; i++)
		if (!str_eq(a->words[i], b->words[i]))
			return false;
	if (a->map == NULL)
		return true;
	buf_init(&x, mem, CONF_SIZE_MAX);
	buf_init(&y, mem, CONF_SIZE_MAX);
	tree_json(&x, a->map);
	tree_json(&y, b->map);
	return str_eq(buf_str(&x), buf_str(&y));
}

static void
put_name(struct buf *b, struct str name)
{
	if (b->n > 0)
		buf_putc(b, ' ');
	buf_put(b, name);
}

static void
put_whole(struct buf *b, struct arena *mem, int s, struct str name)
{
	put_name(b, ARENA_CAT(mem, str_of(section_keys[s]), S("."), name));
}

static void
item_differs(struct buf *b, struct arena *mem, int s, const struct conf_item *was, const struct conf_item *is,
    bool at_start)
{
	for (size_t k = 0; k < settings_count; k++)
		if ((int)settings[k].section == s && settings[k].at_start == at_start
		    && !same_value(mem, &was->values[k], &is->values[k]))
			put_name(b, value_name(mem, is, &settings[k]));
}

struct str
conf_differs(const struct conf *was, const struct conf *is, bool at_start, struct arena *mem)
{
	struct buf b;

	buf_init(&b, mem, CONF_SIZE_MAX);
	for (int s = SEC_TOP; s < SEC_COUNT; s++) {
		const struct conf_items *old = &was->list[s], *now = &is->list[s];

		for (size_t i = 0; i < now->n; i++) {
			const struct conf_item *before = item_find(was, (enum setting_section)s, now->at[i].name);

			if (before != NULL)
				item_differs(&b, mem, s, before, &now->at[i], at_start);
			else if (!at_start)
				put_whole(&b, mem, s, now->at[i].name);
		}
		for (size_t i = 0; s != SEC_TOP && i < old->n; i++)
			if (!at_start && item_find(is, (enum setting_section)s, old->at[i].name) == NULL)
				put_whole(&b, mem, s, old->at[i].name);
	}
	return buf_str(&b);
}
