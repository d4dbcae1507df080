/* base/base64.c - base64 and base64url, read strictly. RFC 4648 sections 3.5, 4 and 5. */
#include "base/base.h"

#define SHARED_DIGITS \
	['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6, ['G'] = 7, ['H'] = 8, ['I'] = 9, ['J'] = 10, ['K'] = 11, \
	['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, \
	['V'] = 22, ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, \
	['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, \
	['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49, ['x'] = 50, ['y'] = 51, \
	['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56, ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, \
	['9'] = 62

/* Value plus one, so that what is not listed is foreign. */
struct alphabet { char digit[64]; uint8_t value_1[256]; };
static const struct alphabet standard = {
	{ "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" },
	{ SHARED_DIGITS, ['+'] = 63, ['/'] = 64 },
};
static const struct alphabet for_urls = {
	{ "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" },
	{ SHARED_DIGITS, ['-'] = 63, ['_'] = 64 },
};

/* Writes (4n + 2) / 3 characters. */
static size_t
encode(const struct alphabet *a, char *out, const uint8_t *p, size_t n)
{
	char *o = out;
	size_t i;

	for (i = 0; i + 3 <= n; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (uint32_t)p[i + 1] << 8 | p[i + 2];

		*o++ = a->digit[v >> 18];
		*o++ = a->digit[v >> 12 & 63];
		*o++ = a->digit[v >> 6 & 63];
		*o++ = a->digit[v & 63];
	}
	if (i < n) {
		uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0);

		*o++ = a->digit[v >> 18];
		*o++ = a->digit[v >> 12 & 63];
		if (i + 1 < n)
			*o++ = a->digit[v >> 6 & 63];
	}
	return (size_t)(o - out);
}

size_t
b64url_write(char *out, const void *p, size_t n)
{
	return encode(&for_urls, out, p, n);
}

struct str
b64url_encode(struct arena *mem, struct str bytes)
{
	char *out = arena_alloc(mem, B64URL_SIZE(bytes.n));

	return out ? str_span(out, b64url_write(out, bytes.p, bytes.n)) : STR_ABSENT;
}

struct str
b64_encode(struct arena *mem, struct str bytes)
{
	size_t size = (bytes.n + 2) / 3 * 4, n;
	char *out = arena_alloc(mem, size);

	if (out == NULL)
		return STR_ABSENT;
	n = encode(&standard, out, (const uint8_t *)bytes.p, bytes.n);
	while (n < size)
		out[n++] = '=';
	return str_span(out, size);
}

/* The last two or three characters: the bits no byte needs must be zero. */
static bool
decode_rest(const uint8_t v[3], size_t n, char *out)
{
	if (n == 1 || v[0] == 0 || v[1] == 0 || (n == 3 && v[2] == 0))
		return false;
	out[0] = (char)((v[0] - 1) << 2 | (v[1] - 1) >> 4);
	if (n == 2)
		return ((v[1] - 1) & 15) == 0;
	out[1] = (char)((v[1] - 1) << 4 | (v[2] - 1) >> 2);
	return ((v[2] - 1) & 3) == 0;
}

/* What text of this length holds; odd lengths hold nothing whole. */
static size_t
decoded_size(struct str text)
{
	return text.n / 4 * 3 + (text.n % 4 ? text.n % 4 - 1 : 0);
}

/* Text without padding; every character is looked up once. o: room for decoded_size. */
static bool
decode_to(const struct alphabet *a, struct str text, char *o)
{
	const uint8_t *t = (const uint8_t *)text.p;
	size_t i, left = text.n % 4;

	if (text.p == NULL || left == 1)
		return false;
	for (i = 0; i + 4 <= text.n; i += 4) {
		uint32_t v0 = a->value_1[t[i]] - 1u, v1 = a->value_1[t[i + 1]] - 1u;
		uint32_t v2 = a->value_1[t[i + 2]] - 1u, v3 = a->value_1[t[i + 3]] - 1u;

		if ((v0 | v1 | v2 | v3) > 63)
			return false;
		*o++ = (char)(v0 << 2 | v1 >> 4);
		*o++ = (char)(v1 << 4 | v2 >> 2);
		*o++ = (char)(v2 << 6 | v3);
	}
	return left == 0
	    || decode_rest((const uint8_t[3]){ a->value_1[t[i]], a->value_1[t[i + 1]],
			       left == 3 ? a->value_1[t[i + 2]] : 0 },
		left, o);
}

static bool
decode(const struct alphabet *a, struct arena *mem, struct str text, struct str *out)
{
	size_t n = decoded_size(text);
	char *p;

	if (text.p == NULL || (p = arena_alloc(mem, n)) == NULL || !decode_to(a, text, p))
		return false;
	*out = str_span(p, n);
	return true;
}

bool
b64url_read(struct str text, void *out, size_t n)
{
	return decoded_size(text) == n && decode_to(&for_urls, text, out);
}

bool
b64url_decode(struct arena *mem, struct str text, struct str *out)
{
	return decode(&for_urls, mem, text, out);
}

bool
b64_decode(struct arena *mem, struct str text, struct str *out)
{
	size_t pad = str_ends(text, S("==")) ? 2 : str_ends(text, S("=")) ? 1 : 0;

	if (pad > 0 && text.n % 4 != 0)
		return false;
	return decode(&standard, mem, str_sub(text, 0, text.n - pad), out);
}
