/* tests/unit/sql/statement_test.c - which configured statements are one SELECT with one parameter. */
#include "../test.h"
#include "sql/sql.h"

TEST(one_select_with_one_parameter)
{
	static const char *const good[] = {
		"SELECT id, username FROM sys_user WHERE username = ?",
		"select 'it''s', \"update\", `into`, 'a?b;--' from t where name=?",
		"  SELECT r.code FROM r JOIN ru ON r.id = ru.role_id WHERE ru.user_id = ? ORDER BY r.code",
		"SELECT password_hash AS password FROM rf_member WHERE mobile = ? AND status >= 0",
		"SELECT updated_at, last_call, into_it FROM t WHERE n = ?",
		"SELECT '用户', 姓名 FROM 用户 WHERE 姓名 = ?",
	};

	(void)mem;
	for (size_t i = 0; i < COUNT(good); i++) {
		const char *fault = sql_select_fault(str_of(good[i]));

		if (fault != NULL)
			test_fail(__FILE__, __LINE__, "%s: %s", good[i], fault);
	}
}

TEST(anything_else_is_refused)
{
	static const char *const bad[] = {
		"", " ", "?", "SELECT", "SELECT 1", "SELECT ? + ?", "SELECT '?'", "SELECT * FROM t WHERE a = ?; DROP TABLE t", "SELECT ?;", "(SELECT ?)",
		"UPDATE t SET a = ?", "WITH x AS (SELECT 1) SELECT * FROM x WHERE a = ?", "SELECT * INTO OUTFILE '/tmp/x' FROM t WHERE a = ?",
		"SELECT * FROM t WHERE a = ? FOR UPDATE", "SELECT * FROM t WHERE a = ? LOCK IN SHARE MODE", "SELECT * FROM t -- WHERE a = ?", "SELECT /*! 1 */ ?",
		"SELECT ? # comment", "SELECT 'a\\' = ?", "SELECT 'a = ?", "SELECT $$ ? $$ = ?", "SELECT (DELETE FROM t) WHERE a = ?", "SELECTED ?", "EXPLAIN SELECT ?",
		"SELECT \"a ?", "SELECT \\ ?",
	};

	(void)mem;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (sql_select_fault(str_of(bad[i])) == NULL)
			test_fail(__FILE__, __LINE__, "%s: is not refused", bad[i]);
	EXPECT(sql_select_fault(S("SELECT \0 ?")) != NULL);
}
