/*
 * import/java_utf.c - modified UTF-8: NUL in two bytes, other planes as two surrogates of three
 * bytes each. Specification, section 6.2.
 */
#include "import/java_int.h"

static bool
unit_read(struct str *s, uint32_t *unit)
{
	const uint8_t *p = (const uint8_t *)s->p;
	size_t n = s->n == 0 ? 0 : p[0] < 0x80 ? 1 : (p[0] & 0xe0) == 0xc0 ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : 0;

	if (n == 0 || n > s->n || (n > 1 && (p[1] & 0xc0) != 0x80) || (n > 2 && (p[2] & 0xc0) != 0x80))
		return false;
	*unit = n == 1 ? p[0] : n == 2 ? (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu) : (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	*s = str_from(*s, n);
	return true;
}

static bool
pair_read(struct str *s, uint32_t *point)
{
	uint32_t low;

	if (*point < 0xd800 || *point > 0xdfff)
		return true;
	if (*point > 0xdbff || !unit_read(s, &low) || low < 0xdc00 || low > 0xdfff)
		return false;
	*point = 0x10000 + ((*point - 0xd800) << 10) + (low - 0xdc00);
	return true;
}

static size_t
utf8_put(char *to, uint32_t c)
{
	if (c < 0x80)
		return to[0] = (char)c, 1;
	if (c < 0x800)
		return to[0] = (char)(0xc0 | c >> 6), to[1] = (char)(0x80 | (c & 0x3f)), 2;
	if (c < 0x10000)
		return to[0] = (char)(0xe0 | c >> 12), to[1] = (char)(0x80 | (c >> 6 & 0x3f)),
		       to[2] = (char)(0x80 | (c & 0x3f)), 3;
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

bool
java_utf(struct arena *mem, struct str raw, struct str *out)
{
	char *to = arena_alloc(mem, raw.n);             /* never longer than it was */
	size_t n = 0;
	uint32_t c;

	if (to == NULL)
		return false;
	while (raw.n > 0) {
		if (!unit_read(&raw, &c) || !pair_read(&raw, &c))
			return false;
		n += utf8_put(to + n, c);
	}
	*out = str_span(to, n);
	return true;
}
