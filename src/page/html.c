/*
 * page/html.c - follows HTML markup byte by byte, so that the compiler knows what surrounds a
 * value. HTML 13.2.5, as far as templates need it.
 */
#include "page/page_int.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void
name_add(char name[HTML_NAME_MAX], uint8_t *n, char c)
{
	if (*n < HTML_NAME_MAX)
		name[(*n)++] = is_letter(c) ? (char)(c | 0x20) : c;
}

static bool
tag_is(const struct html_at *at, const char *name)
{
	return str_is(str_span(at->tag, at->n_tag), name);
}

static bool
tag_is_code(const struct html_at *at)
{
	return tag_is(at, "script") || tag_is(at, "style");
}

/* What follows a complete start or end tag. Elements whose content is no markup go on until their end tag. */
static void
tag_end(struct html_at *at)
{
	at->state = tag_is_code(at) || tag_is(at, "title") || tag_is(at, "textarea") ? HTML_RAW : HTML_TEXT;
}

static void
step_text(struct html_at *at, char c)
{
	if (at->state == HTML_TEXT) {
		if (c == '<')
			at->state = HTML_LT, at->n_tag = 0;
		return;
	}
	if (is_letter(c) || c == '/') {
		at->state = HTML_TAG_NAME;
		name_add(at->tag, &at->n_tag, c);
	} else if (c == '!' || c == '?') {
		at->state = c == '!' ? HTML_BANG : HTML_DECLARATION;
		at->dashes = 0;
	} else if (c != '<') {
		at->state = HTML_TEXT;
	}
}

static void
step_comment(struct html_at *at, char c)
{
	if (at->state == HTML_DECLARATION) {
		at->state = c == '>' ? HTML_TEXT : HTML_DECLARATION;
	} else if (at->state == HTML_BANG) {
		at->dashes = c == '-' ? at->dashes + 1 : 0;
		if (at->dashes == 2)
			at->state = HTML_COMMENT, at->dashes = 0;
		else if (at->dashes == 0)
			at->state = c == '>' ? HTML_TEXT : HTML_DECLARATION;
	} else if (c == '>' && at->dashes >= 2) {
		at->state = HTML_TEXT;
	} else {
		at->dashes = c != '-' ? 0 : at->dashes < 2 ? at->dashes + 1 : 2;
	}
}

static void
step_attr(struct html_at *at, char c)
{
	if (c == '>') {
		tag_end(at);
	} else if (at->state == HTML_ATTR_EQ && (c == '"' || c == '\'')) {
		at->state = HTML_QUOTED;
		at->quote = c;
		at->value_begun = false;
	} else if (at->state == HTML_ATTR_EQ) {
		at->state = is_blank(c) ? HTML_ATTR_EQ : HTML_BARE;
	} else if (c == '=' && at->n_attr > 0) {
		at->state = HTML_ATTR_EQ;
	} else if (is_blank(c) || c == '/') {
		at->state = HTML_TAG;           /* the name is kept: "href = x" */
	} else {
		if (at->state == HTML_TAG)
			at->n_attr = 0;
		at->state = HTML_ATTR_NAME;
		name_add(at->attr, &at->n_attr, c);
	}
}

static void
step_tag(struct html_at *at, char c)
{
	if (at->state == HTML_TAG_NAME) {
		if (c == '>')
			tag_end(at);
		else if (is_blank(c) || c == '/')
			at->state = HTML_TAG, at->n_attr = 0;
		else
			name_add(at->tag, &at->n_tag, c);
	} else if (at->state == HTML_QUOTED) {
		at->value_begun = true;
		if (c == at->quote)
			at->state = HTML_TAG, at->n_attr = 0;
	} else if (at->state == HTML_BARE) {
		if (c == '>')
			tag_end(at);
		else if (is_blank(c))
			at->state = HTML_TAG, at->n_attr = 0;
	} else {
		step_attr(at, c);
	}
}

/* Inside script or style: only "</" and the same name lead out. */
static void
step_raw(struct html_at *at, char c)
{
	if (at->state == HTML_RAW) {
		at->state = c == '<' ? HTML_RAW_LT : HTML_RAW;
	} else if (at->state == HTML_RAW_LT) {
		at->state = c == '/' ? HTML_RAW_END : c == '<' ? HTML_RAW_LT : HTML_RAW;
		at->n_attr = 0;
	} else if (is_letter(c)) {
		name_add(at->attr, &at->n_attr, c);
	} else if (!str_eq(str_span(at->attr, at->n_attr), str_span(at->tag, at->n_tag))) {
		at->state = c == '<' ? HTML_RAW_LT : HTML_RAW;
	} else {
		at->n_tag = at->n_attr = 0;
		at->state = c == '>' ? HTML_TEXT : HTML_TAG;
	}
}

void
html_scan(struct html_at *at, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (at->state <= HTML_LT)
			step_text(at, text.p[i]);
		else if (at->state <= HTML_COMMENT)
			step_comment(at, text.p[i]);
		else if (at->state >= HTML_RAW)
			step_raw(at, text.p[i]);
		else
			step_tag(at, text.p[i]);
	}
}

static bool
attr_is_one_of(const struct html_at *at, const char *const *names)
{
	for (; *names != NULL; names++)
		if (str_is(str_span(at->attr, at->n_attr), *names))
			return true;
	return false;
}

enum html_fit
html_fit(const struct html_at *at, const char **why)
{
	static const char *const url[] = { "href", "src", "action", "formaction", "xlink:href", "poster",
		"data", "cite", "background", "manifest", "ping", "srcset", NULL };
	static const char *const code[] = { "style", "srcdoc", NULL };

	if (at->state == HTML_TEXT || (at->state == HTML_RAW && !tag_is_code(at)))
		return FIT_TEXT;
	if (at->state == HTML_QUOTED) {
		if (attr_is_one_of(at, code) || (at->n_attr > 2 && memcmp(at->attr, "on", 2) == 0)) {
			*why = say("in an attribute that holds code, where escaping does not help");
			return FIT_NOT;
		}
		return attr_is_one_of(at, url) && !at->value_begun ? FIT_URL : FIT_TEXT;
	}
	*why = at->state >= HTML_RAW
	    ? say("inside a script or style element, where escaping does not help, or within an end tag")
	    : at->state == HTML_COMMENT || at->state == HTML_BANG || at->state == HTML_DECLARATION
	    ? say("inside a comment or declaration")
	    : at->state == HTML_ATTR_EQ || at->state == HTML_BARE
	    ? say("in an attribute without quotes; put quotes around it")
	    : say("in the name of a tag or attribute");
	return FIT_NOT;
}

bool
html_same(const struct html_at *a, const struct html_at *b)
{
	bool tag = a->state >= HTML_TAG_NAME,
	     attr = a->state >= HTML_ATTR_NAME && a->state != HTML_RAW && a->state != HTML_RAW_LT;

	return a->state == b->state
	    && (a->state != HTML_QUOTED || a->quote == b->quote)
	    && (!tag || str_eq(str_span(a->tag, a->n_tag), str_span(b->tag, b->n_tag)))
	    && (!attr || str_eq(str_span(a->attr, a->n_attr), str_span(b->attr, b->n_attr)))
	    && ((a->state != HTML_BANG && a->state != HTML_COMMENT) || a->dashes == b->dashes);
}
