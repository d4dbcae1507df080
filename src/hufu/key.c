/* hufu/key.c - hufu key: list, rotate. */
#include "hufu/hufu_int.h"

static const struct opt list[] = { { "--issuer", "issuer", OPT_TEXT, T_o_issuer_all }, OPT_END };
static const struct opt rotate[] = { { "--issuer", "issuer", OPT_TEXT, T_o_issuer }, { "--now", "now", OPT_TRUE, T_o_now }, OPT_END };

static void
print_list(struct cli *c, const json_t *answer)
{
	static const enum text heads[] = { T_h_issuer, T_h_kid, T_h_alg, T_h_state, T_h_created, T_h_active, T_h_retired };
	const json_t *rows = json_object_get(answer, "keys"), *k;
	struct table t;
	size_t i;

	table_begin(&t, c, heads, COUNT(heads));
	json_array_foreach(rows, i, k) {
		table_cell(&t, out_text(k, "issuer"));
		table_cell(&t, out_text(k, "kid"));
		table_cell(&t, out_text(k, "alg"));
		table_cell(&t, out_text(k, "state"));
		table_cell(&t, out_time(c, k, "created"));
		table_cell(&t, out_time(c, k, "active"));
		table_cell(&t, out_time(c, k, "retired"));
	}
	table_end(&t);
}

static void
print_new(struct cli *c, const json_t *answer)
{
	struct table t;

	pairs_begin(&t, c);
	pair_line(&t, T_h_issuer, out_text(answer, "issuer"));
	pair_line(&t, T_h_kid, out_text(answer, "kid"));
	table_end(&t);
}

const struct command key_commands[] = {
	{ "key", "list", "key.list", T_d_key_list, 0, NULL, NULL, list, .print = print_list },
	{ "key", "rotate", "key.rotate", T_d_key_rotate, WANTS_ISSUER, NULL, NULL, rotate, .print = print_new },
	{ .noun = NULL },
};
