/*
 * store/records/offline_record.c - lines of what was done while no daemon ran; the next one writes them
 * into its log.
 */
#include "store/records/records_int.h"

enum step
op_record_put(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_RECORD_PUT);
	bind_blob(&q, id_str(&op->record->id));
	bind_str(&q, op->record->line);
	return op_finish(&q);
}

enum step
op_record_delete(struct conn *c, const struct store_op *op)
{
	return op_run_id(c, SQL_RECORD_DELETE, &op->record->id);
}

int
read_records(struct store *s, struct arena *mem, int max, struct offline_record *out)
{
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, SQL_RECORDS);
	bind_int(&q, max);
	for (; n < max && query_row(&q); n++) {
		out[n].id = get_id(&q);
		out[n].line = get_str(&q);
	}
	return read_end_list(&q, s, n);
}
