/*
 * hufu/store.c - the store at rest as a whole: an empty one begun on purpose, and keys dropped that
 * nothing opens any more.
 */
#include <errno.h>

#include "hufu/hufu_int.h"

static int
finish(struct cli *c)
{
	if (c->json)
		out_line(S("{\"ok\":true}"));
	else
		out_done(c, NULL);
	return EXIT_DONE;
}

/* The store of the settings, with no daemon at work on it: that would hold its lock, and say so. */
static int
store_new(struct cli *c)
{
	const struct conf *conf = cli_conf(c);
	struct str why = STR_ABSENT;
	struct offline_records records;
	struct store *s;
	bool ok;

	if (conf == NULL)
		return c->code;
	s = setup_store_new(conf, &c->mem, &why);
	if (s == NULL) {
		cli_fail(c, why, STR_ABSENT);
		return c->code;
	}
	offline_records_begin(&records, s);
	ok = offline_act(EV_store_new, "done") || cli_fail(c, str_of(text(c, T_not_written_down)), STR_ABSENT);
	offline_records_end(&records);
	store_close(s);
	if (!ok)
		return c->code;
	return finish(c);
}

static bool
some_key_opens(struct cli *c, struct store *s)
{
	const struct str *names;
	size_t n = conf_names(c->conf, SEC_ISSUER, &names);
	struct str why = STR_ABSENT;
	uint8_t kek[32];
	bool opens = false, have = setup_kek(c->conf, s, &c->mem, kek, &why);

	for (size_t i = 0; have && !opens && i < n; i++)
		opens = keys_open(s, kek, names[i], &c->mem);
	explicit_bzero(kek, sizeof kek);
	return opens;
}

/* The lock of an embedded store lets nobody else be at work; nodes over one database sign with what they have read. */
static bool
nobody_is_at_work(struct cli *c, struct store *s)
{
	struct store_status status;

	if (store_status(s, &c->mem, &status) && status.others == 0)
		return true;
	return cli_fail(c, str_of(text(c, T_nodes_at_work)), str_of(text(c, T_nodes_at_work_hint)));
}

/* One record, from before anything is done: with what it came to in its place. */
static bool
written_down(struct cli *c, struct store *s, enum event e, bool (*act)(struct cli *c, struct store *s))
{
	struct offline_records records;
	bool ok, refused = false;

	offline_records_begin(&records, s);
	ok = offline_act(e, "unknown");
	if (!ok)
		cli_fail(c, str_of(text(c, T_not_written_down)), STR_ABSENT);
	else if ((refused = some_key_opens(c, s)))
		ok = cli_fail(c, str_of(text(c, T_keys_open)), str_of(text(c, T_keys_open_hint)));
	else if ((refused = !nobody_is_at_work(c, s)))
		ok = false;
	else
		ok = act(c, s);
	offline_act(e, ok ? "done" : refused ? "refused" : "failed");
	offline_records_end(&records);
	return ok;
}

static bool
forget(struct cli *c, struct store *s)
{
	return keys_forget(s) || cli_fail(c, str_of(text(c, T_keys_not_forgotten)), STR_ABSENT);
}

static bool
keys_are_forgotten(struct cli *c, struct store *s)
{
	return written_down(c, s, EV_key_forget, forget);
}

static int
on_store(struct cli *c, bool (*act)(struct cli *c, struct store *s))
{
	const struct conf *conf = cli_conf(c);
	struct str why = STR_ABSENT;
	struct store *s;
	bool ok;

	if (conf == NULL)
		return c->code;
	s = cli_store_is_there(c, &why) ? setup_store(conf, false, &c->mem, &why) : NULL;
	ok = s != NULL ? act(c, s) : cli_fail(c, why, STR_ABSENT);
	if (s != NULL)
		store_close(s);
	return ok ? finish(c) : c->code;
}

static int
key_forget(struct cli *c)
{
	return on_store(c, keys_are_forgotten);
}

/* --- the worst day: the key-encryption key is lost -------------------------------------------- */

/* A file that opens nothing is kept beside the new one: it may open a backup. */
static bool
old_kek_is_aside(struct cli *c, struct str file)
{
	char *path = arena_z(&c->mem, file),
	     *to = arena_z(
		 &c->mem, arena_printf(&c->mem, "%.*s.before-%lld", STR_ARG(file), (long long)clock_now_s()));

	if (kek_look(file, &c->mem) != KEK_THERE)
		return true;
	if (path == NULL || to == NULL || rename(path, to) != 0)
		return cli_fail(c, FILL(c, T_file_unwritten, file, str_of(say_errno(errno))), STR_ABSENT);
	cli_note(FILL(c, T_restored_aside, str_of(to)));
	return true;
}

/* The keys go first: a crash behind that leaves a store without keys, for which any key-encryption key will do. */
static bool
forget_and_make(struct cli *c, struct store *s)
{
	struct str file = conf_text(c->conf, SEC_TOP, STR_ABSENT, "keys.kek_file"), why = STR_ABSENT;

	if (!forget(c, s))
		return false;
	if (!str_empty(conf_text(c->conf, SEC_TOP, STR_ABSENT, "keys.kek")))
		return true;
	return old_kek_is_aside(c, file) && (kek_make(file, &c->mem, &why) || cli_fail(c, why, STR_ABSENT));
}

static bool
kek_is_new(struct cli *c, struct store *s)
{
	return written_down(c, s, EV_key_new, forget_and_make);
}

static int
key_new(struct cli *c)
{
	if (!json_is_true(json_object_get(c->local, "lost_kek"))) {
		cli_usage(c, str_of(text(c, T_key_new_what)));
		return c->code;
	}
	return on_store(c, kek_is_new);
}

/* --- what it is, and its tables ---------------------------------------------------------------- */

static struct str
ms_of(struct cli *c, int64_t us)
{
	return arena_printf(&c->mem, "%lld.%03lld ms", (long long)(us / 1000), (long long)(us % 1000));
}

static void
status_print(struct cli *c, const struct store_status *s)
{
	struct str nodes = arena_printf(&c->mem, "%lld", (long long)s->nodes);
	const struct { enum text label; struct str value; } rows[] = {
		{ T_h_engine, ARENA_CAT(&c->mem, s->engine, S(" ("), s->server, S(")")) },
		{ T_h_store_where, s->where },
		{ T_h_schema, arena_printf(&c->mem, "%d / %d", s->schema, s->newest) },
		{ T_h_nodes, s->nodes > 0 ? nodes : S("-") },
		{ T_h_read, ms_of(c, s->read_us) },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		out_line(arena_printf(&c->mem, "%s: %.*s", text(c, rows[i].label), STR_ARG(rows[i].value)));
}

static void
status_json(struct cli *c, const struct store_status *s)
{
	struct buf b;

	buf_init(&b, &c->mem, 4096);
	jw_open(&b, '{');
	jm_str(&b, S("engine"), s->engine);
	jm_str(&b, S("server"), s->server);
	jm_str(&b, S("where"), s->where);
	jm_int(&b, S("schema"), s->schema);
	jm_int(&b, S("newest"), s->newest);
	jm_int(&b, S("nodes"), s->nodes);
	jm_int(&b, S("read_us"), s->read_us);
	jw_close(&b, '}');
	out_line(buf_str(&b));
}

/* Looked at without writing, so that it can be said beside a daemon. */
static int
with_status(struct cli *c, bool read_only)
{
	const struct conf *conf = cli_conf(c);
	struct str why = STR_ABSENT;
	struct store_status status;
	struct store *s;
	bool ok;

	if (conf == NULL)
		return c->code;
	s = cli_store_is_there(c, &why) ? setup_store(conf, read_only, &c->mem, &why) : NULL;
	if (s == NULL) {
		cli_fail(c, why, STR_ABSENT);
		return c->code;
	}
	ok = store_status(s, &c->mem, &status) || cli_fail(c, SAY("the store cannot be read"), STR_ABSENT);
	if (ok && c->json)
		status_json(c, &status);
	else if (ok)
		status_print(c, &status);
	store_close(s);
	return ok ? EXIT_DONE : c->code;
}

static int
store_status_show(struct cli *c)
{
	return with_status(c, true);
}

static int
store_migrate(struct cli *c)
{
	return with_status(c, false);
}

static const struct opt copy_options[] = {
	{ "--snapshot", "snapshot", OPT_LOCAL_FLAG, T_o_copy_snapshot },
	{ "--from-password-file", "from_password_file", OPT_LOCAL, T_o_from_password },
	{ "--to-password-file", "to_password_file", OPT_LOCAL, T_o_to_password },
	OPT_END,
};
static const struct opt new_options[] = { { "--lost-kek", "lost_kek", OPT_LOCAL_FLAG, T_o_lost_kek }, OPT_END };

const struct command store_commands[] = {
	{ "store", "status", NULL, T_d_store_status, 0, NULL, NULL, NULL, .run = store_status_show },
	{ "store", "migrate", NULL, T_d_store_migrate, 0, NULL, NULL, NULL, .run = store_migrate },
	{ "store", "copy", NULL, T_d_store_copy, 0, "FROM", "from", copy_options, .run = store_copied, .arg2 = "TO",
	  .member2 = "to" },
	{ "store", "new", NULL, T_d_store_new, 0, NULL, NULL, NULL, .run = store_new },
	{ "key", "new", NULL, T_d_key_new, 0, NULL, NULL, new_options, .run = key_new },
	{ "key", "forget", NULL, T_d_key_forget, 0, NULL, NULL, NULL, .run = key_forget },
	{ .noun = NULL },
};
