/* store/records/trusted_device.c - browsers that stand for a second factor. */
#include "store/records/records_int.h"

enum step
op_device_add(struct conn *c, const struct store_op *op)
{
	const struct trusted_device *r = op->device.row;
	struct query q;

	op_begin(&q, c, SQL_DEVICE_ADD);
	bind_dig(&q, &r->digest);
	bind_blob(&q, id_str(&r->user));
	bind_str(&q, r->issuer);
	bind_str(&q, r->address);
	bind_str(&q, r->agent);
	bind_int(&q, r->created_s);
	bind_int(&q, r->last_s);
	bind_int(&q, r->expires_s);
	return op_finish(&q);
}

enum step
op_device_use(struct conn *c, const struct store_op *op)
{
	const struct trusted_device *r = op->device.row;
	struct query q;

	op_begin(&q, c, SQL_DEVICE_USE);
	bind_dig(&q, &r->digest);
	bind_blob(&q, id_str(&r->user));
	bind_str(&q, r->issuer);
	bind_int(&q, r->last_s);
	bind_str(&q, r->address);
	bind_str(&q, r->agent);
	bind_int(&q, op->device.now_s);
	return op_run_cond(&q);
}

/* The browser has one cookie for all its users. */
enum step
op_devices_move(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_DEVICES_MOVE);
	bind_dig(&q, &op->device.was);
	bind_dig(&q, &op->device.row->digest);
	bind_blob(&q, id_str(&op->device.row->user));
	return op_finish(&q);
}

enum step
op_device_end(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_DEVICE_END);
	bind_dig(&q, &op->device.row->digest);
	bind_blob(&q, id_str(&op->device.row->user));
	return op_run_cond(&q);
}

enum step
op_devices_end(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_DEVICES_END);
	bind_blob(&q, id_str(&op->device.row->user));
	bind_str(&q, op->device.row->issuer);
	return op_finish(&q);
}

static void
device_fill(struct query *q, struct trusted_device *d)
{
	*d = (struct trusted_device){ .digest = get_dig(q, NULL) };
	d->user = get_id(q);
	d->issuer = get_str(q);
	d->address = get_str(q);
	d->agent = get_str(q);
	d->created_s = get_int(q);
	d->last_s = get_int(q);
	d->expires_s = get_int(q);
}

enum store_found
read_device(struct store *s, struct arena *mem, const struct dig32 *digest, const struct id16 *user,
    struct trusted_device *out)
{
	struct query q;
	bool found;

	read_begin(&q, s, mem, SQL_DEVICE);
	bind_dig(&q, digest);
	bind_blob(&q, id_str(user));
	if ((found = query_row(&q)))
		device_fill(&q, out);
	return read_end(&q, s, found);
}

int
read_devices(struct store *s, struct arena *mem, const struct id16 *user, int max, struct trusted_device *out)
{
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, SQL_DEVICES);
	bind_blob(&q, id_str(user));
	bind_int(&q, max);
	for (; n < max && query_row(&q); n++)
		device_fill(&q, &out[n]);
	return read_end_list(&q, s, n);
}
