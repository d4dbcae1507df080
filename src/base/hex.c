/* base/hex.c - hexadecimal digits and UUIDs. RFC 4648 section 8, RFC 9562 section 4. */
#include "base/base.h"

void
hex_write(char *out, const uint8_t *p, size_t n)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*out++ = digit[p[i] >> 4];
		*out++ = digit[p[i] & 15];
	}
}

struct str
hex_encode(struct arena *mem, struct str bytes)
{
	char *out = arena_calloc(mem, bytes.n, 2);

	if (out == NULL)
		return STR_ABSENT;
	hex_write(out, (const uint8_t *)bytes.p, bytes.n);
	return str_span(out, 2 * bytes.n);
}

int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* 2n digits into n bytes. */
static bool
digits_read(const char *p, size_t n, uint8_t *out)
{
	for (size_t i = 0; i < n; i++) {
		int high = hex_value(p[2 * i]), low = hex_value(p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool
hex_decode(struct arena *mem, struct str text, struct str *out)
{
	uint8_t *p;

	if (text.p == NULL || text.n % 2 != 0 || (p = arena_alloc(mem, text.n / 2)) == NULL
	    || !digits_read(text.p, text.n / 2, p))
		return false;
	*out = str_span(p, text.n / 2);
	return true;
}

static const uint8_t uuid_group[5] = { 4, 2, 2, 2, 6 };         /* bytes */

struct str
uuid_write(struct arena *mem, const uint8_t id[16])
{
	char *out = arena_alloc(mem, 36), *o = out;

	if (out == NULL)
		return STR_ABSENT;
	for (size_t i = 0; i < COUNT(uuid_group); i++) {
		if (i > 0)
			*o++ = '-';
		hex_write(o, id, uuid_group[i]);
		o += 2 * uuid_group[i];
		id += uuid_group[i];
	}
	return str_span(out, 36);
}

struct str
uuid4_write(struct arena *mem, const uint8_t id[16])
{
	uint8_t v4[16];

	memcpy(v4, id, sizeof v4);
	v4[6] = (uint8_t)((v4[6] & 0x0F) | 0x40);
	v4[8] = (uint8_t)((v4[8] & 0x3F) | 0x80);
	return uuid_write(mem, v4);
}

bool
uuid_read(struct str s, uint8_t id[16])
{
	uint8_t bytes[16], *b = bytes;
	const char *p = s.p;

	if (s.n != 36)
		return false;
	for (size_t i = 0; i < COUNT(uuid_group); i++) {
		if ((i > 0 && *p++ != '-') || !digits_read(p, uuid_group[i], b))
			return false;
		p += 2 * uuid_group[i];
		b += uuid_group[i];
	}
	memcpy(id, bytes, sizeof bytes);
	return true;
}
