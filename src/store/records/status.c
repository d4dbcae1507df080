/* store/records/status.c - places of signed tokens in status lists, and which of them have ended. */
#include "store/records/records_int.h"

static void
bind_place(struct query *q, const struct status_entry *e)
{
	bind_str(q, e->issuer);
	bind_int(q, e->list);
	bind_int(q, e->idx);
}

static enum step
list_count(struct conn *c, const struct status_entry *e)
{
	struct query q;

	op_begin(&q, c, SQL_STATUS_COUNT);
	bind_str(&q, e->issuer);
	bind_int(&q, e->list);
	bind_int(&q, e->expires_s);
	return op_finish(&q);
}

enum step
op_status_add(struct conn *c, const struct store_op *op)
{
	const struct status_entry *e = op->status_entry;
	struct query q;
	enum step r;

	op_begin(&q, c, SQL_STATUS_ADD);
	bind_place(&q, e);
	bind_dig(&q, &e->jti);
	bind_id(&q, &e->family);
	bind_int(&q, e->generation);
	bind_str(&q, e->client);
	bind_int(&q, e->signed_s);
	bind_int(&q, e->expires_s);
	r = op_run_cond(&q);
	return r == STEP_DONE ? list_count(c, e) : r;
}

enum store_found
read_status_taken(struct store *s, const struct status_entry *place)
{
	struct query q;

	read_begin(&q, s, NULL, SQL_STATUS_TAKEN);
	bind_place(&q, place);
	return read_end(&q, s, query_row(&q));
}

enum store_found
read_status_list(struct store *s, struct str issuer, int64_t list, struct status_list *out)
{
	struct query q;
	bool found;

	read_begin(&q, s, NULL, SQL_STATUS_LIST);
	bind_str(&q, issuer);
	bind_int(&q, list);
	if ((found = query_row(&q)))
		*out = (struct status_list){ .list = list, .used = get_int(&q) };
	return read_end(&q, s, found);
}

enum store_found
read_status_newest(struct store *s, struct str issuer, struct status_list *out)
{
	struct query q;
	bool found;

	read_begin(&q, s, NULL, SQL_STATUS_NEWEST);
	bind_str(&q, issuer);
	if ((found = query_row(&q))) {
		out->list = get_int(&q);
		out->used = get_int(&q);
	}
	return read_end(&q, s, found);
}

int
read_status_lists(struct store *s, struct str issuer, int64_t after, int max, int64_t *out)
{
	struct query q;
	int n = 0;

	read_begin(&q, s, NULL, SQL_STATUS_LISTS);
	bind_str(&q, issuer);
	bind_int(&q, after);
	bind_int(&q, max);
	for (; n < max && query_row(&q); n++)
		out[n] = get_int(&q);
	return read_end_list(&q, s, n);
}

int
read_status_ended(struct store *s, struct arena *mem, const struct status_walk *w, int max, struct status_ended *out)
{
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, SQL_STATUS_ENDED);
	bind_str(&q, w->issuer);
	bind_int(&q, w->list);
	bind_str(&q, w->realm);
	bind_int(&q, w->after);
	bind_int(&q, max);
	bind_int(&q, w->refresh_ends);
	for (; n < max && query_row(&q); n++) {
		out[n].idx = get_int(&q);
		out[n].family = get_id(&q);
	}
	return read_end_list(&q, s, n);
}
