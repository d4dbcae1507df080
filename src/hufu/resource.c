/* hufu/resource.c - hufu resource: create, list, show, set, delete. */
#include "hufu/hufu_int.h"

static const struct opt one[] = { { "--id", "id", OPT_TEXT, T_o_resource_id },
	{ "--realm", "realm", OPT_TEXT, T_o_realm }, OPT_END };
static const struct opt filters[] = {
	{ "--search", "search", OPT_TEXT, T_o_search_resource },
	{ "--scope", "scope", OPT_TEXT, T_o_has_scope },
	{ "--enabled", "enabled", OPT_TRUE, T_o_only_enabled },
	{ "--disabled", "enabled", OPT_FALSE, T_o_only_disabled },
	{ "--realm", "realm", OPT_TEXT, T_o_realm },
	OPT_PAGE,
	OPT_END,
};
static const struct opt all[] = {
	{ "--id", "id", OPT_TEXT, T_o_resource_id },
	{ "--realm", "realm", OPT_TEXT, T_o_realm },
	{ "--name", "name", OPT_TEXT, T_o_name },
	{ "--scope", "scopes", OPT_WORDS, T_o_resource_scope },
	{ "--typ", "typ", OPT_TEXT, T_o_typ },
	{ "--alg", "signing_alg", OPT_TEXT, T_o_resource_alg },
	{ "--shape", "shape", OPT_TEXT, T_o_shape },
	{ "--access-ttl", "access_ttl_s", OPT_TTL, T_o_resource_ttl },
	{ "--sign-out-uri", "sign_out_uri", OPT_TEXT, T_o_sign_out_uri },
	{ "--enable", "enabled", OPT_TRUE, T_o_enable },
	{ "--disable", "enabled", OPT_FALSE, T_o_disable },
	OPT_END,
};

static void
print_one(struct cli *c, const json_t *answer)
{
	const json_t *r = json_object_get(answer, "resource");
	struct table t;

	pairs_begin(&t, c);
	pair_line(&t, T_h_id, out_text(r, "id"));
	pair_line(&t, T_h_realm, out_text(r, "realm"));
	pair_line(&t, T_h_name, out_text(r, "name"));
	pair_line(&t, T_h_enabled, out_bool(c, r, "enabled"));
	pair_line(&t, T_h_scopes, out_words(c, r, "scopes"));
	pair_line(&t, T_h_shape, out_text(r, "shape"));
	pair_line(&t, T_h_typ, out_text(r, "typ"));
	pair_line(&t, T_h_alg, out_text(r, "signing_alg"));
	pair_line(&t, T_h_sign_out_uri, out_text(r, "sign_out_uri"));
	pair_line(&t, T_h_access_ttl, out_life(c, r, "access_ttl_s"));
	pair_line(&t, T_h_created, out_time(c, r, "created_s"));
	pair_line(&t, T_h_updated, out_time(c, r, "updated_s"));
	table_end(&t);
}

static void
print_list(struct cli *c, const json_t *answer)
{
	static const enum text heads[] = { T_h_id, T_h_name, T_h_enabled, T_h_shape, T_h_typ, T_h_scopes };
	const json_t *list = json_object_get(answer, "resources"), *r;
	struct table t;
	size_t i;

	table_begin(&t, c, heads, COUNT(heads));
	json_array_foreach(list, i, r) {
		table_cell(&t, out_text(r, "id"));
		table_cell(&t, out_text(r, "name"));
		table_cell(&t, out_bool(c, r, "enabled"));
		table_cell(&t, out_text(r, "shape"));
		table_cell(&t, out_text(r, "typ"));
		table_cell(&t, out_words(c, r, "scopes"));
	}
	table_end(&t);
}

const struct command resource_commands[] = {
	{ "resource", "create", "resource.create", T_d_resource_create, WANTS_REALM | ARG_OPTIONAL, "URI", "id", all,
	    .print = print_one },
	{ "resource", "list", "resource.list", T_d_resource_list, WANTS_REALM, NULL, NULL, filters, .print = print_list,
	    .list = "resources" },
	{ "resource", "show", "resource.show", T_d_resource_show, WANTS_REALM, "URI", "id", one, .print = print_one },
	{ "resource", "set", "resource.set", T_d_client_set, WANTS_REALM, "URI", "id", all, .print = print_one },
	{ "resource", "delete", "resource.delete", T_d_resource_delete, WANTS_REALM, "URI", "id", one, .print = out_done },
	{ .noun = NULL },
};
