/* hufu/audit.c - hufu audit tail, search and export: the audit file for people and for other programs. */
#include "admin/trail.h"
#include "hufu/hufu_int.h"

#include <sys/stat.h>
#include <unistd.h>

#define LINES_USUAL 20
#define LINES_MAX 100000
#define FOLLOW_US 300000

/* Values as JSON writes them, so that no control character of a stranger's name reaches the terminal. */
static void
line_show(struct cli *c, const json_t *line, struct str raw)
{
	static const char *const members[] = {
		"issuer", "client", "user", "operator", "result", "reason", "error_id", "peer", "trace_id",
	};
	struct arena mem;
	struct buf b;

	if (c->json) {
		out_line(raw);
		return;
	}
	arena_init(&mem, 4 * TRAIL_LINE_MAX);
	buf_init(&b, &mem, 2 * TRAIL_LINE_MAX);
	buf_json(&b, json_member_str(line, "ts"));
	for (const char *const *m = (const char *const[]){ "event", "endpoint", NULL }; *m != NULL; m++)
		if (json_object_get(line, *m) != NULL) {
			buf_putc(&b, ' ');
			buf_json(&b, json_member_str(line, *m));
		}
	if (json_object_get(line, "status") != NULL)
		buf_printf(&b, " status=%lld", (long long)json_integer_value(json_object_get(line, "status")));
	for (size_t i = 0; i < COUNT(members); i++)
		if (json_object_get(line, members[i]) != NULL) {
			buf_printf(&b, " %s=", members[i]);
			buf_json(&b, json_member_str(line, members[i]));
		}
	out_line(buf_str(&b));
	arena_free(&mem);
}

/* --- what all of them walk with ------------------------------------------------------------------ */

struct walk;
typedef void walk_show(struct walk *w, const json_t *line, struct str raw);
struct walk {
	struct cli *c;
	struct audit_filter filter;
	walk_show *show;
	struct str *ring;               /* of tail: the last lines, room of them */
	int64_t shown, room;
};

static bool
walk_line(void *ctx, const struct audit_place *at, struct str raw)
{
	struct walk *w = ctx;
	json_t *line = json_loadb(raw.p, raw.n, JSON_REJECT_DUPLICATES, NULL);

	(void)at;
	if (json_is_object(line) && !str_is(json_member_str(line, "level"), "head") && audit_fits(&w->filter, line))
		w->show(w, line, raw);
	json_decref(line);
	return true;
}

static int
walk_all(struct cli *c, struct walk *w)
{
	struct str file = audit_file(c);

	w->c = c;
	if (str_given(file) && audit_filter_read(c, &w->filter))
		audit_lines(c, file, walk_line, w);
	return c->code;
}

static void
show_now(struct walk *w, const json_t *line, struct str raw)
{
	line_show(w->c, line, raw);
}

static int
search(struct cli *c)
{
	return walk_all(c, &(struct walk){ .show = show_now });
}

/* --- tail ------------------------------------------------------------------------------------------ */

static void
ring_put(struct walk *w, const json_t *line, struct str raw)
{
	struct str *place = &w->ring[w->shown++ % w->room];

	(void)line;
	free((void *)(uintptr_t)place->p);
	*place = (struct str){ strndup(raw.p, raw.n), raw.n };
}

static void
ring_show(struct walk *w)
{
	for (int64_t i = w->shown > w->room ? w->shown - w->room : 0; i < w->shown; i++) {
		struct str raw = w->ring[i % w->room];
		json_t *line = raw.p != NULL ? json_loadb(raw.p, raw.n, 0, NULL) : NULL;

		line_show(w->c, line, raw);
		json_decref(line);
		free((void *)(uintptr_t)raw.p);
	}
}

static bool
is_replaced(FILE *f, const char *path)
{
	struct stat held, named;

	return fstat(fileno(f), &held) == 0 && stat(path, &named) == 0 && held.st_ino != named.st_ino;
}

/* Lines that come, until somebody ends it; a file that takes its place is read from its beginning. */
static void
follow(struct walk *w, const char *path)
{
	FILE *f = fopen(path, "re");
	char *text_read = NULL;
	size_t room = 0;
	ssize_t n;

	w->show = show_now;
	if (f != NULL)
		fseek(f, 0, SEEK_END);
	while (f != NULL) {
		long at = ftell(f);

		n = getline(&text_read, &room, f);
		if (n > 0 && text_read[n - 1] == '\n') {
			walk_line(w, NULL, str_span(text_read, (size_t)n - 1));
			fflush(stdout);
			continue;
		}
		clearerr(f);
		fseek(f, at, SEEK_SET);
		if (is_replaced(f, path)) {
			fclose(f);
			f = fopen(path, "re");
		} else
			usleep(FOLLOW_US);
	}
	free(text_read);
}

static int
tail(struct cli *c)
{
	struct str lines = json_member_str(c->local, "lines"), file;
	struct walk w = { .show = ring_put, .room = LINES_USUAL };

	if (str_given(lines) && (!str_int(lines, &w.room) || w.room < 1 || w.room > LINES_MAX))
		return cli_usage(c, FILL(c, T_bad_number, S("--lines"), lines)), c->code;
	w.ring = calloc((size_t)w.room, sizeof *w.ring);
	if (w.ring == NULL)
		return cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT), c->code;
	walk_all(c, &w);
	ring_show(&w);
	free(w.ring);
	fflush(stdout);
	if (c->code == EXIT_DONE && cli_flag(c, "follow") && str_given(file = audit_file(c)))
		follow(&w, arena_z(&c->mem, file));
	return c->code;
}

/* --- export ---------------------------------------------------------------------------------------- */

static const char *const columns[] = {
	"seq", "ts", "level", "event", "issuer", "realm", "endpoint", "method", "grant", "client", "user", "operator", "login",
	"result", "code", "status", "reason", "detail", "error_id", "peer", "dur_us", "trace_id", "span", "parent_span",
};

/* RFC 4180; a cell that a spreadsheet would take for a formula begins with an apostrophe. */
static void
cell_put(struct buf *b, const json_t *v)
{
	struct str s = json_text(v);

	if (json_is_integer(v))
		buf_printf(b, "%lld", (long long)json_integer_value(v));
	if (!str_given(s))
		return;
	buf_putc(b, '"');
	if (s.n > 0 && memchr("=+-@\t\r", s.p[0], 6) != NULL)
		buf_putc(b, '\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_putc(b, '"');
		buf_putc(b, s.p[i]);
	}
	buf_putc(b, '"');
}

static void
csv_show(struct walk *w, const json_t *line, struct str raw)
{
	struct arena mem;
	struct buf b;

	(void)w, (void)raw;
	arena_init(&mem, 4 * TRAIL_LINE_MAX);
	buf_init(&b, &mem, 2 * TRAIL_LINE_MAX);
	for (size_t i = 0; i < COUNT(columns); i++) {
		if (i > 0)
			buf_putc(&b, ',');
		cell_put(&b, json_object_get(line, columns[i]));
	}
	buf_putc(&b, '\r');
	out_line(buf_str(&b));
	arena_free(&mem);
}

static void
array_show(struct walk *w, const json_t *line, struct str raw)
{
	(void)line;
	printf("%s%.*s", w->shown++ > 0 ? ",\n" : "[\n", STR_ARG(raw));
}

static int
export(struct cli *c)
{
	struct walk w = { .show = cli_flag(c, "csv") ? csv_show : array_show };

	if (cli_flag(c, "csv")) {
		for (size_t i = 0; i < COUNT(columns); i++)
			printf("%s%s", i > 0 ? "," : "", columns[i]);
		printf("\r\n");
		return walk_all(c, &w);
	}
	walk_all(c, &w);
	if (c->code == EXIT_DONE)
		printf("%s\n]\n", w.shown > 0 ? "" : "[");
	return c->code;
}

#define FILTERS                                                                                                        \
	{ "--event", "event", OPT_LOCAL, T_o_audit_event }, { "--user", "user", OPT_LOCAL, T_o_audit_user },          \
	{ "--client", "client", OPT_LOCAL, T_o_audit_client }, { "--since", "since", OPT_LOCAL, T_o_audit_since }, \
	{ "--trace", "trace", OPT_LOCAL, T_o_audit_trace }
static const struct opt search_options[] = { FILTERS, OPT_END };
static const struct opt export_options[] = { { "--csv", "csv", OPT_LOCAL_FLAG, T_o_audit_csv }, FILTERS, OPT_END };
static const struct opt tail_options[] = {
	{ "--lines", "lines", OPT_LOCAL, T_o_audit_lines }, { "--follow", "follow", OPT_LOCAL_FLAG, T_o_audit_follow },
	FILTERS, OPT_END,
};
static const struct opt verify_options[] = {
	{ "--key", "key", OPT_LOCAL, T_o_audit_key }, { "--head", "head", OPT_LOCAL, T_o_audit_head }, OPT_END,
};
#define FILE_ARG .flags = ARG_OPTIONAL, .arg = "FILE", .member = "file"
const struct command audit_commands[] = {
	{ "audit", "verify", NULL, T_d_audit_verify, FILE_ARG, .opts = verify_options, .run = audit_verify },
	{ "audit", "tail", NULL, T_d_audit_tail, FILE_ARG, .opts = tail_options, .run = tail },
	{ "audit", "search", NULL, T_d_audit_search, FILE_ARG, .opts = search_options, .run = search },
	{ "audit", "export", NULL, T_d_audit_export, FILE_ARG, .opts = export_options, .run = export },
	{ "audit", "key", NULL, T_d_audit_key, .run = audit_key },
	{ .noun = NULL },
};
