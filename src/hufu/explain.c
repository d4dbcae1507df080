/*
 * hufu/explain.c - hufu explain ID: why a request was refused, from the daemon's log, with what
 * came and what is registered.
 */
#include <errno.h>
#include <stdio.h>

#include "admin/explain.h"
#include "hufu/hufu_int.h"
#include "hufu/preview.h"

#define EXPLAIN_ROOM (256 * 1024)

/* The last line with this id; ids are drawn at random. */
static bool
line_find(struct cli *c, FILE *f, struct str id, struct str *line)
{
	struct arena mem;
	struct explained e;
	char *text = NULL;
	size_t room = 0;
	ssize_t n;
	bool found = false;

	arena_init(&mem, EXPLAIN_ROOM);
	while ((n = getline(&text, &room, f)) >= 0) {
		if (n > EXPLAIN_LINE_MAX || memmem(text, (size_t)n, id.p, id.n) == NULL)
			continue;
		if (explain_line_read(&mem, str_span(text, (size_t)n), id, &e)) {
			*line = arena_dup(&c->mem, str_span(text, (size_t)n));
			found = str_given(*line);
		}
		arena_reset(&mem);
	}
	free(text);
	arena_free(&mem);
	return found;
}

static const struct reason_row *
reason_named(struct str name)
{
	for (int i = R_NONE + 1; i < R_COUNT; i++)
		if (str_eq_nocase(name, str_of(reason_rows[i].name)))
			return &reason_rows[i];
	return NULL;
}

/* What to do about it, and where the rule stands; NULL: the reason says all there is. */
struct advice { const char *clause, *text[2]; };
static const struct advice *
advice_of(const struct reason_row *r)
{
	static const struct advice rows[R_COUNT] = {
#define ADVICE(reason, clause, text, zh) [R_##reason] = { clause, { text, zh } },
#include "hufu/advice.def"
#undef ADVICE
	};

	return r != NULL && rows[r - reason_rows].clause != NULL ? &rows[r - reason_rows] : NULL;
}

struct str
reason_advice(const struct cli *c, enum reason why)
{
	const struct advice *what = advice_of(&reason_rows[why]);

	return what != NULL ? str_of(what->text[c->lang]) : STR_ABSENT;
}

/* Sentences of the log were said in the daemon's language. */
static struct str
said_again(struct cli *c, struct str english)
{
	const char *z = arena_z(&c->mem, english);

	return z != NULL ? str_of(say(z)) : english;
}

static void
row(struct table *t, enum text label, struct str value)
{
	if (!str_empty(value))
		pair_line(t, label, value);
}

static struct str
differs_text(struct cli *c, struct str what)
{
	static const struct { const char *what; enum text text; } rows[] = {
		{ "scheme", T_x_d_scheme }, { "host", T_x_d_host }, { "port", T_x_d_port },
		{ "path", T_x_d_path }, { "slash", T_x_d_slash }, { "case", T_x_d_case },
		{ "query", T_x_d_query }, { "fragment", T_x_d_fragment }, { "form", T_x_d_form },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (str_is(what, rows[i].what))
			return str_of(text(c, rows[i].text));
	return what;
}

static void
print(struct cli *c, const struct explained *e)
{
	const struct reason_row *r = reason_named(e->reason);
	const struct advice *what = advice_of(r);
	struct table t;

	pairs_begin(&t, c);
	row(&t, T_x_when, e->ts);
	row(&t, T_h_issuer, e->issuer);
	row(&t, T_x_endpoint, ARENA_CAT(&c->mem, e->method, S(" "), e->endpoint));
	row(&t, T_x_grant_used, e->grant);
	row(&t, T_x_client_named, e->client);
	row(&t, T_h_user, e->user);
	row(&t, T_h_address, e->peer);
	row(&t, T_x_status, arena_printf(&c->mem, "%lld", (long long)e->status));
	row(&t, T_x_reason, r != NULL ? ARENA_CAT(&c->mem, e->reason, S(": "), str_of(say(r->text))) : e->reason);
	row(&t, T_x_detail, said_again(c, e->detail));
	row(&t, T_x_param, e->param);
	if (!str_empty(e->param))
		pair_line(&t, T_x_came, str_empty(e->came) ? str_of(text(c, T_none)) : e->came);
	row(&t, T_x_near, e->near);
	if (!str_empty(e->differs))
		row(&t, T_x_differs, differs_text(c, e->differs));
	if (what != NULL)
		row(&t, T_x_clause, str_of(what->clause));
	table_end(&t);
	if (what != NULL)
		out_line(str_of(what->text[c->lang]));
}

/* --- all that came with a trace ------------------------------------------------------------------ */

static void
trace_line(struct cli *c, struct str line, const struct explained *e)
{
	if (c->json)
		out_line(str_trim(str_from(line, (size_t)str_index(line, '{'))));
	else
		print(c, e);
}

/* In the order of the log: those that went well too, since they tell how far it came. How many there were. */
static int64_t
trace_print(struct cli *c, FILE *f, struct str trace)
{
	struct explained e;
	char *text = NULL;
	size_t room = 0;
	ssize_t n;
	int64_t found = 0;

	while ((n = getline(&text, &room, f)) >= 0) {
		struct str line = str_span(text, (size_t)n);

		if (n > EXPLAIN_LINE_MAX || memmem(text, (size_t)n, trace.p, trace.n) == NULL
		    || !explain_trace_read(&c->mem, line, trace, &e))
			continue;
		if (found++ > 0 && !c->json)
			out_line(S(""));
		trace_line(c, line, &e);
	}
	free(text);
	return found;
}

static void
id_print(struct cli *c, FILE *f, struct str id, struct str path)
{
	struct explained e;
	struct str line = STR_ABSENT;

	if (!line_find(c, f, id, &line) || !explain_line_read(&c->mem, line, id, &e))
		cli_fail(c, FILL(c, T_x_not_there, id, path), str_of(text(c, T_x_not_there_hint)));
	else
		trace_line(c, line, &e);
}

/* What --log names, else the audit file of the settings. Absent: already complained. */
static struct str
log_path(struct cli *c)
{
	struct str path = json_member_str(c->local, "log");
	const struct conf *conf = str_given(path) ? NULL : cli_conf(c);

	if (conf != NULL)
		path = conf_text(conf, SEC_TOP, STR_ABSENT, "audit.file");
	if (conf != NULL && str_empty(path)) {
		cli_usage(c, str_of(text(c, T_x_no_log)));
		return STR_ABSENT;
	}
	return path;
}

/* One of the two, and well-formed. */
static bool
asked_is_sane(struct cli *c, struct str id, struct str trace)
{
	if (str_given(id) == str_given(trace))
		return cli_usage(c, str_of(text(c, T_x_id_or_trace)));
	if (str_given(trace))
		return trace_id_is_sane(trace) || cli_usage(c, FILL(c, T_bad_trace, trace));
	return explain_id_is_sane(id) || cli_usage(c, FILL(c, T_x_bad_id, id));
}

static int
explain(struct cli *c)
{
	struct str id = json_member_str(c->local, "id"), trace = json_member_str(c->local, "trace"), path;
	bool standard;
	char *z;
	FILE *f;

	if (!asked_is_sane(c, id, trace))
		return c->code;
	path = log_path(c);
	if (!str_given(path))
		return c->code;
	standard = str_is(path, "-");
	z = arena_z(&c->mem, path);
	f = standard ? stdin : z != NULL ? fopen(z, "re") : NULL;
	if (f == NULL)
		return cli_fail(c, FILL(c, T_file_failed, path, str_of(say_errno(errno))), STR_ABSENT), c->code;
	if (str_given(id))
		id_print(c, f, id, path);
	else if (trace_print(c, f, trace) == 0)
		cli_fail(c, FILL(c, T_x_no_trace, trace, path), str_of(text(c, T_x_not_there_hint)));
	if (!standard)
		fclose(f);
	return c->code;
}

static const struct opt explain_options[] = {
	{ "--log", "log", OPT_LOCAL, T_o_explain_log }, { "--trace", "trace", OPT_LOCAL, T_o_explain_trace }, OPT_END,
};
const struct command explain_commands[] = {
	{ "explain", NULL, NULL, T_d_explain, .flags = ARG_OPTIONAL, .arg = "ID", .member = "id", .opts = explain_options, .run = explain },
	{ .noun = NULL },
};
