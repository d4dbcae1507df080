/* conf/get.c - reading what was loaded: values, and where they stand. */
#include <assert.h>

#include "conf/conf_int.h"

size_t
conf_names(const struct conf *c, enum setting_section s, const struct str **out)
{
	assert(s != SEC_TOP);
	*out = c->list[s].names;
	return c->list[s].n;
}

bool
conf_has(const struct conf *c, enum setting_section s, struct str item)
{
	return item_find(c, s, item) != NULL;
}

const struct conf_value *
conf_get(const struct conf *c, enum setting_section s, struct str item, const char *name)
{
	const struct setting *row = setting_find(s, str_of(name));
	const struct conf_items *list = &c->list[s];

	assert(row != NULL);
	for (size_t i = 0; i < list->n; i++)
		if (s == SEC_TOP || str_eq(list->at[i].name, item))
			return &list->at[i].values[row - settings];
	assert(!"an item of conf_names");
	abort();
}

struct str
conf_where(const struct conf *c, enum setting_section s, struct str item, const char *name)
{
	const struct conf_item *i = item_find(c, s, item);
	const struct setting *row = name != NULL ? setting_find(s, str_of(name)) : NULL;

	assert(name == NULL || row != NULL);
	if (i != NULL && row != NULL && i->values[row - settings].set)
		return i->values[row - settings].where;
	return i == NULL || s == SEC_TOP ? c->start : i->where;
}

struct str
conf_where_named(const struct conf *c, enum setting_section s, struct str item, struct str name)
{
	const struct setting *row = setting_find(s, name);

	return conf_where(c, s, item, row != NULL ? row->name : NULL);
}

/* The setting that a sentence begins with. */
static struct str
name_said(struct str sentence)
{
	size_t n = 0;

	while (n < sentence.n
	    && ((sentence.p[n] >= 'a' && sentence.p[n] <= 'z')
		|| strchr("_.0123456789", sentence.p[n]) != NULL))
		n++;
	return str_sub(sentence, 0, n);
}

struct str
conf_where_said(const struct conf *c, enum setting_section s, struct str item, struct str sentence)
{
	return conf_where_named(c, s, item, name_said(sentence));
}

/* --- rules of a realm ------------------------------------------------------------------------- */

/* What the issuer's realm says of it; NULL: nothing. */
static const struct conf_value *
realm_rule(const struct conf *c, struct str issuer, const struct setting *row)
{
	const struct conf_item *realm = item_find(c, SEC_REALM, conf_text(c, SEC_ISSUER, issuer, "realm"));

	return realm != NULL && row != NULL && realm->values[row - settings].set ? &realm->values[row - settings]
										  : NULL;
}

const struct conf_value *
conf_rule(const struct conf *c, struct str issuer, const char *name)
{
	const struct conf_value *own = conf_get(c, SEC_ISSUER, issuer, name), *of_realm;

	of_realm = own->set ? NULL : realm_rule(c, issuer, setting_find(SEC_REALM, str_of(name)));
	return of_realm != NULL ? of_realm : own;
}

struct str
conf_rule_said(const struct conf *c, struct str issuer, struct str sentence)
{
	struct str name = name_said(sentence);
	const struct setting *own = setting_find(SEC_ISSUER, name);
	const struct conf_value *of_realm = realm_rule(c, issuer, setting_find(SEC_REALM, name));

	if (of_realm != NULL && own != NULL && !conf_get(c, SEC_ISSUER, issuer, own->name)->set)
		return of_realm->where;
	return conf_where_named(c, SEC_ISSUER, issuer, name);
}
