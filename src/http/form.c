/* http/form.c - pairs of application/x-www-form-urlencoded text (WHATWG URL section 5.1), and of a flat JSON object. */
#include "http/form_int.h"

/*
 * RFC 6749 appendix A: no parameter has control characters; a text may have a tab. So UTF-16 and
 * binary data are none.
 */
static bool
has_bad_byte(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
			return true;
	return false;
}

enum form_error
pair_add(struct pairs *p, struct str name, struct str value, bool from_query)
{
	if (!str_given(name) || !str_given(value))
		return FORM_NO_MEMORY;
	if (has_bad_byte(name) || has_bad_byte(value))
		return FORM_BAD_BYTE;
	if (!str_utf8(name) || !str_utf8(value))
		return FORM_BAD_UTF8;
	if (p->n == PAIRS_MAX)
		return FORM_TOO_MANY;
	p->at[p->n++] = (struct pair){ name, value, from_query };
	return FORM_OK;
}

/* Nothing to decode, nothing to copy: the piece itself is the value. */
static bool
is_plain(struct str s)
{
	return str_index(s, '%') < 0 && str_index(s, '+') < 0;
}

static enum form_error
decode(struct arena *mem, struct str text, struct str *out)
{
	*out = text;
	if (is_plain(text))
		return FORM_OK;
	if (pct_decode(mem, text, true, out))
		return str_given(*out) ? FORM_OK : FORM_NO_MEMORY;
	return mem->full ? FORM_NO_MEMORY : FORM_BAD_PERCENT;
}

static enum form_error
read_piece(struct arena *mem, struct str piece, bool from_query, struct pairs *p)
{
	struct str rest = piece, name = str_cut(&rest, '='), value;
	enum form_error e;

	if (!str_given(rest))
		rest = S("");
	e = decode(mem, name, &name);
	if (e == FORM_OK)
		e = decode(mem, rest, &value);
	return e == FORM_OK ? pair_add(p, name, value, from_query) : e;
}

enum form_error
form_read(struct arena *mem, struct str text, bool from_query, struct pairs *p)
{
	struct str rest = text;

	while (str_given(rest)) {
		struct str piece = str_cut(&rest, '&');
		enum form_error e = piece.n > 0 ? read_piece(mem, piece, from_query, p) : FORM_OK;

		if (e != FORM_OK)
			return e;
	}
	return FORM_OK;
}

struct str
pair_first(const struct pairs *p, struct str name)
{
	for (size_t i = 0; i < p->n; i++)
		if (str_eq(p->at[i].name, name))
			return p->at[i].value;
	return STR_ABSENT;
}

static enum form_error
read_member(struct arena *mem, const char *name, const json_t *value, struct pairs *p)
{
	struct str text;
	char *number;

	if (json_is_null(value))
		return FORM_OK;
	if (json_is_string(value)) {
		text = str_span(json_string_value(value), json_string_length(value));
	} else if (json_is_boolean(value)) {
		text = json_is_true(value) ? S("true") : S("false");
	} else if (json_is_number(value)) {
		number = json_dumps(value, JSON_ENCODE_ANY);
		text = arena_dup(mem, str_of(number));
		free(number);
	} else {
		return FORM_BAD_BYTE;
	}
	return pair_add(p, str_of(name), text, false);
}

enum form_error
form_read_json(struct arena *mem, struct str body, struct pairs *p)
{
	json_t *object = json_read(mem, body), *value;
	const char *name;

	if (!json_is_object(object))
		return mem->full ? FORM_NO_MEMORY : FORM_BAD_BYTE;
	json_object_foreach(object, name, value) {
		enum form_error e = read_member(mem, name, value, p);

		if (e != FORM_OK)
			return e;
	}
	return FORM_OK;
}
