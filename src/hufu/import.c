/* hufu/import.c - hufu import: an old server's tables are read, judged whole, and only then written, in pieces. */
#include "hufu/hufu_int.h"
#include "import/authserver.h"
#include "import/keycloak.h"
#include "import/redis.h"
#include "import/spring.h"
#include "import/when.h"

#define PIECE_ROWS  50
#define PIECE_BYTES (24 * 1024)
#define SECRET_MAX  1024
static const char *const lists[] = { "users", "clients", "approvals", "tokens" };
static const char *const fates[] = { "added", "same", "kept", "replaced", "expired", "orphaned", "refused" };

/* Of every source. */
#define OPTS_ALL \
	{ "--realm", "realm", OPT_TEXT, T_o_realm }, { "--issuer", "issuer", OPT_LOCAL, T_o_import_issuer }, \
	{ "--dry-run", "dry_run", OPT_LOCAL_FLAG, T_o_dry_run }, { "--replace", "replace", OPT_TRUE, T_o_replace }, \
	{ "--skip-refused", "skip_refused", OPT_LOCAL_FLAG, T_o_skip_refused }
/* Of those with tables. */
#define OPTS_TABLES \
	{ "--tokens", "tokens", OPT_LOCAL_FLAG, T_o_tokens }, { "--password-file", "password_file", OPT_LOCAL, T_o_source_password }, \
	{ "--time-zone", "time_zone", OPT_LOCAL, T_o_time_zone }, { "--charset", "charset", OPT_LOCAL, T_o_charset }, \
	{ "--users-table", "users_table", OPT_LOCAL, T_o_users_table }, { "--user-columns", "user_columns", OPT_LOCAL, T_o_user_columns }, \
	{ "--encoding", "encoding", OPT_LOCAL, T_o_encoding }, { "--client-encoding", "client_encoding", OPT_LOCAL, T_o_client_encoding }, \
	{ "--user-encoding", "user_encoding", OPT_LOCAL, T_o_user_encoding }, \
	{ "--enabled-values", "enabled_values", OPT_LOCAL, T_o_enabled_values }, { "--locked-values", "locked_values", OPT_LOCAL, T_o_locked_values }, \
	{ "--expired-values", "expired_values", OPT_LOCAL, T_o_expired_values }, \
	{ "--credentials-expired-values", "credentials_expired_values", OPT_LOCAL, T_o_stale_values }, \
	{ "--deleted-values", "deleted_values", OPT_LOCAL, T_o_deleted_values }, \
	{ "--client-enabled-values", "client_enabled_values", OPT_LOCAL, T_o_client_enabled_values }, \
	{ "--client-deleted-values", "client_deleted_values", OPT_LOCAL, T_o_client_deleted_values }, \
	{ "--ignore-columns", "ignore_columns", OPT_LOCAL, T_o_ignore_columns }
#define OPT_AUTHORITIES { "--authorities-table", "authorities_table", OPT_LOCAL, T_o_authorities_table }

static const struct opt spring_opts[] = {
	{ "--from", "from", OPT_LOCAL, T_o_from }, OPTS_ALL, OPTS_TABLES, OPT_AUTHORITIES,
	{ "--clients-table", "clients_table", OPT_LOCAL, T_o_clients_table },
	{ "--client-columns", "client_columns", OPT_LOCAL, T_o_client_columns }, OPT_END,
};
static const struct opt authserver_opts[] = { { "--from", "from", OPT_LOCAL, T_o_from_tables }, OPTS_ALL, OPTS_TABLES, OPT_AUTHORITIES, OPT_END };
static const struct opt keycloak_opts[] = {
	{ "--from", "from", OPT_LOCAL, T_o_from_export }, { "--old-realm", "old_realm", OPT_LOCAL, T_o_old_realm }, OPTS_ALL, OPT_END,
};

/* An old server: how its rows are read (NULL: its files are no tables), and whether an issuer that knows tokens by their rows finds its refresh tokens all the same. */
struct old_server { bool (*read)(struct row_source *, const struct spring_options *, struct spring_plan *, struct str *why); bool redis, refresh_only; };
static const struct old_server spring_server = { .read = spring_read, .redis = true };
static const struct old_server keycloak_server = { .read = NULL };
static const struct old_server authserver_server = { .read = authserver_read, .refresh_only = true };

static bool
flag(const struct cli *c, const char *name)
{
	return json_is_true(json_object_get(c->local, name));
}

/* A key-value store holds nothing else that is looked for. */
static bool
is_redis(const struct cli *c, const struct old_server *old)
{
	return old->redis && str_starts(json_member_str(c->local, "from"), S("redis://"));
}

/* --- which issuer ---------------------------------------------------------------------------------------------------------- */

/*
 * What an old server gave is found by its digest, or verified by its key: an issuer that looks into the text itself cannot honour it, but
 * for opaque refresh tokens, which every issuer of opaque ones finds.
 */
static bool
issuer_suits(struct cli *c, const struct conf *conf, const struct old_server *old, struct spring_options *o)
{
	struct str why = STR_ABSENT;
	struct policy law;
	struct knobs knobs;

	if (!setup_policy(conf, o->issuer, &law, &knobs, &c->mem, &why))
		return cli_fail(c, why, STR_ABSENT);
	if ((flag(c, "tokens") || is_redis(c, old)) && !old->refresh_only
	    && (law.refresh_shape == SHAPE_ROW_ID || law.access_shape == SHAPE_ROW_ID))
		return cli_fail(c, FILL(c, T_import_shape, o->issuer), str_of(text(c, T_import_shape_hint)));
	o->jwt = law.refresh_shape == SHAPE_JWT;
	o->access_by_text = law.access_shape == SHAPE_B64URL27 || law.access_shape == SHAPE_UUID;
	o->pkce = law.pkce == PKCE_REQUIRED;
	return true;
}

/* The one that was named, which must serve this realm; else the only one that does; else none. */
static bool
issuer_find(struct cli *c, struct str realm, const struct old_server *old, struct spring_options *o)
{
	const struct conf *conf = cli_conf(c);
	struct str named = json_member_str(c->local, "issuer");
	const struct str *names;
	size_t n = conf ? conf_names(conf, SEC_ISSUER, &names) : 0, fits = 0;

	o->issuer = STR_ABSENT;
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(conf_text(conf, SEC_ISSUER, names[i], "realm"), realm) || (str_given(named) && !str_eq(named, names[i])))
			continue;
		o->issuer = names[i];
		fits++;
	}
	if (conf == NULL)
		return false;
	if (str_given(named) && fits == 0)
		return cli_usage(c, FILL(c, T_import_issuer, named, realm));
	if (fits != 1)
		o->issuer = STR_ABSENT;
	return !str_given(o->issuer) || issuer_suits(c, conf, old, o);
}

/* --- reading ---------------------------------------------------------------------------------------------------------------- */

/* What the operator says of the columns that tell who may come in. */
static void
states_said(struct cli *c, struct spring_options *o)
{
	static const struct { const char *option; enum state_map map; bool client; } said[] = {
		{ "enabled_values", MAP_ENABLED, false }, { "locked_values", MAP_LOCKED, false }, { "expired_values", MAP_EXPIRED, false },
		{ "credentials_expired_values", MAP_STALE, false }, { "deleted_values", MAP_DELETED, false },
		{ "client_enabled_values", MAP_ENABLED, true }, { "client_deleted_values", MAP_DELETED, true },
	};
	struct str ignored = json_member_str(c->local, "ignore_columns");

	for (size_t i = 0; i < COUNT(said); i++)
		states_values(&c->mem, said[i].client ? &o->client_states : &o->user_states, said[i].map, json_member_str(c->local, said[i].option));
	o->user_states.ignored = str_empty(ignored) ? NULL : states_list(&c->mem, ignored, &o->user_states.n_ignored);
	o->client_states.ignored = o->user_states.ignored;
	o->client_states.n_ignored = o->user_states.n_ignored;
}

static struct str
encoding_said(struct cli *c, const char *option)
{
	struct str own = json_member_str(c->local, option);

	return str_given(own) ? own : json_member_str(c->local, "encoding");
}

/* Everything that stands in the options. */
static bool
options_read(struct cli *c, struct spring_options *o)
{
	struct str zone = json_member_str(c->local, "time_zone");

	o->tokens = flag(c, "tokens");
	o->clients_table = json_member_str(c->local, "clients_table");
	o->users_table = json_member_str(c->local, "users_table");
	o->user_columns = json_member_str(c->local, "user_columns");
	o->client_columns = json_member_str(c->local, "client_columns");
	o->authorities_table = json_member_str(c->local, "authorities_table");
	o->client_encoding = encoding_said(c, "client_encoding");
	o->user_encoding = encoding_said(c, "user_encoding");
	states_said(c, o);
	return !str_given(zone) || zone_read(zone, &o->zone_s) || cli_usage(c, FILL(c, T_bad_zone, zone));
}

static bool
source_read(struct cli *c, const struct old_server *old, const struct spring_options *o, struct str password, struct spring_plan *plan)
{
	struct str from = json_member_str(c->local, "from"), why = STR_ABSENT;
	struct row_source source;
	bool ok;

	if (is_redis(c, old)) {
		if (!str_given(o->issuer))
			return cli_usage(c, FILL(c, T_too_little, S("--issuer ISSUER")));
		return (spring_plan_begin(plan, &c->mem) && redis_tokens(&c->mem, from, password, o, plan, &why)) || cli_fail(c, why, STR_ABSENT);
	}
	if (old->read == NULL)
		return keycloak_read(&c->mem, from, json_member_str(c->local, "old_realm"), o, plan, &why) || cli_fail(c, why, STR_ABSENT);
	if (!source_open_as(&c->mem, from, password, json_member_str(c->local, "charset"), &source, &why))
		return cli_fail(c, why, STR_ABSENT);
	ok = old->read(&source, o, plan, &why);
	source_close(&source);
	return ok || cli_fail(c, why, STR_ABSENT);
}

static bool
plan_read(struct cli *c, const struct old_server *old, struct spring_options *o, struct spring_plan *plan)
{
	struct str file = json_member_str(c->local, "password_file");
	struct str password = str_given(file) ? secret_from_file(c, file, SECRET_MAX) : str_of(getenv("HUFU_IMPORT_PASSWORD"));

	return (!str_given(file) || str_given(password)) && options_read(c, o) && source_read(c, old, o, password, plan);
}

/* --- sending ---------------------------------------------------------------------------------------------------------------- */

static void
counts_add(json_t *into, const json_t *answer, json_t *refused)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)answer, name, v)
		if (json_is_integer(v))
			json_object_set_new(into, name, json_integer(json_integer_value(v) + json_integer_value(json_object_get(into, name))));
	json_array_extend(refused, json_object_get(answer, "why"));
}

static bool
piece_send(struct cli *c, const char *list, const json_t *rows, size_t *at, json_t *counts, json_t *refused)
{
	json_t *ask = json_deep_copy(c->ask), *piece = json_array(), *row, *answer;
	size_t bytes = 0;

	while ((row = json_array_get(rows, *at)) != NULL && json_array_size(piece) < PIECE_ROWS) {
		bytes += json_dumpb(row, NULL, 0, JSON_COMPACT) + 1;
		if (json_array_size(piece) > 0 && bytes > PIECE_BYTES)
			break;
		json_array_append(piece, row);
		(*at)++;
	}
	json_object_set_new(ask, list, piece);
	answer = cli_order(c, ask);
	json_decref(ask);
	if (answer != NULL)
		counts_add(counts, answer, refused);
	return answer != NULL;
}

/* All lists of the plan; counts by list into *report, refused rows into its member "refused". */
static bool
plan_send(struct cli *c, const struct spring_plan *plan, bool check, json_t *report)
{
	const json_t *const rows[] = { plan->users, plan->clients, plan->approvals, plan->tokens };
	json_t *refused = json_array();

	json_object_set_new(c->ask, "check", json_boolean(check));
	json_object_set_new(report, "refused", refused);
	for (size_t i = 0; i < COUNT(lists); i++) {
		json_t *counts = json_object();
		json_object_set_new(report, lists[i], counts);
		for (size_t k = 0; k < COUNT(fates); k++)
			json_object_set_new(counts, fates[k], json_integer(0));
		for (size_t at = 0; at < json_array_size(rows[i]); )
			if (!piece_send(c, lists[i], rows[i], &at, counts, refused))
				return false;
	}
	return true;
}

/* --- telling ---------------------------------------------------------------------------------------------------------------- */

static struct str
number_of(struct cli *c, const json_t *counts, const char *name)
{
	return arena_printf(&c->mem, "%lld", (long long)json_integer_value(json_object_get(counts, name)));
}

static void
counts_print(struct cli *c, const json_t *report)
{
	static const enum text heads[] = { T_h_import_what, T_h_import_added, T_h_import_same, T_h_import_kept, T_h_import_replaced, T_h_import_expired, T_h_import_orphaned, T_h_import_refused };
	static const enum text names[] = { T_h_import_users, T_h_import_clients, T_h_import_approvals, T_h_import_tokens };
	struct table t;

	table_begin(&t, c, heads, COUNT(heads));
	for (size_t i = 0; i < COUNT(lists); i++) {
		table_cell(&t, str_of(text(c, names[i])));
		for (size_t k = 0; k < COUNT(fates); k++)
			table_cell(&t, number_of(c, json_object_get(report, lists[i]), fates[k]));
	}
	table_end(&t);
}

/* The finding's sentence with its value in the place of %s. */
static struct str
sentence(struct cli *c, const struct finding_row *row, struct str value)
{
	struct str rest = str_of(c->zh ? row->zh : row->en), head = str_cut(&rest, '%');

	return str_given(rest) ? ARENA_CAT(&c->mem, head, out_safe(&c->mem, value), str_from(rest, 1)) : head;
}

static void
findings_print(struct cli *c, const json_t *findings, const char *kind, enum text title)
{
	const json_t *one;
	bool titled = false;
	size_t i;

	json_array_foreach(findings, i, one) {
		const struct finding_row *row = &finding_rows[json_integer_value(json_object_get(one, "finding"))];
		if (strcmp(row->kind, kind) != 0)
			continue;
		if (!titled)
			out_line(ARENA_CAT(&c->mem, S("\n"), str_of(text(c, title))));
		titled = true;
		out_line(ARENA_CAT(&c->mem, S("  "), out_safe(&c->mem, json_member_str(one, "of")), c->zh ? S("：") : S(": "), sentence(c, row, json_member_str(one, "value"))));
	}
}

static void
refused_print(struct cli *c, const json_t *refused)
{
	const json_t *one;
	size_t i;

	if (json_array_size(refused) > 0)
		out_line(ARENA_CAT(&c->mem, S("\n"), str_of(text(c, T_import_refused_rows))));
	json_array_foreach(refused, i, one)
		out_line(ARENA_CAT(&c->mem, S("  "), out_safe(&c->mem, str_of(json_string_value(one)))));
}

static int64_t
changes_of(const json_t *report)
{
	int64_t n = 0;

	for (size_t i = 0; i < COUNT(lists); i++)
		n += json_integer_value(json_object_get(json_object_get(report, lists[i]), "added")) + json_integer_value(json_object_get(json_object_get(report, lists[i]), "replaced"));
	return n;
}

static void
findings_name(struct cli *c, json_t *findings)
{
	json_t *one;
	size_t i;

	json_array_foreach(findings, i, one) {
		const struct finding_row *row = &finding_rows[json_integer_value(json_object_get(one, "finding"))];
		struct str said = sentence(c, row, json_member_str(one, "value"));
		json_object_set_new(one, "kind", json_string(row->kind));
		json_object_set_new(one, "code", json_string(row->code));
		json_object_set_new(one, "text", json_stringn(said.p, said.n));
		json_object_del(one, "finding");
	}
}

static void
report_json(struct cli *c, json_t *report, json_t *findings)
{
	findings_name(c, findings);
	json_object_set_new(report, "ok", json_true());
	json_object_set_new(report, "dry_run", json_boolean(flag(c, "dry_run")));
	json_object_set_new(report, "changed", json_boolean(!flag(c, "dry_run") && changes_of(report) > 0));
	json_object_set(report, "findings", findings);
	out_json(c, report);
}

static void
report_print(struct cli *c, json_t *report, json_t *findings)
{
	if (c->json) {
		report_json(c, report, findings);
		return;
	}
	counts_print(c, report);
	findings_print(c, findings, "stop", T_import_stops);
	findings_print(c, findings, "read", T_import_reads);
	findings_print(c, findings, "risk", T_import_risks);
	findings_print(c, findings, "marked", T_import_marked);
	findings_print(c, findings, "unknown", T_import_unknown);
	findings_print(c, findings, "left_out", T_import_left_out);
	refused_print(c, json_object_get(report, "refused"));
	out_line(ARENA_CAT(&c->mem, S("\n"), str_of(text(c, flag(c, "dry_run") ? T_import_dry : changes_of(report) > 0 ? T_import_done : T_import_nothing))));
}

/* Must something be settled first? */
static bool
is_stopped(const json_t *findings)
{
	const json_t *one;
	size_t i;

	json_array_foreach(findings, i, one)
		if (strcmp(finding_rows[json_integer_value(json_object_get(one, "finding"))].kind, "stop") == 0)
			return true;
	return false;
}

/* All there is to say of what must be settled is said; nothing was written. */
static bool
stop_tell(struct cli *c, json_t *findings, json_t *report)
{
	if (!c->json) {
		findings_print(c, findings, "stop", T_import_stops);
		findings_print(c, findings, "read", T_import_reads);
		return cli_fail(c, str_of(text(c, T_import_stopped)), str_of(text(c, T_import_stopped_hint)));
	}
	c->code = EXIT_FAILED;
	findings_name(c, findings);
	json_object_set_new(report, "error", json_string(text(c, T_import_stopped)));
	json_object_set_new(report, "hint", json_string(text(c, T_import_stopped_hint)));
	json_object_set(report, "findings", findings);
	out_json(c, report);
	return false;
}

/* Everything is judged before anything is written. */
static bool
import_all(struct cli *c, struct spring_plan *plan, json_t *report)
{
	if (is_stopped(plan->findings))
		return stop_tell(c, plan->findings, report);
	if (!plan_send(c, plan, true, report))
		return false;
	if (flag(c, "dry_run"))
		return true;
	if (json_array_size(json_object_get(report, "refused")) > 0 && !flag(c, "skip_refused")) {
		if (!c->json)
			refused_print(c, json_object_get(report, "refused"));
		return cli_fail(c, str_of(text(c, T_import_refused)), str_of(text(c, T_import_refused_hint)));
	}
	return plan_send(c, plan, false, report);
}

static int
import_run(struct cli *c, const struct old_server *old)
{
	struct spring_options o = { .issuer = STR_ABSENT };
	struct spring_plan plan;
	json_t *report = json_object();

	if (report == NULL || !arena_defer(&c->mem, (void (*)(void *))json_decref, report))
		return EXIT_FAILED;
	if (!str_given(json_member_str(c->local, "from"))) {
		cli_usage(c, FILL(c, T_too_little, S("--from FILE|URL")));
		return c->code;
	}
	if (!str_given(json_member_str(c->ask, "realm")) && !cli_realm(c))
		return c->code;
	json_object_set_new(c->ask, "do", json_string("realm.import"));
	if (!issuer_find(c, json_member_str(c->ask, "realm"), old, &o) || !plan_read(c, old, &o, &plan) || !import_all(c, &plan, report))
		return c->code;
	report_print(c, report, plan.findings);
	return EXIT_DONE;
}

static int spring(struct cli *c)     { return import_run(c, &spring_server); }
static int keycloak(struct cli *c)   { return import_run(c, &keycloak_server); }
static int authserver(struct cli *c) { return import_run(c, &authserver_server); }

const struct command import_commands[] = {
	{ "import", "spring", NULL, T_d_import_spring, 0, NULL, NULL, spring_opts, .run = spring },
	{ "import", "authserver", NULL, T_d_import_authserver, 0, NULL, NULL, authserver_opts, .run = authserver },
	{ "import", "keycloak", NULL, T_d_import_keycloak, 0, NULL, NULL, keycloak_opts, .run = keycloak },
	{ .noun = NULL },
};
