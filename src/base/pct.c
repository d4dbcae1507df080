/* base/pct.c - percent-encoding. RFC 3986 section 2.1, and the '+' of application/x-www-form-urlencoded. */
#include "base/base.h"

bool
pct_decode(struct arena *mem, struct str text, bool plus, struct str *out)
{
	const char *p = text.p, *end;
	char *o, *start;

	if (p == NULL) {
		*out = STR_ABSENT;
		return true;
	}
	if ((start = o = arena_alloc(mem, text.n)) == NULL)
		return false;
	for (end = p + text.n; p < end; p++) {
		int high, low;

		if (*p != '%') {
			*o++ = plus && *p == '+' ? ' ' : *p;
			continue;
		}
		if (end - p < 3 || (high = hex_value(p[1])) < 0 || (low = hex_value(p[2])) < 0)
			return false;
		*o++ = (char)(high << 4 | low);
		p += 2;
	}
	*out = str_span(start, (size_t)(o - start));
	return true;
}

static bool
is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'
	    || c == '.' || c == '_' || c == '~';
}

void
pct_encode(struct buf *b, struct str s, struct str keep)
{
	static const char digit[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (is_unreserved(s.p[i]) || str_index(keep, s.p[i]) >= 0)
			buf_putc(b, s.p[i]);
		else
			buf_put(b, str_span((char[]){ '%', digit[c >> 4], digit[c & 15] }, 3));
	}
}
