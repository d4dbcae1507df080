/* conf/settings.c - the table of settings and looking a name up in it. */
#include "conf/conf_int.h"

const struct setting settings[] = {
#define TOP(group, name, type, least, most, fallback, choices, unit, help, zh) \
	{ SEC_TOP, name, group, type, least, most, fallback, choices, unit, help, zh },
#define ITEM(section, name, type, least, most, fallback, choices, unit, help, zh) \
	{ section, name, "", type, least, most, fallback, choices, unit, help, zh },
#include "conf/settings.def"
#undef TOP
#undef ITEM
	{ .name = NULL },
};
const size_t settings_count = COUNT(settings) - 1;
const char *const section_keys[SEC_COUNT] = { "", "listeners", "issuers", "sms_gateways", "directories" };

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

/* Edit distance (Levenshtein); names longer than the row of cells are never near. */
static size_t
distance(struct str a, struct str b)
{
	size_t cell[65];

	if (a.n > 64 || b.n > 64)
		return SIZE_MAX;
	for (size_t j = 0; j <= b.n; j++)
		cell[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t corner = cell[0];
		cell[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			size_t best = corner + (a.p[i - 1] != b.p[j - 1]);
			corner = cell[j];
			if (cell[j] + 1 < best)
				best = cell[j] + 1;
			if (cell[j - 1] + 1 < best)
				best = cell[j - 1] + 1;
			cell[j] = best;
		}
	}
	return cell[b.n];
}

struct nearest { struct str wrong, name; size_t far; };

static void
nearer(struct nearest *n, struct str candidate)
{
	size_t far = distance(candidate, n->wrong);

	if (far < n->far) {
		n->far = far;
		n->name = candidate;
	}
}

struct str
setting_nearest(enum setting_section s, struct str group, struct str wrong)
{
	struct nearest n = { wrong, STR_ABSENT, wrong.n / 3 + 2 };

	for (const struct setting *row = settings; row->name != NULL; row++) {
		if (row->section != s)
			continue;
		if (s != SEC_TOP || str_is(group, row->group))
			nearer(&n, setting_key(row));
		else if (!str_given(group))
			nearer(&n, str_of(row->group[0] != '\0' ? row->group : row->name));
	}
	for (int map = SEC_TOP + 1; s == SEC_TOP && !str_given(group) && map < SEC_COUNT; map++)
		nearer(&n, str_of(section_keys[map]));
	return n.name;
}
