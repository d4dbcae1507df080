/* store/records/credentials.c - when a client last proved itself by each of its secrets and keys. */
#include "store/records/records_int.h"

enum step
op_credentials_used(struct conn *c, const struct store_op *op)
{
	enum step r = STEP_DONE;

	for (size_t i = 0; r == STEP_DONE && i < op->habits.n; i++) {
		const struct habit_use *u = &op->habits.rows[i];
		struct query q;

		op_begin(&q, c, SQL_CREDENTIAL_USED);
		bind_str(&q, u->realm);
		bind_str(&q, u->client);
		bind_str(&q, u->habit);
		bind_int(&q, u->last_s);
		r = op_finish(&q);
	}
	return r;
}

int
read_credentials_of(struct store *s, struct arena *mem, struct str realm, struct str client, int max,
    struct credential_use *out)
{
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, SQL_CREDENTIALS_OF);
	bind_str(&q, realm);
	bind_str(&q, client);
	bind_int(&q, max);
	for (; n < max && query_row(&q); n++) {
		out[n].credential = get_str(&q);
		out[n].last_s = get_int(&q);
	}
	return read_end_list(&q, s, n);
}
