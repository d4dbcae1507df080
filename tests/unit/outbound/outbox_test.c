/* Outboxes: nothing that was acknowledged is lost (L11), nothing comes twice that must not (L12),
 * late (L13), or waits for a stranger (L14). */
#include "../outpost.h"
#include "../login/login_store.h"

/* --- a kind whose neighbours do what the payload says: "NAME MOOD" ---------------------------- */

static struct { _Atomic int asked, by[26]; _Atomic bool hold; } town;

static struct str
name_of(struct arena *mem, struct str payload)
{
	(void)mem;
	return str_cut(&payload, ' ');
}

static enum errand_end
send_to(struct arena *mem, struct str payload, const struct outbox_issuer *i, struct errand_report *r)
{
	struct str mood = payload, name = str_cut(&mood, ' ');

	(void)mem, (void)i;
	town.asked++;
	town.by[name.p[0] - 'a']++;
	r->wrong = "as the test wants it";
	while (str_is(mood, "hang") && town.hold)
		usleep(1000);
	if (str_is(mood, "refuse"))
		return ERRAND_REFUSED;
	return str_is(mood, "later") || (str_is(mood, "later-once")
	    && town.by[name.p[0] - 'a'] == 1) ? ERRAND_LATER : ERRAND_DONE;
}

static const struct outbox_kind many = { .letter = 'm', .longest_s = 600, .plural = "errands", .line = "errand to",
    .neighbour = name_of, .shown = name_of, .send = send_to };
static const struct outbox_kind once = { .letter = 'o', .longest_s = 600, .at_most_once = true, .plural = "errands",
    .line = "errand to", .neighbour = name_of, .shown = name_of, .send = send_to };

static struct outpost *
post_of(struct store *s, const struct outbox_kind *kind, int threads, int waiting_max, bool nodes)
{
	static const uint8_t key[32] = { 9 };
	struct outpost *p = outpost_new(s, kind, waiting_max);

	outbox_free(p->box);
	p->box = outbox_new(&(struct outbox_setup){ .kind = kind, .store = s, .key = key,
	    .threads = threads, .waiting_max = waiting_max, .nodes = nodes,
		.issuers = { outpost_hold, outpost_release, p } });
	return p;
}

static struct outpost *
post_new(struct store *s, const struct outbox_kind *kind, int threads, int waiting_max)
{
	struct outpost *p = post_of(s, kind, threads, waiting_max, false);

	memset(&town, 0, sizeof town);
	return p;
}

/* As an endpoint does it: prepared, committed, posted. */
static bool
give(struct outpost *p, const char *payload, int64_t ttl_s)
{
	struct errand *e = outbox_prepare(p->box, S("i"), str_of(payload), clock_now_s() + ttl_s);

	if (e == NULL || store_commit(p->store, &(struct store_op){ .kind = OP_OUTGOING_ADD,
	    .outgoing = errand_row(e) }, 1, NULL) != STORE_DONE)
		return false;
	outbox_post(p->box, e);
	return true;
}

static bool
comes_true(struct outpost *p, int64_t sent, int64_t failed)
{
	struct outbox_counts n = { 0 };

	for (int i = 0; i < 5000 && (n = outpost_counts(p), n.sent < sent || n.failed < failed); i++)
		usleep(1000);
	usleep(2000);
	n = outpost_counts(p);
	return n.sent == sent && n.failed == failed;
}

static bool
was_asked(int n)
{
	for (int i = 0; i < 5000 && town.asked < n; i++)
		usleep(1000);
	return town.asked == n;
}

/* --- the tests -------------------------------------------------------------------------------- */

TEST(each_is_sent_once_and_its_row_goes)
{
	struct store *s = store_new(mem);
	struct outpost *p = post_new(s, &many, 4, 64);

	for (int i = 0; i < 20; i++)
		EXPECT(give(p, i % 2 ? "a well" : "b well", 60));
	EXPECT(comes_true(p, 20, 0) && town.asked == 20);
	EXPECT(outpost_rows(p, mem) == 0 && outpost_counts(p).waiting == 0);
	outpost_free(p);
	store_gone(s);
}

TEST(a_quick_failure_is_tried_once_more_and_then_rests)
{
	struct store *s = store_new(mem);
	struct outpost *p = post_new(s, &many, 1, 64);

	EXPECT(give(p, "a later-once", 60) && give(p, "b later", 60) && give(p, "c refuse", 60));
	EXPECT(comes_true(p, 1, 2));
	EXPECT(town.by[0] == 2 && town.by[1] == 2 && town.by[2] == 1);
	EXPECT_INT(outpost_rows(p, mem), 1);            /* b is tried again half a minute later */
	EXPECT_INT(outpost_counts(p).waiting, 1);
	outpost_free(p);
	store_gone(s);
}

TEST(too_many_are_refused_and_one_neighbour_cannot_take_all_places)
{
	struct store *s = store_new(mem);
	struct outpost *p = post_new(s, &many, 2, 8);
	int taken = 0;

	town.hold = true;
	for (int i = 0; i < 20; i++)
		taken += give(p, "a hang", 60);
	EXPECT_INT(taken, 6);
	EXPECT(give(p, "b hang", 60) && give(p, "c hang", 60) && !give(p, "d hang", 60));
	EXPECT_INT(outpost_counts(p).dropped, 15);
	town.hold = false;
	EXPECT(comes_true(p, 8, 0));
	outpost_free(p);
	store_gone(s);
}

TEST(a_neighbour_that_hangs_keeps_nobody_else_waiting)
{
	struct store *s = store_new(mem);
	struct outpost *p = post_new(s, &many, 2, 64);

	town.hold = true;
	for (int i = 0; i < 10; i++)
		EXPECT(give(p, "a hang", 60));
	for (int i = 0; i < 10; i++)
		EXPECT(give(p, "b well", 60));
	EXPECT(comes_true(p, 10, 0));                   /* all of b, while a hangs */
	EXPECT(town.by[0] == 1 && town.by[1] == 10);
	town.hold = false;
	EXPECT(comes_true(p, 20, 0));
	outpost_free(p);
	store_gone(s);
}

TEST(what_waits_at_a_stop_is_sent_after_the_next_start)
{
	struct store *s = store_new(mem);
	struct outpost *p = post_new(s, &once, 2, 64);

	town.hold = true;
	for (int i = 0; i < 5; i++)
		EXPECT(give(p, "a hang", 60));
	EXPECT(was_asked(1));
	town.hold = false;
	outpost_free(p);                                /* ends the one under way, perhaps begins one more */
	s = store_again(s, mem);
	p = post_new(s, &once, 1, 2);                   /* more wait than it would take from a caller */
	EXPECT(outpost_rows(p, mem) >= 3);
	outbox_resume(p->box);
	for (int i = 0; i < 5000 && outpost_counts(p).waiting > 0; i++)
		usleep(1000);
	EXPECT(outpost_rows(p, mem) == 0 && town.asked >= 3 && town.asked <= 4);
	outpost_free(p);
	store_gone(s);
}

/* A row as a crash leaves it. */
static void
leave(struct outpost *p, const char *payload, int64_t ttl_s, bool begun)
{
	struct errand *e = outbox_prepare(p->box, S("i"), str_of(payload), clock_now_s() + ttl_s);
	struct outgoing row;

	NEED(e != NULL);
	row = *errand_row(e);
	row.begun = begun;
	EXPECT_INT(store_commit(p->store, &(struct store_op){ .kind = OP_OUTGOING_ADD,
	    .outgoing = &row }, 1, NULL), STORE_DONE);
	outbox_cancel(p->box, e);
}

TEST(after_a_crash_nothing_is_sent_late_or_twice)
{
	static const struct { const struct outbox_kind *kind; int begun; } rows[] = { { &once, 0 }, { &many, 1 } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct store *s = store_new(mem);
		struct outpost *p = post_new(s, rows[i].kind, 1, 64);
		struct outgoing foreign;

		leave(p, "a well", 60, false);
		leave(p, "b well", 60, true);           /* somebody may have it already */
		leave(p, "c well", 0, false);           /* past its time */
		NEED(store_outgoing(s, mem, rows[i].kind->letter, &(struct id16){ { 0 } }, 1, &foreign) == 1);
		foreign.issuer = S("other");            /* sealed for another issuer: does not open */
		foreign.id.b[0] ^= 1;
		store_commit(s, &(struct store_op){ .kind = OP_OUTGOING_ADD, .outgoing = &foreign }, 1, NULL);
		outbox_resume(p->box);
		EXPECT(comes_true(p, 1 + rows[i].begun, 0));
		EXPECT(town.by[0] == 1 && town.by[1] == rows[i].begun && town.by[2] == 0);
		EXPECT_INT(outpost_rows(p, mem), 0);
		outpost_free(p);
		store_gone(s);
	}
}

TEST(nothing_is_sent_past_its_time)
{
	struct store *s = store_new(mem);
	struct outpost *p = post_new(s, &once, 1, 64);

	town.hold = true;
	EXPECT(give(p, "a hang", 300) && was_asked(1) && give(p, "b well", 300));
	EXPECT(give(p, "a well", 300));
	clock_turn_ms(301 * 1000);
	town.hold = false;
	for (int i = 0; i < 5000 && outpost_counts(p).waiting > 0; i++)
		usleep(1000);
	EXPECT_INT(town.by[0] + town.by[1], 1);
	EXPECT(outpost_rows(p, mem) == 0 && outpost_counts(p).failed == 2);
	clock_turn_ms(-301 * 1000);
	outpost_free(p);
	store_gone(s);
}

TEST(a_mark_stands_while_a_message_is_under_way)
{
	struct store *s = store_new(mem);
	struct outpost *p = post_new(s, &once, 1, 64);
	struct outgoing row;

	town.hold = true;
	EXPECT(give(p, "a hang", 60) && was_asked(1));
	NEED(store_outgoing(s, mem, 'o', &(struct id16){ { 0 } }, 1, &row) == 1);
	EXPECT(row.begun && !str_contains(row.sealed, S("hang")));
	town.hold = false;
	EXPECT(comes_true(p, 1, 0));
	EXPECT(give(p, "b later", 60) && comes_true(p, 1, 1));
	NEED(store_outgoing(s, mem, 'o', &(struct id16){ { 0 } }, 1, &row) == 1);
	/* nobody has heard it: it may be tried again, also after a crash */
	EXPECT(!row.begun);
	outpost_free(p);
	store_gone(s);
}

/* --- several nodes over one store: L12, S10 -------------------------------------------------------- */

static bool
all_sent(struct outpost *p, int rows, struct arena *mem)
{
	for (int i = 0; i < 5000 && (outpost_rows(p, mem) > rows || outpost_counts(p).waiting > 0); i++)
		usleep(1000);
	return outpost_rows(p, mem) == rows && outpost_counts(p).waiting == 0;
}

/* What a node holds no other sends, however often it looks; what was held by one that is dead is sent by one of the others. */
TEST(what_a_dead_node_held_is_sent_by_one_other)
{
	static const struct outbox_kind *const kinds[] = { &many, &once };

	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct store *s = store_new(mem);
		struct outpost *p[3];

		memset(&town, 0, sizeof town);
		for (int n = 0; n < 3; n++)
			p[n] = post_of(s, kinds[i], 2, 64, true);
		for (int n = 0; n < 20; n++)
			leave(p[0], "a well", 3000, false);     /* committed, and then the node was killed */
		leave(p[0], "b well", 3000, true);              /* in the middle of a try */
		outbox_look(p[1]->box);
		outbox_resume(p[2]->box);
		EXPECT(town.asked == 0 && outpost_counts(p[1]).waiting + outpost_counts(p[2]).waiting == 0);
		clock_turn_ms((OUTBOX_HOLD_S + 1) * 1000);
		outbox_look(p[1]->box);
		outbox_look(p[2]->box);
		EXPECT(all_sent(p[1], 0, mem) && all_sent(p[2], 0, mem));
		EXPECT_INT(town.by[0], 20);
		EXPECT_INT(town.by[1], kinds[i]->at_most_once ? 0 : 1);
		clock_turn_ms(-(OUTBOX_HOLD_S + 1) * 1000);
		for (int n = 0; n < 3; n++)
			outpost_free(p[n]);
		store_gone(s);
	}
}

/* One that slept, or was cut off, until another has taken what it held: it finds so before it sends. */
TEST(who_holds_an_errand_no_more_sends_it_not)
{
	struct store *s = store_new(mem);
	struct outpost *asleep = post_new(s, &many, 1, 64), *other;

	outpost_free(asleep);
	asleep = post_of(s, &many, 1, 64, true);
	other = post_of(s, &many, 2, 64, true);
	town.hold = true;
	EXPECT(give(asleep, "a hang", 3000) && was_asked(1));   /* its only thread */
	EXPECT(give(asleep, "b well", 3000));
	clock_turn_ms((OUTBOX_HOLD_S + 1) * 1000);
	outbox_look(other->box);                                /* a is being tried, and so held for longer */
	for (int i = 0; i < 5000 && town.by[1] == 0; i++)
		usleep(1000);
	EXPECT(town.by[1] == 1 && town.by[0] == 1);
	town.hold = false;
	EXPECT(all_sent(asleep, 0, mem) && all_sent(other, 0, mem));
	EXPECT(town.by[0] == 1 && town.by[1] == 1);
	EXPECT(outpost_counts(asleep).sent == 1 && outpost_counts(other).sent == 1);
	EXPECT(outpost_counts(asleep).failed == 0 && outpost_counts(asleep).dropped == 0);
	clock_turn_ms(-(OUTBOX_HOLD_S + 1) * 1000);
	outpost_free(asleep);
	outpost_free(other);
	store_gone(s);
}

TEST(a_node_that_stops_leaves_what_waits_to_the_others)
{
	struct store *s = store_new(mem);
	struct outpost *first = post_new(s, &many, 1, 64), *other;

	outpost_free(first);
	first = post_of(s, &many, 1, 64, true);
	other = post_of(s, &many, 1, 64, true);
	EXPECT(give(first, "a later", 3000) && comes_true(first, 0, 1));        /* again in half a minute */
	outbox_look(other->box);
	EXPECT_INT(town.by[0], 2);
	outpost_free(first);
	clock_turn_ms(5000);                                                    /* its next look */
	outbox_look(other->box);
	EXPECT(was_asked(4));
	clock_turn_ms(-5000);
	outpost_free(other);
	store_gone(s);
}

TEST(a_payload_is_for_a_gateway_that_exists)
{
	struct store *s = store_new(mem);
	struct outpost *p = outpost_new(s, &sms_outbox, 8);
	struct sms_gateway g = { .name = S("g"), .kind = SMS_LOG };
	struct sms_message m = { S("13812345678"), S("123456"), 5 };
	struct errand *e = sms_prepare(mem, p->box, S("i"), &g, &m, clock_now_s() + 60);

	EXPECT(sms_prepare(mem, NULL, S("i"), &g, &m, 1) == NULL);
	NEED(e != NULL && store_commit(s, &(struct store_op){ .kind = OP_OUTGOING_ADD,
	    .outgoing = errand_row(e) }, 1, NULL) == STORE_DONE);
	outbox_post(p->box, e);                         /* the issuer has none any more */
	EXPECT(comes_true(p, 0, 1) && outpost_rows(p, mem) == 0);
	outpost_free(p);
	store_gone(s);
}
