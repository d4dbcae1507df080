/* tests/unit/store/upkeep_test.c - operations that keep rows true beside what they give: words of directories, marks of use, decisions, losses. */
#include "open.h"

TEST(the_word_of_a_directory_only_moves_on)
{
	struct store *s = suite_open(mem);
	struct user u = suite_user(1), got, gone = suite_user(9);
	int64_t version;

	NEED(s);
	EXPECT_INT(DO(s, OP_USER_PUT, user, &u), STORE_DONE);
	NEED(store_user_by_id(s, mem, u.realm, &u.id, &got) == FOUND);
	version = got.version;
	u.checked_s = 500;
	EXPECT_INT(DO(s, OP_USER_CHECKED, user, &u), STORE_DONE);
	u.checked_s = 400;
	EXPECT_INT(DO(s, OP_USER_CHECKED, user, &u), STORE_DONE);
	NEED(store_user_by_id(s, mem, u.realm, &u.id, &got) == FOUND);
	EXPECT_INT(got.checked_s, 500);
	EXPECT_INT(got.version, version);
	gone.checked_s = 500;
	EXPECT_INT(DO(s, OP_USER_CHECKED, user, &gone), STORE_DONE);            /* S7: nobody is made */
	EXPECT_INT(store_user_by_id(s, mem, gone.realm, &gone.id, &got), NOT_FOUND);
}

TEST(a_session_remembers_for_whom_it_was_used_last)
{
	struct store *s = suite_open(mem);
	struct session one = suite_session(1), gone = suite_session(2), got;

	NEED(s);
	EXPECT_INT(DO(s, OP_SESSION_ADD, session, &one), STORE_DONE);
	one.client = S("app"), one.seen_s = 77;
	EXPECT_INT(DO(s, OP_SESSION_USED, session, &one), STORE_DONE);
	EXPECT_INT(DO(s, OP_SESSION_USED, session, &gone), STORE_DONE);
	NEED(store_session(s, mem, &one.digest, &got) == FOUND);
	EXPECT_STR(got.client, S("app"));
	EXPECT_INT(got.seen_s, 77);
	EXPECT_INT(store_session(s, mem, &gone.digest, &got), NOT_FOUND);
}

/* Two halves of a double click: the second finds other data than it had read. */
TEST(a_request_is_decided_once)
{
	struct store *s = suite_open(mem);
	struct pending p = suite_pending(1), got;
	struct op_pending add = { .row = &p }, decide = { .row = &p };

	NEED(s);
	EXPECT_INT(DO(s, OP_PENDING_ADD, pending, add), STORE_DONE);
	decide.was = p.data;
	p.data = S("{\"decided\":true}"), p.expires_s = 60;
	EXPECT_INT(DO(s, OP_PENDING_DECIDE, pending, decide), STORE_DONE);
	EXPECT_INT(DO(s, OP_PENDING_DECIDE, pending, decide), STORE_LOST);
	NEED(store_pending(s, mem, &p.id, &got) == FOUND);
	EXPECT_STR(got.data, S("{\"decided\":true}"));
	EXPECT_INT(got.expires_s, 60);
}

TEST(sealed_keys_are_forgotten_and_those_without_a_private_part_stay)
{
	struct store *s = suite_open(mem);
	struct key_row sealed = { .issuer = S("a"), .kid = S("1"), .alg = S("RS256"), .state = S("active"), .sealed = S("x") }, bare = sealed, got[4];

	NEED(s);
	bare.kid = S("2"), bare.sealed = S(""), bare.state = S("retired");
	EXPECT_INT(DO(s, OP_KEY_ADD, key, &sealed), STORE_DONE);
	EXPECT_INT(DO(s, OP_KEY_ADD, key, &bare), STORE_DONE);
	EXPECT_INT(DO(s, OP_KEYS_FORGET, key, &bare), STORE_DONE);
	NEED(store_keys(s, mem, S("a"), 4, got) == 1);
	EXPECT_STR(got[0].kid, S("2"));
}

/* 'p' is the account from one address: 16 bytes of each. */
TEST(an_account_is_forgotten_wherever_it_was_tried_from)
{
	struct store *s = suite_open(mem);
	struct throttle account = { 'u', suite_dig(1), 3, 1, 0 }, there = { 'p', suite_dig(1), 2, 1, 0 }, other = { 'u', suite_dig(2), 4, 1, 0 }, got;

	NEED(s);
	memset(there.key.b + 16, 7, 16);
	EXPECT_INT(DO(s, OP_THROTTLE_FAIL, throttle, &account), STORE_DONE);
	EXPECT_INT(DO(s, OP_THROTTLE_FAIL, throttle, &there), STORE_DONE);
	EXPECT_INT(DO(s, OP_THROTTLE_FAIL, throttle, &other), STORE_DONE);
	EXPECT_INT(DO(s, OP_THROTTLE_FORGET, throttle, &account), STORE_DONE);
	EXPECT_INT(store_throttle(s, 'u', &account.key, &got), NOT_FOUND);
	EXPECT_INT(store_throttle(s, 'p', &there.key, &got), NOT_FOUND);
	EXPECT_INT(store_throttle(s, 'u', &other.key, &got), FOUND);
}

TEST(a_record_waits_for_a_log)
{
	struct store *s = suite_open(mem);
	struct offline_record r = { suite_id(1), S("{\"event\":\"backup\"}") }, got[4];

	NEED(s);
	EXPECT_INT(DO(s, OP_RECORD_PUT, record, &r), STORE_DONE);
	r.line = S("{\"event\":\"restore\"}");
	EXPECT_INT(DO(s, OP_RECORD_PUT, record, &r), STORE_DONE);
	NEED(store_records(s, mem, 4, got) == 1);
	EXPECT_STR(got[0].line, r.line);
	EXPECT_INT(DO(s, OP_RECORD_DELETE, record, &r), STORE_DONE);
	EXPECT_INT(store_records(s, mem, 4, got), 0);
}

TEST(an_id_of_another_realm_is_seen)
{
	struct store *s = suite_open(mem);
	struct user u = suite_user(1);
	struct str other;

	NEED(s);
	EXPECT_INT(DO(s, OP_USER_PUT, user, &u), STORE_DONE);
	EXPECT_INT(store_user_elsewhere(s, mem, S("demo"), &u.id, &other), NOT_FOUND);
	NEED(store_user_elsewhere(s, mem, S("staff"), &u.id, &other) == FOUND);
	EXPECT_STR(other, S("demo"));
}

TEST(what_a_user_has_is_counted)
{
	struct store *s = suite_open(mem);
	struct session one = suite_session(1);
	struct family f = suite_family(1);
	struct user_counts n;
	struct id16 user = suite_id(1);

	NEED(s);
	one.seen_s = 42;
	EXPECT_INT(DO(s, OP_SESSION_ADD, session, &one), STORE_DONE);
	EXPECT_INT(DO(s, OP_FAMILY_ADD, family, &f), STORE_DONE);
	NEED(store_user_counts(s, &user, STR_ABSENT, 100, &n) == FOUND);
	EXPECT_INT(n.sessions, 1);
	EXPECT_INT(n.families, 1);
	EXPECT_INT(n.seen_s, 42);
	NEED(store_user_counts(s, &user, STR_ABSENT, 2000, &n) == FOUND);        /* all has expired */
	EXPECT_INT(n.sessions + n.families, 0);
	NEED(store_user_counts(s, &user, one.issuer, 100, &n) == FOUND);         /* what is of an issuer of another realm */
	EXPECT_INT(n.sessions + n.families, 0);
}
