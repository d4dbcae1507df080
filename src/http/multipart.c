/*
 * http/multipart.c - multipart/form-data with text fields (RFC 7578, RFC 2046 section 5.1.1). One
 * pass, borrowed values.
 */
#include "http/form_int.h"

#define BOUNDARY_MAX 70

/* A quoted string or a token at the start of s; moves s behind it. Absent when malformed. */
static struct str
take_value(struct arena *mem, struct str *s)
{
	struct buf b;
	size_t i = 1;

	if (s->n == 0 || s->p[0] != '"') {
		for (i = 0; i < s->n && s->p[i] != ';' && s->p[i] != ' ' && s->p[i] != '\t'; i++)
			;
		struct str token = str_sub(*s, 0, i);

		*s = str_from(*s, i);
		return token.n ? token : STR_ABSENT;
	}
	buf_init(&b, mem, s->n);
	for (; i < s->n && s->p[i] != '"'; i++) {
		if (s->p[i] == '\\' && i + 1 < s->n && (s->p[i + 1] == '"' || s->p[i + 1] == '\\'))
			i++;
		buf_putc(&b, s->p[i]);
	}
	if (i == s->n || b.full)
		return STR_ABSENT;
	*s = str_from(*s, i + 1);
	return buf_str(&b);
}

struct str
field_param(struct arena *mem, struct str field, struct str name)
{
	ptrdiff_t semicolon = str_index(field, ';');
	struct str s = semicolon < 0 ? STR_ABSENT : str_from(field, (size_t)semicolon + 1);

	while (s.n > 0) {
		struct str key, value;
		ptrdiff_t equals;

		s = str_trim(s);
		equals = str_index(s, '=');
		if (equals < 0)
			return STR_ABSENT;
		key = str_trim(str_sub(s, 0, (size_t)equals));
		s = str_from(s, (size_t)equals + 1);
		value = take_value(mem, &s);
		if (!str_given(value))
			return STR_ABSENT;
		if (str_eq_nocase(key, name))
			return value;
		s = str_trim(s);
		if (s.n > 0 && s.p[0] != ';')
			return STR_ABSENT;
		s = str_from(s, 1);
	}
	return STR_ABSENT;
}

static ptrdiff_t
find(struct str hay, struct str needle)
{
	const char *at = hay.n ? memmem(hay.p, hay.n, needle.p, needle.n) : NULL;

	return at ? at - hay.p : -1;
}

/* Does an encoding other than the plain ones apply? RFC 7578 section 4.7 forbids Content-Transfer-Encoding. */
static bool
is_plain_encoding(struct str v)
{
	return str_eq_nocase(v, S("8bit")) || str_eq_nocase(v, S("7bit")) || str_eq_nocase(v, S("binary"));
}

/* Read the head of a part: its name, and whether it is a file. False when malformed. */
static bool
read_head(struct arena *mem, struct str head, struct str *name, bool *file)
{
	*name = STR_ABSENT;
	*file = false;
	while (head.n > 0) {
		ptrdiff_t end = find(head, S("\r\n"));
		struct str line = end < 0 ? head : str_sub(head, 0, (size_t)end), key;
		ptrdiff_t colon = str_index(line, ':');

		head = end < 0 ? STR_ABSENT : str_from(head, (size_t)end + 2);
		if (colon <= 0)
			return false;
		key = str_sub(line, 0, (size_t)colon);
		line = str_trim(str_from(line, (size_t)colon + 1));
		if (str_eq_nocase(key, S("Content-Transfer-Encoding")) && !is_plain_encoding(line))
			return false;
		if (!str_eq_nocase(key, S("Content-Disposition")))
			continue;
		if (str_given(*name) || !str_eq_nocase(media_type(line), S("form-data")))
			return false;
		*name = field_param(mem, line, S("name"));
		*file = str_given(field_param(mem, line, S("filename"))) || str_given(field_param(mem, line, S("filename*")));
	}
	return str_given(*name);
}

/* One part: head, empty line, value. */
static enum form_error
read_part(struct arena *mem, struct str part, struct pairs *p)
{
	ptrdiff_t end = str_starts(part, S("\r\n")) ? 0 : find(part, S("\r\n\r\n"));
	struct str name;
	bool file;

	if (end <= 0 || !read_head(mem, str_sub(part, 0, (size_t)end), &name, &file))
		return mem->full ? FORM_NO_MEMORY : FORM_BAD_BYTE;
	return file ? FORM_OK : pair_add(p, name, str_from(part, (size_t)end + 4), false);
}

/* "\r\n--boundary", in mem; absent when the field has no sound boundary. */
static struct str
delimiter(struct arena *mem, struct str content_type)
{
	struct str b = field_param(mem, content_type, S("boundary"));

	if (b.n == 0 || b.n > BOUNDARY_MAX || str_index(b, '\r') >= 0 || str_index(b, '\n') >= 0)
		return STR_ABSENT;
	return ARENA_CAT(mem, S("\r\n--"), b);
}

/* Behind a delimiter: blanks and a line end. False when something else stands there. */
static bool
skip_line_end(struct str *s)
{
	while (s->n > 0 && (s->p[0] == ' ' || s->p[0] == '\t'))
		*s = str_from(*s, 1);
	if (!str_starts(*s, S("\r\n")))
		return false;
	*s = str_from(*s, 2);
	return true;
}

enum form_error
form_read_multipart(struct arena *mem, struct str content_type, struct str body, struct pairs *p)
{
	struct str mark = delimiter(mem, content_type), rest;
	ptrdiff_t at;

	if (!str_given(mark))
		return mem->full ? FORM_NO_MEMORY : FORM_BAD_BYTE;
	if (str_starts(body, str_from(mark, 2)))        /* the first one may begin the body */
		rest = str_from(body, mark.n - 2);
	else if ((at = find(body, mark)) >= 0)
		rest = str_from(body, (size_t)at + mark.n);
	else
		return FORM_BAD_BYTE;
	while (!str_starts(rest, S("--"))) {
		enum form_error e;

		if (!skip_line_end(&rest) || (at = find(rest, mark)) < 0)
			return FORM_BAD_BYTE;
		e = read_part(mem, str_sub(rest, 0, (size_t)at), p);
		if (e != FORM_OK)
			return e;
		rest = str_from(rest, (size_t)at + mark.n);
	}
	return FORM_OK;
}
