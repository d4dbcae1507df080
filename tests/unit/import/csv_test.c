/* RFC 4180, and what spreadsheets make of it. */
#include "../test.h"
#include "import/source.h"

struct seen { char text[512]; size_t n; };

static bool
row(void *ctx, const struct str *cells, size_t n)
{
	struct seen *s = ctx;

	for (size_t i = 0; i < n; i++)
		s->n += (size_t)snprintf(s->text + s->n, sizeof s->text - s->n, "[%.*s]", STR_ARG(cells[i]));
	s->n += (size_t)snprintf(s->text + s->n, sizeof s->text - s->n, "\n");
	return true;
}

static struct str
told(struct arena *mem, struct str text)
{
	struct seen *s = arena_new(mem, struct seen);

	return csv_read(mem, text, row, s) ? str_span(s->text, s->n) : STR_ABSENT;
}

TEST(records)
{
	EXPECT_STR(told(mem, S("a,b\r\n1,\"x, \"\"y\"\"\nz\"\n")), S("[a][b]\n[1][x, \"y\"\nz]\n"));
	EXPECT_STR(told(mem, S("\xef\xbb\xbf" "a,\n\n,b")), S("[a][]\n[][b]\n"));
	EXPECT_STR(told(mem, S("")), S(""));
	EXPECT_STR(told(mem, S("\"\"\n")), S(""));
}

TEST(malformed_ones)
{
	EXPECT(!str_given(told(mem, S("\"open"))));
	EXPECT(!str_given(told(mem, S("a\"b"))));
	EXPECT(!str_given(told(mem, S("\"a\"b"))));
	EXPECT(!str_given(told(mem, S("a\rb"))));
}
