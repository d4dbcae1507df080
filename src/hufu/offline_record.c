/*
 * hufu/offline_record.c - records of a process that has no log: rows of the store, which the next
 * daemon writes into its own.
 */
#include "hufu/hufu_int.h"

/* The store cannot keep that it cannot be written; and this comes from its own thread. */
static bool
is_of_the_store(enum event e)
{
	return e == EV_store_failed || e == EV_store_again;
}

static bool
keep(void *ctx, enum event what, struct str line)
{
	struct offline_records *k = ctx;
	struct offline_record row = { .line = line };

	if (is_of_the_store(what))
		return false;
	rand_id(row.id.b);
	if (event_is_order(what) && id_none(&k->order))
		k->order = row.id;
	else if (event_is_order(what))
		row.id = k->order;
	return store_commit(k->store, &(struct store_op){ .kind = OP_RECORD_PUT, .record = &row }, 1, NULL)
	    == STORE_DONE;
}

void
offline_records_begin(struct offline_records *k, struct store *s)
{
	struct record r;

	*k = (struct offline_records){ .store = s };
	record_to(keep, k);
	if (!store_is_new(s))
		return;
	record_begin(&r, EV_store_begun);
	act_self(&r);
	record_end(&r);
}

void
offline_records_end(struct offline_records *k)
{
	record_to(NULL, NULL);
	*k = (struct offline_records){ 0 };
}

bool
offline_act(enum event e, const char *result)
{
	struct record r;

	record_begin(&r, e);
	act_self(&r);
	record_text(&r, "result", str_of(result));
	return record_end(&r);
}
