/* conf/item.c - the items of a named map: found, and added with the defaults of their rows. */
#include "conf/conf_int.h"

bool
item_name_is_good(struct str name)
{
	bool ok = name.n > 0 && name.n <= 64 && name.p[0] != '-';

	for (size_t i = 0; ok && i < name.n; i++)
		ok = (name.p[i] >= 'a' && name.p[i] <= 'z') || (name.p[i] >= '0' && name.p[i] <= '9')
		    || name.p[i] == '-';
	return ok;
}

struct conf_item *
item_find(const struct conf *c, enum setting_section s, struct str name)
{
	const struct conf_items *list = &c->list[s];

	for (size_t i = 0; i < list->n; i++)
		if (s == SEC_TOP || str_eq(list->at[i].name, name))
			return &list->at[i];
	return NULL;
}

struct conf_item *
item_add(struct loader *l, enum setting_section s, struct str name, struct str where)
{
	struct conf_items *list = &l->conf->list[s];
	struct conf_item *item = list->n < CONF_ITEMS_MAX ? &list->at[list->n] : NULL;
	struct conf_value *values = item ? arena_array(&l->conf->mem, struct conf_value, settings_count) : NULL;

	if (values == NULL) {
		conf_complain(l, where, "there are too many %s; at most %d", section_keys[s], CONF_ITEMS_MAX);
		return NULL;
	}
	*item = (struct conf_item){ arena_dup(&l->conf->mem, name), arena_dup(&l->conf->mem, where), values };
	list->names[list->n++] = item->name;
	for (size_t i = 0; i < settings_count; i++)
		if (settings[i].section == s)
			value_default(l, item, &settings[i]);
	return item;
}
