/* shadow/read_record.c - a line of a recording, as write.c writes it. */
#include "shadow/shadow_int.h"

static bool
fields_read(struct arena *mem, const json_t *list, bool (*keep)(struct str name), struct shadow_fields *f)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		struct str name = json_text(json_array_get(one, 0)), value = json_text(json_array_get(one, 1));

		if (!str_given(name) || !str_given(value))
			return false;
		if (keep(name) && !fields_add(mem, f, name, value))
			return false;
	}
	return true;
}

static bool
is_page(const json_t *page)
{
	const json_t *forms = json_object_get(page, "forms"), *one;
	size_t i;

	json_array_foreach(forms, i, one)
		if (!json_is_array(json_object_get(one, "fields")))
			return false;
	return json_is_array(forms);
}

static bool
answer_read(struct arena *mem, const json_t *v, struct shadow_answer *a)
{
	json_t *page = json_object_get(v, "page");
	int64_t status;

	if (v == NULL)
		return true;
	if (!json_member_int(v, "status", &status) || status < 100 || status > 999 || (page != NULL && !is_page(page)))
		return false;
	a->given = true;
	a->status = (int)status;
	a->partial = json_is_true(json_object_get(v, "partial"));
	a->json = json_object_get(v, "json");
	a->page = page;
	a->text = json_member_str(v, "text");
	a->jwts = json_object_get(v, "jwts");
	return fields_read(mem, json_object_get(v, "fields"), field_is_answered, &a->fields);
}

/* A target leads to the server that it is sent to, and nowhere else. */
static bool
is_target(struct str s)
{
	return s.n > 0 && s.p[0] == '/' && str_is_visible(s) && str_index(s, '#') < 0 && !str_starts(s, S("//"));
}

static bool
is_method(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 'A' || s.p[i] > 'Z')
			return false;
	return s.n > 0 && s.n <= 16;
}

bool
ask_is_sound(const struct shadow_ask *ask)
{
	for (size_t i = 0; i < ask->fields.n; i++)
		for (size_t k = 0; k < ask->fields.at[i].value.n; k++)
			if ((unsigned char)ask->fields.at[i].value.p[k] < ' ')
				return false;
	return is_method(ask->method) && is_target(ask->target);
}

bool
record_read(struct arena *mem, const json_t *line, struct shadow_exchange *x)
{
	const json_t *ask = json_object_get(line, "request");

	x->at = json_member_str(line, "at");
	x->ask.method = json_member_str(ask, "method");
	x->ask.target = json_member_str(ask, "target");
	x->ask.host = json_member_str(ask, "host");
	x->ask.body = json_member_str(ask, "body");
	return fields_read(mem, json_object_get(ask, "fields"), field_is_asked, &x->ask.fields) && ask_is_sound(&x->ask)
	    && answer_read(mem, json_object_get(line, "answer"), &x->answer);
}
