/* tests/unit/import/dump.c - see dump.h. */
#include "dump.h"

json_t *
dump_load(struct arena *mem)
{
	json_t *dump = json_load_file(DUMP_FILE, 0, NULL);

	if (dump != NULL && !arena_defer(mem, (void (*)(void *))json_decref, dump))
		return NULL;
	return dump;
}

json_t *
dump_table(json_t *dump, const char *name)
{
	return json_object_get(json_object_get(dump, "tables"), name);
}

struct str
dump_blob(struct arena *mem, const json_t *row, const char *column)
{
	struct str blob = STR_ABSENT;

	return hex_decode(mem, json_member_str(row, column), &blob) ? blob : STR_ABSENT;
}

json_t *
dump_issued(json_t *dump, struct str access_token)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(dump, "issued"), i, one)
		if (str_eq(json_member_str(json_object_get(one, "response"), "access_token"), access_token))
			return one;
	return NULL;
}
