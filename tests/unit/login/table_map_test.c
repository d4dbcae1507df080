/* tests/unit/login/table_map_test.c - rows of a user table as users: columns, states, hashes, authorities; and which settings cannot work. */
#include "../test.h"
#include "login/table.h"

#define CELL(column, text) { { column, sizeof(column) - 1 }, { text, sizeof(text) - 1 }, SQL_TEXT }
#define NONE(column) { { column, sizeof(column) - 1 }, { NULL, 0 }, SQL_TEXT }
#define STR(text) { text, sizeof(text) - 1 }
static const struct user_table plain = { .name = STR("old"), .realm = STR("r"),  .role_prefix = STR("ROLE_"), .operation_prefix = STR("OP_"), .upper = true };

static bool
read_row(struct arena *mem, const struct user_table *t, const struct sql_cell *cells, size_t n, struct table_row *row)
{
	struct str why = STR_ABSENT;

	return table_row_read(mem, t, cells, n, row, &why);
}

TEST(usual_columns_are_known)
{
	const struct sql_cell c[] = { CELL("ID", "42"), CELL("UserName", "li"), CELL("password", "$2a$10$n4YJ4.LSW74EpLDU9QRSfO/7Od9kLK74AvGHgrcld4/EH400BFPWi"), CELL("nickname", "\xe6\x9d\x8e"),
		CELL("mobile", "139 "), NONE("email"), CELL("openid", "o1"), CELL("enabled", "1"), CELL("roles", "admin,ROLE_USER role_x") };
	struct table_row row;

	NEED(read_row(mem, &plain, c, COUNT(c), &row));
	EXPECT_STR(row.key, S("42"));
	EXPECT_STR(row.user.name, S("li"));
	EXPECT_STR(row.user.display_name, S("\xe6\x9d\x8e"));
	EXPECT_STR(row.user.phone, S("139"));
	EXPECT_STR(row.user.email, S(""));
	EXPECT_STR(row.user.open_id, S("o1"));
	EXPECT_STR(row.user.authorities, S("ROLE_ADMIN ROLE_USER ROLE_X"));
	EXPECT(row.user.enabled && !row.user.locked && row.user.number == 42);
	EXPECT(str_starts(row.user.password, S("$2a$")));
}

TEST(columns_that_are_named_count_alone)
{
	const struct sql_cell c[] = { CELL("username", "wrong"), CELL("login", "li"), CELL("uid", "7"), CELL("id", "8") };
	struct user_table t = plain;
	struct table_row row;

	t.columns[COLUMN_NAME] = S("LOGIN");
	t.columns[COLUMN_ID] = S("uid");
	NEED(read_row(mem, &t, c, COUNT(c), &row));
	EXPECT_STR(row.user.name, S("li"));
	EXPECT_STR(row.key, S("7"));
	EXPECT_INT(row.user.number, 8);
	t.columns[COLUMN_PHONE] = S("handy");
	EXPECT(!read_row(mem, &t, c, COUNT(c), &row));
}

TEST(without_a_name_or_key_there_is_nobody)
{
	static const struct sql_cell rows[][2] = {
		{ NONE("username"), CELL("id", "1") }, { CELL("username", ""), CELL("id", "1") }, { CELL("username", "a\nb"), CELL("id", "1") }, { CELL("username", "\xff"), CELL("id", "1") },
		{ CELL("username", "li"), NONE("id") }, { CELL("nothing", "li"), CELL("id", "1") },
	};
	const struct sql_cell nameless[] = { CELL("username", "li") };
	struct table_row row;

	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT(!read_row(mem, &plain, rows[i], 2, &row));
	NEED(read_row(mem, &plain, nameless, 1, &row));
	EXPECT_STR(row.key, S("li"));           /* no key column: the name is the key */
	EXPECT(row.user.enabled && !row.user.locked);
}

static bool
enabled(struct arena *mem, const struct user_table *t, struct str value)
{
	const struct sql_cell c[] = { CELL("username", "li"), { S("enabled"), value, SQL_TEXT } };
	struct table_row row;

	return read_row(mem, t, c, COUNT(c), &row) && row.user.enabled;
}

static bool
locked(struct arena *mem, const struct user_table *t, struct str value)
{
	const struct sql_cell c[] = { CELL("username", "li"), { S("locked"), value, SQL_TEXT } };
	struct table_row row;

	return read_row(mem, t, c, COUNT(c), &row) && row.user.locked;
}

TEST(what_says_enabled)
{
	static const struct str zero[] = { STR("0") }, words[] = { STR("LOCKED") };
	struct user_table t = plain;

	EXPECT(enabled(mem, &plain, S("1")) && enabled(mem, &plain, S("TRUE")) && enabled(mem, &plain, S(" y ")) && enabled(mem, &plain, S("\1")));
	EXPECT(!enabled(mem, &plain, S("0")) && !enabled(mem, &plain, S("2")) && !enabled(mem, &plain, S("")) && !enabled(mem, &plain, STR_ABSENT) && !enabled(mem, &plain, S("\0")));
	t.states.values[MAP_ENABLED] = zero;
	t.states.n_values[MAP_ENABLED] = 1;
	EXPECT(enabled(mem, &t, S("0")) && enabled(mem, &t, S("\0")) && !enabled(mem, &t, S("1")));
	t = plain;
	EXPECT(locked(mem, &plain, S("1")) && locked(mem, &plain, S("Y")) && locked(mem, &plain, S("LOCKED")) && locked(mem, &plain, S("2")));
	EXPECT(!locked(mem, &plain, S("0")) && !locked(mem, &plain, S("No")) && !locked(mem, &plain, S("")) && !locked(mem, &plain, STR_ABSENT) && !locked(mem, &plain, S("\0")));
	t.states.values[MAP_LOCKED] = words;
	t.states.n_values[MAP_LOCKED] = 1;
	EXPECT(locked(mem, &t, S("locked")) && !locked(mem, &t, S("1")));
}

/* L9: what a row says of states, whatever the names; absent: the row cannot be read before the operator has said something. */
static const char *
reads(struct arena *mem, const struct user_table *t, const char *column, struct str value)
{
	const struct sql_cell c[] = { CELL("username", "li"), { str_of(column), value, SQL_TEXT } };
	struct table_row row;

	if (!read_row(mem, t, c, COUNT(c), &row))
		return "fault";
	return row.deleted ? "deleted" : row.user.locked ? "locked" : row.user.enabled ? "fine" : "disabled";
}

TEST(states_by_many_names)
{
	static const struct { const char *column, *value, *is; } rows[] = {
		{ "account_non_locked", "0", "locked" }, { "accountNonLocked", "1", "fine" }, { "ACCOUNT_NON_EXPIRED", "f", "disabled" },
		{ "credentials_non_expired", "0", "locked" }, { "is_del", "1", "deleted" }, { "del_flag", "0", "fine" }, { "isDeleted", "Y", "deleted" },
		{ "deleted_at", "2024-01-01 00:00:00", "deleted" }, { "deleted_at", "0000-00-00 00:00:00", "fine" }, { "activated", "0", "disabled" },
		{ "lock_flag", "9", "locked" }, { "password_expired", "1", "locked" }, { "status", "LOCKED", "locked" }, { "status", "正常", "fine" },
		{ "status", "0", "fault" }, { "user_state", "3", "fault" }, { "avatar_state", "x", "fault" }, { "opt_lock", "7", "fine" }, { "estate", "x", "fine" },
	};
	struct user_table t = plain;

	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT_STR(str_of(reads(mem, &plain, rows[i].column, str_of(rows[i].value))), str_of(rows[i].is));
	EXPECT_STR(str_of(reads(mem, &plain, "account_non_locked", STR_ABSENT)), S("locked"));
	EXPECT_STR(str_of(reads(mem, &plain, "deleted_at", STR_ABSENT)), S("fine"));
	EXPECT_STR(str_of(reads(mem, &plain, "status", STR_ABSENT)), S("fine"));
	t.states.ignored = &(struct str)STR("avatar_state");
	t.states.n_ignored = 1;
	EXPECT_STR(str_of(reads(mem, &t, "avatar_state", S("x"))), S("fine"));
}

/* Named by the operator without values: its own name says what a yes means, or else the member does; it is no product's code any more. */
TEST(a_named_column_needs_no_values)
{
	struct user_table t = plain;

	t.states.column[MAP_ENABLED] = S("status");
	EXPECT_STR(str_of(reads(mem, &t, "status", S("1"))), S("fine"));
	EXPECT_STR(str_of(reads(mem, &t, "status", S("0"))), S("disabled"));
	t.states.column[MAP_ENABLED] = S("wanted");
	EXPECT_STR(str_of(reads(mem, &t, "wanted", S("0"))), S("disabled"));
	t = plain;
	t.states.column[MAP_LOCKED] = S("opt");
	EXPECT_STR(str_of(reads(mem, &t, "opt", S("1"))), S("locked"));
	EXPECT_STR(str_of(reads(mem, &t, "opt", S("0"))), S("fine"));
}

TEST(a_product_is_known_by_all_its_columns)
{
	const struct sql_cell all[] = { CELL("user_name", "li"), CELL("nick_name", "x"), CELL("phonenumber", "1"), CELL("status", "1"), CELL("del_flag", "0") };
	struct sql_cell gone[COUNT(all)];
	struct table_row row;

	NEED(read_row(mem, &plain, all, COUNT(all), &row));
	EXPECT(!row.user.enabled && !row.deleted);
	EXPECT(!read_row(mem, &plain, all + 1, COUNT(all) - 1, &row));
	memcpy(gone, all, sizeof all);
	gone[4].value = S("2");
	NEED(read_row(mem, &plain, gone, COUNT(gone), &row));
	EXPECT(row.deleted);
}

TEST(values_need_one_column)
{
	static const struct str zero[] = { STR("0") };
	const struct sql_cell two[] = { CELL("username", "li"), CELL("status", "0"), CELL("state", "0") };
	struct user_table t = plain;
	struct table_row row;

	t.states.values[MAP_ENABLED] = zero;
	t.states.n_values[MAP_ENABLED] = 1;
	EXPECT(!read_row(mem, &t, two, 1, &row) && !read_row(mem, &t, two, COUNT(two), &row));
	EXPECT_STR(str_of(reads(mem, &t, "status", S("0"))), S("fine"));
	EXPECT_STR(str_of(reads(mem, &t, "status", S("1"))), S("disabled"));
}

static struct str
stored(struct arena *mem, const char *encoding, struct str value)
{
	const struct sql_cell c[] = { CELL("username", "li"), { S("password"), value, SQL_TEXT } };
	struct user_table t = plain;
	struct table_row row;

	t.encoding = str_of(encoding);
	return read_row(mem, &t, c, COUNT(c), &row) ? row.user.password : STR_ABSENT;
}

TEST(a_hash_says_what_it_is_or_the_settings_do)
{
	static const char *const own[] = { "$2y$10$VLMVAJfttzTTsRM3XVr3eOdTHRXn0dUDpIl1lBxanPevwTIQVRtHy", "{noop}x", "{MD5}5f4dcc3b5aa765d61d8327deb882cf99" };
	static char huge[5000];

	for (size_t i = 0; i < COUNT(own); i++) {
		EXPECT_STR(stored(mem, "", str_of(own[i])), str_of(own[i]));
		EXPECT_STR(stored(mem, "MD5", str_of(own[i])), str_of(own[i]));
	}
	EXPECT_STR(stored(mem, "MD5", S("5F4DCC3B5AA765D61D8327DEB882CF99")), S("{MD5}5F4DCC3B5AA765D61D8327DEB882CF99"));
	EXPECT_STR(stored(mem, "", S("5f4dcc3b5aa765d61d8327deb882cf99")), S("5f4dcc3b5aa765d61d8327deb882cf99"));
	EXPECT_STR(stored(mem, "MD5", S("")), S(""));
	EXPECT_STR(stored(mem, "MD5", STR_ABSENT), S(""));
	memset(huge, 'a', sizeof huge);
	EXPECT_STR(stored(mem, "MD5", str_span(huge, sizeof huge)), S(""));
}

static struct str
words(struct arena *mem, bool upper, struct str value, struct str prefix)
{
	struct user_table t = plain;
	struct str why;
	struct buf b;

	t.upper = upper;
	buf_init(&b, mem, 40);
	return table_words_put(&b, &t, value, prefix, &why) ? buf_str(&b) : why;
}

TEST(roles_become_authorities)
{
	EXPECT_STR(words(mem, true, S("admin"), S("ROLE_")), S("ROLE_ADMIN"));
	EXPECT_STR(words(mem, false, S("admin"), S("ROLE_")), S("ROLE_admin"));
	EXPECT_STR(words(mem, false, S("admin"), S("")), S("admin"));
	EXPECT_STR(words(mem, true, S("role_admin,ROLE_ADMIN admin"), S("ROLE_")), S("ROLE_ADMIN"));
	EXPECT_STR(words(mem, true, S("a\tb"), S("OP_")), S("OP_A_B"));
	EXPECT(str_contains(words(mem, true, S("a\xff"), S("OP_")), S("no UTF-8")));
	EXPECT_STR(words(mem, true, S("aaaaaaaaaaaaaaa bbbbbbbbbbbbbbb"), S("")), S("AAAAAAAAAAAAAAA BBBBBBBBBBBBBBB"));
	/* All of them, or the user is none: never the first few. */
	EXPECT(str_contains(words(mem, true, S("aaaaaaaaaaaaaaa bbbbbbbbbbbbbbb ccccccccccccccc d"), S("")), S("more authorities than a token can say")));
	EXPECT(str_contains(words(mem, true, str_span(memset(arena_alloc(mem, 257), 'a', 257), 257), S("")), S("longer than 256 bytes")));
}

TEST(the_same_key_has_the_same_id)
{
	struct id16 a = shadow_id(S("r"), S("42")), b = shadow_id(S("r"), S("42")), c = shadow_id(S("r4"), S("2")), d = shadow_id(S("r"), S("43"));

	EXPECT(memcmp(&a, &b, 16) == 0 && memcmp(&a, &c, 16) != 0 && memcmp(&a, &d, 16) != 0);
	EXPECT(a.b[6] >> 4 == 8 && a.b[8] >> 6 == 2);
}

/* All that is wrong, "setting: sentence" each. */
static struct str
faults_of(struct arena *mem, const struct user_table *t)
{
	struct findings f;

	findings_init(&f, mem);
	user_table_judge(t, &f);
	return findings_lines(&f, FINDING_ERROR);
}

TEST(settings_that_cannot_work)
{
	struct user_table t = plain;

	EXPECT(str_starts(faults_of(mem, &t), S("give at least one of by_name")));
	t.select[TABLE_BY_PHONE] = S("SELECT a FROM t WHERE b = ?");
	EXPECT(str_empty(faults_of(mem, &t)));
	t.encoding = S("MD5");
	EXPECT(str_empty(faults_of(mem, &t)));
	t.select[TABLE_BY_ID] = S("DELETE FROM t WHERE b = ?");
	t.operations = S("SELECT a FROM t");
	t.encoding = S("md5x");
	EXPECT(str_starts(faults_of(mem, &t), S("by_id: by_id ")));
	EXPECT(str_contains(faults_of(mem, &t), S("\noperations: operations ")));
	EXPECT(str_contains(faults_of(mem, &t), S("\nencoding: encoding: ")));
}
