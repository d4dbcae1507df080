/* outbound/mail_message.c - addresses and headers of mail. RFC 5321 section 4.1.2, RFC 5322, RFC 2047. */
#include "outbound/mail.h"

#include <time.h>

#define LOCAL_MAX  64
#define LABEL_MAX  63
#define HEADER_MAX 4096
/* base64 of so many and its frame are 75 characters at most: RFC 2047 section 2 */
#define WORD_BYTES 45

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 5322 section 3.2.3 */
static bool
is_atext(char c)
{
	return is_alnum(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool
local_ok(struct str local)
{
	if (local.n == 0 || local.n > LOCAL_MAX)
		return false;
	for (size_t i = 0; i < local.n; i++)
		if (local.p[i] == '.' ? i == 0 || i + 1 == local.n || local.p[i - 1] == '.' : !is_atext(local.p[i]))
			return false;
	return true;
}

static bool
label_ok(struct str label)
{
	if (label.n == 0 || label.n > LABEL_MAX || label.p[0] == '-' || label.p[label.n - 1] == '-')
		return false;
	for (size_t i = 0; i < label.n; i++)
		if (!is_alnum(label.p[i]) && label.p[i] != '-')
			return false;
	return true;
}

bool
mail_address_ok(struct str text)
{
	ptrdiff_t at = str_rindex(text, '@');
	struct str rest;

	if (at < 0 || text.n > MAIL_ADDRESS_MAX || !local_ok(str_sub(text, 0, (size_t)at)))
		return false;
	rest = str_from(text, (size_t)at + 1);
	if (rest.n == 0 || rest.p[rest.n - 1] == '.')
		return false;
	while (str_given(rest))
		if (!label_ok(str_cut(&rest, '.')))
			return false;
	return true;
}

static bool
header_is_sound(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f)
			return false;
	return str_utf8(text);
}

/* What needs no encoding anywhere: neither "=?" nor what structured headers give a meaning. */
static bool
is_plain(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (!is_alnum(text.p[i]) && text.p[i] != ' ' && text.p[i] != '-')
			return false;
	return true;
}

/* So many bytes of whole characters. */
static size_t
piece(struct str text)
{
	size_t n = text.n < WORD_BYTES ? text.n : WORD_BYTES;

	while (n < text.n && n > 0 && ((unsigned char)text.p[n] & 0xc0) == 0x80)
		n--;
	return n;
}

struct str
mail_header(struct arena *mem, struct str text)
{
	struct buf b;

	if (!header_is_sound(text))
		return STR_ABSENT;
	if (is_plain(text))
		return arena_dup(mem, text);
	buf_init(&b, mem, HEADER_MAX);
	while (text.n > 0) {
		size_t n = piece(text);

		if (b.n > 0)
			buf_putc(&b, ' ');
		buf_put(&b, S("=?UTF-8?B?"));
		buf_put(&b, b64_encode(mem, str_sub(text, 0, n)));
		buf_put(&b, S("?="));
		text = str_from(text, n);
	}
	return b.full ? STR_ABSENT : buf_str(&b);
}

struct str
mail_mailbox(struct arena *mem, struct str name, struct str address)
{
	struct str shown = str_empty(name) ? S("") : mail_header(mem, name);

	if (!str_given(shown) || !mail_address_ok(address))
		return STR_ABSENT;
	return ARENA_CAT(mem, shown, shown.n > 0 ? S(" <") : S("<"), address, S(">"));
}

struct str
mail_date(struct arena *mem, int64_t at_s)
{
	static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t t = (time_t)at_s;
	struct tm tm;

	gmtime_r(&t, &tm);
	return arena_printf(mem, "%.3s, %02d %.3s %d %02d:%02d:%02d +0000", &days[3 * tm.tm_wday], tm.tm_mday,
	    &months[3 * tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}
