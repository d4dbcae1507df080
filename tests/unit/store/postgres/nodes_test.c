/*
 * tests/unit/store/postgres/nodes_test.c - S1, S9: several processes on one store, here several stores of one process on one schema:
 * what one has spent is spent, what one has changed the others notice, and a lost connection loses nothing that was told.
 */
#include <unistd.h>
#include "../open.h"
#include "store/postgres/postgres_int.h"

#define NODES 3
#define ELSEWHERE_ONLY do { if (!suite_is_elsewhere()) return; } while (0)

struct nodes { struct str directory; struct store *s[NODES]; };

static void
nodes_close(void *p)
{
	struct nodes *n = p;

	for (int i = 0; i < NODES; i++)
		store_close(n->s[i]);
}

static struct nodes *
nodes_open(struct arena *mem)
{
	struct nodes *n = arena_new(mem, struct nodes);

	n->directory = suite_directory(mem);
	for (int i = 0; i < NODES; i++)
		if ((n->s[i] = suite_open_at(mem, n->directory)) == NULL)
			fatal("no store for the test");
	arena_defer(mem, nodes_close, n);
	return n;
}

/* --- races across nodes ----------------------------------------------------------------------- */

#define RACERS 12
#define ROUNDS 40
struct race { struct nodes *n; struct store_op op; enum store_result got[RACERS]; };

static void
race_step(void *arg, int index)
{
	struct race *r = arg;

	r->got[index] = store_commit(r->n->s[index % NODES], &r->op, 1, NULL);
}

static int
winners(struct nodes *n, struct store_op op)
{
	struct race r = { .n = n, .op = op };
	int won = 0;

	suite_race(RACERS, race_step, &r);
	for (int i = 0; i < RACERS; i++) {
		won += r.got[i] == STORE_DONE;
		EXPECT(r.got[i] != STORE_FAILED);
	}
	return won;
}

TEST(what_is_spent_once_is_spent_once_in_all_nodes)
{
	struct nodes *n;

	ELSEWHERE_ONLY;
	n = nodes_open(mem);
	for (int i = 1; i <= ROUNDS; i++) {
		struct code code = suite_code(i);
		struct family family = suite_family(i);
		struct token token = suite_token(i);
		struct quota quota = { .key = suite_dig(i), .limit = 5, .expires_s = 1000 };
		struct initial_token initial = { .id = suite_id(i), .realm = S("r"), .name = S("n"), .digest = suite_dig(i), .uses = 2 };

		code.family = family.id;
		NEED(DO(n->s[0], OP_CODE_ADD, code, &code) == STORE_DONE && DO(n->s[1], OP_FAMILY_ADD, family, &family) == STORE_DONE);
		EXPECT_INT(winners(n, (struct store_op){ .kind = OP_CODE_SPEND, .code = &code }), 1);
		EXPECT_INT(winners(n, (struct store_op){ .kind = OP_FAMILY_ROTATE, .family = &family }), 1);
		EXPECT_INT(winners(n, (struct store_op){ .kind = OP_TOKEN_ADD, .token = &token }), 1);
		EXPECT_INT(winners(n, (struct store_op){ .kind = OP_ONCE_USE, .once = { suite_dig(i), 1000, 10 } }), 1);
		EXPECT_INT(winners(n, (struct store_op){ .kind = OP_QUOTA_USE, .quota = &quota }), 5);
		if (i > 3)
			continue;
		NEED(DO(n->s[2], OP_INITIAL_TOKEN_ADD, initial_token, &initial) == STORE_DONE);
		EXPECT_INT(winners(n, (struct store_op){ .kind = OP_INITIAL_TOKEN_USE, .initial_token = &initial }), 2);
		NEED(DO(n->s[0], OP_INITIAL_TOKEN_END, initial_token, &initial) == STORE_DONE);
	}
}

/* A device code, a request by CIBA, a pushed one, a code by text message and its tries, a decision, what waits to be sent. */
TEST(whatever_else_counts_once_counts_once_in_all_nodes)
{
	struct nodes *n;

	ELSEWHERE_ONLY;
	n = nodes_open(mem);
	for (int i = 1; i <= 5; i++) {
		struct decoupled asked = { .id = suite_id(i), .kind = i % 2 ? DECOUPLED_DEVICE : DECOUPLED_CIBA, .digest = suite_dig(i),
			.auth = { .issuer = S("i"), .client = S("c") }, .interval_s = 5, .expires_s = 2000 }, decided = asked;
		struct pushed pushed = { .id = suite_id(i), .issuer = S("i"), .client = S("c"), .source = suite_dig(1), .data = S("{}"), .until_s = 1000, .expires_s = 2000 };
		struct one_time sms = { .key = suite_dig(i), .code = suite_dig(2), .sent_s = 1000, .expires_s = 1300 };
		struct pending pending = suite_pending(i);
		struct outgoing waits = { .id = suite_id(i), .kind = 's', .issuer = S("i"), .sealed = S("x"), .not_after_s = 9000, .holder = suite_id(1), .held_until_s = 60 }, taken = waits;

		decided.state = DECOUPLED_ALLOWED;
		taken.held_until_s = 120;
		NEED(suite_do(n->s[0], (struct store_op){ .kind = OP_DECOUPLED_ADD, .decoupled = { &asked, 0, 0 } }) == STORE_DONE);
		EXPECT_INT(winners(n, (struct store_op){ .kind = OP_DECOUPLED_DECIDE, .decoupled = { &decided, 0, 1000 } }), 1);
		EXPECT_INT(winners(n, (struct store_op){ .kind = OP_DECOUPLED_SPEND, .decoupled = { &decided, 0, 1000 } }), 1);
		NEED(suite_do(n->s[1], (struct store_op){ .kind = OP_PUSHED_ADD, .pushed = { &pushed, 100, 100 } }) == STORE_DONE);
		EXPECT_INT(winners(n, (struct store_op){ .kind = OP_PUSHED_TAKE, .pushed = { .row = &pushed } }), 1);
		EXPECT_INT(winners(n, (struct store_op){ .kind = OP_ONE_TIME_PUT, .one_time = { .row = &sms, .before_s = 940 } }), 1);
		EXPECT_INT(winners(n, (struct store_op){ .kind = OP_ONE_TIME_TRY, .one_time = { .row = &sms, .now_s = 1001, .tries = 5 } }), 5);
		EXPECT_INT(winners(n, (struct store_op){ .kind = OP_ONE_TIME_SPEND, .one_time = { .row = &sms } }), 1);
		NEED(suite_do(n->s[2], (struct store_op){ .kind = OP_PENDING_ADD, .pending = { .row = &pending } }) == STORE_DONE);
		EXPECT_INT(winners(n, (struct store_op){ .kind = OP_PENDING_TAKE, .pending = { .row = &pending } }), 1);
		NEED(DO(n->s[0], OP_OUTGOING_ADD, outgoing, &waits) == STORE_DONE);
		EXPECT_INT(winners(n, (struct store_op){ .kind = OP_OUTGOING_TAKE, .outgoing_take = { &taken, 60 } }), 1);
	}
}

/* Registrations of a realm and sessions of a user are counted one after the other. */
struct crowd { struct nodes *n; _Atomic int in; };

static void
register_step(void *arg, int index)
{
	struct crowd *c = arg;
	char id[16];
	struct registration r = { .realm = S("demo"), .issuer = S("i"), .by = S("open"), .address = S("") };

	r.client = str_span(id, (size_t)snprintf(id, sizeof id, "c%d", index));
	c->in += suite_do(c->n->s[index % NODES], (struct store_op){ .kind = OP_REGISTRATION_ADD, .registration = { &r, 4, 0 } }) == STORE_DONE;
}

static void
session_step(void *arg, int index)
{
	struct crowd *c = arg;
	struct session s = suite_session(index + 1);
	struct store_op ops[] = {
		{ .kind = OP_SESSION_ROOM, .session_room = { .row = &s, .most = 2, .refuses = true, .now_s = 20 } },
		{ .kind = OP_SESSION_ADD, .session = &s },
	};

	s.user = suite_id(1);
	c->in += store_commit(c->n->s[index % NODES], ops, COUNT(ops), NULL) == STORE_DONE;
}

TEST(what_is_counted_is_counted_in_all_nodes)
{
	struct client k = suite_client(1);
	struct user u = suite_user(1);
	struct crowd c = { 0 };

	ELSEWHERE_ONLY;
	c.n = nodes_open(mem);
	NEED(DO(c.n->s[0], OP_CLIENT_PUT, client, &k) == STORE_DONE && DO(c.n->s[0], OP_USER_PUT, user, &u) == STORE_DONE);
	suite_race(RACERS, register_step, &c);
	EXPECT_INT(c.in, 4);
	c.in = 0;
	suite_race(RACERS, session_step, &c);
	EXPECT_INT(c.in, 2);
}

/* Failures that two nodes count on the same row add up. */
TEST(failures_add_up)
{
	struct throttle t = { .kind = 'u', .key = suite_dig(1), .failures = 3, .first_s = 1, .until_ms = 1000 }, mine, got;
	struct nodes *n;

	ELSEWHERE_ONLY;
	n = nodes_open(mem);
	NEED(DO(n->s[0], OP_THROTTLE_FAIL, throttle, &t) == STORE_DONE);
	mine = t;
	mine.failures = 4;
	mine.was_failures = 3;
	mine.was_until_ms = 1000;
	mine.until_ms = 3000;
	NEED(DO(n->s[0], OP_THROTTLE_FAIL, throttle, &mine) == STORE_DONE);
	NEED(DO(n->s[1], OP_THROTTLE_FAIL, throttle, &mine) == STORE_DONE);     /* has read the row before the first */
	EXPECT(store_throttle(n->s[2], 'u', &t.key, &got) == FOUND && got.failures == 5 && got.until_ms == 3000);
}

/* --- guards (S6) and what is noticed ----------------------------------------------------------- */

struct given { struct nodes *n; struct client k; struct family f; enum store_result got; };

static void
gives_or_ends(void *arg, int index)
{
	struct given *g = arg;

	if (index == 0) {
		struct store_op ops[] = {
			{ .kind = OP_CLIENT_STANDS, .stands = { &g->k, 0 } }, { .kind = OP_FAMILY_ADD, .family = &g->f },
		};

		g->got = store_commit(g->n->s[0], ops, COUNT(ops), NULL);
	} else {
		EXPECT(suite_do(g->n->s[1], (struct store_op){ .kind = OP_CLIENT_DELETE, .gone = { &g->k, S("") } }) == STORE_DONE);
	}
}

/* Whoever was told that the client is gone finds nothing alive that another node gave it meanwhile. */
TEST(a_guard_holds_across_nodes)
{
	struct given g = { 0 };
	struct family got;

	ELSEWHERE_ONLY;
	g.n = nodes_open(mem);
	for (int i = 1; i <= ROUNDS; i++) {
		g.k = suite_client(i);
		g.f = suite_family(i);
		g.f.auth.client = g.k.id;
		NEED(DO(g.n->s[2], OP_CLIENT_PUT, client, &g.k) == STORE_DONE && store_client(g.n->s[0], mem, g.k.realm, g.k.id, &g.k) == FOUND);
		suite_race(2, gives_or_ends, &g);
		EXPECT(g.got != STORE_FAILED);
		if (g.got == STORE_DONE)
			EXPECT(store_family(g.n->s[2], mem, &g.f.id, &got) == FOUND && got.state == FAMILY_REVOKED);
		else
			EXPECT(store_family(g.n->s[2], mem, &g.f.id, &got) == NOT_FOUND);
	}
}

static void
count_news(void *ctx)
{
	(*(_Atomic int *)ctx)++;
}

TEST(a_change_is_noticed_by_the_others)
{
	struct key_row key = { .issuer = S("i"), .kid = S("k"), .alg = S("ES256"), .state = S("next"), .sealed = S("x") };
	struct client k = suite_client(1);
	_Atomic int news = 0;
	uint64_t clients, keys;
	struct nodes *n;

	ELSEWHERE_ONLY;
	n = nodes_open(mem);
	EXPECT(store_is_shared(n->s[1]) && store_age_ms(n->s[1]) < 2000);
	store_watch(n->s[1], count_news, &news);
	clients = store_clients_epoch(n->s[1]);
	keys = store_keys_epoch(n->s[1]);
	NEED(DO(n->s[0], OP_CLIENT_PUT, client, &k) == STORE_DONE && DO(n->s[0], OP_KEY_ADD, key, &key) == STORE_DONE);
	for (int i = 0; i < 300 && (store_clients_epoch(n->s[1]) == clients || store_keys_epoch(n->s[1]) == keys); i++)
		usleep(10000);
	EXPECT(store_clients_epoch(n->s[1]) > clients && store_keys_epoch(n->s[1]) != keys && news > 0);
	EXPECT(store_clients_epoch(n->s[0]) <= store_clients_epoch(n->s[1]));
	store_watch(n->s[1], NULL, NULL);
}

/* --- a COMMIT without an answer ----------------------------------------------------------------- */

static enum store_result
used(struct store *s)
{
	struct quota q = { .key = suite_dig(1), .limit = 100, .expires_s = 1000 };

	return DO(s, OP_QUOTA_USE, quota, &q);
}

/* As if the last COMMIT had not been answered: found in force, found not in force, and not to be known any more. */
TEST(a_commit_is_settled_by_its_mark)
{
	struct nodes *n;
	struct pg_store *s;
	struct suite_look *look;

	ELSEWHERE_ONLY;
	suite_hush(mem);
	n = nodes_open(mem);
	s = store_of(n->s[0]);
	look = suite_look(mem, n->directory);
	NEED(used(n->s[0]) == STORE_DONE);
	s->mark_is_open = true;                 /* and the row has not moved */
	EXPECT(used(n->s[0]) == STORE_DONE && !s->mark_is_open);
	s->mark_is_open = true;
	s->mark--;                              /* it has */
	EXPECT(used(n->s[0]) == STORE_DONE && !s->mark_is_open);
	s->mark += 7;                           /* it is not where it was left: nothing is committed on top of that */
	EXPECT(used(n->s[0]) == STORE_FAILED);
	s->mark -= 7;
	EXPECT(used(n->s[0]) == STORE_DONE);
	suite_number(look, "DELETE FROM commit_marks");
	s->mark_is_open = true;
	EXPECT(used(n->s[0]) == STORE_FAILED && used(n->s[0]) == STORE_DONE);
	EXPECT_INT(suite_number(look, "SELECT used FROM quotas"), 5);
	suite_look_close(look);
}

/* --- connections that are lost ------------------------------------------------------------------ */

struct storm { struct nodes *n; _Atomic int told, failed, on; struct suite_look *look; struct dig32 key; };

static void
storm_step(void *arg, int index)
{
	struct storm *w = arg;

	if (index == 0) {               /* ends the connections of the nodes at any moment, also behind a COMMIT */
		for (int i = 0; i < 40; i++) {
			suite_number(w->look, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'hufu' AND pid <> pg_backend_pid()");
			usleep(50000);
		}
		w->on = 0;
		return;
	}
	while (w->on) {
		struct quota q = { .key = w->key, .limit = 1000000, .expires_s = 1000 };

		switch (DO(w->n->s[index % NODES], OP_QUOTA_USE, quota, &q)) {
		case STORE_DONE: w->told++; break;
		case STORE_FAILED: w->failed++; break;
		default: EXPECT(false);
		}
	}
}

/* S3 and S9: everything told is there, once; what failed may be there where nobody could learn it any more. */
TEST(a_lost_connection_loses_nothing_and_doubles_nothing)
{
	struct storm w = { .on = 1, .key = suite_dig(7) };
	int64_t used;

	ELSEWHERE_ONLY;
	suite_hush(mem);
	w.n = nodes_open(mem);
	w.look = suite_look(mem, w.n->directory);
	suite_race(7, storm_step, &w);
	used = suite_number(w.look, "SELECT used FROM quotas");
	suite_look_close(w.look);
	EXPECT(w.told > 0);
	if (used < w.told || used > w.told + w.failed)
		test_fail(__FILE__, __LINE__, "told %d, failed %d, there %lld", w.told, w.failed, (long long)used);
}
