/* tests/unit/store/session_client_test.c - which clients hear of the end of a session, and what becomes of the record. */
#include "open.h"

#define HERE S("http://localhost:8080")

static struct session_client
part(int n, struct str client, struct str sid)
{
	return (struct session_client){ .id = suite_id(100 + n), .session = suite_session(1).digest, .issuer = HERE,
		.client = client, .user = suite_user(1).id, .sid = sid, .expires_s = 5000 };
}

static int
of_session(struct store *s, struct arena *mem, int n, struct session_client out[4])
{
	struct dig32 digest = suite_session(n).digest;

	return store_session_clients(s, mem, &(struct session_client_walk){ .session = &digest }, 4, out);
}

static int
ended(struct store *s, struct arena *mem, struct session_client out[4])
{
	return store_session_clients(s, mem, &(struct session_client_walk){ .ended = true }, 4, out);
}

TEST(a_client_takes_part_once_by_each_name_of_the_session)
{
	struct store *s = suite_open(mem);
	struct session_client a = part(1, S("one"), S("s1")), again = part(2, S("one"), S("s1")), other = part(3, S("one"), S("s2"));
	struct session_client rows[4];

	EXPECT_INT(DO(s, OP_SESSION_CLIENT_ADD, session_client, &a), STORE_DONE);
	EXPECT_INT(DO(s, OP_SESSION_CLIENT_ADD, session_client, &again), STORE_DONE);
	EXPECT_INT(DO(s, OP_SESSION_CLIENT_ADD, session_client, &other), STORE_DONE);
	EXPECT_INT(of_session(s, mem, 1, rows), 2);
	EXPECT_INT(of_session(s, mem, 2, rows), 0);
}

TEST(the_end_of_a_session_waits_until_its_client_was_told)
{
	struct store *s = suite_open(mem);
	struct session session = suite_session(1);
	struct session_client a = part(1, S("one"), S("s1")), b = part(2, S("two"), S("s1")), rows[4];

	EXPECT_INT(DO(s, OP_SESSION_CLIENT_ADD, session_client, &a), STORE_DONE);
	EXPECT_INT(DO(s, OP_SESSION_CLIENT_ADD, session_client, &b), STORE_DONE);
	EXPECT_INT(ended(s, mem, rows), 0);
	EXPECT_INT(DO(s, OP_SESSION_CLIENT_HAND, session_client, &a), STORE_LOST);
	EXPECT_INT(DO(s, OP_SESSION_END, session, &session), STORE_DONE);
	EXPECT_INT(of_session(s, mem, 1, rows), 0);
	EXPECT_INT(ended(s, mem, rows), 2);
	EXPECT_STR(rows[0].sid, S("s1"));
	EXPECT(memcmp(rows[0].user.b, a.user.b, sizeof a.user.b) == 0);
	EXPECT_INT(store_sweep(s, 6000, 100, NULL), 0);         /* past its time, and still to be told */
	EXPECT_INT(DO(s, OP_SESSION_CLIENT_HAND, session_client, &a), STORE_DONE);
	EXPECT_INT(DO(s, OP_SESSION_CLIENT_HAND, session_client, &a), STORE_LOST);
	EXPECT_INT(DO(s, OP_SESSION_CLIENT_DROP, session_client, &a), STORE_DONE);      /* it is not ENDED any more */
	EXPECT_INT(DO(s, OP_SESSION_CLIENT_DROP, session_client, &b), STORE_DONE);
	EXPECT_INT(ended(s, mem, rows), 0);
	a.state = SC_DELIVERED;
	a.status = 204;
	a.told_s = 5500;
	a.expires_s = 7000;
	EXPECT_INT(DO(s, OP_SESSION_CLIENT_TELL, session_client, &a), STORE_DONE);
	EXPECT_INT(store_session_clients(s, mem, &(struct session_client_walk){ .after = { { 0 } } }, 4, rows), 1);
	EXPECT(rows[0].state == SC_DELIVERED && rows[0].status == 204 && rows[0].told_s == 5500 && rows[0].tries == 1);
	EXPECT_INT(store_sweep(s, 6500, 100, NULL), 0);
	EXPECT_INT(store_sweep(s, 7500, 100, NULL), 1);
}

/* A new login of the same user takes the session's clients along; what another user had there ends. */
TEST(a_login_of_the_same_user_takes_the_clients_along)
{
	struct store *s = suite_open(mem);
	struct session from = suite_session(1), to = suite_session(2), stranger = suite_session(3);
	struct session_client a = part(1, S("one"), S("s1")), rows[4];

	to.user = suite_user(1).id;
	to.expires_s = 9000;
	EXPECT_INT(DO(s, OP_SESSION_CLIENT_ADD, session_client, &a), STORE_DONE);
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_SESSION_CLIENTS_MOVE, .session_move = { &from, &to } }), STORE_DONE);
	EXPECT_INT(of_session(s, mem, 1, rows), 0);
	EXPECT_INT(of_session(s, mem, 2, rows), 1);
	EXPECT_INT(rows[0].expires_s, 9000);
	stranger.user = suite_user(3).id;
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_SESSION_CLIENTS_MOVE, .session_move = { &to, &stranger } }), STORE_DONE);
	EXPECT_INT(of_session(s, mem, 2, rows), 1);
}

/* What is meant to outlast the session does: scope offline_access. */
TEST(what_was_given_in_a_session_ends_with_it_but_for_offline_access)
{
	struct store *s = suite_open(mem);
	struct session session = suite_session(1);
	struct session_client a = part(1, S("one"), S("s1"));
	struct str scopes[] = { S("openid read"), S("openid offline_access"), S("openid") };
	struct str extras[] = { S("{\"sid\":\"s1\"}"), S("{\"sid\":\"s1\"}"), S("{\"sid\":\"s2\"}") };
	enum family_state then[] = { FAMILY_REVOKED, FAMILY_LIVE, FAMILY_LIVE };
	struct family f[3], row;

	EXPECT_INT(DO(s, OP_SESSION_CLIENT_ADD, session_client, &a), STORE_DONE);
	for (int i = 0; i < 3; i++) {
		f[i] = suite_family(i + 1);
		f[i].auth.user = a.user;
		f[i].auth.issuer = HERE;
		f[i].auth.client = S("one");
		f[i].auth.scope = scopes[i];
		f[i].auth.extra = extras[i];
		EXPECT_INT(DO(s, OP_FAMILY_ADD, family, &f[i]), STORE_DONE);
	}
	EXPECT_INT(DO(s, OP_SESSION_END, session, &session), STORE_DONE);
	for (int i = 0; i < 3; i++) {
		EXPECT_INT(store_family(s, mem, &f[i].id, &row), FOUND);
		EXPECT_INT(row.state, then[i]);
	}
}

/* A family that ends, by whichever statement, ends what its resource servers are to hear of: RESOURCE_SESSIONS_ADD. */
TEST(a_resource_server_hears_of_its_family_by_whatever_ends_it)
{
	struct user u = suite_user(1);
	struct client k = suite_client(1);

	for (int how = 0; how < 5; how++) {
		struct store *s = suite_open(mem);
		struct family f = suite_family(1), other = suite_family(2);
		struct session_client rows[4], parts[3];
		struct session_client_walk ended = { .ended = true, .resources = true };
		struct store_op ends[] = {
			{ .kind = OP_FAMILY_REVOKE, .family = &f },
			{ .kind = OP_USER_REVOKE, .ends = { .user = &u, .elsewhere = S("") } },
			{ .kind = OP_USER_DELETE, .ends = { .user = &u, .elsewhere = S("") } },
			{ .kind = OP_CLIENT_DELETE, .gone = { &k, S("") } },
			{ .kind = OP_FAMILIES_REVOKE, .family = &(struct family){ .auth = { .issuer = HERE, .client = k.id, .user = u.id } } },
		};

		f.auth.user = u.id;
		f.auth.client = k.id;
		f.auth.issuer = HERE;
		other.auth.user = suite_user(2).id;
		other.auth.client = S("another");
		store_commit(s, (struct store_op[]){ { .kind = OP_USER_PUT, .user = &u }, { .kind = OP_CLIENT_PUT, .client = &k },
			{ .kind = OP_FAMILY_ADD, .family = &f }, { .kind = OP_FAMILY_ADD, .family = &other } }, 4, NULL);
		for (int i = 0; i < 3; i++)
			parts[i] = (struct session_client){ .id = suite_id(i + 1), .family = i < 2 ? f.id : other.id, .issuer = HERE, .client = k.id,
				.user = u.id, .sid = S("s"), .expires_s = 5000, .resource = i == 1 ? S("https://b") : S("https://a") };
		EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_RESOURCE_SESSIONS_ADD, .resource_sessions = { parts, 3 } }), STORE_DONE);
		parts[0].id = suite_id(9);
		EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_RESOURCE_SESSIONS_ADD, .resource_sessions = { parts, 1 } }), STORE_DONE);
		EXPECT_INT(store_session_clients(s, mem, &ended, 4, rows), 0);
		EXPECT_INT(suite_do(s, ends[how]), STORE_DONE);
		EXPECT_INT(store_session_clients(s, mem, &ended, 4, rows), 2);
		EXPECT_STR(rows[0].resource, S("https://a"));
		EXPECT_STR(rows[1].resource, S("https://b"));
		EXPECT_STR(rows[0].sid, S("s"));
		EXPECT_INT(store_sweep(s, 6000, 100, NULL) >= 0, 1);
		EXPECT_INT(store_session_clients(s, mem, &ended, 4, rows), 2);  /* it waits until somebody has looked */
		rows[0].expires_s = 7000;
		EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_SESSION_CLIENT_HAND, .session_client = &rows[0] }), STORE_DONE);
		EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_SESSION_CLIENT_HAND, .session_client = &rows[0] }), STORE_LOST);
		EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_SESSION_CLIENT_DROP, .session_client = &rows[1] }), STORE_DONE);
		rows[0].state = SC_DELIVERED;
		rows[0].status = 202;
		EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_SESSION_CLIENT_TELL, .session_client = &rows[0] }), STORE_DONE);
		EXPECT_INT(store_session_clients(s, mem, &(struct session_client_walk){ .after = { { 0 } } }, 4, rows), 1);
		EXPECT(rows[0].state == SC_DELIVERED && rows[0].status == 202 && rows[0].tries == 1);
		EXPECT_STR(rows[0].resource, S("https://a"));
	}
}
