/* tests/unit/base/roff_test.c - text as a manual page: nothing of it becomes a request or an escape. */
#include "../test.h"
#include "base/roff.h"

static struct str
as_text(struct arena *mem, const char *text)
{
	struct buf b;

	buf_init(&b, mem, 4096);
	roff_text(&b, str_of(text));
	return buf_str(&b);
}

static struct str
as_page(struct arena *mem, const char *page)
{
	struct buf b;

	buf_init(&b, mem, 4096);
	roff_markdown(&b, str_of(page));
	return buf_str(&b);
}

TEST(marks_become_fonts)
{
	EXPECT_STR(as_text(mem, "run `hufu -x` as *root* now"), S("run \\fBhufu \\-x\\fR as \\fIroot\\fR now"));
	EXPECT_STR(as_text(mem, "see [the page](docs/x.md)."), S("see the page."));
}

TEST(marks_that_are_none_stay)
{
	EXPECT_STR(as_text(mem, "2 * 3 * 4"), S("2 * 3 * 4"));
	EXPECT_STR(as_text(mem, "an `open one"), S("an \\(gaopen one"));
	EXPECT_STR(as_text(mem, "[x] and (y)"), S("[x] and (y)"));
}

TEST(nothing_is_a_request_or_an_escape)
{
	EXPECT_STR(as_text(mem, ".so /etc/passwd"), S("\\&.so /etc/passwd"));
	EXPECT_STR(as_text(mem, "'so x"), S("\\(aqso x"));
	EXPECT_STR(as_text(mem, "a\\fBb"), S("a\\efBb"));
	EXPECT_STR(as_text(mem, "one\n.two"), S("one .two"));
	EXPECT_STR(as_text(mem, "~^"), S("\\(ti\\(ha"));
}

TEST(chinese_may_break_between_characters)
{
	EXPECT_STR(as_text(mem, "配置文件。"), S("配\\:置\\:文\\:件。"));
	EXPECT_STR(as_text(mem, "（见）a"), S("（见）a"));
}

TEST(rows_are_items)
{
	EXPECT_STR(as_page(mem, "one\ntwo\n\n## a|b\n\n| key | value | meaning |\n|---|---|---|\n| `x.y` | number 1–2 | A `b|c` d. |\n\nend\n"),
	    S("one\ntwo\n.SH a|b\n.TP\n\\fBx.y\\fR\n(number 1–2)\n.br\nA \\fBb|c\\fR d.\n.PP\nend\n"));
	EXPECT_STR(as_page(mem, "| `x` | only |\n"), S(".TP\n\\fBx\\fR\nonly\n"));
}
