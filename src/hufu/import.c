/* hufu/import.c - hufu import: an old server's tables are read, judged whole, and only then written, in pieces. */
#include "hufu/import_int.h"
#include "import/authserver.h"
#include "import/identityserver.h"
#include "import/keycloak.h"
#include "import/rageframe.h"
#include "import/redis.h"
#include "import/user.h"
#include "import/when.h"

#define SECRET_MAX  1024

/* Of every source. */
#define OPTS_ALL \
	{ "--realm", "realm", OPT_TEXT, T_o_realm }, { "--issuer", "issuer", OPT_LOCAL, T_o_import_issuer }, \
	{ "--dry-run", "dry_run", OPT_LOCAL_FLAG, T_o_dry_run }, { "--replace", "replace", OPT_TRUE, T_o_replace }, \
	{ "--keep", "keep", OPT_TRUE, T_o_keep }, { "--source", "source", OPT_TEXT, T_o_source }, \
	{ "--keep-gone", "keep_gone", OPT_LOCAL_FLAG, T_o_keep_gone }, { "--end-gone", "end_gone", OPT_LOCAL_FLAG, T_o_end_gone }, \
	{ "--names", "names", OPT_LOCAL, T_o_import_names }, \
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
static const struct opt authserver_opts[] = { { "--from", "from", OPT_LOCAL, T_o_from_tables }, OPTS_ALL,
	OPTS_TABLES, OPT_AUTHORITIES, OPT_END };
static const struct opt identityserver_opts[] = { { "--from", "from", OPT_LOCAL, T_o_from_tables }, OPTS_ALL,
	OPTS_TABLES, OPT_END };
static const struct opt rageframe_opts[] = {
	{ "--from", "from", OPT_LOCAL, T_o_from_tables },
	OPTS_ALL,
	OPTS_TABLES,
	{ "--table-prefix", "table_prefix", OPT_LOCAL, T_o_table_prefix },
	OPT_END,
};
static const struct opt keycloak_opts[] = {
	{ "--from", "from", OPT_LOCAL, T_o_from_export },
	{ "--old-realm", "old_realm", OPT_LOCAL, T_o_old_realm },
	OPTS_ALL,
	OPT_END,
};

/*
 * An old server: how its rows are read (NULL: its files are no tables), and whether an issuer that
 * knows tokens by their rows finds its refresh tokens all the same.
 */
struct old_server {
	bool (*read)(struct row_source *, const struct spring_options *, struct spring_plan *, struct str *why);
	bool redis, refresh_only;
};
static const struct old_server spring_server = { .read = spring_read, .redis = true };
static const struct old_server identityserver_server = { .read = identityserver_read, .refresh_only = true };
static const struct old_server rageframe_server = { .read = rageframe_read, .refresh_only = true };
static const struct old_server keycloak_server = { .read = NULL };
static const struct old_server authserver_server = { .read = authserver_read, .refresh_only = true };

static const struct opt forget_opts[] = {
	{ "--realm", "realm", OPT_TEXT, T_o_realm }, { "--source", "source", OPT_TEXT, T_o_source_forget }, OPT_END,
};

/* A key-value store holds nothing else that is looked for. */
static bool
is_redis(const struct cli *c, const struct old_server *old)
{
	return old->redis && str_starts(json_member_str(c->local, "from"), S("redis://"));
}

/* --- which issuer ----------------------------------------------------------------------------- */

/*
 * What an old server gave is found by its digest, or verified by its key: an issuer that looks into
 * the text itself cannot honour it, but for opaque refresh tokens, which every issuer of opaque
 * ones finds.
 */
static bool
issuer_suits(struct cli *c, const struct conf *conf, const struct old_server *old, struct spring_options *o)
{
	struct str why = STR_ABSENT;
	struct policy policy;
	struct style style;

	if (!setup_policy(conf, o->issuer, &policy, &style, &c->mem, &why))
		return cli_fail(c, why, STR_ABSENT);
	if ((cli_flag(c, "tokens") || is_redis(c, old)) && !old->refresh_only
	    && (policy.refresh.shape == SHAPE_ROW_ID || policy.token.access_shape == SHAPE_ROW_ID))
		return cli_fail(c, FILL(c, T_import_shape, o->issuer), str_of(text(c, T_import_shape_hint)));
	o->jwt = policy.refresh.shape == SHAPE_JWT;
	o->access_by_text = policy.token.access_shape == SHAPE_B64URL27 || policy.token.access_shape == SHAPE_UUID;
	o->pkce = policy.authorize.pkce == PKCE_REQUIRED;
	o->asks_always = policy.consent.memory == MEMORY_NONE;
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
		if (!str_eq(conf_text(conf, SEC_ISSUER, names[i], "realm"), realm)
		    || (str_given(named) && !str_eq(named, names[i])))
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

/* --- reading ---------------------------------------------------------------------------------- */

/* What the operator says of the columns that tell who may come in. */
static void
states_said(struct cli *c, struct spring_options *o)
{
	static const struct { const char *option; enum state_map map; bool client; } said[] = {
		{ "enabled_values", MAP_ENABLED, false }, { "locked_values", MAP_LOCKED, false },
		{ "expired_values", MAP_EXPIRED, false },
		{ "credentials_expired_values", MAP_STALE, false }, { "deleted_values", MAP_DELETED, false },
		{ "client_enabled_values", MAP_ENABLED, true }, { "client_deleted_values", MAP_DELETED, true },
	};
	struct str ignored = json_member_str(c->local, "ignore_columns");

	for (size_t i = 0; i < COUNT(said); i++)
		states_values(&c->mem, said[i].client ? &o->client_states : &o->user_states, said[i].map,
		    json_member_str(c->local, said[i].option));
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

	o->tokens = cli_flag(c, "tokens");
	o->clients_table = json_member_str(c->local, "clients_table");
	o->table_prefix = json_member_str(c->local, "table_prefix");
	o->users_table = json_member_str(c->local, "users_table");
	o->user_columns = json_member_str(c->local, "user_columns");
	o->client_columns = json_member_str(c->local, "client_columns");
	o->authorities_table = json_member_str(c->local, "authorities_table");
	o->client_encoding = encoding_said(c, "client_encoding");
	o->user_encoding = encoding_said(c, "user_encoding");
	states_said(c, o);
	return !str_given(zone) || zone_read(zone, &o->zone_s) || cli_usage(c, FILL(c, T_bad_zone, zone));
}

/* A dump in statements: the commands that make tables of it, for the program that wrote it. */
static bool
dump_complain(struct cli *c, struct str from, enum source_dump dump)
{
	static const enum text how[] = {
		[DUMP_MYSQL] = T_import_dump_mysql,
		[DUMP_POSTGRES] = T_import_dump_postgres,
		[DUMP_POSTGRES_CUSTOM] = T_import_dump_custom,
		[DUMP_SQLITE] = T_import_dump_sqlite,
		[DUMP_OTHER] = T_import_dump_other,
	};
	struct str verb = str_of(c->cmd->verb);

	return cli_fail(c, FILL(c, T_import_dump, from),
	    ARENA_CAT(&c->mem, FILL(c, how[dump], from, verb), str_of(text(c, T_import_dump_else))));
}

static bool
source_read(struct cli *c, const struct old_server *old, const struct spring_options *o, struct str password,
    struct spring_plan *plan)
{
	struct str from = json_member_str(c->local, "from"), why = STR_ABSENT;
	enum source_dump dump = source_dump_of(&c->mem, from);
	struct row_source source;
	bool ok;

	if (is_redis(c, old)) {
		if (!str_given(o->issuer))
			return cli_usage(c, FILL(c, T_too_little, S("--issuer ISSUER")));
		return (spring_plan_begin(plan, &c->mem) && redis_tokens(&c->mem, from, password, o, plan, &why))
		    || cli_fail(c, why, STR_ABSENT);
	}
	if (old->read == NULL)
		return keycloak_read(&c->mem, from, json_member_str(c->local, "old_realm"), o, plan, &why)
		    || cli_fail(c, why, STR_ABSENT);
	if (dump != DUMP_NONE)
		return dump_complain(c, from, dump);
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
	struct str password =
	    str_given(file) ? secret_from_file(c, file, SECRET_MAX) : str_of(getenv("HUFU_IMPORT_PASSWORD"));

	if ((str_given(file) && !str_given(password)) || !options_read(c, o) || !source_read(c, old, o, password, plan))
		return false;
	users_judge(plan);
	return true;
}

/* Every list that was read is empty: the wrong file, database or table names. */
static bool
nothing_found(struct cli *c, const struct spring_plan *plan, json_t *report)
{
	if (json_array_size(plan->users) + json_array_size(plan->clients) + json_array_size(plan->approvals)
		+ json_array_size(plan->tokens)
	    > 0)
		return false;
	import_complain(c, plan->findings, report, T_import_empty, T_import_empty_hint);
	return true;
}

static int64_t
counted(const json_t *report, const char *fate)
{
	int64_t n = 0;

	for (size_t i = 0; i < IMPORT_LISTS; i++)
		n += json_integer_value(json_object_get(json_object_get(report, import_lists[i]), fate));
	return n;
}

/* What the run may not pass over: rows that nobody wants left out, and those that somebody must decide. */
static bool
is_undecided(const struct cli *c, const json_t *report)
{
	return counted(report, "conflict") > 0 || (counted(report, "refused") > 0 && !cli_flag(c, "skip_refused"));
}

static bool
undecided_tell(struct cli *c, json_t *findings, json_t *report)
{
	bool refused = counted(report, "refused") > 0 && !cli_flag(c, "skip_refused");

	return import_complain(c, findings, report, refused ? T_import_refused : T_import_conflict,
	    refused ? T_import_refused_hint : T_import_conflict_hint);
}

/* Consents that nobody would ask for. */
static void
consents_judge(const struct spring_options *o, struct spring_plan *plan)
{
	if (o->asks_always && json_array_size(plan->approvals) > 0)
		finding_add(plan, FIND_ASKS_ALWAYS, S("approvals"), o->issuer);
}

/* What stands in clear in the old tables is hashed here; the office compares by the clear text, and keeps the hash. */
static bool
hashes_make(struct cli *c, struct import_sending *with)
{
	if (!hash_all(c, &with->jobs, &with->held))
		return false;
	for (size_t i = 0; i < with->jobs.n; i++)
		json_object_set_new(with->jobs.all[i].row, "hashed", json_string(with->jobs.all[i].hash));
	return true;
}

/* Everything is judged before anything is written. */
static bool
import_all(struct cli *c, const struct spring_options *o, struct spring_plan *plan,
    struct import_sending *with, json_t *report)
{
	const char *names = NULL;

	if (!import_names_find(c, plan, &names))
		return false;
	consents_judge(o, plan);
	if (import_is_stopped(plan->findings))
		return import_complain(c, plan->findings, report, T_import_stopped, T_import_stopped_hint);
	if (nothing_found(c, plan, report) || !import_gone_find(c, o->issuer, plan)
	    || !import_send(c, plan, true, with, report))
		return false;
	if (!cli_flag(c, "dry_run")) {
		if (is_undecided(c, report))
			return undecided_tell(c, plan->findings, report);
		if (!hashes_make(c, with) || !import_names_set(c, names) || !import_send(c, plan, false, with, report))
			return false;
	}
	if (is_undecided(c, report))
		c->code = EXIT_FAILED;          /* a dry run ends as the real one would */
	return true;
}

static int
import_run(struct cli *c, const struct old_server *old)
{
	struct spring_options o = { .issuer = STR_ABSENT };
	struct spring_plan plan;
	struct import_sending with = { .jobs = { .n = 0 } };
	json_t *report = json_object();
	bool ok;

	if (report == NULL || !arena_defer(&c->mem, (void (*)(void *))json_decref, report))
		return EXIT_FAILED;
	if (!str_given(json_member_str(c->local, "from"))) {
		cli_usage(c, FILL(c, T_too_little, S("--from FILE|URL")));
		return c->code;
	}
	if (json_object_get(c->ask, "replace") != NULL && json_object_get(c->ask, "keep") != NULL) {
		cli_usage(c, str_of(text(c, T_import_both)));
		return c->code;
	}
	if (!str_given(json_member_str(c->ask, "realm")) && !cli_realm(c))
		return c->code;
	json_object_set_new(c->ask, "do", json_string("realm.import"));
	if (json_object_get(c->ask, "source") == NULL)
		json_object_set_new(c->ask, "source", json_string(c->cmd->verb));
	if (!issuer_find(c, json_member_str(c->ask, "realm"), old, &o) || !plan_read(c, old, &o, &plan))
		return c->code;
	interrupts_hold(&with.held);
	ok = import_all(c, &o, &plan, &with, report);
	if (ok)
		import_report(c, report, plan.findings);
	interrupts_release(&with.held);
	return c->code;
}

static int spring(struct cli *c)     { return import_run(c, &spring_server); }
static int keycloak(struct cli *c)   { return import_run(c, &keycloak_server); }
static int identityserver(struct cli *c) { return import_run(c, &identityserver_server); }
static int rageframe(struct cli *c)  { return import_run(c, &rageframe_server); }
static int authserver(struct cli *c) { return import_run(c, &authserver_server); }

const struct command import_commands[] = {
	{ "import", "spring", NULL, T_d_import_spring, 0, NULL, NULL, spring_opts, .run = spring },
	{ "import", "authserver", NULL, T_d_import_authserver, 0, NULL, NULL, authserver_opts, .run = authserver },
	{ "import", "identityserver", NULL, T_d_import_identityserver, 0, NULL, NULL, identityserver_opts,
	    .run = identityserver },
	{ "import", "rageframe", NULL, T_d_import_rageframe, 0, NULL, NULL, rageframe_opts, .run = rageframe },
	{ "import", "keycloak", NULL, T_d_import_keycloak, 0, NULL, NULL, keycloak_opts, .run = keycloak },
	{ "import", "forget", "realm.import-forget", T_d_import_forget, WANTS_REALM, NULL, NULL, forget_opts,
	    .print = out_done },
	{ .noun = NULL },
};
