/* login/table_settings.c - what of a user table's settings cannot work, judged without a connection. */
#include "login/login.h"
#include "login/table.h"

static void
statement_judge(const char *setting, struct str statement, struct findings *f)
{
	const char *fault = str_empty(statement) ? NULL : sql_select_fault(statement);

	if (fault != NULL)
		findings_put(f, FINDING_ERROR, str_of(setting), arena_printf(f->mem, "%s %s", setting, fault));
}

static void
encoding_judge(struct str encoding, struct findings *f)
{
	struct str prefix = ARENA_CAT(f->mem, S("{"), encoding, S("}"));

	if (str_empty(encoding) || password_prefix_is_known(prefix) || password_recipe_is_known(f->mem, encoding))
		return;
	setting_wrong(f, "encoding",
	    "encoding: \"%.*s\" is not known; such as bcrypt, MD5, SHA-256, pbkdf2, noop, or a recipe such "
	    "as MD5:password+salt",
	    STR_ARG(encoding));
}

void
user_table_judge(const struct user_table *t, struct findings *f)
{
	static const char *const by[TABLE_BY_COUNT] = { "by_name", "by_phone", "by_open_id", "by_id" };

	if (str_empty(t->select[TABLE_BY_NAME]) && str_empty(t->select[TABLE_BY_PHONE])
	    && str_empty(t->select[TABLE_BY_OPEN_ID]))
		findings_add(f, FINDING_ERROR, STR_ABSENT, "give at least one of by_name, by_phone and by_open_id");
	for (int i = 0; i < TABLE_BY_COUNT; i++)
		statement_judge(by[i], t->select[i], f);
	statement_judge("roles", t->roles, f);
	statement_judge("operations", t->operations, f);
	encoding_judge(t->encoding, f);
}
