/* http/auth.c - the Authorization field: Basic (RFC 7617, RFC 6749 section 2.3.1) and Bearer (RFC 6750 section 2.1). */
#include "http/http.h"

/* What follows the scheme and its blanks; absent for another scheme. */
static struct str
after_scheme(struct str field, struct str scheme)
{
	struct str rest;

	if (!str_starts_nocase(field, scheme))
		return STR_ABSENT;
	rest = str_from(field, scheme.n);
	if (rest.n > 0 && rest.p[0] != ' ')
		return STR_ABSENT;
	return str_trim(rest);
}

static bool
decode_half(struct arena *mem, struct str *half)
{
	struct str out;

	if (!pct_decode(mem, *half, true, &out) || !str_given(out))
		return false;
	*half = out;
	return true;
}

static bool
is_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

enum basic
basic_read(struct arena *mem, struct str field, bool decode, struct str *id, struct str *secret)
{
	struct str text = after_scheme(str_trim(field), S("Basic")), plain, first, rest;

	if (!str_given(text))
		return BASIC_NONE;
	if (text.n == 0 || !b64_decode(mem, text, &plain) || str_index(plain, ':') < 0)
		return BASIC_MALFORMED;
	rest = plain;
	first = str_cut(&rest, ':');
	if (decode && (!decode_half(mem, &first) || !decode_half(mem, &rest)))
		return BASIC_MALFORMED;
	if (!is_text(first) || !is_text(rest))          /* RFC 7617 section 2: no control characters */
		return BASIC_MALFORMED;
	*id = first;
	*secret = rest;
	return BASIC_OK;
}

static struct str
token_read(struct str field, struct str scheme)
{
	struct str token = after_scheme(str_trim(field), scheme);

	for (size_t i = 0; i < token.n; i++)
		if ((unsigned char)token.p[i] <= ' ' || (unsigned char)token.p[i] >= 0x7f)
			return STR_ABSENT;
	return token.n > 0 ? token : STR_ABSENT;
}

struct str
bearer_read(struct str field)
{
	return token_read(field, S("Bearer"));
}

struct str
dpop_token_read(struct str field)
{
	return token_read(field, S("DPoP"));
}
