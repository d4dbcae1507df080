/* base/html.c - text as HTML: the five characters that mean something become entities. */
#include "base/base.h"

static struct str
entity(char c)
{
	switch (c) {
	case '&':
		return S("&amp;");
	case '<':
		return S("&lt;");
	case '>':
		return S("&gt;");
	case '"':
		return S("&quot;");
	case '\'':
		return S("&#39;");
	default:
		return STR_ABSENT;
	}
}

void
html_put(struct buf *b, struct str s)
{
	size_t from = 0;

	for (size_t i = 0; i < s.n; i++) {
		struct str e = entity(s.p[i]);

		if (!str_given(e))
			continue;
		buf_put(b, str_sub(s, from, i - from));
		buf_put(b, e);
		from = i + 1;
	}
	buf_put(b, str_from(s, from));
}
