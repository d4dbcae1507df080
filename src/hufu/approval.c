/* hufu/approval.c - hufu consent, or approval: list, withdraw. */
#include "hufu/hufu_int.h"

#define WHOSE \
	{ "--user", "user", OPT_TEXT, T_o_user }, { "--client", "client", OPT_TEXT, T_o_client_only }, \
	{ "--issuer", "issuer", OPT_TEXT, T_o_issuer_all }, { "--realm", "realm", OPT_TEXT, T_o_realm }
static const struct opt list[] = { WHOSE, OPT_PAGE, OPT_END };
static const struct opt withdraw[] = { WHOSE, OPT_END };

static void
print_list(struct cli *c, const json_t *answer)
{
	static const enum text heads[] = { T_h_user, T_h_client, T_h_issuer, T_h_scopes, T_h_details,
		T_h_resource_ids, T_h_expires };
	const json_t *rows = json_object_get(answer, "approvals"), *a;
	struct table t;
	size_t i;

	table_begin(&t, c, heads, COUNT(heads));
	json_array_foreach(rows, i, a) {
		table_cell(&t, json_object_get(a, "user") != NULL ? out_text(a, "user") : out_text(a, "user_id"));
		table_cell(&t, out_text(a, "client"));
		table_cell(&t, out_text(a, "issuer"));
		table_cell(&t, out_words(c, a, "scopes"));
		table_cell(&t, out_int(c, a, "details"));
		table_cell(&t, out_words(c, a, "resources"));
		table_cell(&t, out_time(c, a, "expires_s"));
	}
	table_end(&t);
}

static void
print_withdrawn(struct cli *c, const json_t *answer)
{
	out_line(FILL(c, T_withdrawn, out_int(c, answer, "withdrawn")));
}

/* Two names of one thing: what a user has approved. */
#define COMMANDS(noun) \
	{ noun, "list", "approval.list", T_d_approval_list, WANTS_REALM, NULL, NULL, list, \
	    .print = print_list, .list = "approvals" }, \
	{ noun, "withdraw", "approval.withdraw", T_d_approval_withdraw, WANTS_REALM, NULL, NULL, withdraw, \
	    .print = print_withdrawn }

const struct command approval_commands[] = {
	COMMANDS("consent"),
	COMMANDS("approval"),
	{ .noun = NULL },
};
