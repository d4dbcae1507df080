/* hufu/audit_lines.c - the audit file read line by line, its rotated files first; which lines are asked for. */
#include "admin/trail.h"
#include "hufu/hufu_int.h"

#include <errno.h>
#include <time.h>

struct str
audit_file(struct cli *c)
{
	struct str file = json_member_str(c->local, "file");
	const struct conf *conf;

	if (str_given(file))
		return file;
	conf = cli_conf(c);
	if (conf == NULL)
		return STR_ABSENT;
	file = conf_text(conf, SEC_TOP, STR_ABSENT, "audit.file");
	if (!str_empty(file))
		return file;
	cli_usage(c, str_of(text(c, T_a_no_file)));
	return STR_ABSENT;
}

static bool
lines_of(struct cli *c, struct str file, FILE *f, audit_each *each, void *ctx)
{
	struct audit_place at = { .file = file, .begins = true };
	char *text_read = NULL;
	size_t room = 0;
	ssize_t n;
	bool ok = true;

	while (ok && (n = getline(&text_read, &room, f)) >= 0) {
		at.line++;
		at.whole = n > 0 && text_read[n - 1] == '\n';
		ok = n <= TRAIL_LINE_MAX || cli_fail(c, FILL(c, T_a_long, file), STR_ABSENT);
		ok = ok && each(ctx, &at, str_span(text_read, (size_t)n - at.whole));
		at.begins = false;
	}
	free(text_read);
	return ok;
}

static bool
read_file(struct cli *c, struct str file, audit_each *each, void *ctx)
{
	char *z = arena_z(&c->mem, file);
	FILE *f = z != NULL ? fopen(z, "re") : NULL;
	bool ok;

	if (f == NULL)
		return cli_fail(c, FILL(c, T_file_failed, file, str_of(say_errno(errno))), STR_ABSENT);
	ok = lines_of(c, file, f, each, ctx);
	fclose(f);
	return ok;
}

bool
audit_lines(struct cli *c, struct str file, audit_each *each, void *ctx)
{
	struct str *names = arena_array(&c->mem, struct str, TRAIL_FILES_MAX), why = STR_ABSENT;
	size_t n;

	if (names == NULL || !trail_rotated(&c->mem, file, names, &n, &why))
		return cli_fail(c, why, STR_ABSENT);
	for (size_t i = 0; i < n; i++)
		if (!read_file(c, names[i], each, ctx))
			return false;
	return read_file(c, file, each, ctx);
}

/* --- what is asked for --------------------------------------------------------------------------- */

/* "30d" as the time so long ago, as lines write it. */
static bool
ago(struct cli *c, struct str text_given, struct str *out)
{
	static const struct { char unit; int64_t factor; } units[] = { { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	int64_t n, factor = 0;
	time_t then;
	struct tm t;

	for (size_t i = 0; i < COUNT(units); i++)
		if (text_given.n > 1 && text_given.p[text_given.n - 1] == units[i].unit)
			factor = units[i].factor;
	if (factor == 0 || !str_int(str_sub(text_given, 0, text_given.n - 1), &n) || n < 0 || n > 36500 * INT64_C(1440))
		return false;
	then = (time_t)(clock_now_s() - n * factor);
	gmtime_r(&then, &t);
	*out = arena_printf(&c->mem, "%04d-%02d-%02dT%02d:%02d:%02d", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour,
	    t.tm_min, t.tm_sec);
	return true;
}

/* Texts of times sort as the times do. */
static bool
is_date(struct str s)
{
	static const char form[] = "0000-00-00T00:00:00";

	if (s.n != 10 && s.n != 16 && s.n != 19)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (form[i] == '0' ? s.p[i] < '0' || s.p[i] > '9' : s.p[i] != form[i])
			return false;
	return true;
}

bool
audit_filter_read(struct cli *c, struct audit_filter *f)
{
	struct str since = json_member_str(c->local, "since");

	*f = (struct audit_filter){
		.event = json_member_str(c->local, "event"),
		.user = json_member_str(c->local, "user"),
		.client = json_member_str(c->local, "client"),
		.trace = json_member_str(c->local, "trace"),
	};
	if (str_given(f->trace) && !trace_id_is_sane(f->trace))
		return cli_usage(c, FILL(c, T_bad_trace, f->trace));
	if (!str_given(since) || ago(c, since, &f->since))
		return true;
	f->since = since;
	return is_date(since) || cli_usage(c, str_of(text(c, T_a_bad_since)));
}

static bool
is_one_of(const json_t *line, struct str wanted, const char *const *members, const char *list)
{
	for (; *members != NULL; members++)
		if (str_eq(json_member_str(line, *members), wanted))
			return true;
	for (size_t i = 0; i < json_array_size(json_object_get(line, list)); i++)
		if (str_eq(json_text(json_array_get(json_object_get(line, list), i)), wanted))
			return true;
	return false;
}

bool
audit_fits(const struct audit_filter *f, const json_t *line)
{
	static const char *const what[] = { "event", "endpoint", NULL }, *const who[] = { "user", "operator", "login", NULL },
	    *const client[] = { "client", NULL }, *const trace[] = { "trace_id", NULL };
	struct str ts = json_member_str(line, "ts");

	return (!str_given(f->event) || is_one_of(line, f->event, what, "none"))
	    && (!str_given(f->user) || is_one_of(line, f->user, who, "user_names"))
	    && (!str_given(f->client) || is_one_of(line, f->client, client, "client_names"))
	    && (!str_given(f->trace) || is_one_of(line, f->trace, trace, "none"))
	    && (!str_given(f->since) || (ts.n >= f->since.n && memcmp(ts.p, f->since.p, f->since.n) >= 0));
}
