/* tests/unit/login/table_user_test.c - somebody of a user table: found, judged, given a shadow, asked about again; L1, L8. */
#include <sqlite3.h>
#include <unistd.h>

#include "../test.h"
#include "login/password_int.h"
#include "login_store.h"

#define ALL "SELECT id, name, password, phone, enabled FROM t WHERE "
static const struct str yes[] = { { "1", 1 } };
static const struct throttle_rules rules = { .account_free = 50, .account_first_ms = 60000, .account_max_ms = 900000, .address_per_minute = 3000, .code_per_minute = 30, .forget_s = 86400 };
static char path[64];

static bool
sql(const char *text)
{
	sqlite3 *db = NULL;
	bool ok = sqlite3_open(path, &db) == SQLITE_OK && sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK;

	sqlite3_close(db);
	return ok;
}

/* A store with a user of its own, and a table beside it. */
struct rig { struct store *s; struct user_table t; };

static bool
rig_made(struct rig *g, struct arena *mem)
{
	static const struct sql_limits limits = { .connect_ms = 1000, .answer_ms = 1000, .bytes_max = TABLE_BYTES_MAX };
	struct user own = { .realm = S("r"), .name = S("own"), .phone = S("1"), .password = S("{noop}right"), .authorities = S(""), .enabled = true };
	struct str why = STR_ABSENT;

	snprintf(path, sizeof path, "/tmp/hufu-table-%d.db", (int)getpid());
	unlink(path);
	rand_id(own.id.b);
	*g = (struct rig){ .s = store_new(mem), .t = { .name = S("old"), .realm = S("r"), .states = { .values = { yes }, .n_values = { 1 } }, .role_prefix = S("ROLE_"), .upper = true,
		.select = { S(ALL "name = ?"), S(ALL "phone = ?"), S(""), S(ALL "id = ?") }, .roles = S("SELECT role FROM roles WHERE id = ?") } };
	if (g->s == NULL || !sql("CREATE TABLE t (id INT, name TEXT COLLATE NOCASE, password TEXT, phone TEXT, enabled INT); CREATE TABLE roles (id INT, role TEXT);"
	    "INSERT INTO t VALUES (1, 'ann', '{noop}right', '1', 1), (2, 'bea', '{noop}right', '2', 1), (3, 'own', '{noop}other', '3', 1), (4, 'cut', '{noop}right', '4', 0); INSERT INTO roles VALUES (1, 'admin');")
	    || !sql_address_read(mem, str_of(path), &g->t.address, &why) || store_commit(g->s, &(struct store_op){ .kind = OP_USER_PUT, .user = &own }, 1, NULL) != STORE_DONE)
		return false;
	g->t.pool = sql_pool_new(&g->t.address, &limits, 2);
	return g->t.pool != NULL;
}

static void
rig_gone(struct rig *g)
{
	sql_pool_free(g->t.pool);
	store_gone(g->s);
	unlink(path);
}

static enum login_result
enter(struct arena *mem, struct rig *g, struct str name, struct str password, struct user *u)
{
	struct login_try t = { .realm = S("r"), .name = name, .password = password, .address = S("192.0.2.1"), .table = &g->t, .by = TABLE_BY_NAME, .rehash = true };
	enum login_result r = login_password(mem, g->s, &rules, &t);

	*u = t.user;
	return r;
}

TEST(a_login_makes_one_shadow_without_a_password)
{
	struct rig g;
	struct user u, kept;

	NEED(rig_made(&g, mem));
	EXPECT_INT(enter(mem, &g, S("ann"), S("wrong"), &u), LOGIN_WRONG);
	EXPECT_INT(store_user_by_name(g.s, mem, S("r"), S("ann"), &kept), NOT_FOUND);
	EXPECT_INT(enter(mem, &g, S("ANN"), S("right"), &u), LOGIN_WRONG);       /* L18: only a collation takes it for ann */
	EXPECT_INT(enter(mem, &g, S("ann"), S("right"), &u), LOGIN_OK);
	EXPECT_STR(u.name, S("ann"));
	EXPECT_STR(u.authorities, S("ROLE_ADMIN"));
	NEED(store_user_by_name(g.s, mem, S("r"), S("ann"), &kept) == FOUND);
	EXPECT_STR(kept.password, S(""));
	EXPECT_STR(kept.origin, S("old:1"));
	EXPECT(memcmp(kept.id.b, u.id.b, 16) == 0);
	EXPECT_INT(enter(mem, &g, S("cut"), S("right"), &u), LOGIN_DISABLED);
	EXPECT_INT(store_user_by_name(g.s, mem, S("r"), S("cut"), &kept), NOT_FOUND);
	rig_gone(&g);
}

TEST(the_realms_own_come_first)
{
	struct person p;
	struct rig g;
	struct user u;

	NEED(rig_made(&g, mem));
	EXPECT_INT(enter(mem, &g, S("own"), S("right"), &u), LOGIN_OK);
	EXPECT(!user_is_shadow(&u));
	EXPECT_INT(enter(mem, &g, S("own"), S("other"), &u), LOGIN_WRONG);
	EXPECT_INT(enter(mem, &g, S("OWN"), S("other"), &u), LOGIN_WRONG);              /* right there, but the name is taken here */
	EXPECT_INT(enter(mem, &g, S("ann"), S("right"), &u), LOGIN_OK);                 /* has the same phone number */
	EXPECT_INT(person_look(mem, g.s, &g.t, TABLE_BY_PHONE, S("r"), S("1"), &p), PERSON_FOUND);
	EXPECT_STR(p.user.name, S("own"));
	rig_gone(&g);
}

/* L1: counted in hashes; own and of the table, known and unknown, right name and none. */
TEST(everybody_wrong_costs_the_same)
{
	static const char *const names[] = { "nobody", "own", "ann", "cut", "" };
	struct rig g;
	struct user u;
	int64_t first = 0;

	NEED(rig_made(&g, mem));
	for (size_t i = 0; i < COUNT(names); i++) {
		int64_t before = slot_spent_us(), spent;

		EXPECT_INT(enter(mem, &g, str_of(names[i]), S("wrong"), &u), LOGIN_WRONG);
		spent = slot_spent_us() - before;
		first = i == 0 ? spent : first;
		if (spent < first * 98 / 100 || spent > first * 102 / 100)
			test_fail(__FILE__, __LINE__, "%s costs %lld, not %lld", names[i], (long long)spent, (long long)first);
	}
	rig_gone(&g);
}

TEST(asked_again_the_table_decides)
{
	struct rig g;
	struct user u, again, kept;

	NEED(rig_made(&g, mem));
	NEED(enter(mem, &g, S("bea"), S("right"), &u) == LOGIN_OK);
	EXPECT_INT(person_again(mem, g.s, &g.t, S("r"), &u.id, &again), PERSON_FOUND);
	EXPECT(again.enabled && !again.locked);
	NEED(sql("UPDATE t SET enabled = 0 WHERE id = 2"));
	EXPECT_INT(person_again(mem, g.s, &g.t, S("r"), &u.id, &again), PERSON_FOUND);
	EXPECT(!again.enabled);
	NEED(store_user_by_id(g.s, mem, S("r"), &u.id, &kept) == FOUND);
	EXPECT(kept.enabled && kept.locked);
	NEED(sql("UPDATE t SET enabled = 1, name = 'bella' WHERE id = 2; INSERT INTO t VALUES (9, 'bea', '{noop}right', '9', 1)"));
	EXPECT_INT(person_again(mem, g.s, &g.t, S("r"), &u.id, &again), PERSON_FOUND);  /* by_id: under another name */
	EXPECT(again.enabled && !again.locked && str_is(again.name, "bella"));
	g.t.select[TABLE_BY_ID] = S("");
	NEED(sql("UPDATE t SET name = 'bea' WHERE id = 9; UPDATE t SET name = 'gone' WHERE id = 2; UPDATE t SET name = 'bella' WHERE id = 9"));
	EXPECT_INT(person_again(mem, g.s, &g.t, S("r"), &u.id, &again), PERSON_FOUND);  /* by_name: another key has it */
	EXPECT(!again.enabled);
	EXPECT_INT(person_again(mem, g.s, NULL, S("r"), &u.id, &again), PERSON_NONE);
	rig_gone(&g);
}

TEST(a_database_that_is_gone)
{
	struct rig g;
	struct user u, again;

	NEED(rig_made(&g, mem));
	NEED(enter(mem, &g, S("bea"), S("right"), &u) == LOGIN_OK);
	unlink(path);
	EXPECT_INT(enter(mem, &g, S("bea"), S("right"), &again), LOGIN_DOWN);
	EXPECT_INT(enter(mem, &g, S("nobody"), S("right"), &again), LOGIN_DOWN);
	EXPECT_INT(enter(mem, &g, S("own"), S("right"), &again), LOGIN_OK);
	EXPECT_INT(enter(mem, &g, S("own"), S("wrong"), &again), LOGIN_WRONG);
	EXPECT_INT(person_again(mem, g.s, &g.t, S("r"), &u.id, &again), PERSON_DOWN);
	g.t.allow_when_down = true;
	g.t.grace_s = 3600;
	EXPECT_INT(person_again(mem, g.s, &g.t, S("r"), &u.id, &again), PERSON_FOUND);
	EXPECT(again.enabled && !again.locked);
	rig_gone(&g);
}
