/* sql/statement.c - is a configured statement one SELECT with one parameter? */
#include "sql/sql_int.h"

/* They make a SELECT write or lock, or begin a statement that is none. */
static const char *const forbidden[] = { "into", "insert", "update", "delete", "lock", "call", "exec", "execute" };

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'
	    || (unsigned char)c >= 0x80;
}

/* Behind the closing quote; a doubled quote reads as two quoted pieces side by side. 0: there is none. */
static size_t
quoted_end(struct str s, size_t at)
{
	char quote = s.p[at];

	for (at++; at < s.n && s.p[at] != quote; at++)
		if (s.p[at] == '\\')                    /* databases differ about what it means */
			return 0;
	return at < s.n ? at + 1 : 0;
}

static const char *
word_fault(struct str word)
{
	for (size_t i = 0; i < COUNT(forbidden); i++)
		if (str_eq_nocase(word, str_of(forbidden[i])))
			return say("must only read: INTO, INSERT, UPDATE, DELETE, LOCK, CALL and EXECUTE are refused");
	return NULL;
}

static const char *
sign_fault(struct str rest)
{
	if (rest.p[0] == ';')
		return say("must be one statement, without a semicolon");
	if (rest.p[0] == '\\' || rest.p[0] == '$' || rest.p[0] == '\0')
		return say("must not contain a backslash or a dollar sign outside of quotes");
	if (rest.p[0] == '#' || str_starts(rest, S("--")) || str_starts(rest, S("/*")))
		return say("must not contain comments");
	return NULL;
}

const char *
sql_select_fault(struct str s)
{
	const char *fault = NULL;
	size_t parameters = 0, at = 0, words = 0;

	while (at < s.n && fault == NULL) {
		size_t from = at;

		if (is_word(s.p[at])) {
			while (at < s.n && is_word(s.p[at]))
				at++;
			fault = word_fault(str_sub(s, from, at - from));
			if (words++ == 0 && !str_eq_nocase(str_sub(s, from, at - from), S("select")))
				return say("must begin with SELECT");
		} else if (strchr("'\"`", s.p[at]) != NULL && s.p[at] != '\0') {
			at = quoted_end(s, at);
			if (at == 0)
				return say("has a quote that does not end, or a backslash between quotes");
		} else {
			fault = sign_fault(str_from(s, at));
			parameters += s.p[at++] == '?';
		}
		if (words == 0 && s.p[from] != ' ')
			return say("must begin with SELECT");
	}
	if (fault == NULL && words == 0)
		fault = say("must begin with SELECT");
	if (fault == NULL && parameters != 1)
		fault = say("must have exactly one parameter, written ? outside of quotes");
	return fault;
}
