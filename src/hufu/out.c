/*
 * hufu/out.c - answers for people: aligned tables that know how wide Chinese is, and nothing that
 * could steer a terminal.
 */
#include <time.h>

#include "hufu/hufu_int.h"

/* The character that begins at s.p[i]; *i moves behind it. Bytes that are no UTF-8 count as themselves. */
static uint32_t
character(struct str s, size_t *i)
{
	unsigned char first = (unsigned char)s.p[(*i)++];
	int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
	uint32_t c = more == 3 ? first & 7 : more == 2 ? first & 15 : more == 1 ? first & 31 : first;

	for (; more > 0 && *i < s.n && ((unsigned char)s.p[*i] & 0xc0) == 0x80; more--)
		c = c << 6 | ((unsigned char)s.p[(*i)++] & 63);
	return c;
}

/* East Asian Wide and Fullwidth (UAX #11), by blocks. */
static bool
is_wide(uint32_t c)
{
	static const uint32_t blocks[][2] = {
		{ 0x1100, 0x115f }, { 0x2e80, 0xa4cf }, { 0xac00, 0xd7a3 }, { 0xf900, 0xfaff },
		{ 0xfe30, 0xfe6f }, { 0xff00, 0xff60 },
		{ 0xffe0, 0xffe6 }, { 0x1f300, 0x1f64f }, { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
	};

	for (size_t i = 0; i < COUNT(blocks); i++)
		if (c >= blocks[i][0] && c <= blocks[i][1])
			return true;
	return false;
}

size_t
out_width(struct str s)
{
	size_t width = 0, i = 0;

	while (i < s.n)
		width += is_wide(character(s, &i)) ? 2 : 1;
	return width;
}

int
out_whole(struct cli *c, const struct buf *b)
{
	if (b->full)
		return cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT), c->code;
	fwrite(b->p, 1, b->n, stdout);
	return EXIT_DONE;
}

void
out_json(struct cli *c, const json_t *value)
{
	char *out = json_dumps(value, JSON_COMPACT);

	if (out != NULL)
		out_line(str_of(out));
	else
		cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT);
	free(out);
}

void
table_begin(struct table *t, struct cli *c, const enum text *heads, size_t n)
{
	*t = (struct table){ .c = c, .columns = n };
	for (size_t i = 0; i < n; i++)
		table_cell(t, str_of(text(c, heads[i])));
}

void
pairs_begin(struct table *t, struct cli *c)
{
	*t = (struct table){ .c = c, .columns = 2 };
}

void
table_cell(struct table *t, struct str cell)
{
	if (t->n == t->max) {
		size_t max = t->max ? 2 * t->max : 64;
		struct str *cells = arena_array(&t->c->mem, struct str, max);
		if (cells == NULL)
			return;
		if (t->n > 0)
			memcpy(cells, t->cells, t->n * sizeof *cells);
		t->cells = cells;
		t->max = max;
	}
	t->cells[t->n++] = arena_plain(&t->c->mem, cell);
}

/* A label and its value; a value that is empty is left out. */
void
pair_line(struct table *t, enum text label, struct str value)
{
	if (value.n == 0)
		return;
	table_cell(t, str_of(text(t->c, label)));
	table_cell(t, value);
}

static void
put_padded(struct str cell, size_t width)
{
	fwrite(cell.p, 1, cell.n, stdout);
	for (size_t w = out_width(cell); w < width + 2; w++)
		fputc(' ', stdout);
}

void
table_end(struct table *t)
{
	size_t *widths = arena_array(&t->c->mem, size_t, t->columns);

	if (widths == NULL)
		return;
	for (size_t i = 0; i < t->n; i++) {
		size_t w = out_width(t->cells[i]);
		if (w > widths[i % t->columns])
			widths[i % t->columns] = w;
	}
	for (size_t i = 0; i < t->n; i++) {
		if (i % t->columns + 1 < t->columns)
			put_padded(t->cells[i], widths[i % t->columns]);
		else
			out_line(t->cells[i]);
	}
	if (t->n <= t->columns && t->columns > 2)
		out_line(str_of(text(t->c, T_none)));
}

struct str
out_text(const json_t *row, const char *member)
{
	struct str s = json_member_str(row, member);

	return str_given(s) ? s : S("");
}

#define SHORT_WIDTH 60
struct str
out_short(struct cli *c, struct str s)
{
	size_t i = 0, fits = 0, width = 0;

	while (i < s.n && width <= SHORT_WIDTH) {
		if (width < SHORT_WIDTH)
			fits = i;
		width += is_wide(character(s, &i)) ? 2 : 1;
	}
	return i == s.n && width <= SHORT_WIDTH ? s : ARENA_CAT(&c->mem, str_sub(s, 0, fits), S("\xe2\x80\xa6"));
}

struct str
out_words(struct cli *c, const json_t *row, const char *member)
{
	const json_t *list = json_object_get(row, member), *one;
	struct buf b;
	size_t i;

	buf_init(&b, &c->mem, 64 * 1024);
	json_array_foreach(list, i, one) {
		if (i > 0)
			buf_putc(&b, ' ');
		buf_put(&b, str_span(json_string_value(one), json_string_length(one)));
	}
	return buf_str(&b);
}

struct str
out_int(struct cli *c, const json_t *row, const char *member)
{
	int64_t n = 0;

	return json_member_int(row, member, &n) && n != 0 ? arena_printf(&c->mem, "%lld", (long long)n) : S("");
}

struct str
out_bool(struct cli *c, const json_t *row, const char *member)
{
	return str_of(text(c, json_is_true(json_object_get(row, member)) ? T_yes : T_no));
}

struct str
out_life(struct cli *c, const json_t *row, const char *member)
{
	int64_t n = -1;

	json_member_int(row, member, &n);
	return n < 0 ? str_of(text(c, T_issuers_own))
	    : n == 0 ? str_of(text(c, T_never))
		     : arena_printf(&c->mem, "%lld s", (long long)n);
}

/* Local time; a time that was never is a dash. */
struct str
out_time(struct cli *c, const json_t *row, const char *member)
{
	int64_t n = 0;
	time_t when;
	struct tm tm;
	char out[32];

	if (!json_member_int(row, member, &n) || n <= 0)
		return S("-");
	when = (time_t)n;
	if (localtime_r(&when, &tm) == NULL || strftime(out, sizeof out, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		return S("-");
	return arena_dup(&c->mem, str_of(out));
}

void
out_done(struct cli *c, const json_t *answer)
{
	(void)answer;
	out_line(str_of(text(c, T_done)));
}

/* As a shell takes it back: 'it'\''s'. */
static struct str
shell_quoted(struct cli *c, struct str s)
{
	struct buf b;

	buf_init(&b, &c->mem, 64 * 1024);
	buf_putc(&b, '\'');
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\'')
			buf_put(&b, S("'\\''"));
		else
			buf_putc(&b, s.p[i]);
	buf_putc(&b, '\'');
	return buf_str(&b);
}

void
out_notes(struct cli *c, const json_t *answer)
{
	const json_t *list = json_object_get(answer, "warnings"), *w;
	size_t i;

	json_array_foreach(list, i, w)
		cli_note(FILL(c, T_warning, json_member_str(w, "what"), out_text(w, "text")));
	if (c->cmd->list != NULL && json_is_true(json_object_get(answer, "more")))
		cli_note(FILL(c, T_more_rows, shell_quoted(c, out_text(answer, "after"))));
}
