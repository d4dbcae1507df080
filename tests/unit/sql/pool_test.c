/* tests/unit/sql/pool_test.c - questions to an SQLite file: bound, bounded, only reading; and the rest of a database that is gone. */
#include <sqlite3.h>
#include <unistd.h>

#include "../test.h"
#include "sql/sql.h"

struct seen { size_t rows; struct str name; bool null; size_t stop_at; struct arena *mem; };

static bool
see(void *ctx, const struct sql_cell *cells, size_t n)
{
	struct seen *s = ctx;

	s->rows++;
	s->name = n > 0 ? arena_dup(s->mem, cells[0].value) : STR_ABSENT;
	s->null = n > 1 && !str_given(cells[1].value);
	return s->rows != s->stop_at;
}

static void
again(void *ctx)
{
	((struct seen *)ctx)->rows = 0;
}

static char path[64];

static bool
file_made(void)
{
	sqlite3 *db = NULL;
	bool ok;

	snprintf(path, sizeof path, "/tmp/hufu-sql-%d.db", (int)getpid());
	unlink(path);
	ok = sqlite3_open(path, &db) == SQLITE_OK
	    && sqlite3_exec(db, "CREATE TABLE t (name TEXT, more TEXT); INSERT INTO t VALUES ('ann', NULL), ('bob', 'x'), ('bob', 'y'), ('big', zeroblob(200000))", NULL, NULL, NULL) == SQLITE_OK;
	sqlite3_close(db);
	return ok;
}

static enum sql_result
asked(struct sql_pool *p, struct arena *mem, const char *statement, struct str parameter, struct seen *s, struct str *why)
{
	struct sql_question q = { str_of(statement), parameter, see, s };

	*s = (struct seen){ .mem = mem, .stop_at = s->stop_at };
	return sql_pool_ask(p, &q, again, mem, why);
}

static struct sql_pool *
pool(struct arena *mem, size_t bytes_max)
{
	struct sql_limits limits = { .connect_ms = 1000, .answer_ms = 500, .bytes_max = bytes_max };
	struct str why = STR_ABSENT;
	struct sql_address a;

	return file_made() && sql_address_read(mem, str_of(path), &a, &why) ? sql_pool_new(&a, &limits, 2) : NULL;
}

#define BY_NAME "SELECT name, more FROM t WHERE name = ?"

TEST(a_parameter_is_bound)
{
	struct sql_pool *p = pool(mem, 65536);
	struct seen s = { .rows = 0 };
	struct str why = STR_ABSENT;

	NEED(p != NULL);
	EXPECT_INT(asked(p, mem, BY_NAME, S("ann"), &s, &why), SQL_DONE);
	EXPECT(s.rows == 1 && s.null);
	EXPECT_INT(asked(p, mem, BY_NAME, S("bob"), &s, &why), SQL_DONE);
	EXPECT_INT(s.rows, 2);
	EXPECT_INT(asked(p, mem, BY_NAME, S("x' OR '1'='1"), &s, &why), SQL_DONE);
	EXPECT_INT(s.rows, 0);
	EXPECT_INT(asked(p, mem, BY_NAME, S("ann\0x"), &s, &why), SQL_UNFIT);
	sql_pool_free(p);
	unlink(path);
}

TEST(nothing_is_written_and_nothing_large_is_read)
{
	struct sql_pool *p = pool(mem, 65536);
	struct seen s = { .rows = 0 };
	struct str why = STR_ABSENT;

	NEED(p != NULL);
	EXPECT_INT(asked(p, mem, "DELETE FROM t WHERE name = ? RETURNING name", S("ann"), &s, &why), SQL_FAILED);
	EXPECT_INT(asked(p, mem, BY_NAME, S("big"), &s, &why), SQL_FAILED);
	EXPECT(str_given(why));
	EXPECT_INT(asked(p, mem, "SELECT a FROM nowhere WHERE a = ?", S("x"), &s, &why), SQL_NO_TABLE);
	s.stop_at = 1;
	EXPECT_INT(asked(p, mem, BY_NAME, S("bob"), &s, &why), SQL_FAILED);
	EXPECT_INT(s.rows, 1);
	s.stop_at = 0;
	EXPECT_INT(asked(p, mem, BY_NAME, S("ann"), &s, &why), SQL_DONE);
	sql_pool_free(p);
	unlink(path);
}

/* Q3 */
TEST(a_slow_answer_ends)
{
	struct sql_pool *p = pool(mem, 65536);
	int64_t begun = clock_mono_us();
	struct seen s = { .rows = 0 };
	struct str why = STR_ABSENT;

	NEED(p != NULL);
	EXPECT_INT(asked(p, mem, "SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000) SELECT i FROM n) WHERE i <> ?", S("x"), &s, &why), SQL_BROKEN);
	EXPECT(clock_mono_us() - begun < 5000000);
	EXPECT_STR(why, S("the answer took too long"));
	sql_pool_free(p);
	unlink(path);
}

TEST(a_database_that_is_gone_rests)
{
	struct sql_pool *p = pool(mem, 65536);
	struct seen s = { .rows = 0 };
	struct str why = STR_ABSENT;

	NEED(p != NULL);
	unlink(path);
	EXPECT_INT(asked(p, mem, BY_NAME, S("ann"), &s, &why), SQL_BROKEN);
	NEED(file_made());
	EXPECT_INT(asked(p, mem, BY_NAME, S("ann"), &s, &why), SQL_BROKEN);
	EXPECT_STR(why, S("it did not answer a moment ago"));
	clock_turn_ms(SQL_REST_MS + 1);
	EXPECT_INT(asked(p, mem, BY_NAME, S("ann"), &s, &why), SQL_DONE);
	EXPECT_INT(asked(p, mem, BY_NAME, S("ann"), &s, &why), SQL_DONE);
	sql_pool_free(p);
	unlink(path);
}
