/* shadow/compare.c - two answers: status, fields, redirect, body. The rules are those of tests/corpus/rules.py. */
#include "http/http.h"
#include "shadow/shadow_int.h"

static struct str
status_said(struct compared *c, const struct shadow_answer *a, const struct bases *b)
{
	struct str error = answer_error(c->mem, a);

	return str_given(error) ? arena_printf(c->mem, "%d %.*s", a->status, STR_ARG(plain_text(c, b, error)))
				: arena_printf(c->mem, "%d", a->status);
}

/* --- Location ------------------------------------------------------------------------------------------------------ */

static void
parameter(struct compared *c, const char *part, struct str name, struct str old, struct str new)
{
	enum shadow_kind kind = kind_of(name, str_given(old) ? old : new);
	enum shadow_cause cause = cause_of_name(name) == SHADOW_VALUE ? SHADOW_PARAMETER : cause_of_name(name);
	struct str a = old, b = new;
	int64_t m, n;

	if (kind_is_secret(kind) && kind != KIND_ECHO) {
		a = str_given(old) ? shape_of(old) : old;
		b = str_given(new) ? shape_of(new) : new;
		cause = str_given(old) && str_given(new) ? SHADOW_TOKEN_FORM : SHADOW_PARAMETER;
	} else if (str_given(old) && str_given(new)) {
		a = plain_text(c, &c->old, old);
		b = plain_text(c, &c->new, new);
	}
	if (str_given(a) == str_given(b) && str_eq(a, b))
		return;
	if (str_starts(name, S("expires")) && str_int(a, &m) && str_int(b, &n) && durations_are_near(m, n))
		return;
	differ(c, cause, ARENA_CAT(c->mem, str_of(part), name), str_given(a) ? plain_text(c, &c->old, a) : a,
	    str_given(b) ? plain_text(c, &c->new, b) : b);
}

static void
parameters(struct compared *c, const char *part, struct str old, struct str new)
{
	struct str rest = old, name, value;

	if (!str_given(old) && !str_given(new))
		return;
	while (pair_next(c->mem, &rest, &name, &value))
		parameter(c, part, name, str_given(value) ? value : S(""), pair_of(c->mem, new, name));
	rest = new;
	while (pair_next(c->mem, &rest, &name, &value))
		if (!str_given(pair_of(c->mem, old, name)) && str_given(value))
			parameter(c, part, name, STR_ABSENT, value);
}

static struct str
redirect_base(struct compared *c, const struct bases *b, struct str base)
{
	struct str rest = base, path = str_cut(&rest, ';');     /* ;jsessionid= */

	if (str_starts(path, S("/")))
		path = ARENA_CAT(c->mem, b->origin, path);
	return plain_text(c, b, path);
}

static void
redirects(struct compared *c, const struct shadow_answer *old, const struct shadow_answer *new)
{
	struct location a = { STR_ABSENT, STR_ABSENT, STR_ABSENT }, b = a;
	bool was = answer_location(old, &a), is = answer_location(new, &b);
	struct str from = was ? redirect_base(c, &c->old, a.base) : STR_ABSENT,
		   to = is ? redirect_base(c, &c->new, b.base) : STR_ABSENT;

	if (was != is || !str_eq(from, to)) {
		differ(c, SHADOW_REDIRECT, S("location"), from, to);
		return;
	}
	parameters(c, "?", a.query, b.query);
	parameters(c, "#", a.fragment, b.fragment);
}

/* --- fields -------------------------------------------------------------------------------------------------------- */

static void
content_types(struct compared *c, struct str old, struct str new)
{
	struct str a = media_type(old), b = media_type(new);

	if (str_given(old) != str_given(new) || !str_eq_nocase(a, b))
		differ(c, SHADOW_CONTENT_TYPE, S("content-type"), old, new);
	else if (str_given(old) && !str_eq_nocase(field_param(c->mem, old, S("charset")),
				       field_param(c->mem, new, S("charset"))))
		differ(c, SHADOW_CHARSET, S("content-type"), old, new);
}

/* name="value" of a challenge; absent */
static struct str
challenge_param(struct arena *mem, struct str field, const char *name)
{
	struct str mark = ARENA_CAT(mem, str_of(name), S("=\"")), rest;
	const char *p = str_given(field) ? memmem(field.p, field.n, mark.p, mark.n) : NULL;

	if (p == NULL || (p > field.p && p[-1] != ' ' && p[-1] != ','))
		return STR_ABSENT;
	rest = str_from(field, (size_t)(p - field.p) + mark.n);
	return str_cut(&rest, '"');
}

static void
challenges(struct compared *c, struct str old, struct str new)
{
	static const char *const names[] = { "realm", "error", "error_description", "resp_code", "resp_msg", "scope" };
	struct str a = old, b = new, was = str_cut(&a, ' '), is = str_cut(&b, ' ');

	if (!str_eq_nocase(was, is)) {
		differ(c, SHADOW_HEADER, S("www-authenticate"), was, is);
		return;
	}
	for (size_t i = 0; i < COUNT(names); i++) {
		struct str from = challenge_param(c->mem, old, names[i]), to = challenge_param(c->mem, new, names[i]);
		enum shadow_cause cause = cause_of_name(str_of(names[i]));

		if (str_given(from))
			from = plain_text(c, &c->old, from);
		if (str_given(to))
			to = plain_text(c, &c->new, to);
		if (str_given(from) != str_given(to) || !str_eq(from, to))
			differ(c, cause == SHADOW_VALUE ? SHADOW_HEADER : cause,
			    ARENA_CAT(c->mem, S("www-authenticate "), str_of(names[i])), from, to);
	}
}

static void
fields(struct compared *c, const struct shadow_answer *old, const struct shadow_answer *new)
{
	static const char *const soft[] = { "cache-control", "pragma", "expires", "vary", "x-content-type-options",
		"x-xss-protection", "x-frame-options" };
	const struct shadow_fields *a = &old->fields, *b = &new->fields;

	if (!old->partial || str_given(fields_get(a, "content-type")))
		content_types(c, fields_get(a, "content-type"), fields_get(b, "content-type"));
	if (!old->partial || str_given(fields_get(a, "www-authenticate")))
		challenges(c, fields_get(a, "www-authenticate"), fields_get(b, "www-authenticate"));
	if (old->partial)
		return;
	if (!str_eq(fields_get(a, "allow"), fields_get(b, "allow")))
		differ(c, SHADOW_HEADER, S("allow"), fields_get(a, "allow"), fields_get(b, "allow"));
	for (size_t i = 0; i < COUNT(soft); i++)
		if (!str_eq(fields_get(a, soft[i]), fields_get(b, soft[i])))
			differ(c, SHADOW_SOFT_HEADER, str_of(soft[i]), fields_get(a, soft[i]), fields_get(b, soft[i]));
	if (str_given(fields_get(a, "set-cookie")) != str_given(fields_get(b, "set-cookie")))
		differ(c, SHADOW_SOFT_HEADER, S("set-cookie"), str_given(fields_get(a, "set-cookie")) ? S("yes") : S("no"),
		    str_given(fields_get(b, "set-cookie")) ? S("yes") : S("no"));
}

/* --- body ---------------------------------------------------------------------------------------------------------- */

/* A form of the old page has one of the new that goes the same way and has its fields; more may be hidden there. */
static bool
has_form(struct compared *c, const json_t *page, const json_t *form)
{
	const json_t *forms = json_object_get(page, "forms"), *one, *field;
	struct str action = redirect_base(c, &c->old, json_member_str(form, "action"));
	size_t i, k;

	json_array_foreach(forms, i, one) {
		bool has = str_eq(json_member_str(one, "method"), json_member_str(form, "method"))
		    && str_eq(redirect_base(c, &c->new, json_member_str(one, "action")), action);

		json_array_foreach(json_object_get(form, "fields"), k, field)
			has = has
			    && (kind_of_name(json_text(field)) == KIND_CSRF
				|| json_has_word(json_object_get(one, "fields"), json_string_value(field)));
		if (has)
			return true;
	}
	return false;
}

static struct str
form_said(struct compared *c, const struct bases *b, const json_t *form)
{
	const json_t *field;
	struct buf out;
	size_t i;

	buf_init(&out, c->mem, 64 * 1024);
	buf_put(&out, json_member_str(form, "method"));
	buf_putc(&out, ' ');
	buf_put(&out, redirect_base(c, b, json_member_str(form, "action")));
	buf_put(&out, S(" ("));
	json_array_foreach(json_object_get(form, "fields"), i, field) {
		buf_put(&out, i > 0 ? S(" ") : S(""));
		buf_put(&out, json_text(field));
	}
	buf_putc(&out, ')');
	return buf_str(&out);
}

void
page_compare(struct compared *c, const json_t *old, const json_t *new)
{
	const json_t *form, *others = json_object_get(new, "forms");
	size_t i;

	json_array_foreach(json_object_get(old, "forms"), i, form)
		if (!has_form(c, new, form))
			differ(c, SHADOW_FORM, json_member_str(form, "action"), form_said(c, &c->old, form),
			    json_array_size(others) > 0 ? form_said(c, &c->new, json_array_get(others, 0)) : STR_ABSENT);
	if (str_given(json_member_str(old, "error"))
	    && !str_eq(json_member_str(old, "error"), json_member_str(new, "error")))
		differ(c, SHADOW_ERROR_CODE, S("error"), json_member_str(old, "error"), json_member_str(new, "error"));
}

static const char *
body_word(const struct shadow_answer *a)
{
	return a->json != NULL ? "JSON" : a->page != NULL ? "HTML" : str_given(a->text) ? "text" : "-";
}

static void
bodies(struct compared *c, const struct shadow_answer *old, const struct shadow_answer *new)
{
	struct str a = str_of(body_word(old)), b = str_of(body_word(new));

	if ((old->json != NULL) != (new->json != NULL))
		differ(c, SHADOW_BODY_KIND, S(""), a, b);
	else if (old->json != NULL)
		json_compare(c, old, new);
	else if (!str_eq(a, b)) {
		/* what stands in a redirect nobody reads */
		if (old->status < 300 || old->status >= 400)
			differ(c, SHADOW_BODY, S(""), a, b);
	} else if (old->page != NULL)
		page_compare(c, old->page, new->page);
	else if (str_given(old->text)) {
		a = plain_text(c, &c->old, old->text);
		b = plain_text(c, &c->new, new->text);
		if (!str_eq(a, b))
			differ(c, SHADOW_BODY, S(""), a, b);
	}
}

void
answers_compare(struct compared *c, const struct shadow_answer *old, const struct shadow_answer *new)
{
	bool was = answer_is_success(c->mem, old), is = answer_is_success(c->mem, new);

	/* a token and an error have nothing else to compare */
	if (old->status != new->status) {
		differ(c, SHADOW_STATUS, S(""), status_said(c, old, &c->old), status_said(c, new, &c->new));
		if (was != is)
			return;
	} else if (was != is && old->json != NULL && new->json != NULL) {
		differ(c, SHADOW_ERROR_CODE, S("error"), answer_error(c->mem, old), answer_error(c->mem, new));
		return;
	}
	if (!old->partial || str_given(fields_get(&old->fields, "location")))
		redirects(c, old, new);
	fields(c, old, new);
	if (!old->partial)
		bodies(c, old, new);
}
