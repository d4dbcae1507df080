/* tests/unit/store/names_test.c - names compare without case in a realm that folds, and only there. */
#include "open.h"

static enum store_result
names(struct store *s, struct str realm, bool folds)
{
	struct store_op op = { .kind = OP_REALM_NAMES };

	op.names.realm = realm;
	op.names.folds = folds;
	return suite_do(s, op);
}

static struct user
named(int n, struct str realm, struct str name)
{
	struct user u = suite_user(n);

	u.realm = realm;
	u.name = name;
	u.origin = S("");
	u.version = 0;
	return u;
}

static struct str
found_as(struct store *s, struct arena *mem, struct str realm, struct str name)
{
	struct user u = { 0 };

	return store_user_by_name(s, mem, realm, name, &u) == FOUND ? u.name : STR_ABSENT;
}

/* What pairwise subjects are made with: of each realm its own, and for good. */
TEST(a_realm_draws_its_salt_when_it_begins)
{
	struct store *s = suite_open(mem);
	struct user a = named(1, S("r"), S("a")), b = named(2, S("r"), S("b")), c = named(3, S("q"), S("c"));
	struct dig32 first, again, other, none = { { 0 } };

	NEED(s != NULL);
	EXPECT(store_realm_salt(s, S("r"), &first) == NOT_FOUND);
	EXPECT_INT(DO(s, OP_USER_ADD, user, &a), STORE_DONE);
	EXPECT(store_realm_salt(s, S("r"), &first) == FOUND && memcmp(first.b, none.b, 32) != 0);
	EXPECT_INT(DO(s, OP_USER_ADD, user, &b), STORE_DONE);
	EXPECT_INT(DO(s, OP_USER_ADD, user, &c), STORE_DONE);
	EXPECT_INT(names(s, S("r"), false), STORE_DONE);
	EXPECT(store_realm_salt(s, S("r"), &again) == FOUND && memcmp(first.b, again.b, 32) == 0);
	EXPECT(store_realm_salt(s, S("q"), &other) == FOUND && memcmp(first.b, other.b, 32) != 0);
}

TEST(a_new_realm_folds)
{
	struct store *s = suite_open(mem);
	struct user a = named(1, S("r"), S("Élodie")), b = named(2, S("r"), S("élodie")), c = named(3, S("r"), S("Bob"));
	bool folds = false;

	NEED(s != NULL);
	EXPECT(store_realm_folds(s, S("r"), &folds) == NOT_FOUND);
	EXPECT_INT(DO(s, OP_USER_ADD, user, &a), STORE_DONE);
	EXPECT(store_realm_folds(s, S("r"), &folds) == FOUND && folds);
	EXPECT_INT(DO(s, OP_USER_ADD, user, &b), STORE_LOST);
	EXPECT_INT(DO(s, OP_USER_PUT, user, &b), STORE_LOST);
	EXPECT_INT(DO(s, OP_USER_ADD, user, &c), STORE_DONE);
	EXPECT_STR(found_as(s, mem, S("r"), S("E\xcc\x81LODIE")), S("Élodie"));
	EXPECT_STR(found_as(s, mem, S("r"), S("Élodie")), S("Élodie"));
	c.name = S("ÉLODIE");                   /* nor by another name later */
	EXPECT(store_user_by_id(s, mem, S("r"), &c.id, &b) == FOUND);
	c.version = b.version;
	EXPECT_INT(DO(s, OP_USER_SET, user, &c), STORE_LOST);
}

TEST(exact_realms_and_the_way_between)
{
	struct store *s = suite_open(mem);
	struct user a = named(1, S("r"), S("Bob")), b = named(2, S("r"), S("bob"));
	struct str pairs[4][2];

	NEED(s != NULL);
	EXPECT_INT(names(s, S("r"), false), STORE_DONE);
	EXPECT(DO(s, OP_USER_ADD, user, &a) == STORE_DONE && DO(s, OP_USER_ADD, user, &b) == STORE_DONE);
	EXPECT(!str_given(found_as(s, mem, S("r"), S("BOB"))));
	EXPECT_INT(store_names_together(s, mem, S("r"), 4, pairs), 1);
	EXPECT_STR(pairs[0][0], S("Bob"));
	EXPECT_STR(pairs[0][1], S("bob"));
	EXPECT_INT(names(s, S("r"), true), STORE_LOST);
	EXPECT_STR(found_as(s, mem, S("r"), S("bob")), S("bob"));
	EXPECT_INT(DO(s, OP_USER_DELETE, ends.user, &b), STORE_DONE);
	EXPECT_INT(names(s, S("r"), true), STORE_DONE);
	EXPECT_STR(found_as(s, mem, S("r"), S("BOB")), S("Bob"));
	EXPECT_INT(names(s, S("r"), false), STORE_DONE);
	EXPECT(!str_given(found_as(s, mem, S("r"), S("BOB"))));
}

/* What a table's names are to each other is its database's to say. */
TEST(shadows_of_a_table_do_not_fold)
{
	struct store *s = suite_open(mem);
	struct user a = named(1, S("r"), S("Bob")), b = named(2, S("r"), S("bob"));

	NEED(s != NULL);
	a.origin = S("t:1");
	b.origin = S("t:2");
	EXPECT(DO(s, OP_USER_ADD, user, &a) == STORE_DONE && DO(s, OP_USER_ADD, user, &b) == STORE_DONE);
}

/* S8: who comes under another spelling does not bring the tokens of the first to life. */
TEST(s8_a_deleted_name_in_another_spelling)
{
	struct store *s = suite_open(mem);
	struct user a = named(1, S("r"), S("Bob")), b = named(2, S("r"), S("BOB")), got;
	int64_t before = clock_now_s();

	NEED(s != NULL && DO(s, OP_USER_ADD, user, &a) == STORE_DONE && DO(s, OP_USER_DELETE, ends.user, &a) == STORE_DONE);
	EXPECT(DO(s, OP_USER_ADD, user, &b) == STORE_DONE && store_user_by_name(s, mem, S("r"), S("bob"), &got) == FOUND);
	EXPECT(got.not_before_s > before);
}

/* A store of a version before: its realms go on as they are, and one that begins later folds. */
TEST(realms_that_were_there_before)
{
	EMBEDDED_ONLY;
	struct str dir = suite_directory(mem);
	struct user b = named(2, S("old"), S("bob")), c = named(3, S("new"), S("Bob"));
	struct store *s;
	struct dig32 salt, none = { { 0 } };
	bool folds = true;

	NEED(suite_earlier(mem, dir, 14, "INSERT INTO users (realm, id, name, number, enabled, locked, created_s, updated_s)"
	    " VALUES ('old', x'01', 'Bob', 0, 1, 0, 5, 6);"));
	s = suite_open_at(mem, dir);
	NEED(s != NULL);
	EXPECT(store_realm_folds(s, S("old"), &folds) == FOUND && !folds);
	EXPECT(store_realm_salt(s, S("old"), &salt) == FOUND && memcmp(salt.b, none.b, 32) != 0);
	EXPECT(DO(s, OP_USER_ADD, user, &b) == STORE_DONE && DO(s, OP_USER_ADD, user, &c) == STORE_DONE);
	EXPECT(store_realm_folds(s, S("new"), &folds) == FOUND && folds);
	store_close(s);
}
