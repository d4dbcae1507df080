/* base/roff.c - see roff.h; man(7), groff_char(7). */
#include <ctype.h>

#include "base/roff.h"

void
roff_title(struct buf *b, const char *name, int section, const char *version)
{
	buf_put(b, S(".TH "));
	for (const char *p = name; *p != '\0'; p++)
		buf_putc(b, (char)toupper((unsigned char)*p));
	buf_printf(b, " %d \"\" \"hufu %s\" \"hufu\"\n.ad l\n", section, version);
}

static void
put_byte(struct buf *b, char c)
{
	switch (c) {
	case '\\': buf_put(b, S("\\e")); break;
	case '-': buf_put(b, S("\\-")); break;
	case '\'': buf_put(b, S("\\(aq")); break;
	case '^': buf_put(b, S("\\(ha")); break;
	case '~': buf_put(b, S("\\(ti")); break;
	case '`': buf_put(b, S("\\(ga")); break;
	case '\n': buf_putc(b, ' '); break;
	default: buf_putc(b, c);
	}
}

/* The character at the beginning, when it is one of three bytes of UTF-8 (Chinese is); else empty. */
static struct str
wide(struct str s)
{
	return s.n >= 3 && ((unsigned char)s.p[0] & 0xf0) == 0xe0 ? str_sub(s, 0, 3) : S("");
}

/* Which may not stand in front of a line. */
static bool
closes(struct str c)
{
	static const char *const marks[] = { "，", "。", "；", "：", "、", "）", "》", "”", "！", "？", "…" };

	for (size_t i = 0; i < COUNT(marks); i++)
		if (str_is(c, marks[i]))
			return true;
	return false;
}

/* Chinese has no blanks to break a line at: between two of its characters there may be one. */
static size_t
put_char(struct buf *b, struct str s)
{
	struct str c = wide(s), next = wide(str_from(s, c.n));

	if (c.n == 0) {
		put_byte(b, s.p[0]);
		return 1;
	}
	buf_put(b, c);
	if (next.n > 0 && !closes(next) && !str_is(c, "（") && !str_is(c, "“"))
		buf_put(b, S("\\:"));
	return c.n;
}

static void
put_plain(struct buf *b, struct str text)
{
	while (text.n > 0)
		text = str_from(text, put_char(b, text));
}

/* The length of what stands between two of the marks that begins here, without them; 0: none does. */
static size_t
marked(struct str s, char mark)
{
	ptrdiff_t end = s.n > 2 && s.p[0] == mark ? str_index(str_from(s, 1), mark) : -1;
	struct str in = end > 0 ? str_sub(s, 1, (size_t)end) : STR_ABSENT;

	return in.n > 0 && in.p[0] != ' ' && in.p[in.n - 1] != ' ' && str_index(in, '\n') < 0 ? in.n : 0;
}

/* [text](address): the lengths of both; false: none begins here. */
static bool
is_link(struct str s, size_t *text, size_t *address)
{
	ptrdiff_t end = s.n > 4 && s.p[0] == '[' ? str_index(s, ']') : -1, close;

	if (end < 2 || (size_t)end + 2 >= s.n || s.p[end + 1] != '(')
		return false;
	close = str_index(str_from(s, (size_t)end + 2), ')');
	*text = (size_t)end - 1;
	*address = close > 0 ? (size_t)close : 0;
	return close > 0;
}

static void
put_font(struct buf *b, char font, struct str text)
{
	buf_printf(b, "\\f%c", font);
	put_plain(b, text);
	buf_put(b, S("\\fR"));
}

/* How many bytes of s that took. */
static size_t
put_next(struct buf *b, struct str s)
{
	size_t n, m;

	if ((n = marked(s, '`')) > 0) {
		put_font(b, 'B', str_sub(s, 1, n));
		return n + 2;
	}
	if ((n = marked(s, '*')) > 0) {
		put_font(b, 'I', str_sub(s, 1, n));
		return n + 2;
	}
	if (is_link(s, &n, &m)) {
		roff_text(b, str_sub(s, 1, n));
		return n + m + 4;
	}
	return put_char(b, s);
}

/* A line that begins with a dot or a quote would be a request: nothing of no width stands in front. */
void
roff_text(struct buf *b, struct str text)
{
	if (text.n > 0 && text.p[0] == '.')
		buf_put(b, S("\\&"));
	while (text.n > 0)
		text = str_from(text, put_next(b, text));
}

void
roff_heading(struct buf *b, struct str text)
{
	buf_put(b, S(".SH "));
	roff_text(b, text);
	buf_putc(b, '\n');
}

void
roff_paragraph(struct buf *b)
{
	buf_put(b, S(".PP\n"));
}

void
roff_item(struct buf *b, struct str word)
{
	buf_put(b, S(".TP\n"));
	put_font(b, 'B', word);
	buf_putc(b, '\n');
}

void
roff_code(struct buf *b, struct str lines)
{
	buf_put(b, S(".PP\n.RS 4\n.nf\n"));
	for (struct str line; str_given(lines) && lines.n > 0 && (line = str_cut(&lines, '\n')).p; ) {
		buf_put(b, S("\\&"));
		put_plain(b, line);
		buf_putc(b, '\n');
	}
	buf_put(b, S(".fi\n.RE\n"));
}

/* --- Markdown --------------------------------------------------------------------------------- */

/* The next cell of a row; a bar within backquotes is no border. */
static struct str
cell(struct str *row)
{
	bool code = false;
	struct str in;

	for (size_t i = 0; i < row->n; i++) {
		code ^= row->p[i] == '`';
		if (code || row->p[i] != '|')
			continue;
		in = str_trim(str_sub(*row, 0, i));
		*row = str_from(*row, i + 1);
		return in;
	}
	in = *row;
	*row = str_from(*row, row->n);
	return str_trim(in);
}

/* | `word` | cells between | meaning | */
static void
put_row(struct buf *b, struct str row)
{
	struct str word = cell(&row), last = STR_ABSENT;
	const char *before = "";

	roff_item(b, str_sub(word, 1, word.n - 2));
	while (row.n > 0) {
		struct str next = cell(&row);

		if (last.n > 0) {
			buf_put(b, str_of(before[0] == '\0' ? "(" : before));
			roff_text(b, last);
			before = "; ";
		}
		last = next;
	}
	buf_put(b, str_of(before[0] == '\0' ? "" : ")\n.br\n"));
	roff_text(b, last);
	buf_putc(b, '\n');
}

/* begun: text stands above it, without an empty line between. */
static void
put_line(struct buf *b, struct str line, bool *begun)
{
	bool is_text = line.n > 0 && line.p[0] != '|' && line.p[0] != '#';

	if (str_starts(line, S("## ")))
		roff_heading(b, str_from(line, 3));
	else if (str_starts(line, S("| `")))
		put_row(b, str_from(line, 1));
	else if (is_text) {
		if (!*begun)
			roff_paragraph(b);
		roff_text(b, line);
		buf_putc(b, '\n');
	}
	*begun = is_text || str_starts(line, S("## "));
}

void
roff_markdown(struct buf *b, struct str page)
{
	bool begun = true;

	page = str_trim(page);
	while (str_given(page) && page.n > 0)
		put_line(b, str_cut(&page, '\n'), &begun);
}
