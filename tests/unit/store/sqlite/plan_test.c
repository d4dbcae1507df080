/* tests/unit/store/sqlite/plan_test.c - every statement finds its rows by a key: none walks a table that grows with use. */
#include <sqlite3.h>
#include "store/sqlite/dialect.h"
#include "store/sqlite/sqlite_int.h"
#include "store/store_int.h"
#include "../open.h"

/* Lists bounded by LIMIT, and walks over what another step selected. */
static const char *const may_scan[] = { "REALMS", "LIVE_SCOPES", "KEYS_ANY" /* at start */, "KEYS_FORGET", "NAMES_TOGETHER" /* by hand */ };

static bool
is_allowed(const char *name)
{
	for (size_t i = 0; i < COUNT(may_scan); i++)
		if (str_is(str_of(name), may_scan[i]))
			return true;
	return false;
}

/* A sweep reads its partial index from the oldest end. */
static bool
is_walk(const char *step)
{
	return strstr(step, "SCAN") != NULL && strstr(step, "SCAN CONSTANT ROW") == NULL && strstr(step, "USING COVERING INDEX") == NULL;
}

static void
expect_search(sqlite3 *db, struct arena *mem, const char *name, const char *text)
{
	char *explain = arena_z(mem, ARENA_CAT(mem, S("EXPLAIN QUERY PLAN "), str_of(text)));
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(db, explain, -1, &st, NULL) != SQLITE_OK)
		test_fail(__FILE__, __LINE__, "%s: %s", name, sqlite3_errmsg(db));
	while (st != NULL && sqlite3_step(st) == SQLITE_ROW) {
		const char *step = (const char *)sqlite3_column_text(st, 3);

		if (!is_allowed(name) && is_walk(step))
			test_fail(__FILE__, __LINE__, "%s: %s", name, step);
		if (!is_allowed(name) && strstr(step, "TEMP B-TREE FOR ORDER BY") != NULL)
			test_fail(__FILE__, __LINE__, "%s sorts: %s", name, step);
	}
	sqlite3_finalize(st);
}

/* A user whose every login ends the one before leaves a row behind each time: those are not looked at again. */
TEST(ending_a_users_families_looks_at_living_ones_only)
{
	EMBEDDED_ONLY;
	static const char *const all[] = {
#define SQL(name, text) #name, text,
#include "store/records/sql.def"
#undef SQL
	};
	sqlite3 *db = NULL;
	sqlite3_stmt *st;
	int seen = 0;

	NEED(sqlite3_open(":memory:", &db) == SQLITE_OK);
	for (int v = 1; v <= store_schema_newest(); v++)
		EXPECT_INT(sqlite3_exec(db, store_schema_sql(v), NULL, NULL, NULL), SQLITE_OK);
	for (size_t i = 0; i < COUNT(all); i += 2) {
		if (strcmp(all[i], "FAMILIES_TOKENS") != 0 && strcmp(all[i], "FAMILIES_REVOKE") != 0
		    && strcmp(all[i], "FAMILIES_RESOURCE_SESSIONS") != 0)
			continue;
		NEED(sqlite3_prepare_v2(db, arena_z(mem, ARENA_CAT(mem, S("EXPLAIN QUERY PLAN "), str_of(all[i + 1]))), -1, &st, NULL) == SQLITE_OK);
		while (sqlite3_step(st) == SQLITE_ROW)
			seen += strstr((const char *)sqlite3_column_text(st, 3), "families_user (user_id=? AND state=?") != NULL;
		sqlite3_finalize(st);
	}
	EXPECT_INT(seen, 3);
	sqlite3_close(db);
}

/* Binds other values each time, and runs it; what it breaks is rolled back. */
static void
run_with(sqlite3 *db, sqlite3_stmt *st, int value)
{
	sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
	for (int i = 1; i <= sqlite3_bind_parameter_count(st); i++)
		sqlite3_bind_int(st, i, value + i);
	(void)sqlite3_step(st);
	sqlite3_reset(st);
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
}

TEST(no_statement_is_planned_anew_for_other_values)
{
	EMBEDDED_ONLY;
	static const char *const all[] = {
#define SQL(name, text) #name, text,
#include "store/records/sql.def"
#undef SQL
	};
	char file[] = ":memory:";
	struct sqlite_store s = { .file = file };
	struct sqlite_conn c = { .db = NULL };
	sqlite3_stmt *st = NULL;

	(void)mem;
	NEED(conn_open(&c, &s, SQLITE_OPEN_READWRITE, "CREATE TABLE schema_migration (version INTEGER NOT NULL PRIMARY KEY, applied_s INTEGER NOT NULL)"));
	for (int v = 1; v <= store_schema_newest(); v++)
		EXPECT_INT(sqlite3_exec(c.db, store_schema_sql(v), NULL, NULL, NULL), SQLITE_OK);
	for (size_t i = 0; i < COUNT(all); i += 2) {
		EXPECT(sqlite3_prepare_v3(c.db, all[i + 1], -1, SQLITE_PREPARE_PERSISTENT, &st, NULL) == SQLITE_OK);
		for (int value = 1; value < 1000; value += 300)
			run_with(c.db, st, value);
		if (sqlite3_stmt_status(st, SQLITE_STMTSTATUS_REPREPARE, 0) != 0)
			test_fail(__FILE__, __LINE__, "%s is planned anew", all[i]);
		sqlite3_finalize(st);
	}
	conn_close(&c);
}

static void
no_fold(sqlite3_context *x, int n, sqlite3_value **v)
{
	(void)n;
	sqlite3_result_value(x, v[0]);
}

TEST(no_scan)
{
	EMBEDDED_ONLY;
	static const struct { const char *name, *text; } all[] = {
#define SQL(name, text) { #name, text },
#include "store/records/sql.def"
#undef SQL
	};
	sqlite3 *db = NULL;

	NEED(sqlite3_open(":memory:", &db) == SQLITE_OK);
	EXPECT_INT(sqlite3_create_function(db, "name_fold", 1, SQLITE_UTF8, NULL, no_fold, NULL, NULL), SQLITE_OK);
	EXPECT_INT(sqlite3_exec(db, "CREATE TABLE schema_migration (version INTEGER NOT NULL PRIMARY KEY, applied_s INTEGER NOT NULL)", NULL, NULL, NULL), SQLITE_OK);
	for (int v = 1; v <= store_schema_newest(); v++)
		EXPECT_INT(sqlite3_exec(db, store_schema_sql(v), NULL, NULL, NULL), SQLITE_OK);
	for (size_t i = 0; i < COUNT(all); i++)
		expect_search(db, mem, all[i].name, all[i].text);
	sqlite3_close(db);
}
