/* hufu/ciba.c - hufu ciba: list, approve, deny. */
#include <stdlib.h>

#include "hufu/hufu_int.h"

#define REALM { "--realm", "realm", OPT_TEXT, T_o_realm }
static const struct opt list[] = { { "--user", "user", OPT_TEXT, T_o_user },
	{ "--client", "client", OPT_TEXT, T_o_client_only },
	{ "--issuer", "issuer", OPT_TEXT, T_o_issuer_all }, REALM, OPT_PAGE, OPT_END };
static const struct opt decision[] = { REALM, OPT_END };

/* As it was sent; most requests have none. */
static struct str
details_text(struct cli *c, const json_t *row)
{
	const json_t *details = json_object_get(row, "authorization_details");
	char *json = details != NULL ? json_dumps(details, JSON_COMPACT) : NULL;
	struct str text = json != NULL ? arena_dup(&c->mem, str_of(json)) : S("");

	free(json);
	return text;
}

static void
print_list(struct cli *c, const json_t *answer)
{
	static const enum text heads[] = { T_h_id, T_h_user, T_h_client, T_h_message, T_h_scopes, T_h_details,
		T_h_issuer, T_h_expires };
	const json_t *rows = json_object_get(answer, "requests"), *r;
	struct table t;
	size_t i;

	table_begin(&t, c, heads, COUNT(heads));
	json_array_foreach(rows, i, r) {
		table_cell(&t, out_text(r, "id"));
		table_cell(&t, out_text(r, "user"));
		table_cell(&t, out_text(r, "client"));
		table_cell(&t, out_text(r, "message"));
		table_cell(&t, out_words(c, r, "scopes"));
		table_cell(&t, details_text(c, r));
		table_cell(&t, out_text(r, "issuer"));
		table_cell(&t, out_time(c, r, "expires_s"));
	}
	table_end(&t);
}

const struct command ciba_commands[] = {
	{ "ciba", "list", "ciba.list", T_d_ciba_list, WANTS_REALM, NULL, NULL, list,
	    .print = print_list, .list = "requests" },
	{ "ciba", "approve", "ciba.approve", T_d_ciba_approve, WANTS_REALM, "REQUEST", "request", decision,
	    .print = out_done },
	{ "ciba", "deny", "ciba.deny", T_d_ciba_deny, WANTS_REALM, "REQUEST", "request", decision,
	    .print = out_done },
	{ .noun = NULL },
};
