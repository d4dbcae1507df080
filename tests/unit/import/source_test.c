/* Files that hold rows: the shapes that tools export, character sets, table names in any case, CHAR padding. */
#include <sys/stat.h>
#include <unistd.h>

#include "../test.h"
#include "import/source.h"

struct file { char dir[32], path[96]; };

static bool
file_write(struct file *f, const char *name, struct str bytes)
{
	FILE *to;
	bool ok;

	memcpy(f->dir, "/tmp/hufu-rows-XXXXXX", sizeof "/tmp/hufu-rows-XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		return false;
	snprintf(f->path, sizeof f->path, "%s/%s", f->dir, name);
	to = fopen(f->path, "wb");
	ok = to != NULL && fwrite(bytes.p, 1, bytes.n, to) == bytes.n;
	return to != NULL && fclose(to) == 0 && ok;
}

/* The rows of a table in a file, as JSON; else why not, behind '!'; "missing". */
static struct str
rows_in(struct arena *mem, const char *name, struct str bytes, struct str charset, const char *table)
{
	struct str why = STR_ABSENT, out = STR_ABSENT;
	struct row_source s;
	struct file f;
	json_t *rows;
	char *text;

	if (!file_write(&f, name, bytes))
		return S("no file");
	if (!source_open_as(mem, str_of(f.path), STR_ABSENT, charset, &s, &why))
		out = ARENA_CAT(mem, S("!"), str_from(why, strlen(f.dir) + 1));
	else {
		switch (source_table(&s, str_of(table), &rows, &why)) {
		case TABLE_READ:
			text = json_dumps(rows, JSON_COMPACT);
			out = arena_dup(mem, str_of(text));
			free(text);
			break;
		case TABLE_MISSING: out = S("missing"); break;
		case TABLE_FAILED: out = ARENA_CAT(mem, S("!"), str_from(why, strlen(f.dir) + 1)); break;
		}
		source_close(&s);
	}
	unlink(f.path);
	rmdir(f.dir);
	return out;
}

#define ROWS(name, text, table) rows_in(mem, name, S(text), STR_ABSENT, table)
#define AS(charset, name, text, table) rows_in(mem, name, S(text), S(charset), table)

TEST(shapes_of_json)
{
	EXPECT_STR(ROWS("d.json", "{\"users\":[{\"A B\":1.5,\"c\":true,\"d\":[\"x\"],\"e\":null}]}", "users"),
	    S("[{\"a_b\":\"1.5\",\"c\":\"true\",\"d\":\"[\\\"x\\\"]\",\"e\":null}]"));
	EXPECT_STR(ROWS("d.json", "{\"tables\":{\"USERS\":[{\"a\":\"1\"}]}}", "users"), S("[{\"a\":\"1\"}]"));
	EXPECT_STR(ROWS("d.json", "[{\"type\":\"header\",\"version\":\"5.2.1\"},{\"type\":\"database\",\"name\":\"old\"},{\"type\":\"table\","
	    "\"name\":\"users\",\"database\":\"old\",\"data\":[{\"a\":\"1\"}]}]", "users"), S("[{\"a\":\"1\"}]"));
	EXPECT_STR(ROWS("d.json", "{\"table\":\"users\",\"rows\":[{\"a\":\"1\"}]}", "users"), S("[{\"a\":\"1\"}]"));
	EXPECT_STR(ROWS("users.json", "{\"RECORDS\":[{\"a\":\"1\"}]}", "users"), S("[{\"a\":\"1\"}]"));
	EXPECT_STR(ROWS("USERS.json", "[{\"a\":\"1\"}]", "users"), S("[{\"a\":\"1\"}]"));
	EXPECT_STR(ROWS("users.json", "[{\"a\":\"1\"}]", "clients"), S("missing"));
	EXPECT_STR(ROWS("d.json", "[{\"type\":\"table\",\"name\":\"users\",\"data\":[]},{\"type\":\"table\",\"name\":\"users\",\"data\":[]}]", "users"),
	    S("!d.json: table users stands there twice: export one database at a time"));
	EXPECT(str_contains(ROWS("d.json", "{\"Users\":[],\"USERS\":[]}", "users"), S("both Users and USERS could be the table users")));
	EXPECT(str_contains(ROWS("d.json", "{\"users\":[1]}", "users"), S("row 1 is no object")));
	EXPECT(str_contains(ROWS("d.json", "{\"a\":\n[}", "users"), S("d.json: line 2: no JSON object or list")));
	EXPECT_STR(ROWS("d.json", "{\"public.users\":[{\"a\":\"1\"}]}", "users"), S("[{\"a\":\"1\"}]"));
	EXPECT_STR(ROWS("d.json", "{\"users\":[{\"a\":\"1\"}]}", "Old.Users"), S("[{\"a\":\"1\"}]"));
	EXPECT_STR(ROWS("d.json", "{\"a.users\":[]}", "b.users"), S("missing"));
}

TEST(shapes_of_csv)
{
	EXPECT_STR(ROWS("Users.CSV", "User Name;b\nli;\"a,b\"\n", "users"), S("[{\"user_name\":\"li\",\"b\":\"a,b\"}]"));
	EXPECT_STR(ROWS("users.csv", "a\tb\n1\t2\n", "users"), S("[{\"a\":\"1\",\"b\":\"2\"}]"));
	EXPECT_STR(ROWS("users.csv", "a,\"b;c\"\nNULL,\"NULL\"\n\\N,\n", "users"),
	    S("[{\"a\":null,\"b;c\":\"NULL\"},{\"a\":null,\"b;c\":\"\"}]"));
	EXPECT_STR(ROWS("users.csv", "a,A\n1,2\n", "users"), S("!users.csv: column a stands in the heading twice"));
	EXPECT_STR(ROWS("users.csv", "a,b\n1\n", "users"), S("!users.csv: record 2 has 1 fields, the heading has 2"));
}

TEST(character_sets)
{
	EXPECT(str_starts(ROWS("users.csv", "a,b\n1,2\nx,\xd5\xc5\xc8\xfd\n", "users"), S("!users.csv:3: bytes that are not UTF-8")));
	EXPECT(str_starts(ROWS("d.json", "{\"users\":\n[{\"a\":\"\xd5\xc5\"}]}", "users"), S("!d.json:2: bytes that are not UTF-8")));
	EXPECT_STR(AS("GBK", "users.csv", "a\n\xd5\xc5\xc8\xfd\n", "users"), S("[{\"a\":\"张三\"}]"));
	EXPECT_STR(AS("GB18030", "d.json", "{\"users\":[{\"a\":\"\x81\x30\x84\x36\"}]}", "users"), S("[{\"a\":\"¥\"}]"));
	EXPECT_STR(AS("latin1", "users.csv", "a\nM\xfcller\n", "users"), S("[{\"a\":\"Müller\"}]"));
	EXPECT_STR(AS("UTF-16LE", "users.csv", "a\0\n\0x\0\n\0", "users"), S("[{\"a\":\"x\"}]"));
	EXPECT(str_starts(ROWS("users.csv", "a\0\n\0x\0\n\0", "users"), S("!users.csv:1: a zero byte")));
	EXPECT_STR(ROWS("users.csv", "\xff\xfe" "a\0\n\0x\0", "users"), S("[{\"a\":\"x\"}]"));
	EXPECT_STR(ROWS("users.json", "\xfe\xff\0[\0{\0\"\0a\0\"\0:\0\"\0x\0\"\0}\0]", "users"), S("[{\"a\":\"x\"}]"));
	EXPECT_STR(AS("GBK", "users.csv", "\xef\xbb\xbf" "a\n张\n", "users"), S("[{\"a\":\"张\"}]"));     /* the mark is sure */
	EXPECT(str_starts(AS("GBK", "users.csv", "a\nx\n\xff\n", "users"), S("!users.csv:3: bytes that are not GBK")));
	EXPECT(str_contains(AS("KLINGON", "users.csv", "a\n", "users"), S("is not known here")));
}

/* What CHAR(n) puts behind a value goes; a blank that somebody typed stays. */
TEST(padding)
{
	EXPECT_STR(ROWS("users.csv", "a,b\nli  ,x \n王五  ,xyz\n,\\N\n", "users"),
	    S("[{\"a\":\"li  \",\"b\":\"x \"},{\"a\":\"王五  \",\"b\":\"xyz\"},{\"a\":\"\",\"b\":null}]"));
	EXPECT_STR(ROWS("users.csv", "a,b\nli  ,x \n王五赵六,xyz\n\\N,\\N\n", "users"),
	    S("[{\"a\":\"li\",\"b\":\"x \"},{\"a\":\"王五赵六\",\"b\":\"xyz\"},{\"a\":null,\"b\":null}]"));
}

static enum source_dump
dump(struct arena *mem, const char *name, const char *text)
{
	char path[64] = "/tmp/hufu-dump-XXXXXX", *whole;
	FILE *f;
	enum source_dump found;

	if (mkdtemp(path) == NULL || (whole = arena_z(mem, arena_printf(mem, "%s/%s", path, name))) == NULL || (f = fopen(whole, "w")) == NULL)
		return DUMP_NONE;
	fputs(text, f);
	fclose(f);
	found = source_dump_of(mem, str_of(whole));
	remove(whole);
	remove(path);
	return found;
}

TEST(who_wrote_a_dump)
{
	EXPECT_INT(dump(mem, "d.sql", "-- MySQL dump 10.13  Distrib 8.0\n"), DUMP_MYSQL);
	EXPECT_INT(dump(mem, "d.sql", "/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19\n"), DUMP_MYSQL);
	EXPECT_INT(dump(mem, "d.sql", "-- phpMyAdmin SQL Dump\n"), DUMP_MYSQL);
	EXPECT_INT(dump(mem, "d.sql", "--\n-- PostgreSQL database dump\n--\n"), DUMP_POSTGRES);
	EXPECT_INT(dump(mem, "d.dump", "PGDMP\1\16"), DUMP_POSTGRES_CUSTOM);
	EXPECT_INT(dump(mem, "d.sql", "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n"), DUMP_SQLITE);
	EXPECT_INT(dump(mem, "d.sql", "INSERT INTO users VALUES (1);\n"), DUMP_OTHER);
	EXPECT_INT(dump(mem, "d.db", "SQLite format 3"), DUMP_OTHER);            /* not the whole mark, which ends in a NUL */
	EXPECT_INT(dump(mem, "d.zip", "PK\3\4"), DUMP_NONE);
	EXPECT_INT(dump(mem, "users.csv", "username,password\n"), DUMP_NONE);
	EXPECT_INT(dump(mem, "d.json", "{\"users\":[]}"), DUMP_NONE);
	EXPECT_INT(source_dump_of(mem, S("mysql://u@h/db")), DUMP_NONE);
	EXPECT_INT(source_dump_of(mem, S("/nonexistent/x.sql")), DUMP_NONE);
	EXPECT_INT(source_dump_of(mem, S("/tmp")), DUMP_NONE);
}

TEST(files_that_are_something_else)
{
	EXPECT(str_contains(ROWS("d.sql", "-- MySQL dump 10.13\n", "users"), S("dump in SQL")));
	EXPECT(str_contains(ROWS("d.dump", "PGDMP\1\16", "users"), S("pg_restore")));
	EXPECT(str_contains(ROWS("d.json.gz", "\x1f\x8b\x08\0", "users"), S("unpack it first")));
	EXPECT(str_contains(ROWS("d.json", "", "users"), S("no JSON object or list")));
}
