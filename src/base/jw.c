/* base/jw.c - the JSON writer on top of a buffer. RFC 8259. */
#include "base/base.h"

/*
 * What a byte needs inside a JSON string: nothing, \u00XX, a look at its UTF-8 sequence, or the
 * letter after a backslash.
 */
enum { PLAIN = 0, UNICODE = 1, HIGH = 2 };
static const char needs[256] = {
	['\b'] = 'b',
	['\t'] = 't',
	['\n'] = 'n',
	['\f'] = 'f',
	['\r'] = 'r',
	['"'] = '"',
	['\\'] = '\\',
	[0] = UNICODE,
	[1] = UNICODE,
	[2] = UNICODE,
	[3] = UNICODE,
	[4] = UNICODE,
	[5] = UNICODE,
	[6] = UNICODE,
	[7] = UNICODE,
	[11] = UNICODE,
	[14] = UNICODE,
	[15] = UNICODE,
	[16] = UNICODE,
	[17] = UNICODE,
	[18] = UNICODE,
	[19] = UNICODE,
	[20] = UNICODE,
	[21] = UNICODE,
	[22] = UNICODE,
	[23] = UNICODE,
	[24] = UNICODE,
	[25] = UNICODE,
	[26] = UNICODE,
	[27] = UNICODE,
	[28] = UNICODE,
	[29] = UNICODE,
	[30] = UNICODE,
	[31] = UNICODE,
	[128 ... 255] = HIGH,
};

static void
escape(struct buf *b, unsigned char c)
{
	static const char digit[] = "0123456789ABCDEF";
	char unicode[6] = { '\\', 'u', '0', '0', digit[c >> 4], digit[c & 15] };

	if (needs[c] == UNICODE)
		buf_put(b, str_span(unicode, 6));
	else
		buf_put(b, str_span((char[]){ '\\', needs[c] }, 2));
}

void
buf_json(struct buf *b, struct str s)
{
	size_t from = 0, i = 0, step;

	buf_putc(b, '"');
	while (i < s.n) {
		unsigned char c = (unsigned char)s.p[i];

		if (needs[c] == PLAIN) {
			i++;
			continue;
		}
		if (needs[c] == HIGH && (step = str_utf8_step(str_from(s, i))) > 0) {
			i += step;
			continue;
		}
		buf_put(b, str_sub(s, from, i - from));
		if (needs[c] == HIGH)
			buf_put(b, S("\xEF\xBF\xBD"));
		else
			escape(b, c);
		from = ++i;
	}
	buf_put(b, str_from(s, from));
	buf_putc(b, '"');
}

/* What buf_json writes. */
static size_t
json_size(struct str s)
{
	size_t n = 2, step;

	for (size_t i = 0; i < s.n; i += step) {
		unsigned char c = (unsigned char)s.p[i];
		size_t whole = needs[c] == HIGH ? str_utf8_step(str_from(s, i)) : 1;

		step = whole > 0 ? whole : 1;
		n += needs[c] == PLAIN ? 1 : needs[c] == HIGH ? (whole > 0 ? whole : 3) : needs[c] == UNICODE ? 6 : 2;
	}
	return n;
}

/* A comma stands between two values: needed exactly when the buffer ends with the last byte of one. */
static void
comma(struct buf *b)
{
	char last = b->n > 0 ? b->p[b->n - 1] : 0;

	if (last == '"' || last == '}' || last == ']' || (last >= '0' && last <= '9') || (last >= 'a' && last <= 'z'))
		buf_putc(b, ',');
}

void
jw_open(struct buf *b, char bracket)
{
	comma(b);
	buf_putc(b, bracket);
}

void
jw_close(struct buf *b, char bracket)
{
	buf_putc(b, bracket);
}

void
jw_name(struct buf *b, struct str name)
{
	comma(b);
	buf_json(b, name);
	buf_putc(b, ':');
}

void
jm_str(struct buf *b, struct str name, struct str value)
{
	if (!str_given(value))
		return;
	jw_name(b, name);
	buf_json(b, value);
}

void
jm_int(struct buf *b, struct str name, int64_t value)
{
	jw_name(b, name);
	buf_int(b, value);
}

void
jm_bool(struct buf *b, struct str name, bool value)
{
	jm_raw(b, name, value ? S("true") : S("false"));
}

void
jm_null(struct buf *b, struct str name)
{
	jm_raw(b, name, S("null"));
}

void
jm_raw(struct buf *b, struct str name, struct str json)
{
	jw_name(b, name);
	buf_put(b, json);
}

void
ja_str(struct buf *b, struct str value)
{
	comma(b);
	buf_json(b, value);
}

void
jw_item(struct buf *b, struct str json)
{
	comma(b);
	buf_put(b, json);
}

void
jm_words(struct buf *b, struct str name, struct str words, char sep)
{
	jw_name(b, name);
	buf_putc(b, '[');
	while (str_given(words)) {
		struct str word = str_cut(&words, sep);

		if (word.n > 0)
			ja_str(b, word);
	}
	buf_putc(b, ']');
}

size_t
jw_words_size(struct str words, char sep)
{
	size_t n = 0;

	while (str_given(words)) {
		struct str word = str_cut(&words, sep);

		if (word.n > 0)
			n += json_size(word) + 1;
	}
	return n;
}
