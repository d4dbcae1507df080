/* store/version.c - versions of rows (S6). */
#include "store/store_int.h"

int64_t
store_version_new(void)
{
	uint64_t v;

	rand_bytes(&v, sizeof v);
	return (int64_t)(v >> 2 | 1);
}
