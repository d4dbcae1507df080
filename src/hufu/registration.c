/* hufu/registration.c - hufu registration: initial access tokens, made, listed, revoked. */
#include "hufu/hufu_int.h"

static const struct opt create[] = {
	{ "--uses", "uses", OPT_INT, T_o_registration_uses },
	{ "--expires", "ttl_s", OPT_TTL, T_o_registration_ttl },
	{ "--realm", "realm", OPT_TEXT, T_o_realm },
	OPT_END,
};
static const struct opt list[] = { { "--realm", "realm", OPT_TEXT, T_o_realm }, OPT_PAGE, OPT_END };
static const struct opt one[] = { { "--realm", "realm", OPT_TEXT, T_o_realm }, OPT_END };

static struct str
uses_left(struct cli *c, const json_t *t)
{
	return json_is_integer(json_object_get(t, "uses_left")) ? out_int(c, t, "uses_left") : str_of(text(c, T_any_number));
}

static void
print_made(struct cli *c, const json_t *answer)
{
	const json_t *t = json_object_get(answer, "token");
	struct str secret = json_member_str(answer, "secret");
	struct table pairs;

	pairs_begin(&pairs, c);
	pair_line(&pairs, T_h_name, out_text(t, "name"));
	pair_line(&pairs, T_h_realm, out_text(t, "realm"));
	pair_line(&pairs, T_h_uses_left, uses_left(c, t));
	pair_line(&pairs, T_h_expires, out_time(c, t, "expires_s"));
	table_end(&pairs);
	printf("\n%s\n%.*s\n", text(c, T_secret_once), STR_ARG(secret));
}

static void
print_list(struct cli *c, const json_t *answer)
{
	static const enum text heads[] = { T_h_name, T_h_uses_left, T_h_created, T_h_expires };
	const json_t *rows = json_object_get(answer, "tokens"), *t;
	struct table table;
	size_t i;

	table_begin(&table, c, heads, COUNT(heads));
	json_array_foreach(rows, i, t) {
		table_cell(&table, out_text(t, "name"));
		table_cell(&table, uses_left(c, t));
		table_cell(&table, out_time(c, t, "created_s"));
		table_cell(&table, out_time(c, t, "expires_s"));
	}
	table_end(&table);
}

const struct command registration_commands[] = {
	{ "registration", "token-create", "registration.token-create", T_d_registration_token_create, WANTS_REALM,
	    "NAME", "name", create, .print = print_made },
	{ "registration", "token-list", "registration.token-list", T_d_registration_token_list, WANTS_REALM, NULL, NULL,
	    list, .print = print_list, .list = "tokens" },
	{ "registration", "token-revoke", "registration.token-revoke", T_d_registration_token_revoke, WANTS_REALM, "NAME",
	    "name", one, .print = out_done },
	{ .noun = NULL },
};
