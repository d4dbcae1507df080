/* conf/settings.c - the table of settings and looking a name up in it. */
#include "conf/conf_int.h"

/* "|RS256|..." */
static const char alg_choices[] =
#define ALG(id, name, kind, hash, pss) "|" name
#include "jose/algs.def"
#undef ALG
    ;

const struct setting settings[] = {
#define TOP(group, name, type, least, most, fallback, choices, unit, help, zh) \
	{ SEC_TOP, name, group, type, least, most, false, fallback, choices, unit, help, zh },
#define TOP_START(group, name, type, least, most, fallback, choices, unit, help, zh) \
	{ SEC_TOP, name, group, type, least, most, true, fallback, choices, unit, help, zh },
#define ITEM(section, name, type, least, most, fallback, choices, unit, help, zh) \
	{ section, name, "", type, least, most, false, fallback, choices, unit, help, zh },
#include "conf/settings.def"
#undef TOP
#undef TOP_START
#undef ITEM
	{ .name = NULL },
};
const size_t settings_count = COUNT(settings) - 1;
const char *const section_keys[SEC_COUNT] = { "", "listeners", "issuers", "sms_gateways", "directories",
	"user_tables", "dialects", "trusted_issuers", "identity_providers", "realms" };

const struct setting *
setting_find(enum setting_section s, struct str name)
{
	for (const struct setting *row = settings; row->name != NULL; row++)
		if (row->section == s && str_is(name, row->name))
			return row;
	return NULL;
}

enum setting_section
setting_section_of(struct str key)
{
	int s = SEC_COUNT - 1;

	while (s > SEC_TOP && !str_is(key, section_keys[s]))
		s--;
	return (enum setting_section)s;
}

bool
setting_group_exists(struct str group)
{
	for (const struct setting *row = settings; row->name != NULL; row++)
		if (row->section == SEC_TOP && row->group[0] != '\0' && str_is(group, row->group))
			return true;
	return false;
}

struct str
setting_key(const struct setting *row)
{
	struct str name = str_of(row->name);

	return str_from(name, row->group[0] != '\0' ? strlen(row->group) + 1 : 0);
}

struct str
setting_nearest(enum setting_section s, struct str group, struct str wrong)
{
	struct nearest n = nearest_to(wrong);

	for (const struct setting *row = settings; row->name != NULL; row++) {
		if (row->section != s)
			continue;
		if (s != SEC_TOP || str_is(group, row->group))
			nearest_try(&n, setting_key(row));
		else if (!str_given(group))
			nearest_try(&n, str_of(row->group[0] != '\0' ? row->group : row->name));
	}
	for (int map = SEC_TOP + 1; s == SEC_TOP && !str_given(group) && map < SEC_COUNT; map++)
		nearest_try(&n, str_of(section_keys[map]));
	return n.name;
}
