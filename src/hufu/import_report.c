/* hufu/import_report.c - what came of an import: counts, findings, what differs, what is refused. */
#include "hufu/import_int.h"

static struct str
number_of(struct cli *c, const json_t *counts, const char *name)
{
	return arena_printf(&c->mem, "%lld", (long long)json_integer_value(json_object_get(counts, name)));
}

static void
counts_print(struct cli *c, const json_t *report)
{
	static const enum text heads[] = { T_h_import_what, T_h_import_added, T_h_import_same, T_h_import_updated,
		T_h_import_kept, T_h_import_replaced, T_h_import_ended, T_h_import_conflict, T_h_import_expired,
		T_h_import_orphaned, T_h_import_refused };
	static const enum text names[] = { T_h_import_users, T_h_import_clients, T_h_import_approvals,
		T_h_import_tokens };
	struct table t;

	table_begin(&t, c, heads, COUNT(heads));
	for (size_t i = 0; i < IMPORT_LISTS; i++) {
		table_cell(&t, str_of(text(c, names[i])));
		for (size_t k = 0; k < IMPORT_FATES; k++)
			table_cell(&t, number_of(c, json_object_get(report, import_lists[i]), import_fates[k]));
	}
	table_end(&t);
}

/* The finding's sentence with its value in the place of %s. */
static struct str
sentence(struct cli *c, const struct finding_row *row, struct str value)
{
	struct str rest = str_of(c->lang == LANGUAGE_CHINESE ? row->zh : row->en), head = str_cut(&rest, '%');

	return str_given(rest) ? ARENA_CAT(&c->mem, head, arena_plain(&c->mem, value), str_from(rest, 1)) : head;
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
		out_line(ARENA_CAT(&c->mem, S("  "), arena_plain(&c->mem, json_member_str(one, "of")),
		    c->lang == LANGUAGE_CHINESE ? S("：") : S(": "), sentence(c, row, json_member_str(one, "value"))));
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
		out_line(ARENA_CAT(&c->mem, S("  "), arena_plain(&c->mem, str_of(json_string_value(one)))));
}

/* Both sides' values, and their times where they are known. */
static void
difference_print(struct cli *c, const json_t *one)
{
	static const struct { const char *decision; enum text said; } words[] = {
		{ "taken", T_import_taken }, { "kept", T_import_kept }, { "replaced", T_import_replaced },
		{ "conflict", T_import_undecided },
	};
	struct str decision = json_member_str(one, "decision"), said = decision;
	struct arena *mem = &c->mem;

	for (size_t i = 0; i < COUNT(words); i++)
		if (str_is(decision, words[i].decision))
			said = str_of(text(c, words[i].said));
	out_line(ARENA_CAT(mem, S("  "), arena_plain(mem, json_member_str(one, "of")),
	    c->lang == LANGUAGE_CHINESE ? S("：") : S(": "),
	    FILL(c, T_import_difference, arena_plain(mem, json_member_str(one, "field")),
		arena_plain(mem, json_member_str(one, "there")), out_time(c, one, "there_s"),
		arena_plain(mem, json_member_str(one, "here")), out_time(c, one, "here_s"), said)));
}

/* What differs, what is refused. */
static void
rows_print(struct cli *c, const json_t *report)
{
	const json_t *differs = json_object_get(report, "differs"), *one;
	size_t i;

	if (json_array_size(differs) > 0)
		out_line(ARENA_CAT(&c->mem, S("\n"), str_of(text(c, T_import_differs))));
	json_array_foreach(differs, i, one)
		difference_print(c, one);
	refused_print(c, json_object_get(report, "refused"));
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
		json_put_str(one, "text", said);
		json_object_del(one, "finding");
	}
}

static void
report_json(struct cli *c, json_t *report, json_t *findings)
{
	findings_name(c, findings);
	json_object_set_new(report, "ok", json_boolean(c->code == EXIT_DONE));
	json_object_set_new(report, "dry_run", json_boolean(cli_flag(c, "dry_run")));
	json_object_set_new(report, "changed", json_boolean(!cli_flag(c, "dry_run") && import_changes(report) > 0));
	json_object_set(report, "findings", findings);
	out_json(c, report);
}

void
import_report(struct cli *c, json_t *report, json_t *findings)
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
	rows_print(c, report);
	out_line(ARENA_CAT(&c->mem, S("\n"),
	    str_of(text(c,
		cli_flag(c, "dry_run")           ? T_import_dry
		    : import_changes(report) > 0 ? T_import_done
						 : T_import_nothing))));
}

bool
import_is_stopped(const json_t *findings)
{
	const json_t *one;
	size_t i;

	json_array_foreach(findings, i, one)
		if (strcmp(finding_rows[json_integer_value(json_object_get(one, "finding"))].kind, "stop") == 0)
			return true;
	return false;
}

bool
import_complain(struct cli *c, json_t *findings, json_t *report, enum text what, enum text hint)
{
	if (!c->json) {
		findings_print(c, findings, "stop", T_import_stops);
		findings_print(c, findings, "read", T_import_reads);
		findings_print(c, findings, "unknown", T_import_unknown);
		findings_print(c, findings, "left_out", T_import_left_out);
		rows_print(c, report);
		return cli_fail(c, str_of(text(c, what)), str_of(text(c, hint)));
	}
	c->code = EXIT_FAILED;
	findings_name(c, findings);
	json_object_set_new(report, "error", json_string(text(c, what)));
	json_object_set_new(report, "hint", json_string(text(c, hint)));
	json_object_set(report, "findings", findings);
	out_json(c, report);
	return false;
}
