/* Weak habits are added up per issuer, client, endpoint and habit; they go with their client, and so does what it was given in its own realm only. */
#include "open.h"

static struct habit_use
use(struct str client, struct str issuer, struct str habit, int64_t at_s, int64_t count)
{
	return (struct habit_use){ .realm = S("demo"), .issuer = issuer, .client = client, .endpoint = S("token"), .habit = habit, .first_s = at_s, .last_s = at_s + 10, .count = count };
}

static enum store_result
note(struct store *s, const struct habit_use *rows, size_t n)
{
	return suite_do(s, (struct store_op){ .kind = OP_HABITS_USED, .habits = { rows, n } });
}

static struct client
client_of(struct arena *mem, struct store *s, struct str realm, struct str id)
{
	struct client c = suite_client(1);

	(void)mem;
	c.realm = realm;
	c.id = id;
	EXPECT_INT(DO(s, OP_CLIENT_PUT, client, &c), STORE_DONE);
	return c;
}

TEST(counts_add_up_and_times_widen)
{
	struct store *s = suite_open(mem);
	struct habit_use rows[] = { use(S("app"), S("one"), S("password"), 1000, 3), use(S("app"), S("one"), S("implicit"), 50, 1) };
	struct habit_use later = use(S("app"), S("one"), S("password"), 2000, 4), earlier = use(S("app"), S("one"), S("password"), 500, 1), got[4];

	NEED(s);
	EXPECT(store_habits_since(s) > 1700000000);
	client_of(mem, s, S("demo"), S("app"));
	EXPECT_INT(note(s, rows, 2), STORE_DONE);
	EXPECT_INT(note(s, &later, 1), STORE_DONE);
	EXPECT_INT(note(s, &earlier, 1), STORE_DONE);
	NEED(store_habit_uses(s, mem, STR_ABSENT, STR_ABSENT, NULL, 4, got) == 2);
	EXPECT_STR(got[0].habit, S("implicit"));
	EXPECT_STR(got[1].habit, S("password"));
	EXPECT(got[1].count == 8 && got[1].first_s == 500 && got[1].last_s == 2010);
	EXPECT_STR(got[1].realm, S("demo"));
	EXPECT_STR(got[1].issuer, S("one"));
	EXPECT_STR(got[1].client, S("app"));
	EXPECT_STR(got[1].endpoint, S("token"));
}

TEST(a_list_in_pages_of_a_realm_or_an_issuer)
{
	struct store *s = suite_open(mem);
	struct habit_use rows[9], got[9];
	size_t n = 0;
	struct str words;

	NEED(s);
	client_of(mem, s, S("demo"), S("a"));
	client_of(mem, s, S("demo"), S("b"));
	client_of(mem, s, S("other"), S("a"));
	rows[n++] = use(S("a"), S("one"), S("password"), 1, 1);
	rows[n++] = use(S("b"), S("one"), S("password"), 1, 1);
	rows[n++] = use(S("b"), S("one"), S("implicit"), 1, 1);
	rows[n++] = use(S("b"), S("two"), S("implicit"), 1, 1);
	rows[n] = use(S("a"), S("zero"), S("refresh_reuse"), 1, 1);
	rows[n++].realm = S("other");
	EXPECT_INT(note(s, rows, n), STORE_DONE);
	EXPECT_INT(store_habit_uses(s, mem, S("other"), STR_ABSENT, NULL, 9, got), 1);
	EXPECT_INT(store_habit_uses(s, mem, STR_ABSENT, S("two"), NULL, 9, got), 1);
	EXPECT_INT(store_habit_uses(s, mem, STR_ABSENT, STR_ABSENT, NULL, 2, got), 2);
	EXPECT_STR(got[1].habit, S("implicit"));
	NEED(store_habit_uses(s, mem, STR_ABSENT, STR_ABSENT, &got[1], 9, got) == 3);
	EXPECT_STR(got[0].habit, S("password"));
	EXPECT_STR(got[2].issuer, S("zero"));
	EXPECT_INT(store_habits_of(s, mem, S("demo"), S("b"), STR_ABSENT, &words), FOUND);
	EXPECT(str_has_word(words, S("password"), ' ') && str_has_word(words, S("implicit"), ' ') && words.n == 17);
	EXPECT_INT(store_habits_of(s, mem, S("demo"), S("b"), S("two"), &words), FOUND);
	EXPECT_STR(words, S("implicit"));
	EXPECT_INT(store_habits_of(s, mem, S("other"), S("b"), STR_ABSENT, &words), NOT_FOUND);
	EXPECT_STR(words, S(""));
}

TEST(only_of_clients_that_exist)
{
	struct store *s = suite_open(mem);
	struct habit_use rows[] = { use(S("gone"), S("one"), S("password"), 1, 1), use(S("app"), S("one"), S("password"), 1, 1) }, got[4];
	struct client c;

	NEED(s);
	c = client_of(mem, s, S("demo"), S("app"));
	EXPECT_INT(note(s, rows, 2), STORE_DONE);
	NEED(store_habit_uses(s, mem, STR_ABSENT, STR_ABSENT, NULL, 4, got) == 1);
	EXPECT_STR(got[0].client, S("app"));
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_CLIENT_DELETE, .gone = { .client = &c } }), STORE_DONE);
	EXPECT_INT(store_habit_uses(s, mem, STR_ABSENT, STR_ABSENT, NULL, 4, got), 0);
	EXPECT_INT(note(s, rows, 2), STORE_DONE);
	EXPECT_INT(store_habit_uses(s, mem, STR_ABSENT, STR_ABSENT, NULL, 4, got), 0);
}

/* Two realms may have a client of the same id. */
TEST(a_deleted_client_takes_nothing_of_another_realm)
{
	struct store *s = suite_open(mem);
	struct client c;
	struct family here = suite_family(1), there = suite_family(2), got;
	struct token mine = suite_token(1), yours = suite_token(2), plain = suite_token(3), tgot;
	struct code code = suite_code(1), other = suite_code(2), cgot;
	struct habit_use rows[] = { use(S("app"), S("here"), S("password"), 1, 1), use(S("app"), S("there"), S("password"), 1, 1) }, left[4];

	NEED(s);
	c = client_of(mem, s, S("demo"), S("app"));
	client_of(mem, s, S("other"), S("app"));
	here.auth.client = there.auth.client = mine.auth.client = yours.auth.client = plain.auth.client = code.auth.client = other.auth.client = c.id;
	here.auth.issuer = mine.auth.issuer = code.auth.issuer = S("here");
	there.auth.issuer = yours.auth.issuer = plain.auth.issuer = other.auth.issuer = S("there");
	mine.family = here.id;
	yours.family = there.id;
	plain.family = plain.auth.user = (struct id16){ 0 };
	rows[1].realm = S("other");
	EXPECT_INT(DO(s, OP_FAMILY_ADD, family, &here), STORE_DONE);
	EXPECT_INT(DO(s, OP_FAMILY_ADD, family, &there), STORE_DONE);
	EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &mine), STORE_DONE);
	EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &yours), STORE_DONE);
	EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &plain), STORE_DONE);
	EXPECT_INT(DO(s, OP_CODE_ADD, code, &code), STORE_DONE);
	EXPECT_INT(DO(s, OP_CODE_ADD, code, &other), STORE_DONE);
	EXPECT_INT(note(s, rows, 2), STORE_DONE);
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_CLIENT_DELETE, .gone = { &c, S("elsewhere there") } }), STORE_DONE);
	NEED(store_family(s, mem, &here.id, &got) == FOUND);
	EXPECT_INT(got.state, FAMILY_REVOKED);
	NEED(store_family(s, mem, &there.id, &got) == FOUND);
	EXPECT_INT(got.state, FAMILY_LIVE);
	EXPECT_INT(store_token(s, mem, &mine.id, &tgot), NOT_FOUND);
	EXPECT_INT(store_token(s, mem, &yours.id, &tgot), FOUND);
	EXPECT_INT(store_token(s, mem, &plain.id, &tgot), FOUND);
	NEED(store_code(s, mem, &code.digest, &cgot) == FOUND);
	EXPECT_INT(cgot.state, CODE_BURNT);
	NEED(store_code(s, mem, &other.digest, &cgot) == FOUND);
	EXPECT_INT(cgot.state, CODE_FRESH);
	NEED(store_habit_uses(s, mem, STR_ABSENT, STR_ABSENT, NULL, 4, left) == 1);
	EXPECT_STR(left[0].realm, S("other"));
}

/* A user who must come in anew stays, and so does what others have. */
TEST(user_revoke)
{
	struct store *s = suite_open(mem);
	struct user u = suite_user(1), got;
	struct session n = suite_session(1), m = suite_session(2), ngot;
	struct family f = suite_family(1), g = suite_family(2), fgot;
	struct token t = suite_token(1), tgot;
	struct code k = suite_code(1), kgot;

	NEED(s);
	n.user = f.auth.user = t.auth.user = k.auth.user = u.id;
	k.state = CODE_FRESH;
	EXPECT_INT(DO(s, OP_USER_PUT, user, &u), STORE_DONE);
	EXPECT_INT(DO(s, OP_SESSION_ADD, session, &n), STORE_DONE);
	EXPECT_INT(DO(s, OP_SESSION_ADD, session, &m), STORE_DONE);
	EXPECT_INT(DO(s, OP_FAMILY_ADD, family, &f), STORE_DONE);
	EXPECT_INT(DO(s, OP_FAMILY_ADD, family, &g), STORE_DONE);
	EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &t), STORE_DONE);
	EXPECT_INT(DO(s, OP_CODE_ADD, code, &k), STORE_DONE);
	EXPECT_INT(DO(s, OP_USER_REVOKE, ends.user, &u), STORE_DONE);
	EXPECT_INT(store_user_by_id(s, mem, u.realm, &u.id, &got), FOUND);
	EXPECT_INT(store_session(s, mem, &n.digest, &ngot), NOT_FOUND);
	EXPECT_INT(store_session(s, mem, &m.digest, &ngot), FOUND);
	EXPECT_INT(store_token(s, mem, &t.id, &tgot), NOT_FOUND);
	NEED(store_family(s, mem, &f.id, &fgot) == FOUND);
	EXPECT_INT(fgot.state, FAMILY_REVOKED);
	NEED(store_family(s, mem, &g.id, &fgot) == FOUND);
	EXPECT_INT(fgot.state, FAMILY_LIVE);
	NEED(store_code(s, mem, &k.digest, &kgot) == FOUND);
	EXPECT_INT(kgot.state, CODE_BURNT);
}

TEST(a_credential_is_known_by_its_last_use_and_goes_with_its_client)
{
	struct store *s = suite_open(mem);
	struct habit_use rows[] = { use(S("app"), S(""), S("secret"), 1000, 1), use(S("app"), S(""), S("key k1"), 3000, 1), use(S("nobody"), S(""), S("secret"), 1000, 1) };
	struct habit_use earlier = use(S("app"), S(""), S("secret"), 500, 1), later = use(S("app"), S(""), S("secret"), 5000, 1);
	struct credential_use got[4];
	struct client k;

	NEED(s);
	k = client_of(mem, s, S("demo"), S("app"));
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_CREDENTIALS_USED, .habits = { rows, 3 } }), STORE_DONE);
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_CREDENTIALS_USED, .habits = { &earlier, 1 } }), STORE_DONE);
	NEED(store_credentials_of(s, mem, S("demo"), S("app"), 4, got) == 2);
	EXPECT_STR(got[0].credential, S("key k1"));
	EXPECT_STR(got[1].credential, S("secret"));
	EXPECT_INT(got[1].last_s, 1010);
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_CREDENTIALS_USED, .habits = { &later, 1 } }), STORE_DONE);
	NEED(store_credentials_of(s, mem, S("demo"), S("app"), 4, got) == 2);
	EXPECT(str_is(got[1].credential, "secret") && got[1].last_s == 5010);
	EXPECT_INT(store_credentials_of(s, mem, S("demo"), S("app"), 1, got), 1);
	EXPECT_INT(store_credentials_of(s, mem, S("demo"), S("nobody"), 4, got), 0);
	EXPECT_INT(store_credentials_of(s, mem, S("other"), S("app"), 4, got), 0);
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_CLIENT_DELETE, .gone = { &k, STR_ABSENT } }), STORE_DONE);
	EXPECT_INT(store_credentials_of(s, mem, S("demo"), S("app"), 4, got), 0);
}
