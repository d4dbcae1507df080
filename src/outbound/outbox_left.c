/* outbound/outbox_left.c - errands that no process holds: of the last run, of a node that was stopped or killed. */
#include "outbound/outbox_int.h"

#define PAGE          32                /* rows read at a time */
#define LOOK_EVERY_MS 5000

struct leftovers { int sent, old, unknown, unreadable; };

static void
leftover_is_old(struct outbox *o, const struct outgoing *row)
{
	struct errand *e = errand_read(o, row);

	if (e == NULL)
		return;
	errand_settle(
	    o, e, ERRAND_REFUSED, &(struct errand_report){ .wrong = say("their time was over before this start") });
	errand_free(e);
}

/* Held here from now on. */
static bool
leftover_is_ours(const struct outbox *o, struct outgoing *row)
{
	if (!o->setup.nodes && memcmp(&row->holder, &o->holder, sizeof row->holder) == 0)
		return true;
	return row_take(o, row) == STORE_DONE;
}

/* Prepared, waiting or under way here, while another process had the store too. */
static bool
is_in_hand(struct outbox *o, const struct outgoing *row)
{
	bool yes;

	pthread_mutex_lock(&o->lock);
	yes = queue_holds(o, &row->id);
	pthread_mutex_unlock(&o->lock);
	return yes;
}

static void
leftover_take(struct outbox *o, struct outgoing *row, struct leftovers *n)
{
	bool old = clock_now_s() >= row->not_after_s, unknown = row->begun && o->setup.kind->at_most_once;
	struct errand *e;

	if (is_in_hand(o, row) || !leftover_is_ours(o, row))
		return;
	e = old || unknown ? NULL : errand_read(o, row);
	if (old)
		leftover_is_old(o, row);
	if (e == NULL) {
		*(old ? &n->old : unknown ? &n->unknown : &n->unreadable) += 1;
		row_delete(o, row);
		return;
	}
	outbox_put(o, e);
	n->sent++;
}

static void
leftovers_told(const struct outbox *o, const struct leftovers *n, bool start)
{
	const char *plural = say(o->setup.kind->plural);

	if (n->sent > 0 && start)
		log_info("%d %s that were written down before the last stop are sent now", n->sent, plural);
	else if (n->sent > 0)
		log_info("%d %s that another node has left are sent now", n->sent, plural);
	if (n->old + n->unknown + n->unreadable > 0)
		log_warn("%d %s from before the last stop are not sent: "
		    "%d past their time, %d that may have been sent already, %d unreadable",
		    n->old + n->unknown + n->unreadable, plural, n->old, n->unknown, n->unreadable);
	if (n->old > 0)
		dropped_record(o, n->old, STR_ABSENT, "their time was over before this start");
	if (n->unknown > 0)
		dropped_record(o, n->unknown, STR_ABSENT, "they may have been sent before the last stop");
	if (n->unreadable > 0)
		dropped_record(o, n->unreadable, STR_ABSENT, "they cannot be read");
}

/* One page behind *after, which moves. How many were read; -1: trouble. */
static int
page_take(struct outbox *o, struct arena *mem, struct id16 *after, struct leftovers *n)
{
	const struct outgoing_walk walk = { o->setup.kind->letter, clock_now_s(), OUTBOX_HOLD_S };
	struct outgoing rows[PAGE];
	int got = o->setup.nodes ? store_outgoing_free(o->setup.store, mem, &walk, PAGE, rows)
	    : store_outgoing(o->setup.store, mem, walk.kind, after, PAGE, rows);

	for (int i = 0; i < got; i++)
		leftover_take(o, &rows[i], n);
	if (got > 0)
		*after = rows[got - 1].id;
	return got;
}

void
outbox_resume(struct outbox *o)
{
	struct leftovers n = { 0 };
	struct id16 after = { { 0 } };
	struct arena mem;
	int got, all = -1;

	arena_init(&mem, PAGE * 128 * 1024);
	while ((got = page_take(o, &mem, &after, &n)) > 0 && n.sent > all) {
		all = o->setup.nodes ? n.sent : -1;             /* a page of which none was to be had: others are at it */
		arena_reset(&mem);
	}
	arena_free(&mem);
	if (got < 0)
		log_error("%s that were written down before the last stop cannot be read; they wait for the next start",
		    say(o->setup.kind->plural));
	leftovers_told(o, &n, true);
}

static bool
has_room(struct outbox *o)
{
	bool room;

	pthread_mutex_lock(&o->lock);
	room = o->places < o->setup.waiting_max / 2;
	pthread_mutex_unlock(&o->lock);
	return room;
}

void
outbox_look(struct outbox *o)
{
	struct leftovers n = { 0 };
	struct id16 after = { { 0 } };
	struct arena mem;

	if (!o->setup.nodes || !clock_is_due(&o->look_due, LOOK_EVERY_MS) || !has_room(o))
		return;
	arena_init(&mem, PAGE * 128 * 1024);
	page_take(o, &mem, &after, &n);         /* a store in trouble says so itself */
	arena_free(&mem);
	leftovers_told(o, &n, false);
}
