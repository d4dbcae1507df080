/* hufu/daemon.c - commands about the daemon itself: reload, status, the clock of a test, version, help. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "hufu/hufu_int.h"

#define UPGRADE_WITHIN_S 60                     /* as hufud has it, when nothing is said */
#define GO_PATIENCE_S    60                     /* for the change itself, and for what waits before it */

static void
print_status(struct cli *c, const json_t *answer)
{
	struct table t;

	pairs_begin(&t, c);
	pair_line(&t, T_h_version, out_text(answer, "version"));
	pair_line(&t, T_h_ready, out_bool(c, answer, "ready"));
	pair_line(&t, T_h_why, out_text(answer, "why"));
	pair_line(&t, T_h_issuers, out_words(c, answer, "issuers"));
	table_end(&t);
}

/* The milliseconds are a positional argument and a number. */
static bool
clock_amount(struct cli *c)
{
	struct str ms = json_member_str(c->ask, "ms");
	int64_t n;

	if (!str_int(ms, &n))
		return cli_usage(c, FILL(c, T_bad_number, S("MS"), ms));
	return json_object_set_new(c->ask, "ms", json_integer(n)) == 0;
}

static int
version(struct cli *c)
{
	out_line(c->json ? S("{\"version\":\"" HUFU_VERSION "\"}") : S("hufu " HUFU_VERSION));
	return EXIT_DONE;
}

static void
print_reload(struct cli *c, const json_t *answer)
{
	struct str changed = out_words(c, answer, "changed"), waits = out_words(c, answer, "restart");
	struct table t;

	out_done(c, answer);
	pairs_begin(&t, c);
	if (!str_empty(changed))
		pair_line(&t, T_h_in_force, changed);
	if (!str_empty(waits))
		pair_line(&t, T_h_wait, waits);
	table_end(&t);
}

/* The daemon starts it, from its own directory: a name is made absolute here. */
static bool
upgrade_order(struct cli *c)
{
	struct str binary = json_member_str(c->ask, "binary");
	int64_t within_s = json_integer_value(json_object_get(c->ask, "within"));
	char path[PATH_MAX], *name = arena_z(&c->mem, binary);

	c->patience_s = (int)(within_s > 0 && within_s < INT32_MAX / 2 ? within_s : UPGRADE_WITHIN_S) + GO_PATIENCE_S;
	if (!str_given(binary))
		return true;
	if (name == NULL || realpath(name, path) == NULL)
		return cli_fail(c, FILL(c, T_no_program, binary, str_of(say_errno(errno))), STR_ABSENT);
	return json_object_set_new(c->ask, "binary", json_string(path)) == 0;
}

static void
print_upgrade(struct cli *c, const json_t *answer)
{
	json_int_t pid = json_integer_value(json_object_get(answer, "process"));
	json_int_t ms = json_integer_value(json_object_get(answer, "took_ms"));

	out_line(FILL(c, T_upgraded, arena_printf(&c->mem, "%lld", (long long)pid),
	    arena_printf(&c->mem, "%lld", (long long)ms)));
}

static const struct opt upgrade_opts[] = {
	{ "--binary", "binary", OPT_TEXT, T_o_binary },
	{ "--within", "within", OPT_INT, T_o_within },
	OPT_END,
};

const struct command daemon_commands[] = {
	{ "reload", NULL, "reload", T_d_reload, WANTS_DAEMON, .print = print_reload },
	{ "upgrade", NULL, "upgrade", T_d_upgrade, WANTS_DAEMON, .opts = upgrade_opts, .prepare = upgrade_order,
	    .print = print_upgrade },
	{ "status", NULL, "status", T_d_status, WANTS_DAEMON, .print = print_status },
	{ "debug", "turn-clock", "clock.turn", T_d_debug_clock, WANTS_DAEMON, "MS", "ms",
	    .prepare = clock_amount, .print = out_done },
	{ "version", NULL, NULL, T_d_version, .run = version },
	{ "manual", NULL, NULL, T_d_manual, 0, "PAGE", "page", .run = manual_page },
	{ "completion", NULL, NULL, T_d_completion, 0, "SHELL", "shell", .run = completion },
	{ "help", NULL, NULL, T_d_help, ARG_OPTIONAL, "NOUN", "noun", .run = help_run },
	{ .noun = NULL },
};
