/* outbound/outbox_queue.c - a queue for each neighbour, taken in turn: who hangs delays nobody (L14). */
#include "outbound/outbox_int.h"

#define QUEUES_KEPT      256            /* from this many on, those without errands go */
#define FAILURES_FREE    8              /* in a row, before a neighbour rests */
#define REST_MIN_US      1000000
#define REST_MAX_US      60000000
#define LINE_EVERY_US    10000000

static struct queue *
queue_find(struct outbox *o, struct str name)
{
	for (struct queue *q = o->queues; q != NULL; q = q->next)
		if (str_eq(q->name, name))
			return q;
	return NULL;
}

static void
queues_tidy(struct outbox *o)
{
	for (struct queue **at = &o->queues; *at != NULL;) {
		struct queue *q = *at;

		if (q->places > 0) {
			at = &q->next;
			continue;
		}
		*at = q->next;
		o->n_queues--;
		free(q);
	}
}

static struct queue *
queue_make(struct outbox *o, struct str name)
{
	struct queue *q;

	if (o->n_queues >= QUEUES_KEPT)
		queues_tidy(o);
	q = calloc(1, sizeof *q + name.n);
	if (q == NULL)
		return NULL;
	if (name.n > 0)
		memcpy(q + 1, name.p, name.n);
	q->name = str_span(q + 1, name.n);
	q->last = &q->first;
	q->later_us = INT64_MAX;
	q->next = o->queues;
	o->queues = q;
	o->n_queues++;
	return q;
}

struct queue *
queue_place(struct outbox *o, struct str neighbour, bool forced)
{
	int max = o->setup.waiting_max;
	struct queue *q = queue_find(o, neighbour);

	if (!forced && (o->places >= max || (q != NULL && q->places >= max - max / 4)))
		return NULL;
	if (q == NULL && (q = queue_make(o, neighbour)) == NULL)
		return NULL;
	q->places++;
	o->places++;
	return q;
}

void
queue_hold(struct outbox *o, struct errand *e)
{
	e->held = o->held;
	e->holds = &o->held;
	if (e->held != NULL)
		e->held->holds = &e->held;
	o->held = e;
}

bool
queue_holds(const struct outbox *o, const struct id16 *id)
{
	for (const struct errand *e = o->held; e != NULL; e = e->held)
		if (memcmp(&e->row.id, id, sizeof *id) == 0)
			return true;
	return false;
}

void
queue_leave(struct outbox *o, struct errand *e)
{
	if (e->holds != NULL)
		*e->holds = e->held;
	if (e->holds != NULL && e->held != NULL)
		e->held->holds = e->holds;
	e->queue->places--;
	o->places--;
}

void
queue_ready(struct errand *e)
{
	struct queue *q = e->queue;

	e->next = NULL;
	*q->last = e;
	q->last = &e->next;
}

void
queue_later(struct errand *e, int64_t due_us)
{
	struct queue *q = e->queue;

	e->due_us = due_us;
	e->next = q->later;
	q->later = e;
	if (due_us < q->later_us)
		q->later_us = due_us;
}

/* Whose time has come is ready. */
static void
later_move(struct queue *q, int64_t now_us)
{
	struct errand *e = q->later, *next;

	if (now_us < q->later_us)
		return;
	q->later = NULL;
	q->later_us = INT64_MAX;
	for (; e != NULL; e = next) {
		next = e->next;
		if (e->due_us <= now_us)
			queue_ready(e);
		else
			queue_later(e, e->due_us);
	}
}

static struct errand *
first_take(struct queue *q)
{
	struct errand *e = q->first;

	q->first = e->next;
	if (q->first == NULL)
		q->last = &q->first;
	q->running++;
	return e;
}

/* To the end of the line of queues. */
static void
queue_last(struct outbox *o, struct queue *q)
{
	struct queue **at = &o->queues;

	while (*at != q)
		at = &(*at)->next;
	*at = q->next;
	while (*at != NULL)
		at = &(*at)->next;
	*at = q;
	q->next = NULL;
}

static int64_t
sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

struct errand *
queue_take(struct outbox *o, int64_t now_us, int64_t *wake_us)
{
	int share = o->n_threads > 1 ? o->n_threads / 2 : 1;

	*wake_us = INT64_MAX;
	for (struct queue *q = o->queues; q != NULL; q = q->next) {
		later_move(q, now_us);
		if (q->running >= share)
			continue;               /* who ends one of them wakes the others */
		if (q->first == NULL)
			*wake_us = sooner(*wake_us, q->later_us);
		else if (now_us < q->rest_until_us)
			*wake_us = sooner(*wake_us, q->rest_until_us);
		else {
			queue_last(o, q);
			return first_take(q);
		}
	}
	return NULL;
}

void
queue_did(struct queue *q, bool well, int64_t now_us)
{
	int over;

	q->running--;
	q->failures = well ? 0 : q->failures + 1;
	over = q->failures - FAILURES_FREE;
	if (over >= 0)
		q->rest_until_us = now_us + sooner(REST_MAX_US, (int64_t)REST_MIN_US << (over < 6 ? over : 6));
}

bool
queue_line_is_due(struct queue *q, const char *cause, int64_t now_us)
{
	size_t at = 0;

	for (size_t i = 0; i < COUNT(q->told); i++) {
		if (q->told[i].cause != NULL && strcmp(q->told[i].cause, cause) == 0) {
			at = i;
			break;
		}
		if (q->told[i].us < q->told[at].us)
			at = i;
	}
	if (q->told[at].cause != NULL && strcmp(q->told[at].cause, cause) == 0
	    && now_us - q->told[at].us < LINE_EVERY_US)
		return false;
	q->told[at].cause = cause;
	q->told[at].us = now_us;
	return true;
}

static void
list_free(struct errand *e)
{
	for (struct errand *next; e != NULL; e = next) {
		next = e->next;
		errand_free(e);
	}
}

void
queues_free(struct outbox *o)
{
	for (struct queue *q = o->queues, *next; q != NULL; q = next) {
		next = q->next;
		list_free(q->first);
		list_free(q->later);
		free(q);
	}
}
