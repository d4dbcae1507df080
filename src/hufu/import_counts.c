/* hufu/import_counts.c - how many rows of each list met which fate. */
#include "hufu/import_int.h"

const char *const import_lists[IMPORT_LISTS] = { "users", "clients", "approvals", "tokens" };
const char *const import_fates[IMPORT_FATES] = {
	"added", "same", "updated", "kept", "replaced", "ended", "conflict", "expired", "orphaned", "refused",
};

int64_t
import_changes(const json_t *report)
{
	int64_t n = 0;

	static const char *const written[] = { "added", "updated", "replaced", "ended" };

	for (size_t i = 0; i < IMPORT_LISTS; i++)
		for (size_t k = 0; k < COUNT(written); k++)
			n += json_integer_value(json_object_get(json_object_get(report, import_lists[i]), written[k]));
	return n;
}
