/* store/records/interaction.c - authorization requests that wait for a login, a bounded number of them. */
#include "store/records/records_int.h"

static enum step
make_room(struct conn *c, const struct op_interaction *o)
{
	struct query q;
	enum step step;

	op_begin(&q, c, SQL_INTERACTION_ROOM_OF);
	bind_dig(&q, &o->row->network);
	bind_int(&q, o->per_network);
	step = op_finish(&q);
	if (step != STEP_DONE)
		return step;
	op_begin(&q, c, SQL_INTERACTION_ROOM);
	bind_int(&q, o->total);
	return op_finish(&q);
}

enum step
op_interaction_add(struct conn *c, const struct store_op *op)
{
	const struct interaction *r = op->interaction.row;
	struct query q;
	enum step step;

	op_begin(&q, c, SQL_INTERACTION_ADD);
	bind_blob(&q, id_str(&r->id));
	bind_str(&q, r->issuer);
	bind_dig(&q, &r->network);
	bind_str(&q, r->data);
	bind_int(&q, r->expires_s);
	step = op_finish(&q);
	return step == STEP_DONE ? make_room(c, &op->interaction) : step;
}

static void
interaction_fill(struct query *q, struct interaction *r)
{
	*r = (struct interaction){ 0 };
	r->id = get_id(q);
	r->issuer = get_str(q);
	r->network = get_dig(q, NULL);
	r->data = get_str(q);
	r->expires_s = get_int(q);
}

READ_BY(read_interaction, interaction, interaction_fill, SQL_INTERACTION, id16, id_str)
