/*
 * tests/unit/store/ends_test.c - what has a user, a client or a session ends with them: every table that has such a column,
 * by the rows of records.def. A new record without a row there, or without a sample here, fails.
 */
#include "open.h"

#define HERE "http://localhost:8080"

struct row { const char *event, *table, *column; };
static const struct row ends[] = {
#define ENDS(event, table, column, statement) { #event, #table, #column },
#include "store/records/records.def"
};
static const struct row keeps[] = {
#define KEEPS(table, column, why) { why, #table, #column },
#include "store/records/records.def"
};

static bool
is_told(const struct row *rows, size_t n, const char *table, const char *column)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].table, table) == 0 && strcmp(rows[i].column, column) == 0)
			return true;
	return false;
}

/* Rows that still give something; of what: DELETED, that still say whose they were; SESSION, that it gave. */
enum what { ANY, DELETED, SESSION };
static int64_t
alive(struct suite_look *look, struct arena *mem, const char *table, enum what what)
{
	bool dies = strcmp(table, "families") == 0 || strcmp(table, "codes") == 0;
	bool waits = strcmp(table, "session_clients") == 0 || strcmp(table, "resource_sessions") == 0;     /* until it is told */
	const char *where = dies && what == DELETED ? "user_name <> '' OR nonce <> '' OR extra <> ''"
	    : dies || waits ? "state = 0"
	    : what == SESSION && strcmp(table, "tokens") == 0 ? "family IS NOT NULL" : "1 = 1";

	return suite_number(look, arena_z(mem, arena_printf(mem, "SELECT count(*) FROM %s WHERE %s", table, where)));
}

/* One row of every record, all of the same user, client and session; of another user, client and session too. */
static void
fill_one(struct store *s, int n, struct str client)
{
	struct user u = suite_user(n);
	struct client k = suite_client(n);
	struct session session = suite_session(n);
	struct pending pending = suite_pending(n);
	struct code code = suite_code(n);
	struct family family = suite_family(n);
	struct token token = suite_token(n), alone = suite_token(n + 50);
	struct approval approval = { .issuer = S(HERE), .client = client, .scope = S("read"), .user = u.id };
	struct habit_use habit = { .realm = S("demo"), .issuer = S(HERE), .client = client, .endpoint = S("token"),
		.habit = S("password"), .first_s = 1, .last_s = 1, .count = 1 };
	struct session_client part = { .id = suite_id(n), .session = session.digest, .issuer = S(HERE), .client = client,
		.user = u.id, .sid = client };
	struct session_client hears = { .id = suite_id(n), .family = family.id, .issuer = S(HERE), .client = client, .user = u.id,
		.resource = S("https://a") };
	struct registration registration = { .realm = S("demo"), .client = client, .issuer = S(HERE), .by = S("open"), .address = S("") };
	struct decoupled decoupled = { .id = suite_id(n), .kind = DECOUPLED_CIBA, .auth = { .issuer = S(HERE), .client = client, .user = u.id } };
	struct pushed pushed = { .id = suite_id(n), .issuer = S(HERE), .client = client, .source = suite_dig(n), .data = S("{}") };
	struct session gone = suite_session(n + 30);
	struct identity identity = { .realm = u.realm, .provider = S("idp"), .subject = client, .user = u.id };
	struct outgoing outgoing = { .id = suite_id(n), .kind = 's', .issuer = S(HERE), .sealed = S("x"), .user = u.id };

	struct factor factor = { .id = suite_id(n), .realm = u.realm, .user = u.id, .kind = S("totp"), .data = S("x") };
	struct trusted_device device = { .digest = suite_dig(n), .user = u.id, .issuer = S(HERE) };

	gone.user = u.id;
	gone.why = SESSION_END_SIGNED_OUT;
	decoupled.digest.b[0] = (uint8_t)n;
	k.id = session.client = client;
	pending.auth.client = code.auth.client = family.auth.client = token.auth.client = alone.auth.client = client;
	family.auth.user = u.id;
	family.auth.issuer = S(HERE);
	family.auth.extra = n == 1 ? S("{\"sid\":\"one\"}") : S("{\"sid\":\"two\"}");
	memset(&alone.family, 0, sizeof alone.family);
	alone.auth.user = u.id;
	EXPECT(DO(s, OP_CLIENT_PUT, client, &k) == STORE_DONE && DO(s, OP_USER_PUT, user, &u) == STORE_DONE
	    && DO(s, OP_SESSION_ADD, session, &session) == STORE_DONE
	    && DO(s, OP_PENDING_ADD, pending.row, &pending) == STORE_DONE && DO(s, OP_CODE_ADD, code, &code) == STORE_DONE
	    && DO(s, OP_FAMILY_ADD, family, &family) == STORE_DONE && DO(s, OP_TOKEN_ADD, token, &token) == STORE_DONE
	    && DO(s, OP_TOKEN_ADD, token, &alone) == STORE_DONE && DO(s, OP_APPROVAL_PUT, approval, &approval) == STORE_DONE
	    && suite_do(s, (struct store_op){ .kind = OP_HABITS_USED, .habits = { &habit, 1 } }) == STORE_DONE
	    && suite_do(s, (struct store_op){ .kind = OP_CREDENTIALS_USED, .habits = { &habit, 1 } }) == STORE_DONE
	    && DO(s, OP_SESSION_CLIENT_ADD, session_client, &part) == STORE_DONE
	    && suite_do(s, (struct store_op){ .kind = OP_RESOURCE_SESSIONS_ADD, .resource_sessions = { &hears, 1 } }) == STORE_DONE
	    && suite_do(s, (struct store_op){ .kind = OP_REGISTRATION_ADD, .registration = { &registration, 9, 0 } }) == STORE_DONE
	    && suite_do(s, (struct store_op){ .kind = OP_DECOUPLED_ADD, .decoupled = { &decoupled, 0, 0 } }) == STORE_DONE
	    && suite_do(s, (struct store_op){ .kind = OP_PUSHED_ADD, .pushed = { &pushed, 9, 9 } }) == STORE_DONE
	    && suite_do(s, (struct store_op){ .kind = OP_FACTORS_ADD, .factors = { .user = &u, .rows = &factor, .n = 1 } }) == STORE_DONE
	    && suite_do(s, (struct store_op){ .kind = OP_DEVICE_ADD, .device.row = &device }) == STORE_DONE
	    && suite_do(s, (struct store_op){ .kind = OP_PASSWORD_FORMER, .former = { &u, S("{noop}old"), 3 } }) == STORE_DONE
	    && DO(s, OP_SESSION_ADD, session, &gone) == STORE_DONE && DO(s, OP_SESSION_END, session, &gone) == STORE_DONE
	    && DO(s, OP_IDENTITY_ADD, identity, &identity) == STORE_DONE
	    && suite_do(s, (struct store_op){ .kind = OP_SUBJECT_KEEP, .subject = { S(HERE), suite_dig(n), u.id } }) == STORE_DONE
	    && DO(s, OP_OUTGOING_ADD, outgoing, &outgoing) == STORE_DONE);
}

/* A store of so many people, each with one of everything, and a second look at its tables. */
struct looked { struct arena *mem; struct store *s; struct suite_look *look; };

static struct looked
looked_open(struct arena *mem, int people)
{
	static const char *const clients[] = { "one", "two" };
	struct str directory = suite_directory(mem);
	struct looked l = { .mem = mem, .s = suite_open_at(mem, directory) };

	if (l.s == NULL)
		fatal("no store for the test");
	for (int n = 0; n < people; n++)
		fill_one(l.s, n + 1, str_of(clients[n]));
	l.look = suite_look(mem, directory);
	return l;
}

static void
looked_close(struct looked *l)
{
	suite_look_close(l->look);
	store_close(l->s);
}

static void
count_all(const struct looked *l, enum what what, int64_t out[COUNT(ends)])
{
	for (size_t i = 0; i < COUNT(ends); i++)
		out[i] = alive(l->look, l->mem, ends[i].table, what);
}

/* How many of each table live; then do, and see that of those of the event one half is gone. */
static void
expect_end(struct arena *mem, const char *event, struct store_op op)
{
	struct looked l = looked_open(mem, 2);
	enum what what = strcmp(event, "USER_DELETED") == 0 ? DELETED : strcmp(event, "SESSION_ENDED") == 0 || strcmp(event, "OTHERS_ENDED") == 0 ? SESSION : ANY;
	int64_t before[COUNT(ends)], after[COUNT(ends)];

	count_all(&l, what, before);
	EXPECT_INT(suite_do(l.s, op), STORE_DONE);
	count_all(&l, what, after);
	for (size_t i = 0; i < COUNT(ends); i++)
		if (before[i] < 2)
			test_fail(__FILE__, __LINE__, "%s: the test has no sample of it", ends[i].table);
		else if (strcmp(ends[i].event, event) == 0 && after[i] * 2 != before[i])
			test_fail(__FILE__, __LINE__, "%s: %s.%s is not half of what it was", event, ends[i].table,
			    ends[i].column);
	looked_close(&l);
}

TEST(every_row_ends_with_whom_it_names)
{
	struct user u = suite_user(1);
	struct client k = suite_client(1);
	struct session session = suite_session(1), elsewhere = { .user = u.id };
	const struct op_ends of_user = { .user = &u };
	const struct store_op delete_client = { .kind = OP_CLIENT_DELETE, .gone = { &k, STR_ABSENT } };

	k.id = S("one");
	expect_end(mem, "CLIENT_DELETED", delete_client);
	expect_end(mem, "CLIENT_FORGOTTEN", delete_client);
	expect_end(mem, "USER_LOGGED_OUT", (struct store_op){ .kind = OP_SESSIONS_END_USER, .ends = of_user });
	expect_end(mem, "USER_REVOKED", (struct store_op){ .kind = OP_USER_REVOKE, .ends = of_user });
	expect_end(mem, "USER_LOGGED_OUT", (struct store_op){ .kind = OP_USER_REVOKE, .ends = of_user });
	expect_end(mem, "USER_REVOKED", (struct store_op){ .kind = OP_USER_DELETE, .ends = of_user });
	expect_end(mem, "USER_DELETED", (struct store_op){ .kind = OP_USER_DELETE, .ends = of_user });
	expect_end(mem, "USER_FORGOTTEN", (struct store_op){ .kind = OP_USER_DELETE, .ends = of_user });
	expect_end(mem, "SESSION_ENDED", (struct store_op){ .kind = OP_SESSION_END, .session = &session });
	expect_end(mem, "OTHERS_ENDED", (struct store_op){ .kind = OP_SESSIONS_END_OTHERS, .others = { &elsewhere, STR_ABSENT } });
}

/* The session that stays keeps what it gave, and so does one at an issuer of another realm. */
TEST(a_session_that_stays_keeps_what_is_of_it)
{
	struct session here = suite_session(1), elsewhere = { .user = here.user };
	const struct op_others stay[] = { { &here, STR_ABSENT }, { &elsewhere, S("http://a " HERE) } };

	here.user = elsewhere.user = suite_user(1).id;
	for (size_t i = 0; i < COUNT(stay); i++) {
		struct looked l = looked_open(mem, 1);
		int64_t before[COUNT(ends)], after[COUNT(ends)];

		count_all(&l, SESSION, before);
		EXPECT_INT(suite_do(l.s, (struct store_op){ .kind = OP_SESSIONS_END_OTHERS, .others = stay[i] }), STORE_DONE);
		count_all(&l, SESSION, after);
		EXPECT(memcmp(before, after, sizeof before) == 0);
		looked_close(&l);
	}
}

/* At one issuer, of one client: the others keep theirs. */
TEST(an_end_at_one_issuer_or_of_one_client_is_no_other)
{
	struct user u = suite_user(1);
	const struct op_ends narrow[] = {
		{ .user = &u, .issuer = S("http://elsewhere") },
		{ .user = &u, .client = S("two") },
		{ .user = &u, .elsewhere = S("http://a " HERE " http://b") },
	};

	for (size_t i = 0; i < COUNT(narrow); i++) {
		struct looked l = looked_open(mem, 1);
		int64_t before[COUNT(ends)], after[COUNT(ends)];

		count_all(&l, ANY, before);
		EXPECT_INT(suite_do(l.s, (struct store_op){ .kind = OP_USER_REVOKE, .ends = narrow[i] }), STORE_DONE);
		count_all(&l, ANY, after);
		EXPECT(memcmp(before, after, sizeof before) == 0);
		looked_close(&l);
	}
}

/* What ends with what is said by statements, which every engine runs alike. */
TEST(the_tables_have_no_triggers)
{
	struct looked l = looked_open(mem, 0);

	EXPECT_INT(suite_number(l.look, suite_is_elsewhere()
	    ? "SELECT count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = current_schema()::regnamespace"
	    : "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'"), 0);
	looked_close(&l);
}

static void
has_an_answer(const char *table, const char *column)
{
	if (!is_told(ends, COUNT(ends), table, column) && !is_told(keeps, COUNT(keeps), table, column))
		test_fail(__FILE__, __LINE__, "%s.%s: say in records.def what ends it", table, column);
}

/* The columns as the tables have them, whoever added them. */
TEST(every_column_of_a_user_a_client_or_a_session_has_an_answer)
{
	struct looked l = looked_open(mem, 0);

	EXPECT(suite_pairs(l.look, suite_is_elsewhere()
	    ? "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
	      " AND column_name IN ('user_id', 'user', 'client', 'client_id', 'session')"
	    : "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c"
	      " WHERE t.type = 'table' AND c.name IN ('user_id', 'user', 'client', 'client_id', 'session')", has_an_answer) >= 12);
	looked_close(&l);
}

/* Every operation has a name, and they differ. */
TEST(operations_have_names)
{
	for (int i = 0; i < OP_COUNT; i++) {
		EXPECT(str_starts(str_of(store_op_name((enum store_op_kind)i)), S("OP_")));
		for (int k = 0; k < i; k++)
			EXPECT(strcmp(store_op_name((enum store_op_kind)i), store_op_name((enum store_op_kind)k)) != 0);
	}
	EXPECT(strcmp(store_op_name(OP_COUNT), "?") == 0);
}
