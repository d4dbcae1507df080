/* hufu/legacy.c - hufu legacy report: who still uses weak habits, when last, and what to do instead. */
#include "hufu/shadow_report.h"

static const struct opt report_opts[] = { { "--issuer", "issuer", OPT_TEXT, T_o_issuer_all },
	{ "--realm", "realm", OPT_TEXT, T_o_realm_only }, OPT_END };

/* An issuer says its realm: marks are a realm's, uses an issuer's. */
static bool
issuer_is_known(struct cli *c)
{
	struct str issuer = json_member_str(c->ask, "issuer"), realm;
	const struct conf *conf = cli_conf(c);
	const struct str *names;
	size_t n = conf != NULL ? conf_names(conf, SEC_ISSUER, &names) : 0;

	if (conf == NULL || !str_given(issuer))
		return conf != NULL;
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(names[i], issuer))
			continue;
		realm = conf_text(conf, SEC_ISSUER, issuer, "realm");
		return str_given(json_member_str(c->ask, "realm")) || json_put_str(c->ask, "realm", realm);
	}
	return cli_usage(c, FILL(c, T_legacy_no_issuer, issuer));
}

/* Pages of one order, put together in *rows; the last answer, or NULL when it was complained of. */
static const json_t *
pages(struct cli *c, const char *order, const char *list, json_t *rows)
{
	json_t *answer, *last, *next;

	json_object_set_new(c->ask, "do", json_string(order));
	json_object_del(c->ask, "after");
	for (;;) {
		if ((answer = cli_order(c, c->ask)) == NULL)
			return NULL;
		json_array_extend(rows, json_object_get(answer, list));
		if (!json_is_true(json_object_get(answer, "more")))
			return answer;
		last = json_array_get(rows, json_array_size(rows) - 1);
		if ((next = json_object_get(answer, "after")) == NULL && (next = json_object_get(last, "at")) == NULL)
			return answer;
		json_object_set(c->ask, "after", next);
	}
}

static struct str
instead(const struct cli *c, const json_t *row)
{
	struct str word = json_member_str(row, "habit");

	for (size_t i = 0; c->lang == LANGUAGE_CHINESE && i < HABIT_COUNT; i++)
		if (str_is(word, habit_rows[i].word))
			return str_of(habit_rows[i].zh);
	return out_text(row, "instead");
}

static void
print_uses(struct cli *c, const json_t *uses, struct str since)
{
	static const enum text heads[] = { T_h_client, T_h_issuer, T_h_endpoint, T_h_habit, T_h_count,
		T_h_seen, T_h_instead };
	const json_t *u;
	struct table t;
	size_t i;

	if (json_array_size(uses) == 0) {
		out_line(FILL(c, T_legacy_no_use, since));
		return;
	}
	table_begin(&t, c, heads, COUNT(heads));
	json_array_foreach(uses, i, u) {
		table_cell(&t, out_text(u, "client"));
		table_cell(&t, out_text(u, "issuer"));
		table_cell(&t, out_text(u, "endpoint"));
		table_cell(&t, out_text(u, "habit"));
		table_cell(&t, out_int(c, u, "count"));
		table_cell(&t, out_text(u, "last_seen"));
		table_cell(&t, instead(c, u));
	}
	table_end(&t);
}

static void
print_unused(struct cli *c, const json_t *unused, bool any_use)
{
	static const enum text heads[] = { T_h_client, T_h_realm, T_h_habit, T_h_unseen };
	const json_t *u;
	struct table t;
	size_t i;

	if (json_array_size(unused) == 0) {
		if (!any_use)
			out_line(str_of(text(c, T_legacy_no_mark)));
		return;
	}
	out_line(ARENA_CAT(&c->mem, S("\n"), str_of(text(c, T_legacy_unused))));
	table_begin(&t, c, heads, COUNT(heads));
	json_array_foreach(unused, i, u) {
		table_cell(&t, out_text(u, "client"));
		table_cell(&t, out_text(u, "realm"));
		table_cell(&t, out_text(u, "habit"));
		table_cell(&t, out_text(u, "since"));
	}
	table_end(&t);
}

/* Issuers that are to end, and in how many days; in the answer too. */
static bool
endings(struct cli *c, json_t *all)
{
	const struct conf *conf = cli_conf(c);
	json_t *list = json_array();
	const struct str *names;
	size_t n;

	if (conf == NULL || list == NULL || json_object_set_new(all, "endings", list) != 0)
		return false;
	n = conf_names(conf, SEC_ISSUER, &names);
	for (size_t i = 0; i < n; i++) {
		struct farewell f;
		int64_t days;

		farewell_read(conf, names[i], &c->mem, &f);
		if (f.sunset_s == 0)
			continue;
		days = (f.sunset_s - clock_now_s()) / 86400;
		json_array_append_new(list, json_pack("{ss% ss% sI}", "issuer", names[i].p, names[i].n, "sunset",
		    f.sunset.p, f.sunset.n, "days", (json_int_t)days));
		if (!c->json)
			out_line(FILL(c, T_legacy_sunset, names[i], conf_text(conf, SEC_ISSUER, names[i], "sunset"),
			    arena_printf(&c->mem, "%lld", (long long)days)));
	}
	return true;
}

/* What hufu shadow found last for each issuer; in the answer too. */
static bool
shadows(struct cli *c, json_t *all)
{
	const struct conf *conf = cli_conf(c);
	json_t *list = json_array();
	const struct str *names;
	size_t n;

	if (conf == NULL || list == NULL || json_object_set_new(all, "shadow", list) != 0)
		return false;
	n = conf_names(conf, SEC_ISSUER, &names);
	for (size_t i = 0; i < n; i++) {
		const json_t *report = shadow_report_kept(c, names[i]);
		json_t *one = report != NULL ? json_deep_copy(report) : NULL;

		if (one == NULL)
			continue;
		json_put_str(one, "issuer", names[i]);
		json_array_append_new(list, one);
		if (!c->json)
			out_line(shadow_report_line(c, names[i], report));
	}
	return true;
}

/* Where a page went on is of no use to the reader. */
static void
report_json(struct cli *c, json_t *report, json_t *uses)
{
	json_t *u;
	size_t i;

	json_array_foreach(uses, i, u)
		json_object_del(u, "at");
	out_json(c, report);
}

static int
report(struct cli *c)
{
	json_t *uses = json_array(), *unused = json_array(),
	       *all = json_pack("{sb so so}", "ok", 1, "uses", uses, "unused", unused);
	const json_t *answer;
	struct str since;

	if (all == NULL || !arena_defer(&c->mem, (void (*)(void *))json_decref, all)) {
		cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT);
		return c->code;
	}
	if (!issuer_is_known(c) || (answer = pages(c, "legacy.uses", "uses", uses)) == NULL)
		return c->code;
	since = out_text(answer, "since");
	json_object_set(all, "since", json_object_get(answer, "since"));
	if (pages(c, "legacy.unused", "unused", unused) == NULL)
		return c->code;
	if (!endings(c, all) || !shadows(c, all))
		return cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT), c->code;
	if (c->json)
		report_json(c, all, uses);
	else {
		print_uses(c, uses, since);
		print_unused(c, unused, json_array_size(uses) > 0);
	}
	return EXIT_DONE;
}

const struct command legacy_commands[] = {
	{ "legacy", "report", NULL, T_d_legacy_report, 0, NULL, NULL, report_opts, .run = report },
	{ .noun = NULL },
};
