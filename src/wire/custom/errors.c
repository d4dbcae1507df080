/* wire/custom/errors.c - `errors`: other words for a reason, or for all that have one error code. */
#include "wire/custom/custom.h"

static bool
base_words_it(const struct wire *w, struct str error)
{
	for (size_t i = 0; i < COUNT(w->phrases) && w->phrases[i] != NULL; i++)
		for (const struct phrase *p = w->phrases[i]; p->why != R_NONE; p++)
			if (str_is(error, p->error))
				return true;
	for (int i = R_NONE + 1; i < R_COUNT; i++)
		if (str_is(error, reason_rows[i].error))
			return true;
	return false;
}

/* An error code as the base words it, else a reason. */
static bool
reword_key(struct derive *d, const struct tree *node, struct reword *r)
{
	struct nearest near = nearest_to(node->name);

	r->of = "";
	if (base_words_it(d->base, node->name)) {
		r->of = arena_z(d->mem, node->name);
		return true;
	}
	for (int i = R_NONE + 1; i < R_COUNT; i++) {
		nearest_try(&near, str_of(reason_rows[i].error));
		if (str_eq_nocase(node->name, str_of(reason_rows[i].name))) {
			r->why = (enum reason)i;
			return true;
		}
	}
	if (str_given(near.name))
		wrong_name(d, "errors", node, "error code or reason", &near);
	else
		wrong(d, "errors", node,
		    "there is no error code or reason of this name; docs/metrics.md lists the reasons");
	return false;
}

static void
reword_field(struct derive *d, const struct tree *node, const struct tree *field, struct reword *r)
{
	struct nearest near = nearest_to(field->name);
	int64_t status;

	if (field->kind == TREE_MAP || field->kind == TREE_LIST || field->kind == TREE_NULL)
		wrong(d, "errors", node, "%.*s takes one value", STR_ARG(field->name));
	else if (str_is(field->name, "status")) {
		if (str_int(field->text, &status) && status >= 400 && status <= 599)
			r->status = (int)status;
		else
			wrong(d, "errors", node,
			    "the status of a failure is 400 to 599; `failure_status: 200` hides it from the "
			    "client");
	} else if (str_is(field->name, "error"))
		r->error = arena_z(d->mem, field->text);
	else if (str_is(field->name, "text"))
		r->text = arena_z(d->mem, field->text);
	else if (str_is(field->name, "text_zh"))
		r->zh = arena_z(d->mem, field->text);
	else if (str_is(field->name, "code"))
		r->code = tree_copy(d->mem, field);
	else {
		static const char *const fields[] = { "status", "error", "code", "text", "text_zh" };

		for (size_t i = 0; i < COUNT(fields); i++)
			nearest_try(&near, str_of(fields[i]));
		wrong_name(d, "errors", node, "field", &near);
	}
}

void
read_errors(struct derive *d)
{
	const struct tree *map = d->spec->errors;
	struct reword *rows = map ? arena_array(d->mem, struct reword, map->n + 1) : NULL;
	size_t n = 0;

	for (size_t i = 0; rows != NULL && i < map->n; i++) {
		const struct tree *node = &map->at[i];

		if (node->kind != TREE_MAP)
			wrong(d, "errors", node,
			    "write {status: 400, text: \"...\"}: any of status, error, code, text, text_zh");
		else if (reword_key(d, node, &rows[n])) {
			for (size_t k = 0; k < node->n; k++)
				reword_field(d, node, &node->at[k], &rows[n]);
			n++;
		}
	}
	if (rows != NULL)
		rows[n].of = NULL;
	d->w->rewords = rows;
}

/* "code_replayed" */
static struct str
reason_name(struct arena *mem, enum reason why)
{
	struct buf b;

	buf_init(&b, mem, 64);
	for (const char *p = reason_rows[why].name; *p != '\0'; p++)
		buf_putc(&b, *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p);
	return buf_str(&b);
}

/*
 * The wording of each reason as it is without any circumstance; a comment, for a line that stands
 * here would hold in all of them.
 */
static void
put_reason(struct buf *b, const struct wire *w, int why)
{
	const char *error = reason_rows[why].error, *text = reason_rows[why].text, *zh = NULL;
	int status = reason_rows[why].status;
	bool found = false;

	for (size_t i = 0; i < COUNT(w->phrases) && w->phrases[i] != NULL; i++)
		for (const struct phrase *p = w->phrases[i]; p->why != R_NONE && !found; p++)
			if ((int)p->why == why && p->when == ALWAYS) {
				found = true;
				status = p->status;
				error = p->error;
				text = p->text;
				zh = p->zh;
			}
	put_key(b, "    #   ", reason_name(b->mem, (enum reason)why));
	buf_printf(b, "{status: %d, error: ", status);
	put_word(b, str_of(error));
	buf_put(b, S(", text: "));
	buf_json(b, str_of(text));
	if (zh) {
		buf_put(b, S(", text_zh: "));
		buf_json(b, str_of(zh));
	}
	buf_put(b, S("}\n"));
}

static void
put_field(struct buf *b, const char *name, const char *text)
{
	if (b->p[b->n - 1] != '{')
		buf_put(b, S(", "));
	buf_printf(b, "%s: ", name);
	buf_json(b, str_of(text));
}

void
show_errors(struct buf *b, const struct wire *w, const struct wire *base)
{
	(void)base;
	if (w->rewords)
		buf_put(b, w->rewords->of ? S("    errors:\n") : S("    errors: {}\n"));
	for (const struct reword *r = w->rewords; r != NULL && r->of != NULL; r++) {
		put_key(b, "      ", r->of[0] ? str_of(r->of) : reason_name(b->mem, r->why));
		buf_putc(b, '{');
		if (r->status)
			buf_printf(b, "status: %d", r->status);
		if (r->error)
			put_field(b, "error", r->error);
		if (r->text)
			put_field(b, "text", r->text);
		if (r->zh)
			put_field(b, "text_zh", r->zh);
		if (r->code) {
			buf_put(b, b->p[b->n - 1] != '{' ? S(", code: ") : S("code: "));
			if (r->code->kind == TREE_TEXT)
				buf_json(b, r->code->text);
			else
				buf_put(b, r->code->text);
		}
		buf_put(b, S("}\n"));
	}
	buf_printf(b, "    # %s\n", w->rewords ? "the other reasons:" : "errors:");
	for (int i = R_NONE + 1; i < R_COUNT; i++)
		put_reason(b, w, i);
}
