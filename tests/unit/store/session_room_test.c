/* tests/unit/store/session_room_test.c - how many sessions of one user there may be, decided in the commit that adds one; why one ended. */
#include <time.h>
#include "open.h"

#define HERE "http://localhost:8080"
#define THERE "http://localhost:8090"
#define NOW 500

static struct session
begun(int n, int64_t auth_s, struct str device)
{
	struct session s = suite_session(n);

	s.user = suite_id(1);
	s.auth_s = auth_s;
	s.seen_s = NOW;
	s.device = device;
	return s;
}

static enum store_result
enter_at(struct store *s, const struct session *row, struct op_session_room room)
{
	struct store_op ops[2] = { { .kind = OP_SESSION_ROOM, .session_room = room }, { .kind = OP_SESSION_ADD, .session = row } };

	ops[0].session_room.row = row;
	ops[0].session_room.now_s = NOW;
	return store_commit(s, ops, 2, NULL);
}

static bool
lives(struct store *s, struct arena *mem, int n)
{
	struct session got;
	struct dig32 digest = suite_dig(n);

	return store_session(s, mem, &digest, &got) == FOUND;
}

TEST(oldest_goes_and_its_browser_is_told_why)
{
	struct store *s = suite_open(mem);
	struct session a = begun(1, 10, S("phone")), b = begun(2, 20, S("computer")), c = begun(3, 30, S("phone"));
	struct session other = suite_session(4);
	struct op_session_room one = { .most = 1 }, kind = { .most_of_kind = 1 }, two = { .most = 2, .most_of_kind = 1 };
	struct ended_session why;

	NEED(s);
	EXPECT_INT(DO(s, OP_SESSION_ADD, session, &other), STORE_DONE);
	EXPECT_INT(enter_at(s, &a, kind), STORE_DONE);
	EXPECT_INT(enter_at(s, &b, kind), STORE_DONE);
	EXPECT(lives(s, mem, 1) && lives(s, mem, 2));
	EXPECT_INT(enter_at(s, &c, kind), STORE_DONE);
	EXPECT(!lives(s, mem, 1) && lives(s, mem, 2) && lives(s, mem, 3));
	NEED(store_ended_session(s, mem, &a.digest, &why) == FOUND);
	EXPECT_INT(why.why, SESSION_END_ELSEWHERE);
	EXPECT_STR(why.device, S("phone"));
	EXPECT_INT(why.begun_s, 10);
	EXPECT_INT(why.expires_s - why.ended_s, SESSION_ENDED_KEPT_S);
	a = begun(5, 40, S("tablet"));
	EXPECT_INT(enter_at(s, &a, two), STORE_DONE);
	EXPECT(!lives(s, mem, 2) && lives(s, mem, 3) && lives(s, mem, 5));
	b = begun(6, 50, S("other"));
	EXPECT_INT(enter_at(s, &b, one), STORE_DONE);
	EXPECT(!lives(s, mem, 3) && !lives(s, mem, 5) && lives(s, mem, 6) && lives(s, mem, 4));
}

TEST(newest_is_refused_while_another_lives)
{
	struct store *s = suite_open(mem);
	struct session a = begun(1, 10, S("phone")), b = begun(2, 20, S("phone"));
	struct op_session_room refuses = { .most = 1, .refuses = true };

	NEED(s);
	EXPECT_INT(enter_at(s, &a, refuses), STORE_DONE);
	EXPECT_INT(enter_at(s, &b, refuses), STORE_LOST);
	EXPECT(lives(s, mem, 1) && !lives(s, mem, 2));
	a.idle_s = 100;
	a.seen_s = NOW - 101;
	EXPECT_INT(DO(s, OP_SESSION_ADD, session, &a), STORE_DONE);
	EXPECT_INT(enter_at(s, &b, refuses), STORE_DONE);       /* unused for too long: it counts for nothing */
	a.seen_s = NOW;
	a.expires_s = NOW;
	EXPECT_INT(DO(s, OP_SESSION_END, session, &b), STORE_DONE);
	EXPECT_INT(DO(s, OP_SESSION_ADD, session, &a), STORE_DONE);
	EXPECT_INT(enter_at(s, &b, refuses), STORE_DONE);       /* its time is over */
}

TEST(counted_by_issuer_or_by_realm)
{
	struct store *s = suite_open(mem);
	struct session a = begun(1, 10, S("phone")), b = begun(2, 20, S("phone")), c = begun(3, 30, S("phone"));

	NEED(s);
	a.issuer = S(THERE);
	EXPECT_INT(DO(s, OP_SESSION_ADD, session, &a), STORE_DONE);
	EXPECT_INT(enter_at(s, &b, (struct op_session_room){ .most = 1 }), STORE_DONE);
	EXPECT(lives(s, mem, 1));
	EXPECT_INT(enter_at(s, &c, (struct op_session_room){ .most = 1, .whole_realm = true, .elsewhere = S(THERE) }), STORE_DONE);
	EXPECT(lives(s, mem, 1) && !lives(s, mem, 2));
	EXPECT_INT(enter_at(s, &b, (struct op_session_room){ .most = 1, .whole_realm = true }), STORE_DONE);
	EXPECT(!lives(s, mem, 1) && !lives(s, mem, 3) && lives(s, mem, 2));
}

/* What was given in it ends too: unless it says so, what is meant to outlast it stays. */
static bool
offline_family_lives(struct arena *mem, bool refresh_ends)
{
	struct store *s = suite_open(mem);
	struct session a = begun(1, 10, S("phone")), b = begun(2, 20, S("phone"));
	struct family f = suite_family(1), got;
	struct session_client part = { .id = suite_id(7), .session = a.digest, .issuer = S(HERE), .client = f.auth.client,
		.user = a.user, .sid = S("one") };

	a.refresh_ends = refresh_ends;
	f.auth.issuer = S(HERE);
	f.auth.user = a.user;
	f.auth.scope = S("openid offline_access");
	f.auth.extra = S("{\"sid\":\"one\"}");
	EXPECT_INT(DO(s, OP_SESSION_ADD, session, &a), STORE_DONE);
	EXPECT_INT(DO(s, OP_FAMILY_ADD, family, &f), STORE_DONE);
	EXPECT_INT(DO(s, OP_SESSION_CLIENT_ADD, session_client, &part), STORE_DONE);
	EXPECT_INT(enter_at(s, &b, (struct op_session_room){ .most = 1 }), STORE_DONE);
	EXPECT(!lives(s, mem, 1));
	EXPECT_INT(store_family(s, mem, &f.id, &got), FOUND);
	return got.state == FAMILY_LIVE;
}

TEST(refresh_tokens_end_with_the_session_where_it_says_so)
{
	EXPECT(offline_family_lives(mem, false));
	EXPECT(!offline_family_lives(mem, true));
}

#define RACERS 64
struct race { struct store *s; bool refuses; _Atomic int done, lost; };

static void
enter_one(void *arg, int index)
{
	struct race *r = arg;
	struct session row = begun(100 + index, NOW, S("computer"));
	enum store_result got = enter_at(r->s, &row, (struct op_session_room){ .most = 1, .refuses = r->refuses });

	if (got == STORE_DONE)
		r->done++;
	else if (got == STORE_LOST)
		r->lost++;
}

/* S5: however many log in at once, exactly one session is left. */
static void
expect_one_left(struct arena *mem, bool refuses)
{
	struct race r = { .s = suite_open(mem), .refuses = refuses };
	struct session *rows = arena_array(mem, struct session, RACERS);
	struct id16 user = suite_id(1);

	NEED(r.s);
	NEED(rows);
	suite_race(RACERS, enter_one, &r);
	EXPECT_INT(r.done, refuses ? 1 : RACERS);
	EXPECT_INT(r.lost, refuses ? RACERS - 1 : 0);
	EXPECT_INT(store_sessions(r.s, mem, &user, NULL, RACERS, rows), 1);
}

TEST(of_64_logins_at_once_one_is_left)
{
	expect_one_left(mem, false);
	expect_one_left(mem, true);
}

TEST(ended_sessions_are_listed_and_forgotten)
{
	struct store *s = suite_open(mem);
	struct session a = begun(1, 10, S("phone")), b = begun(2, 20, S("phone"));
	struct user u = suite_user(1);
	struct ended_session got[4];

	NEED(s);
	EXPECT_INT(DO(s, OP_USER_PUT, user, &u), STORE_DONE);
	EXPECT_INT(DO(s, OP_SESSION_ADD, session, &a), STORE_DONE);
	EXPECT_INT(DO(s, OP_SESSION_ADD, session, &b), STORE_DONE);
	a.why = SESSION_END_SIGNED_OUT;
	EXPECT_INT(DO(s, OP_SESSION_END, session, &a), STORE_DONE);
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_USER_REVOKE, .ends = { .user = &u, .why = SESSION_END_OPERATOR } }), STORE_DONE);
	EXPECT_INT(store_ended_sessions(s, mem, &u.id, NULL, 4, got), 2);
	EXPECT_INT(got[0].why, SESSION_END_SIGNED_OUT);
	EXPECT_INT(got[1].why, SESSION_END_OPERATOR);
	EXPECT_INT(store_ended_sessions(s, mem, NULL, &got[0].digest, 4, got), 1);
	EXPECT_INT(DO(s, OP_USER_DELETE, ends.user, &u), STORE_DONE);
	EXPECT_INT(store_ended_sessions(s, mem, &u.id, NULL, 4, got), 0);
}

/* The newest so many stay; none where none is kept. */
TEST(former_passwords)
{
	struct store *s = suite_open(mem);
	struct user u = suite_user(1);
	struct str got[4];

	NEED(s);
	EXPECT_INT(DO(s, OP_USER_PUT, user, &u), STORE_DONE);
	for (int i = 1; i <= 3; i++) {
		EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_PASSWORD_FORMER,
		    .former = { &u, arena_printf(mem, "{noop}%d", i), 2 } }), STORE_DONE);
		nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
	}
	EXPECT_INT(store_former_passwords(s, mem, &u.id, 4, got), 2);
	EXPECT_STR(got[0], S("{noop}3"));
	EXPECT_STR(got[1], S("{noop}2"));
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_PASSWORD_FORMER, .former = { &u, S("{noop}4"), 0 } }), STORE_DONE);
	EXPECT_INT(store_former_passwords(s, mem, &u.id, 4, got), 0);
}
