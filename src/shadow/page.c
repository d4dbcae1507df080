/* shadow/page.c - the forms of a page: a scan of its tags, which judges no HTML. */
#include "shadow/shadow_int.h"

struct scan {
	struct arena *mem;
	struct str rest;
	json_t *forms, *form, *hidden;          /* borrowed */
	struct str action, title;
	size_t n_hidden;
};

/* The character references that are written in attributes. */
static struct str
plain(struct arena *mem, struct str text)
{
	static const struct { const char *name; char c; } rows[] = { { "&amp;", '&' }, { "&quot;", '"' },
		{ "&#39;", '\'' }, { "&#x27;", '\'' }, { "&lt;", '<' }, { "&gt;", '>' } };
	struct str rest = text;
	struct buf b;

	buf_init(&b, mem, text.n + 1);
	while (rest.n > 0) {
		size_t taken = 1;
		char c = rest.p[0];

		for (size_t i = 0; c == '&' && i < COUNT(rows) && taken == 1; i++)
			if (str_starts(rest, str_of(rows[i].name))) {
				c = rows[i].c;
				taken = strlen(rows[i].name);
			}
		buf_putc(&b, c);
		rest = str_from(rest, taken);
	}
	return buf_str(&b);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

/* From the name of a tag to its '>', quotes heard. */
static struct str
tag_cut(struct str *rest)
{
	char quote = 0;

	for (size_t i = 0; i < rest->n; i++) {
		char c = rest->p[i];

		if (quote != 0)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '>') {
			struct str tag = str_sub(*rest, 0, i);

			*rest = str_from(*rest, i + 1);
			return tag;
		}
	}
	*rest = STR_ABSENT;
	return STR_ABSENT;
}

static struct str
value_cut(struct str *rest)
{
	struct str value;
	size_t n = 0;
	char quote;

	*rest = str_trim(*rest);
	if (rest->n > 0 && (rest->p[0] == '"' || rest->p[0] == '\'')) {
		quote = rest->p[0];
		*rest = str_from(*rest, 1);
		return str_cut(rest, quote);
	}
	while (n < rest->n && !is_blank(rest->p[n]))
		n++;
	value = str_sub(*rest, 0, n);
	*rest = str_from(*rest, n);
	return value;
}

/* An attribute of a tag; absent; empty where it has no value. */
static struct str
attribute(struct arena *mem, struct str tag, const char *name)
{
	struct str rest = tag;

	while (rest.n > 0 && !is_blank(rest.p[0]))
		rest = str_from(rest, 1);
	while ((rest = str_trim(rest)).n > 0) {
		struct str key, value = S("");
		size_t n = 0;

		while (n < rest.n && rest.p[n] != '=' && !is_blank(rest.p[n]))
			n++;
		key = str_sub(rest, 0, n);
		rest = str_trim(str_from(rest, n));
		if (rest.n > 0 && rest.p[0] == '=') {
			rest = str_from(rest, 1);
			value = value_cut(&rest);
		}
		if (str_eq_nocase(key, str_of(name)))
			return plain(mem, str_given(value) ? value : S(""));
		if (!str_given(rest))
			break;
	}
	return STR_ABSENT;
}

static bool
is_tag(struct str tag, const char *name)
{
	struct str want = str_of(name);

	return str_starts_nocase(tag, want) && (tag.n == want.n || is_blank(tag.p[want.n]) || tag.p[want.n] == '/');
}

static void
form_begin(struct scan *s, struct str tag)
{
	struct str method = attribute(s->mem, tag, "method");

	s->action = attribute(s->mem, tag, "action");
	if (!str_given(s->action))
		s->action = S("");
	s->form = NULL;
	if (json_array_size(s->forms) >= PAGE_FORMS_MAX)
		return;
	s->form = json_pack("{ss s[]}", "method", str_eq_nocase(method, S("post")) ? "post" : "get", "fields");
	if (s->form != NULL) {
		json_put_str(s->form, "action", s->action);
		json_array_append_new(s->forms, s->form);
	}
}

static void
field_take(struct scan *s, struct str tag)
{
	struct str name = attribute(s->mem, tag, "name"), type = attribute(s->mem, tag, "type");
	struct str value = attribute(s->mem, tag, "value");
	json_t *fields = json_object_get(s->form, "fields"), *one;

	if (fields == NULL || str_empty(name) || str_eq_nocase(type, S("submit"))
	    || json_array_size(fields) >= PAGE_FIELDS_MAX)
		return;
	json_array_append_new(fields, json_str(name));
	if (!str_eq_nocase(type, S("hidden")) || s->n_hidden++ >= PAGE_FIELDS_MAX || (one = json_object()) == NULL)
		return;
	json_put_str(one, "action", s->action);
	json_put_str(one, "name", name);
	json_put_str(one, "value", value);
	json_array_append_new(s->hidden, one);
}

static void
tag_take(struct scan *s, struct str tag)
{
	if (is_tag(tag, "form"))
		form_begin(s, tag);
	else if (is_tag(tag, "/form"))
		s->form = NULL;
	else if (is_tag(tag, "input") || is_tag(tag, "select") || is_tag(tag, "textarea"))
		field_take(s, tag);
	else if (is_tag(tag, "title") && !str_given(s->title)) {
		struct str rest = s->rest;

		s->title = str_trim(str_cut(&rest, '<'));
	}
}

/* error="invalid_grant", as old error pages write it, quotes as they are or as references */
static struct str
error_of(struct str html)
{
	static const char *const marks[] = { "error=\"", "error=&quot;", "error=&#34;" };

	for (size_t i = 0; i < COUNT(marks); i++) {
		size_t mark = strlen(marks[i]);
		const char *p = memmem(html.p, html.n, marks[i], mark);
		struct str rest = p != NULL ? str_from(html, (size_t)(p - html.p) + mark) : STR_ABSENT;
		size_t n = 0;

		while (n < rest.n && n < 64 && ((rest.p[n] >= 'a' && rest.p[n] <= 'z') || rest.p[n] == '_'))
			n++;
		if (n > 0)
			return str_sub(rest, 0, n);
	}
	return STR_ABSENT;
}

json_t *
page_read(struct arena *mem, struct str html, json_t **hidden)
{
	struct scan s = { .mem = mem, .rest = html, .forms = json_array(), .hidden = json_array() };
	json_t *page = json_pack("{so}", "forms", s.forms);
	struct str error = error_of(html);
	bool kept = page != NULL && arena_defer(mem, (void (*)(void *))json_decref, page) && s.hidden != NULL
	    && arena_defer(mem, (void (*)(void *))json_decref, s.hidden);

	if (!kept)
		return NULL;
	while (str_given(s.rest)) {
		str_cut(&s.rest, '<');
		if (str_starts(s.rest, S("!--"))) {
			const char *end = memmem(s.rest.p, s.rest.n, "-->", 3);

			s.rest = end != NULL ? str_from(s.rest, (size_t)(end - s.rest.p) + 3) : STR_ABSENT;
		} else if (str_given(s.rest))
			tag_take(&s, tag_cut(&s.rest));
	}
	if (str_given(s.title))
		json_put_str(page, "title", str_sub(s.title, 0, 200));
	if (str_given(error))
		json_put_str(page, "error", error);
	*hidden = s.hidden;
	return page;
}
