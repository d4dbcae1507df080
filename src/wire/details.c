/*
 * wire/details.c - authorization details on the pages of a decision: each object as its type's title and the fields that the
 * issuer's settings name, in their words; without names every field. Values are text that the page escapes. RFC 9396
 * section 4.
 */
#include <stdlib.h>

#include "oauth/details.h"
#include "wire/wire_int.h"

#define SHOWN_MAX 256                   /* lines of one object; more are told as one with the rest */

struct shown { struct exchange *x; struct page_vars *rows; size_t n; };

static struct str
in_language(const struct exchange *x, struct str english, struct str chinese)
{
	return x->lang == LANG_ZH && !str_empty(chinese) ? chinese : english;
}

/* A list of scalars is "a, b"; what is deeper is told as JSON. */
static struct str
value_text(struct exchange *x, const json_t *v)
{
	struct buf b;
	const json_t *one;
	bool flat = json_is_array(v);
	char *json;
	size_t i;

	if (json_is_string(v))
		return json_text(v);
	buf_init(&b, x->q->mem, BODY_MAX);
	json_array_foreach(v, i, one)
		flat = flat && !json_is_array(one) && !json_is_object(one);
	json_array_foreach(v, i, one)
		if (flat) {
			buf_put(&b, i > 0 ? S(", ") : S(""));
			buf_put(&b, value_text(x, one));
		}
	if (flat)
		return body_of(&b);
	json = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	buf_put(&b, str_of(json));
	free(json);
	return body_of(&b);
}

static void
line_put(struct shown *s, struct str label, struct str value)
{
	struct page_var *cells = arena_array(s->x->q->mem, struct page_var, 2);

	if (cells == NULL || s->n == SHOWN_MAX)
		return;
	cells[0] = (struct page_var){ .name = "text", .value = label };
	cells[1] = (struct page_var){ .name = "value", .value = value };
	s->rows[s->n++] = (struct page_vars){ cells, 2 };
}

/* "instructedAmount.amount" of an object; NULL: it has none. */
static const json_t *
member_at(struct exchange *x, const json_t *detail, struct str path)
{
	while (detail != NULL && str_given(path)) {
		const char *name = arena_z(x->q->mem, str_cut(&path, '.'));

		detail = name != NULL ? json_object_get(detail, name) : NULL;
	}
	return detail;
}

/* Every field, by its path. */
static void
all_put(struct shown *s, const json_t *object, struct str above)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)object, name, v) {
		struct str path = above.n > 0 ? ARENA_CAT(s->x->q->mem, above, S("."), str_of(name)) : str_of(name);

		if (above.n == 0 && strcmp(name, "type") == 0)
			continue;
		if (s->n == SHOWN_MAX - 1)
			return line_put(s, S("..."), value_text(s->x, object));
		if (json_is_object(v))
			all_put(s, v, path);
		else
			line_put(s, path, value_text(s->x, v));
	}
}

static const struct page_rows *
lines_of(struct exchange *x, const struct detail_type *t, const json_t *detail)
{
	struct shown s = { x, arena_array(x->q->mem, struct page_vars, SHOWN_MAX), 0 };
	struct page_rows *out = arena_new(x->q->mem, struct page_rows);

	if (s.rows == NULL || out == NULL)
		return NULL;
	for (size_t i = 0; i < t->n_fields; i++) {
		const json_t *v = member_at(x, detail, t->fields[i].path);

		if (v != NULL)
			line_put(&s, in_language(x, t->fields[i].label, t->fields[i].label_zh), value_text(x, v));
	}
	if (t->n_fields == 0)
		all_put(&s, detail, S(""));
	*out = (struct page_rows){ s.rows, s.n };
	return out;
}

static bool
detail_put(struct exchange *x, const json_t *detail, struct page_vars *row)
{
	const struct detail_type *t = detail_type_of(x->mount->issuer->policy, detail_type_name(detail));
	struct page_var *cells = t != NULL ? arena_array(x->q->mem, struct page_var, 2) : NULL;

	if (cells == NULL)
		return false;
	cells[0] = (struct page_var){ .name = "title",
		.value = str_empty(t->title) ? t->type : in_language(x, t->title, t->title_zh) };
	cells[1] = (struct page_var){ .name = "fields", .rows = lines_of(x, t, detail) };
	*row = (struct page_vars){ cells, 2 };
	return cells[1].rows != NULL;
}

bool
wire_knows_details(const struct wire *w)
{
	for (const struct token_row *row = w->tokens; row->name != NULL; row++)
		if (row->part == TP_DETAILS)
			return true;
	return false;
}

void
put_detail_types(struct buf *b, const struct policy *policy, struct str resource)
{
	const struct detail_type *t = policy->token.detail_types;

	if (t == NULL)
		return;
	jw_name(b, S("authorization_details_types_supported"));
	jw_open(b, '[');
	for (; str_given(t->type); t++)
		if (!str_given(resource) || str_empty(t->resources) || str_has_word(t->resources, resource, ' '))
			ja_str(b, t->type);
	jw_close(b, ']');
}

bool
details_show(struct exchange *x, struct str details, struct page_list *v)
{
	const json_t *all = str_empty(details) ? NULL : details_read(x->q->mem, details), *one;
	struct page_vars *rows = arena_array(x->q->mem, struct page_vars, DETAILS_ITEMS_MAX);
	struct page_rows *out = arena_new(x->q->mem, struct page_rows);
	size_t i, n = 0;

	if (str_empty(details))
		return true;
	if (all == NULL || rows == NULL || out == NULL)
		return false;
	json_array_foreach(all, i, one)
		n += detail_put(x, one, &rows[n]);
	*out = (struct page_rows){ rows, n };
	page_put_rows(v, "details", out);
	return n == json_array_size(all);       /* what cannot be shown is not asked */
}
