/* hufu/user.c - hufu user: create, list, show, export, set, set-password, disable, enable, factors, factors-reset, delete. */
#include "hufu/hufu_int.h"
#include "store/user_claims.h"

static const struct opt realm_only[] = { { "--realm", "realm", OPT_TEXT, T_o_realm }, OPT_END };
static const struct opt filters[] = {
	{ "--search", "search", OPT_TEXT, T_o_search_user },
	{ "--authority", "authority", OPT_TEXT, T_o_has_authority },
	{ "--enabled", "enabled", OPT_TRUE, T_o_only_enabled },
	{ "--disabled", "enabled", OPT_FALSE, T_o_only_disabled },
	{ "--locked", "locked", OPT_TRUE, T_o_only_locked },
	{ "--table", "origin", OPT_TEXT, T_o_of_table },
	{ "--realm", "realm", OPT_TEXT, T_o_realm },
	OPT_PAGE,
	OPT_END,
};
#define FIELD_OPTIONS \
	{ "--realm", "realm", OPT_TEXT, T_o_realm }, \
	{ "--display-name", "display_name", OPT_TEXT, T_o_name }, \
	{ "--phone", "phone", OPT_TEXT, T_o_user_text }, \
	{ "--email", "email", OPT_TEXT, T_o_user_text }, \
	{ "--open-id", "open_id", OPT_TEXT, T_o_user_text }, \
	{ "--account-type", "account_type", OPT_TEXT, T_o_user_text }, \
	{ "--number", "number", OPT_INT, T_o_user_text }, \
	{ "--authority", "authorities", OPT_WORDS, T_o_authority }, \
	{ "--claim", "claims", OPT_CLAIM, T_o_claim }
#define PASSWORD_OPTIONS \
	{ "--password-stdin", "password_stdin", OPT_LOCAL_FLAG, T_o_password_stdin }, \
	{ "--password-file", "password_file", OPT_LOCAL, T_o_password_file }, \
	{ "--encoded", "encoded", OPT_TRUE, T_o_encoded }, \
	{ "--must-change", "must_change", OPT_TRUE, T_o_must_change }
static const struct opt create[] = { FIELD_OPTIONS, PASSWORD_OPTIONS,
	{ "--no-password", "no_password", OPT_LOCAL_FLAG, T_o_no_password }, OPT_END };
static const struct opt set[] = { FIELD_OPTIONS, { "--must-change", "must_change", OPT_TRUE, T_o_must_change },
	{ "--need-not-change", "must_change", OPT_FALSE, T_o_need_not_change }, OPT_END };
static const struct opt set_password[] = { { "--realm", "realm", OPT_TEXT, T_o_realm }, PASSWORD_OPTIONS, OPT_END };

static bool
read_password(struct cli *c)
{
	struct str file = json_member_str(c->local, "password_file"), password;

	if (json_is_true(json_object_get(c->local, "no_password")))
		return true;
	password = json_is_true(json_object_get(c->local, "password_stdin")) ? secret_from_stdin(c, PASSWORD_MAX)
	    : str_given(file) ? secret_from_file(c, file, PASSWORD_MAX) : secret_from_terminal(c);
	if (!str_given(password))
		return false;
	if (password.n == 0)
		return cli_fail(c, str_of(text(c, T_password_empty)), STR_ABSENT);
	return json_put_str(c->ask, "password", password) || cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT);
}

static struct str
count(struct cli *c, const json_t *has, const char *member)
{
	int64_t n = 0;

	json_member_int(has, member, &n);
	return arena_printf(&c->mem, "%lld", (long long)n);
}

static void
print_has(struct cli *c, struct table *t, const json_t *has)
{
	pair_line(t, T_h_n_sessions, count(c, has, "sessions"));
	pair_line(t, T_h_seen, out_time(c, has, "seen_s"));
	pair_line(t, T_h_n_families, count(c, has, "families"));
	pair_line(t, T_h_n_tokens, count(c, has, "tokens"));
	pair_line(t, T_h_codes, out_int(c, has, "codes"));
	pair_line(t, T_h_approvals, count(c, has, "approvals"));
	pair_line(t, T_h_messages, out_int(c, has, "messages"));
}

/* One a line: texts as they are, the rest as JSON. */
static void
print_claims(struct cli *c, struct table *t, const json_t *claims)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)claims, name, v) {
		char *more = json_is_string(v) ? NULL
		    : json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(USER_CLAIM_DIGITS));
		struct str value = more != NULL ? str_of(more) : str_of(json_string_value(v));

		pair_line(t, T_h_claims, ARENA_CAT(&c->mem, str_of(name), S("="), value));
		free(more);
	}
}

/* "2026-11-30 13:58:31 (12 days)" */
static struct str
password_age(struct cli *c, const json_t *u)
{
	int64_t set_s = json_integer_value(json_object_get(u, "password_s"));
	struct str days = arena_printf(&c->mem, "%lld ", (long long)((clock_now_s() - set_s) / 86400));

	if (set_s <= 0)
		return STR_ABSENT;
	return ARENA_CAT(&c->mem, out_time(c, u, "password_s"), S(" ("), days, str_of(text(c, T_days)), S(")"));
}

static void
print_one(struct cli *c, const json_t *answer)
{
	const json_t *u = json_object_get(answer, "user"), *has = json_object_get(answer, "has");
	struct table t;

	pairs_begin(&t, c);
	pair_line(&t, T_h_name, out_text(u, "name"));
	pair_line(&t, T_h_realm, out_text(u, "realm"));
	pair_line(&t, T_h_id, out_text(u, "id"));
	if (str_given(json_member_str(u, "origin")))
		pair_line(&t, T_h_origin, out_text(u, "origin"));
	pair_line(&t, T_h_enabled, out_bool(c, u, "enabled"));
	pair_line(&t, T_h_locked, out_bool(c, u, "locked"));
	pair_line(&t, T_h_password, out_text(u, "password_encoding"));
	pair_line(&t, T_h_password_s, password_age(c, u));
	if (json_is_true(json_object_get(u, "must_change")))
		pair_line(&t, T_h_must_change, out_bool(c, u, "must_change"));
	pair_line(&t, T_h_display_name, out_text(u, "display_name"));
	pair_line(&t, T_h_phone, out_text(u, "phone"));
	pair_line(&t, T_h_email, out_text(u, "email"));
	pair_line(&t, T_h_open_id, out_text(u, "open_id"));
	pair_line(&t, T_h_account_type, out_text(u, "account_type"));
	pair_line(&t, T_h_number, out_int(c, u, "number"));
	pair_line(&t, T_h_authorities, out_words(c, u, "authorities"));
	print_claims(c, &t, json_object_get(u, "claims"));
	pair_line(&t, T_h_created, out_time(c, u, "created_s"));
	pair_line(&t, T_h_updated, out_time(c, u, "updated_s"));
	if (has != NULL)
		print_has(c, &t, has);
	table_end(&t);
}

static void
print_list(struct cli *c, const json_t *answer)
{
	static const enum text heads[] = { T_h_name, T_h_display_name, T_h_enabled, T_h_locked,
		T_h_authorities, T_h_origin, T_h_id };
	const json_t *list = json_object_get(answer, "users"), *u;
	struct table t;
	size_t i;

	table_begin(&t, c, heads, COUNT(heads));
	json_array_foreach(list, i, u) {
		table_cell(&t, out_text(u, "name"));
		table_cell(&t, out_text(u, "display_name"));
		table_cell(&t, out_bool(c, u, "enabled"));
		table_cell(&t, out_bool(c, u, "locked"));
		table_cell(&t, out_words(c, u, "authorities"));
		table_cell(&t, out_text(u, "origin"));
		table_cell(&t, out_text(u, "id"));
	}
	table_end(&t);
}

static const struct opt reset[] = { { "--kind", "kind", OPT_TEXT, T_o_factor_kind }, { "--realm", "realm", OPT_TEXT, T_o_realm },
	OPT_END };

static void
print_devices(struct cli *c, const json_t *list)
{
	static const enum text heads[] = { T_h_device, T_h_address, T_h_issuer, T_h_seen, T_h_expires };
	const json_t *d;
	struct table t;
	size_t i;

	table_begin(&t, c, heads, COUNT(heads));
	json_array_foreach(list, i, d) {
		table_cell(&t, out_short(c, out_text(d, "agent")));
		table_cell(&t, out_text(d, "address"));
		table_cell(&t, out_text(d, "issuer"));
		table_cell(&t, out_time(c, d, "last_s"));
		table_cell(&t, out_time(c, d, "expires_s"));
	}
	table_end(&t);
}

static void
print_factors(struct cli *c, const json_t *answer)
{
	static const enum text heads[] = { T_h_factor, T_h_name, T_h_created, T_h_used, T_h_id };
	const json_t *list = json_object_get(answer, "factors"), *devices = json_object_get(answer, "devices"), *f;
	struct table t;
	size_t i;

	table_begin(&t, c, heads, COUNT(heads));
	json_array_foreach(list, i, f) {
		table_cell(&t, out_text(f, "kind"));
		table_cell(&t, out_text(f, "name"));
		table_cell(&t, out_time(c, f, "created_s"));
		table_cell(&t, out_time(c, f, "last_s"));
		table_cell(&t, out_text(f, "id"));
	}
	table_end(&t);
	pairs_begin(&t, c);
	pair_line(&t, T_h_recovery, out_int(c, answer, "recovery_codes"));
	table_end(&t);
	if (json_array_size(devices) > 0)
		print_devices(c, devices);
}

static const struct opt test[] = {
	{ "--table", "table", OPT_LOCAL, T_o_table }, { "--by", "by", OPT_LOCAL, T_o_table_by },
	{ "--password-stdin", "password_stdin", OPT_LOCAL_FLAG, T_o_test_password },
	{ "--password-file", "password_file", OPT_LOCAL, T_o_password_file }, OPT_END,
};

static const struct opt unlink_opts[] = {
	{ "--provider", "provider", OPT_TEXT, T_o_provider }, { "--subject", "subject", OPT_TEXT, T_o_subject },
	{ "--realm", "realm", OPT_TEXT, T_o_realm }, OPT_END,
};
static const struct opt identity_opts[] = {
	{ "--provider", "provider", OPT_TEXT, T_o_provider }, { "--realm", "realm", OPT_TEXT, T_o_realm }, OPT_PAGE, OPT_END,
};

static void
print_identities(struct cli *c, const json_t *answer)
{
	static const enum text heads[] = { T_h_provider, T_h_subject, T_h_shown, T_h_linked, T_h_last_login };
	const json_t *rows = json_object_get(answer, "identities"), *r;
	struct table t;
	size_t i;

	table_begin(&t, c, heads, COUNT(heads));
	json_array_foreach(rows, i, r) {
		table_cell(&t, out_text(r, "provider"));
		table_cell(&t, out_text(r, "subject"));
		table_cell(&t, out_text(r, "shown"));
		table_cell(&t, out_time(c, r, "linked_s"));
		table_cell(&t, out_time(c, r, "last_s"));
	}
	table_end(&t);
}

const struct command user_commands[] = {
	{ "user", "create", "user.create", T_d_user_create, WANTS_REALM, "NAME", "name", create,
	    .prepare = read_password, .print = print_one },
	{ "user", "list", "user.list", T_d_user_list, WANTS_REALM, NULL, NULL, filters, .print = print_list,
	    .list = "users" },
	{ "user", "show", "user.show", T_d_user_show, WANTS_REALM, "NAME", "name", realm_only,
	    .print = print_one },
	{ "user", "export", NULL, T_d_user_export, 0, "NAME", "name", realm_only, .run = user_exported },
	{ "user", "set", "user.set", T_d_user_set, WANTS_REALM, "NAME", "name", set, .print = print_one },
	{ "user", "set-password", "user.set-password", T_d_user_password, WANTS_REALM, "NAME", "name",
	    set_password, .prepare = read_password, .print = out_done },
	{ "user", "disable", "user.disable", T_d_user_disable, WANTS_REALM, "NAME", "name", realm_only,
	    .print = out_done },
	{ "user", "enable", "user.enable", T_d_user_enable, WANTS_REALM, "NAME", "name", realm_only,
	    .print = out_done },
	{ "user", "factors", "user.factors", T_d_user_factors, WANTS_REALM, "NAME", "name", realm_only,
	    .print = print_factors },
	{ "user", "factors-reset", "user.factors-reset", T_d_user_factors_reset, WANTS_REALM, "NAME", "name", reset,
	    .print = out_done },
	{ "user", "identities", "identity.list", T_d_user_identities, WANTS_REALM, "NAME", "user", identity_opts,
	    .print = print_identities, .list = "identities" },
	{ "user", "unlink", "identity.unlink", T_d_user_unlink, WANTS_REALM, "NAME", "user", unlink_opts,
	    .print = out_done },
	{ "user", "test", NULL, T_d_user_test, 0, "NAME", "name", test, .run = user_test },
	{ "user", "delete", "user.delete", T_d_user_delete, WANTS_REALM, "NAME", "name", realm_only,
	    .print = out_done },
	{ .noun = NULL },
};
