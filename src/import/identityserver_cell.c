/* import/identityserver_cell.c - a truth value as the databases of IdentityServer write it. */
#include "import/identityserver.h"

bool
identityserver_flag(const json_t *row, const char *column, bool otherwise)
{
	struct str value = cell(row, column);

	if (str_empty(value))
		return otherwise;
	return str_is(value, "1") || str_is(value, "t") || str_eq_nocase(value, S("true")) || str_is(value, "-1");
}
