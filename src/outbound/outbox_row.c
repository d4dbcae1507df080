/* outbound/outbox_row.c - errands as rows of the store: sealed, marked, deleted (S4, L12). */
#include "outbound/outbox_int.h"

#define ERRAND_MAX (64 * 1024)          /* payload, its sealed copy, the names */

/* A row that was moved to another issuer, or given another id, does not open. */
static struct str
label_of(struct arena *mem, const struct outgoing *row)
{
	return ARENA_CAT(mem, S("outbox\0"), row->issuer, S("\0"), id_str(&row->id));
}

static struct errand *
errand_begin(const struct outbox *o, const struct outgoing *row)
{
	struct errand *e = calloc(1, sizeof *e);

	if (e == NULL)
		return NULL;
	arena_init(&e->mem, ERRAND_MAX);
	e->row = *row;
	e->row.kind = o->setup.kind->letter;
	e->row.issuer = arena_dup(&e->mem, row->issuer);
	return e;
}

static struct errand *
errand_whole(const struct outbox *o, struct errand *e)
{
	if (str_given(e->payload))
		e->shown = o->setup.kind->shown(&e->mem, e->payload);
	if (str_given(e->shown) && str_given(e->row.sealed) && !e->mem.full)
		return e;
	errand_free(e);
	return NULL;
}

struct errand *
errand_new(const struct outbox *o, struct str issuer, struct str payload, int64_t not_after_s)
{
	struct errand *e = errand_begin(o, &(struct outgoing){ .issuer = issuer,
	    .created_s = clock_now_s(), .not_after_s = not_after_s });

	if (e == NULL)
		return NULL;
	rand_id(e->row.id.b);
	e->row.holder = o->holder;
	e->row.held_until_s = o->setup.nodes ? e->row.created_s + OUTBOX_HOLD_S : 0;
	e->payload = arena_dup(&e->mem, payload);
	if (trace_now() != NULL) {
		e->trace = *trace_now();
		e->trace.state = arena_dup(&e->mem, e->trace.state);
	}
	e->row.sealed = seal(&e->mem, o->key, label_of(&e->mem, &e->row), payload);
	return errand_whole(o, e);
}

struct errand *
errand_read(const struct outbox *o, const struct outgoing *row)
{
	struct errand *e = errand_begin(o, row);

	if (e == NULL)
		return NULL;
	e->row.sealed = S("");                  /* of no use any more */
	if (!unseal(&e->mem, o->key, label_of(&e->mem, &e->row), row->sealed, &e->payload))
		e->payload = STR_ABSENT;
	return errand_whole(o, e);
}

void
errand_free(struct errand *e)
{
	arena_free(&e->mem);
	free(e);
}

/* Where nobody else sends, nothing is held for a time. */
static int64_t
until_s(const struct outbox *o, int64_t for_s)
{
	return o->setup.nodes ? clock_now_s() + for_s : 0;
}

enum store_result
row_mark(const struct outbox *o, struct errand *e, bool begun, int64_t for_s)
{
	struct outgoing to = e->row;
	struct store_op op = { .kind = OP_OUTGOING_BEGIN, .outgoing = &to };
	enum store_result r;

	to.begun = begun;
	to.held_until_s = until_s(o, for_s);
	r = store_commit(o->setup.store, &op, 1, NULL);
	if (r == STORE_DONE) {                  /* its id stays, which others look at meanwhile: queue_holds */
		e->row.begun = to.begun;
		e->row.held_until_s = to.held_until_s;
	}
	return r;
}

bool
row_is_held(const struct outbox *o, const struct errand *e)
{
	return !o->setup.nodes || clock_now_s() < e->row.held_until_s;
}

enum store_result
row_take(const struct outbox *o, struct outgoing *row)
{
	struct store_op op = { .kind = OP_OUTGOING_TAKE, .outgoing_take = { row, row->held_until_s } };

	row->holder = o->holder;
	row->held_until_s = until_s(o, OUTBOX_HOLD_S);
	row->begun = row->begun && o->setup.kind->at_most_once;
	return store_commit(o->setup.store, &op, 1, NULL);
}

/* A store in trouble says so itself. */
bool
row_delete(const struct outbox *o, const struct outgoing *row)
{
	struct store_op op = { .kind = OP_OUTGOING_DELETE, .outgoing = row };

	return store_commit(o->setup.store, &op, 1, NULL) == STORE_DONE;
}

void
rows_leave(const struct outbox *o)
{
	const struct outgoing mine = { .kind = o->setup.kind->letter, .holder = o->holder };
	struct store_op op = { .kind = OP_OUTGOING_LEAVE, .outgoing = &mine };

	store_commit(o->setup.store, &op, 1, NULL);
}
