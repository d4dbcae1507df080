/* hufu/client.c - hufu client: create, list, show, check, set, rotate-secret, delete. */
#include "hufu/hufu_int.h"

static const struct opt one[] = { { "--id", "id", OPT_TEXT, T_o_id },
	{ "--realm", "realm", OPT_TEXT, T_o_realm }, OPT_END };
static const struct opt rotation[] = { { "--id", "id", OPT_TEXT, T_o_id },
	{ "--realm", "realm", OPT_TEXT, T_o_realm },
	{ "--overlap", "overlap_s", OPT_TTL, T_o_overlap }, OPT_END };
static const struct opt profiles[] = { { "--id", "id", OPT_TEXT, T_o_id },
	{ "--profile", "profile", OPT_TEXT, T_o_profile },
	{ "--realm", "realm", OPT_TEXT, T_o_realm }, OPT_END };
static const struct opt filters[] = {
	{ "--search", "search", OPT_TEXT, T_o_search_client },
	{ "--grant", "grant", OPT_TEXT, T_o_has_grant },
	{ "--scope", "scope", OPT_TEXT, T_o_has_scope },
	{ "--legacy", "legacy_mark", OPT_TEXT, T_o_has_mark },
	{ "--acts-for", "acts_for", OPT_TEXT, T_o_has_acts_for },
	{ "--public", "public", OPT_TRUE, T_o_only_public },
	{ "--confidential", "public", OPT_FALSE, T_o_only_confidential },
	{ "--registered", "registered", OPT_TRUE, T_o_only_registered },
	{ "--enabled", "enabled", OPT_TRUE, T_o_only_enabled },
	{ "--disabled", "enabled", OPT_FALSE, T_o_only_disabled },
	{ "--realm", "realm", OPT_TEXT, T_o_realm },
	OPT_PAGE,
	OPT_END,
};
static const struct opt all[] = {
	{ "--id", "id", OPT_TEXT, T_o_id },
	{ "--realm", "realm", OPT_TEXT, T_o_realm },
	{ "--name", "name", OPT_TEXT, T_o_name },
	{ "--redirect-uri", "redirect_uris", OPT_EACH, T_o_redirect },
	{ "--grant", "grants", OPT_WORDS, T_o_grant },
	{ "--scope", "scopes", OPT_WORDS, T_o_scope },
	{ "--public", "public", OPT_TRUE, T_o_public },
	{ "--secret-stdin", "secret_stdin", OPT_LOCAL_FLAG, T_o_secret_stdin },
	{ "--encoded", "encoded", OPT_TRUE, T_o_encoded },
	{ "--auto-approve", "auto_approve", OPT_TEXT, T_o_approve },
	{ "--authority", "authorities", OPT_WORDS, T_o_authority },
	{ "--resource", "resource_ids", OPT_WORDS, T_o_resource },
	{ "--origin", "origins", OPT_WORDS, T_o_origin },
	{ "--acts-for", "acts_for", OPT_TEXT, T_o_acts_for },
	{ "--legacy", "legacy", OPT_WORDS, T_o_legacy },
	{ "--introspects", "introspects", OPT_WORDS, T_o_introspects },
	{ "--info", "info", OPT_OBJECT, T_o_info },
#define METADATA(kind, member, check, option, heading, heading_zh, help, help_zh) \
	{ option, #member, OPT_METADATA, T_o_md_##member },
#include "oauth/metadata.def"
	{ "--access-ttl", "access_ttl_s", OPT_TTL, T_o_ttl },
	{ "--refresh-ttl", "refresh_ttl_s", OPT_TTL, T_o_ttl },
	{ "--enable", "enabled", OPT_TRUE, T_o_enable },
	{ "--disable", "enabled", OPT_FALSE, T_o_disable },
	OPT_END,
};

static bool
read_secret(struct cli *c)
{
	struct str secret;

	if (!json_is_true(json_object_get(c->local, "secret_stdin")))
		return true;
	secret = secret_from_stdin(c, PASSWORD_MAX);
	return str_given(secret) && json_put_str(c->ask, "secret", secret);
}

static void
print_missing_mark(struct cli *c, const json_t *k, const char *grant, enum habit h)
{
	if (json_has_word(json_object_get(k, "grants"), grant)
	    && !json_has_word(json_object_get(k, "legacy"), habit_rows[h].word))
		out_line(FILL(c, T_unmarked, str_of(grant), str_of(habit_rows[h].word)));
}

/* A grant that no issuer will let it use: nothing weak is given without being asked for by name. */
static void
print_missing_marks(struct cli *c, const json_t *k)
{
	for (size_t i = 0; i < GI_COUNT; i++)
		if (grants[i]->weak)
			print_missing_mark(c, k, grants[i]->name, grants[i]->habit);
	print_missing_mark(c, k, "implicit", HABIT_IMPLICIT);
}

/* Of a client that came by itself (RFC 7591). */
static void
print_registration(struct table *t, struct cli *c, const json_t *r)
{
	if (r == NULL)
		return;
	pair_line(t, T_h_registered_by, out_text(r, "by"));
	pair_line(t, T_h_registered_at, out_text(r, "issuer"));
	pair_line(t, T_h_registered_from, out_text(r, "address"));
	pair_line(t, T_h_lease, out_time(c, r, "expires_s"));
}

/* Which secrets and keys were used last: what has not been used for long can go. */
static void
print_credentials(struct table *t, struct cli *c, const json_t *list)
{
	const json_t *use;
	size_t i;

	json_array_foreach(list, i, use)
		pair_line(t, T_h_credential,
		    FILL(c, T_credential_used, out_text(use, "credential"), out_time(c, use, "last_s")));
}

static void
print_one(struct cli *c, const json_t *answer)
{
	const json_t *k = json_object_get(answer, "client"), *info = json_object_get(k, "info");
	struct str secret = json_member_str(answer, "secret");
	char *more = json_object_size(info) > 0 ? json_dumps(info, JSON_COMPACT) : NULL;
	struct table t;

	pairs_begin(&t, c);
	pair_line(&t, T_h_id, out_text(k, "id"));
	pair_line(&t, T_h_realm, out_text(k, "realm"));
	pair_line(&t, T_h_name, out_text(k, "name"));
	pair_line(&t, T_h_enabled, out_bool(c, k, "enabled"));
	pair_line(&t, T_h_public, out_bool(c, k, "public"));
	pair_line(&t, T_h_secret, out_text(k, "secret_encoding"));
	pair_line(&t, T_h_grants, out_words(c, k, "grants"));
	pair_line(&t, T_h_scopes, out_words(c, k, "scopes"));
	pair_line(&t, T_h_redirect_uris, out_words(c, k, "redirect_uris"));
	pair_line(&t, T_h_auto_approve, out_words(c, k, "auto_approve"));
	pair_line(&t, T_h_authorities, out_words(c, k, "authorities"));
	pair_line(&t, T_h_resource_ids, out_words(c, k, "resource_ids"));
	pair_line(&t, T_h_origins, out_words(c, k, "origins"));
	pair_line(&t, T_h_acts_for, out_text(k, "acts_for"));
	pair_line(&t, T_h_legacy, out_words(c, k, "legacy"));
	pair_line(&t, T_h_introspects, out_words(c, k, "introspects"));
	metadata_lines(&t, c, json_object_get(k, "metadata"));
	pair_line(&t, T_h_access_ttl, out_life(c, k, "access_ttl_s"));
	pair_line(&t, T_h_refresh_ttl, out_life(c, k, "refresh_ttl_s"));
	pair_line(&t, T_h_info, str_of(more));
	pair_line(&t, T_h_created, out_time(c, k, "created_s"));
	pair_line(&t, T_h_updated, out_time(c, k, "updated_s"));
	print_registration(&t, c, json_object_get(answer, "registration"));
	if (json_object_get(k, "former_secret_until_s") != NULL)
		pair_line(&t, T_h_former_secret, out_time(c, k, "former_secret_until_s"));
	print_credentials(&t, c, json_object_get(answer, "credentials"));
	table_end(&t);
	print_missing_marks(c, k);
	if (str_given(secret))
		printf("\n%s\n%.*s\n", text(c, T_secret_once), STR_ARG(secret));
	free(more);
}

static void
print_list(struct cli *c, const json_t *answer)
{
	static const enum text heads[] = { T_h_id, T_h_name, T_h_public, T_h_enabled, T_h_grants, T_h_scopes };
	const json_t *list = json_object_get(answer, "clients"), *k;
	struct table t;
	size_t i;

	table_begin(&t, c, heads, COUNT(heads));
	json_array_foreach(list, i, k) {
		table_cell(&t, out_text(k, "id"));
		table_cell(&t, out_text(k, "name"));
		table_cell(&t, out_bool(c, k, "public"));
		table_cell(&t, out_bool(c, k, "enabled"));
		table_cell(&t, out_words(c, k, "grants"));
		table_cell(&t, out_words(c, k, "scopes"));
	}
	table_end(&t);
}

static void
print_changes(struct cli *c, const json_t *answer)
{
	static const enum text heads[] = { T_h_member, T_h_change, T_h_where };
	const json_t *list = json_object_get(answer, "changes"), *change;
	struct table t;
	size_t i;

	table_begin(&t, c, heads, COUNT(heads));
	json_array_foreach(list, i, change) {
		table_cell(&t, out_text(change, "member"));
		table_cell(&t, out_text(change, "change"));
		table_cell(&t, out_text(change, "where"));
	}
	table_end(&t);
}

/* Says by its status too whether the client fits. */
static int
check(struct cli *c)
{
	const json_t *answer;
	bool fits;

	if (!str_given(json_member_str(c->ask, "realm")) && !cli_realm(c))
		return c->code;
	answer = cli_order(c, c->ask);
	if (answer == NULL)
		return c->code;
	fits = json_is_true(json_object_get(answer, "fits"));
	if (c->json)
		out_json(c, answer);
	else if (fits)
		out_line(FILL(c, T_client_fits, out_text(answer, "id"), out_text(answer, "profile")));
	else
		print_changes(c, answer);
	return fits ? EXIT_DONE : EXIT_FAILED;
}

const struct command client_commands[] = {
	{ "client", "create", "client.create", T_d_client_create, WANTS_REALM | ARG_OPTIONAL, "ID", "id", all,
	    .prepare = read_secret, .print = print_one },
	{ "client", "list", "client.list", T_d_client_list, WANTS_REALM, NULL, NULL, filters, .print = print_list,
	    .list = "clients" },
	{ "client", "show", "client.show", T_d_client_show, WANTS_REALM, "ID", "id", one, .print = print_one },
	{ "client", "check", "client.check", T_d_client_check, WANTS_REALM, "ID", "id", profiles, .run = check },
	{ "client", "set", "client.set", T_d_client_set, WANTS_REALM, "ID", "id", all, .prepare = read_secret,
	    .print = print_one },
	{ "client", "rotate-secret", "client.rotate-secret", T_d_client_rotate, WANTS_REALM, "ID", "id", rotation,
	    .print = print_one },
	{ "client", "delete", "client.delete", T_d_client_delete, WANTS_REALM, "ID", "id", one, .print = out_done },
	{ .noun = NULL },
};
