/* hufu/shadow_report.c - what a shadow run found, for people. */
#include <errno.h>

#include "hufu/shadow_report.h"
#include "shadow/shadow.h"

#define REPORT_MAX (8u * 1024 * 1024)

static struct str
number(struct cli *c, const json_t *row, const char *member)
{
	int64_t n = 0;

	json_member_int(row, member, &n);
	return arena_printf(&c->mem, "%lld", (long long)n);
}

static struct str
cause_said(const struct cli *c, struct str word)
{
	for (int i = 0; i < SHADOW_CAUSES; i++)
		if (str_is(word, shadow_causes[i].word))
			return str_of(shadow_causes[i].said[c->lang == LANGUAGE_CHINESE]);
	return word;
}

static struct str
skip_said(const struct cli *c, struct str word)
{
	for (int i = 0; i < SHADOW_SKIPS; i++)
		if (str_is(word, shadow_skips[i].word))
			return str_of(shadow_skips[i].said[c->lang == LANGUAGE_CHINESE]);
	return word;
}

/* How often a cause was seen, over all its groups. */
static int64_t
count_of(const json_t *groups, struct str cause)
{
	const json_t *g;
	int64_t sum = 0, n;
	size_t i;

	json_array_foreach(groups, i, g)
		if (str_eq(json_member_str(g, "cause"), cause) && json_member_int(g, "count", &n))
			sum += n;
	return sum;
}

static void
group_lines(struct cli *c, const json_t *g)
{
	const json_t *example = json_object_get(g, "example");
	struct str what = json_member_str(g, "what");

	out_line(arena_plain(&c->mem, ARENA_CAT(&c->mem, S("  "), number(c, g, "count"), S("x  "), out_text(g, "endpoint"),
	    str_given(what) ? S(": ") : S(""), what)));
	out_line(arena_plain(&c->mem, ARENA_CAT(&c->mem, S("      "), FILL(c, T_sh_example, out_text(example, "old"),
	    out_text(example, "new"), number(c, example, "exchange")))));
}

static void
groups_print(struct cli *c, const json_t *groups)
{
	struct str last = S("");
	const json_t *g;
	size_t i;

	json_array_foreach(groups, i, g) {
		struct str cause = out_text(g, "cause");

		if (!str_eq(cause, last))
			out_line(arena_plain(&c->mem, ARENA_CAT(&c->mem, cause_said(c, cause), S(" ("),
			    arena_printf(&c->mem, "%lld", (long long)count_of(groups, cause)), S(")"))));
		last = cause;
		group_lines(c, g);
	}
}

void
shadow_report_print(struct cli *c, const json_t *report)
{
	const json_t *skips = json_object_get(report, "not_compared"), *s;
	size_t i;

	if (json_object_get(report, "recorded") != NULL)
		out_line(FILL(c, T_sh_recorded, number(c, report, "recorded"), number(c, report, "left_out")));
	if (json_object_get(report, "compared") == NULL)
		return;
	groups_print(c, json_object_get(report, "differences"));
	out_line(FILL(c, T_sh_sum, number(c, report, "exchanges"), number(c, report, "compared"),
	    number(c, report, "same"), number(c, report, "minor"), number(c, report, "different")));
	json_array_foreach(skips, i, s)
		out_line(FILL(c, T_sh_skipped, number(c, s, "count"), skip_said(c, out_text(s, "why"))));
	if (!str_is(number(c, report, "more"), "0"))
		out_line(FILL(c, T_sh_more, number(c, report, "more")));
}

/* --- kept ----------------------------------------------------------------------------------------------------------- */

/* An issuer's name is a word of the settings, and here a part of a file's name. Absent: it cannot be one. */
static struct str
path_of(struct cli *c, struct str issuer)
{
	const struct conf *conf = cli_conf(c);
	struct str data = conf != NULL ? conf_text(conf, SEC_TOP, STR_ABSENT, "data") : STR_ABSENT;

	if (str_empty(data) || str_index(issuer, '/') >= 0)
		return STR_ABSENT;
	return ARENA_CAT(&c->mem, data, S("/shadow-"), issuer, S(".json"));
}

void
shadow_report_keep(struct cli *c, struct str issuer, const json_t *report)
{
	struct str path = path_of(c, issuer);
	char *text_of = json_dumps(report, JSON_COMPACT);
	struct new_file f;
	bool kept = false;

	errno = EINVAL;
	if (str_given(path) && text_of != NULL && new_file_begin(&f, &c->mem, path)) {
		file_owner_follow(f.fd, &c->mem, path);
		kept = file_write_all(f.fd, text_of, strlen(text_of));
		if (kept)
			kept = new_file_end(&f, &c->mem, true);
		else
			new_file_drop(&f);
	}
	if (!kept)
		cli_note(FILL(c, T_file_unwritten, str_given(path) ? path : issuer, str_of(say_errno(errno))));
	free(text_of);
}

const json_t *
shadow_report_kept(struct cli *c, struct str issuer)
{
	struct str path = path_of(c, issuer), bytes;
	json_t *report;

	if (!str_given(path) || !file_map(&c->mem, path, &bytes))
		return NULL;
	report = json_read_upto(&c->mem, bytes, REPORT_MAX);
	return json_object_get(report, "compared") != NULL ? report : NULL;
}

struct str
shadow_report_line(struct cli *c, struct str issuer, const json_t *report)
{
	const json_t *groups = json_object_get(report, "differences");
	struct buf b;

	buf_init(&b, &c->mem, 64 * 1024);
	buf_put(&b, FILL(c, T_sh_line, issuer, out_time(c, report, "at"), number(c, report, "compared"),
		    number(c, report, "different")));
	for (int i = 0, n = 0; i < SHADOW_CAUSES; i++) {
		int64_t count = count_of(groups, str_of(shadow_causes[i].word));

		if (count == 0 || shadow_causes[i].minor)
			continue;
		buf_put(&b, n++ > 0 ? S(", ") : S(" "));
		buf_put(&b, str_of(shadow_causes[i].said[c->lang == LANGUAGE_CHINESE]));
		buf_printf(&b, " %lld", (long long)count);
	}
	return buf_str(&b);
}
