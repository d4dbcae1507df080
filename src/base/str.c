/* base/str.c - spans of bytes: compare, search, cut, and the UTF-8 well-formedness rule (RFC 3629 section 4). */
#include "base/base.h"

#include <openssl/crypto.h>

bool
str_eq_secret(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}

bool
str_eq_nocase(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
			return false;
	return true;
}

bool
str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq(str_sub(s, 0, prefix.n), prefix);
}

bool
str_starts_nocase(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq_nocase(str_sub(s, 0, prefix.n), prefix);
}

bool
str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq(str_from(s, s.n - suffix.n), suffix);
}

int
str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int d = n ? memcmp(a.p, b.p, n) : 0;

	return d != 0 ? d : (a.n > b.n) - (a.n < b.n);
}

bool
str_contains(struct str s, struct str needle)
{
	return needle.n == 0 || (s.n >= needle.n && memmem(s.p, s.n, needle.p, needle.n) != NULL);
}

ptrdiff_t
str_index(struct str s, char c)
{
	const char *at = s.n ? memchr(s.p, c, s.n) : NULL;

	return at ? at - s.p : -1;
}

ptrdiff_t
str_rindex(struct str s, char c)
{
	const char *at = s.n ? memrchr(s.p, c, s.n) : NULL;

	return at ? at - s.p : -1;
}

struct str
str_sub(struct str s, size_t from, size_t n)
{
	if (s.p == NULL)
		return s;
	if (from > s.n)
		from = s.n;
	return (struct str){ s.p + from, n < s.n - from ? n : s.n - from };
}

struct str
str_from(struct str s, size_t from)
{
	return str_sub(s, from, s.n);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str
str_trim(struct str s)
{
	while (s.n > 0 && is_blank(s.p[0]))
		s.p++, s.n--;
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct str
str_cut(struct str *rest, char sep)
{
	struct str s = *rest;
	ptrdiff_t at = str_index(s, sep);

	if (at < 0) {
		*rest = STR_ABSENT;
		return s;
	}
	*rest = str_from(s, (size_t)at + 1);
	return str_sub(s, 0, (size_t)at);
}

bool
str_int(struct str s, int64_t *out)
{
	bool minus = s.n > 0 && s.p[0] == '-';
	uint64_t v = 0, most = (uint64_t)INT64_MAX + minus;

	if (s.n == (size_t)minus)
		return false;
	for (size_t i = minus; i < s.n; i++) {
		unsigned digit = (unsigned)(s.p[i] - '0');

		if (digit > 9 || v > (most - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*out = minus ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

/* The table of RFC 3629 section 4: how many bytes follow the lead, and the range of the first of them. */
size_t
str_utf8_step(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	unsigned char low = 0x80, high = 0xBF;
	size_t n;

	if (s.n == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xC2 || p[0] > 0xF4)
		return 0;
	n = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
	if (p[0] == 0xE0)
		low = 0xA0;
	if (p[0] == 0xED)
		high = 0x9F;
	if (p[0] == 0xF0)
		low = 0x90;
	if (p[0] == 0xF4)
		high = 0x8F;
	if (s.n < n || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	return n;
}

/* How many bytes at the start are ASCII, found eight at a time. */
static size_t
ascii_run(struct str s)
{
	size_t i = 0;

	for (uint64_t word; i + sizeof word <= s.n; i += sizeof word) {
		memcpy(&word, s.p + i, sizeof word);
		if (word & UINT64_C(0x8080808080808080))
			break;
	}
	while (i < s.n && (unsigned char)s.p[i] < 0x80)
		i++;
	return i;
}

bool
str_is_visible(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7f)
			return false;
	return s.n > 0;
}

bool
str_utf8(struct str s)
{
	for (s = str_from(s, ascii_run(s)); s.n > 0; s = str_from(s, ascii_run(s))) {
		size_t n = str_utf8_step(s);

		if (n == 0)
			return false;
		s = str_from(s, n);
	}
	return true;
}

bool
str_has_word(struct str list, struct str word, char sep)
{
	if (word.n == 0)
		return false;
	while (str_given(list))
		if (str_eq(str_cut(&list, sep), word))
			return true;
	return false;
}

size_t
str_words(struct str list, char sep, struct str *at)
{
	size_t n = 0;

	while (str_given(list)) {
		struct str word = str_cut(&list, sep);

		if (word.n == 0)
			continue;
		if (at != NULL)
			at[n] = word;
		n++;
	}
	return n;
}
