/* The queues by themselves, by a clock that the test turns: turns, rests, pauses, and lines in the log (L14). */
#include "../test.h"
#include "outbound/outbox_int.h"

#define S_US INT64_C(1000000)

static struct errand *
errand_at(struct outbox *o, const char *neighbour)
{
	struct errand *e = calloc(1, sizeof *e);

	arena_init(&e->mem, 1024);
	e->queue = queue_place(o, str_of(neighbour), false);
	if (e->queue != NULL)
		queue_ready(e);
	return e;
}

static void
done(struct outbox *o, struct errand *e, bool well, int64_t now_us)
{
	queue_did(e->queue, well, now_us);
	queue_leave(o, e);
	errand_free(e);
}

TEST(neighbours_take_turns_and_have_a_share)
{
	struct outbox o = { .setup = { .waiting_max = 100 }, .n_threads = 4 };
	struct errand *taken[4];
	int64_t wake;

	for (int i = 0; i < 6; i++)
		errand_at(&o, "a");
	errand_at(&o, "b");
	errand_at(&o, "c");
	for (int i = 0; i < 4; i++)
		NEED((taken[i] = queue_take(&o, 0, &wake)) != NULL);
	for (int i = 0; i < 3; i++)
		for (int j = 0; j < i; j++)
			EXPECT(taken[i]->queue != taken[j]->queue);
	EXPECT(str_is(taken[3]->queue->name, "a"));
	EXPECT(queue_take(&o, 0, &wake) == NULL && wake == INT64_MAX);          /* a has two of four threads */
	done(&o, taken[3], true, 0);
	EXPECT((taken[3] = queue_take(&o, 0, &wake)) != NULL && str_is(taken[3]->queue->name, "a"));
	for (int i = 0; i < 4; i++)
		done(&o, taken[i], true, 0);
	EXPECT_INT(o.places, 3);
	queues_free(&o);
}

TEST(who_fails_rests_longer_and_longer)
{
	struct outbox o = { .setup = { .waiting_max = 100 }, .n_threads = 2 };
	int64_t now = 0, wake, rest = 0;
	struct errand *e;

	for (int i = 0; i < 20; i++)
		errand_at(&o, "a");
	for (int i = 0; i < 8; i++) {
		NEED((e = queue_take(&o, now, &wake)) != NULL);
		done(&o, e, false, now);
	}
	for (int i = 0; i < 9; i++) {
		EXPECT(queue_take(&o, now, &wake) == NULL && wake - now >= rest && wake - now >= S_US);
		rest = wake - now;
		now = wake;
		NEED((e = queue_take(&o, now, &wake)) != NULL);
		done(&o, e, false, now);
	}
	EXPECT_INT(rest, 60 * S_US);
	e = errand_at(&o, "b");                         /* somebody else is not resting */
	EXPECT(queue_take(&o, now, &wake) == e);
	done(&o, e, true, now);
	now += 60 * S_US;
	NEED((e = queue_take(&o, now, &wake)) != NULL);
	done(&o, e, true, now);                         /* well again: the next one at once */
	NEED((e = queue_take(&o, now, &wake)) != NULL);
	done(&o, e, true, now);
	queues_free(&o);
}

TEST(a_later_one_waits_for_its_time_and_holds_up_nobody)
{
	struct outbox o = { .setup = { .waiting_max = 100 }, .n_threads = 2 };
	struct errand *late = errand_at(&o, "a"), *next = errand_at(&o, "a");
	int64_t wake;

	EXPECT(queue_take(&o, 0, &wake) == late);
	queue_did(late->queue, false, 0);
	queue_later(late, 30 * S_US);
	EXPECT(queue_take(&o, 0, &wake) == next);
	done(&o, next, true, 0);
	EXPECT(queue_take(&o, 30 * S_US - 1, &wake) == NULL && wake == 30 * S_US);
	EXPECT(queue_take(&o, 30 * S_US, &wake) == late);
	done(&o, late, true, 0);
	EXPECT_INT(o.places, 0);
	queues_free(&o);
}

TEST(one_line_in_ten_seconds_for_each_neighbour_and_cause)
{
	struct outbox o = { .setup = { .waiting_max = 100 } };
	struct queue *a = queue_place(&o, S("a"), false), *b = queue_place(&o, S("b"), false);

	EXPECT(queue_line_is_due(a, "no answer", 0) && !queue_line_is_due(a, "no answer", 9 * S_US));
	EXPECT(queue_line_is_due(b, "no answer", 0) && queue_line_is_due(a, "no connection", 0));
	EXPECT(queue_line_is_due(a, "no connection", 10 * S_US));
	queues_free(&o);
}

TEST(queues_without_errands_go)
{
	struct outbox o = { .setup = { .waiting_max = 100 } };

	for (int i = 0; i < 2000; i++) {
		struct errand e = { .queue = queue_place(&o, arena_printf(mem, "n%d", i), false) };

		NEED(e.queue != NULL);
		queue_leave(&o, &e);
	}
	EXPECT(o.n_queues <= 256 && o.places == 0);
	queues_free(&o);
}
