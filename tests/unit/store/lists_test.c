/* tests/unit/store/lists_test.c - lists come in key order, page by page, one realm or issuer at a time. */
#include "open.h"

TEST(clients)
{
	struct store *s = suite_open(mem);
	struct client got[8], other = suite_client(0);

	NEED(s);
	EXPECT_INT(store_clients(s, mem, S("demo"), STR_ABSENT, 8, got), 0);
	for (int n = 5; n >= 1; n--) {
		struct client c = suite_client(n);

		EXPECT_INT(DO(s, OP_CLIENT_PUT, client, &c), STORE_DONE);
	}
	other.realm = S("other");
	EXPECT_INT(DO(s, OP_CLIENT_PUT, client, &other), STORE_DONE);
	EXPECT_INT(store_clients(s, mem, S("demo"), STR_ABSENT, 2, got), 2);
	EXPECT_STR(got[0].id, S("client-1"));
	EXPECT_STR(got[1].id, S("client-2"));
	EXPECT_INT(store_clients(s, mem, S("demo"), got[1].id, 8, got), 3);
	EXPECT_STR(got[2].id, S("client-5"));
	EXPECT_INT(store_clients(s, mem, S("demo"), S("client-5"), 8, got), 0);
}

TEST(users)
{
	struct store *s = suite_open(mem);
	struct user got[8];

	NEED(s);
	for (int n = 4; n >= 1; n--) {
		struct user u = suite_user(n);

		EXPECT_INT(DO(s, OP_USER_PUT, user, &u), STORE_DONE);
	}
	EXPECT_INT(store_users(s, mem, S("demo"), S("user-1"), 2, got), 2);
	EXPECT_STR(got[0].name, S("user-2"));
	EXPECT_STR(got[1].name, S("user-3"));
	EXPECT_INT(store_users(s, mem, S("nobody"), STR_ABSENT, 2, got), 0);
}

TEST(sessions)
{
	struct store *s = suite_open(mem);
	struct session got[8], last;
	struct id16 user = suite_id(1);

	NEED(s);
	for (int n = 1; n <= 4; n++) {
		struct session a = suite_session(n);

		a.user = n <= 2 ? user : suite_id(9);
		a.issuer = n == 2 ? S("there") : S("here");
		EXPECT_INT(DO(s, OP_SESSION_ADD, session, &a), STORE_DONE);
	}
	EXPECT_INT(store_sessions(s, mem, NULL, NULL, 8, got), 4);
	EXPECT_INT(store_sessions(s, mem, NULL, NULL, 3, got), 3);
	last = got[2];
	EXPECT_INT(store_sessions(s, mem, NULL, &last.digest, 8, got), 1);
	EXPECT(memcmp(got[0].digest.b, last.digest.b, 32) > 0);
	EXPECT_INT(store_sessions(s, mem, &user, NULL, 8, got), 2);
	EXPECT_STR(got[0].user_name, S("user-1"));
	last = got[0];
	EXPECT_INT(store_sessions(s, mem, &user, &last.digest, 8, got), 1);
	EXPECT_STR(got[0].user_name, S("user-2"));
}

/* Of a user those that live, by client and id; of a client by id, whatever has become of them. */
TEST(families)
{
	struct store *s = suite_open(mem);
	struct family got[8];
	struct id16 user = suite_id(50);

	NEED(s);
	for (int n = 1; n <= 4; n++) {
		struct family f = suite_family(n);

		f.auth.user = n == 4 ? suite_id(51) : user;
		f.auth.client = n == 1 ? S("b") : S("a");
		f.state = n == 3 ? FAMILY_REVOKED : FAMILY_LIVE;
		EXPECT_INT(DO(s, OP_FAMILY_ADD, family, &f), STORE_DONE);
	}
	NEED(store_families(s, mem, &(struct family_walk){ .user = &user }, 8, got) == 2);
	EXPECT_STR(got[0].auth.client, S("a"));
	EXPECT_STR(got[1].auth.client, S("b"));
	EXPECT_INT(store_families(s, mem, &(struct family_walk){ .user = &user, .after = got[0] }, 8, got), 1);
	EXPECT_STR(got[0].auth.client, S("b"));
	EXPECT_INT(store_families(s, mem, &(struct family_walk){ .client = S("a") }, 8, got), 3);
	EXPECT_INT(store_families(s, mem, &(struct family_walk){ .client = S("a"), .after = got[0] }, 8, got), 2);
	EXPECT_INT(store_families(s, mem, &(struct family_walk){ .client = STR_ABSENT }, 8, got), 4);
}

TEST(tokens_by_what_they_stem_from)
{
	struct store *s = suite_open(mem);
	struct token got[8];
	struct id16 user = suite_id(50), family = suite_id(60);

	NEED(s);
	for (int n = 1; n <= 4; n++) {
		struct token t = suite_token(n);

		t.auth.user = n == 4 ? suite_id(51) : user;
		t.auth.client = S("a");
		t.family = n <= 2 ? family : (struct id16){ { 0 } };
		EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &t), STORE_DONE);
	}
	EXPECT_INT(store_tokens(s, mem, &(struct token_walk){ .family = &family }, 8, got), 2);
	EXPECT_INT(store_tokens(s, mem, &(struct token_walk){ .family = &family, .after = got[0].id }, 8, got), 1);
	EXPECT_INT(store_tokens(s, mem, &(struct token_walk){ .user = &user }, 8, got), 3);
	EXPECT_INT(store_tokens(s, mem, &(struct token_walk){ .client = S("a") }, 8, got), 2);
	EXPECT_INT(store_tokens(s, mem, &(struct token_walk){ .client = STR_ABSENT }, 3, got), 3);
	EXPECT_INT(store_tokens(s, mem, &(struct token_walk){ .after = got[2].id }, 8, got), 1);
}

/* One row for a user's approvals of a client at an issuer. */
TEST(approvals)
{
	static const char *const rows[][3] = { { "i", "a", "read" }, { "i", "a", "write" }, { "i", "b", "read" }, { "j", "a", "old" } };
	struct store *s = suite_open(mem);
	struct approval got[8];
	struct id16 user = suite_id(50);

	NEED(s);
	for (size_t n = 0; n < COUNT(rows); n++) {
		struct approval a = { .user = user, .issuer = str_of(rows[n][0]), .client = str_of(rows[n][1]), .scope = str_of(rows[n][2]),
			.expires_s = n == 3 ? 10 : 0 };

		EXPECT_INT(DO(s, OP_APPROVAL_PUT, approval, &a), STORE_DONE);
		a.user = suite_id(51);
		EXPECT_INT(DO(s, OP_APPROVAL_PUT, approval, &a), STORE_DONE);
	}
	NEED(store_approval_rows(s, mem, &(struct approval_walk){ .user = &user, .now_s = 20 }, 8, got) == 2);
	EXPECT_STR(got[0].scope, S("read write"));
	EXPECT_STR(got[1].client, S("b"));
	EXPECT_INT(store_approval_rows(s, mem, &(struct approval_walk){ .user = &user, .now_s = 20, .after = got[0] }, 8, got), 1);
	EXPECT_INT(store_approval_rows(s, mem, &(struct approval_walk){ .client = S("a"), .now_s = 5 }, 8, got), 4);
	EXPECT_INT(store_approval_rows(s, mem, &(struct approval_walk){ .client = S("a"), .now_s = 5, .after = got[0] }, 8, got), 3);
	EXPECT_INT(store_approval_rows(s, mem, &(struct approval_walk){ .now_s = 5 }, 5, got), 5);
	EXPECT_INT(store_approval_rows(s, mem, &(struct approval_walk){ .now_s = 5, .after = got[4] }, 5, got), 1);
}

/* Whatever way an engine groups them: many rows, read a few at a time, come once each and in order. */
#define PAGE 7
static int
approvals_walked(struct store *s, struct arena *mem, struct approval_walk w)
{
	struct approval got[PAGE];
	int all = 0, n;

	while ((n = store_approval_rows(s, mem, &w, PAGE, got)) > 0) {
		for (int i = 0; i < n; i++) {
			int byte = memcmp(w.after.user.b, got[i].user.b, sizeof got[i].user.b);
			int client = all == 0 && i == 0 ? -1 : str_cmp(w.after.client, got[i].client);

			EXPECT(byte < 0 || (byte == 0 && client < 0));
			w.after = got[i];
		}
		all += n;
	}
	return all;
}

TEST(approvals_page_by_page)
{
	struct store *s = suite_open(mem);
	struct id16 one = suite_id(55);
	int64_t i = 0;

	NEED(s);
	for (; i < 300; i++) {
		struct approval a = { .user = i < 100 ? one : suite_id((int)(i * 7919 % 300) + 100), .issuer = S("i"),
			.client = i < 100 || i % 2 == 0 ? arena_printf(mem, "c%lld", (long long)(i * 31 % 100)) : S("same"), .scope = S("read") };

		EXPECT_INT(DO(s, OP_APPROVAL_PUT, approval, &a), STORE_DONE);
	}
	EXPECT_INT(approvals_walked(s, mem, (struct approval_walk){ .now_s = 5 }), 300);
	EXPECT_INT(approvals_walked(s, mem, (struct approval_walk){ .now_s = 5, .user = &one }), 100);
	EXPECT_INT(approvals_walked(s, mem, (struct approval_walk){ .now_s = 5, .client = S("same") }), 100);
}

TEST(realms)
{
	struct store *s = suite_open(mem);
	struct str got[8];
	static const char *const names[] = { "b", "a", "c", "a" };

	NEED(s);
	EXPECT_INT(store_realms(s, mem, 8, got), 0);
	for (int n = 0; n < 4; n++) {
		struct client c = suite_client(n);
		struct user u = suite_user(n);

		c.realm = str_of(names[n]);
		u.realm = S("u");
		EXPECT_INT(DO(s, OP_CLIENT_PUT, client, &c), STORE_DONE);
		EXPECT_INT(DO(s, OP_USER_PUT, user, &u), STORE_DONE);
	}
	NEED(store_realms(s, mem, 8, got) == 4);
	EXPECT(str_is(got[0], "a") && str_is(got[1], "b") && str_is(got[2], "c") && str_is(got[3], "u"));
	EXPECT_INT(store_realms(s, mem, 2, got), 2);
}

/* An arena without room is trouble, not "no such row". */
TEST(no_memory)
{
	struct store *s = suite_open(mem);
	struct client c = suite_client(1), got;
	struct arena tiny;

	suite_hush(mem);
	NEED(s);
	EXPECT_INT(DO(s, OP_CLIENT_PUT, client, &c), STORE_DONE);
	arena_init(&tiny, 16);
	EXPECT_INT(store_client(s, &tiny, c.realm, c.id, &got), FIND_FAILED);
	arena_free(&tiny);
	EXPECT_INT(store_client(s, mem, c.realm, c.id, &got), FOUND);
}
