/* hufu/doctor.c - hufu doctor: this installation looked over, or any server from outside, with a numbered list of what to do. */
#include "hufu/doctor.h"

static const char *const verdicts[] = { [PROBE_GOOD] = "good", [PROBE_UNSEEN] = "unseen", [PROBE_WEAK] = "weak",
	[PROBE_BAD] = "bad" };
static const enum text verdict_texts[] = {
	[PROBE_GOOD] = T_v_good, [PROBE_UNSEEN] = T_v_unseen, [PROBE_WEAK] = T_v_weak, [PROBE_BAD] = T_v_bad
};

static bool
is_to_do(const struct remark *m)
{
	return m->verdict == PROBE_WEAK || m->verdict == PROBE_BAD;
}

static void
report_json(struct report *r)
{
	struct buf b;

	buf_init(&b, &r->c->mem, 4 * 1024 * 1024);
	jw_open(&b, '{');
	jw_name(&b, S("remarks"));
	jw_open(&b, '[');
	for (size_t i = 0; i < r->n; i++) {
		struct buf one;

		buf_init(&one, &r->c->mem, 64 * 1024);
		jw_open(&one, '{');
		jm_str(&one, S("verdict"), str_of(verdicts[r->at[i].verdict]));
		jm_str(&one, S("said"), r->at[i].said);
		jm_str(&one, S("clause"), r->at[i].clause);
		jw_close(&one, '}');
		jw_item(&b, buf_str(&one));
	}
	jw_close(&b, ']');
	jm_int(&b, S("left_out"), (int64_t)r->n_left_out);
	jw_close(&b, '}');
	out_line(buf_str(&b));
}

static void
remark_line(struct report *r, const struct remark *m)
{
	struct cli *c = r->c;

	out_line(ARENA_CAT(&c->mem, S("  "), str_of(text(c, verdict_texts[m->verdict])), S("  "), m->said,
	    str_given(m->clause) ? S("  [") : S(""), m->clause, str_given(m->clause) ? S("]") : S("")));
}

/* What is wrong before what is weak. */
static void
to_do_lines(struct report *r)
{
	int number = 0;

	for (int v = PROBE_BAD; v >= PROBE_WEAK; v--)
		for (size_t i = 0; i < r->n; i++)
			if ((int)r->at[i].verdict == v)
				out_line(arena_printf(&r->c->mem, "%3d. %.*s", ++number, STR_ARG(r->at[i].said)));
}

/* The list at the end, which a person works through; 1 where something is wrong. */
static int
report_end(struct report *r)
{
	bool bad = false, any = false;

	for (size_t i = 0; i < r->n; i++) {
		bad = bad || r->at[i].verdict == PROBE_BAD;
		any = any || is_to_do(&r->at[i]);
	}
	if (r->c->json) {
		report_json(r);
		return bad ? EXIT_FAILED : EXIT_DONE;
	}
	out_line(S(""));
	out_line(str_of(text(r->c, any ? T_doctor_to_do : T_doctor_well)));
	to_do_lines(r);
	return bad ? EXIT_FAILED : EXIT_DONE;
}

static void
lines_since(struct report *r, size_t from)
{
	for (size_t i = from; i < r->n && !r->c->json; i++)
		remark_line(r, &r->at[i]);
}

static int
outside(struct cli *c, struct report *r, struct str url)
{
	struct probe_server s;
	struct probe p;

	probe_init(&p, &c->mem);
	if (!probe_look(&p, url, &s))
		return cli_fail(c, p.why, STR_ABSENT), c->code;
	remark_server(r, s.issuer, &p, &s);
	lines_since(r, 0);
	return report_end(r);
}

static int
doctor(struct cli *c)
{
	static const struct { void (*look)(struct report *r); const char *in[2]; } looks[] = {
#define LOOK(id, en, zh) { look_at_##id, { en, zh } },
#include "hufu/doctor.def"
#undef LOOK
	};
	struct report *r = arena_new(&c->mem, struct report);
	struct str url = json_member_str(c->local, "url");

	if (r == NULL)
		return cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT), c->code;
	r->c = c;
	if (str_given(url))
		return outside(c, r, url);
	for (size_t i = 0; i < COUNT(looks); i++) {
		size_t from = r->n;

		looks[i].look(r);
		if (!c->json)
			out_line(str_of(looks[i].in[c->lang == LANGUAGE_CHINESE]));
		lines_since(r, from);
	}
	return report_end(r);
}

static const struct opt options[] = {
	{ "--backups", "backups", OPT_LOCAL, T_o_doctor_backups },
	{ "--realm", "realm", OPT_TEXT, T_o_realm },
	OPT_END,
};
const struct command doctor_commands[] = {
	{ "doctor", NULL, NULL, T_d_doctor, ARG_OPTIONAL, "URL", "url", options, .run = doctor },
	{ .noun = NULL },
};
