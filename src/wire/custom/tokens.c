/* wire/custom/tokens.c - `token_answer`: its members, in order; the fragment of the implicit grant follows. */
#include "wire/custom/custom.h"

#define MEMBERS_MAX 40

static const char *
type_of_base(const struct wire *base)
{
	for (const struct token_row *row = base->tokens; row->name != NULL; row++)
		if (row->part == TP_TYPE)
			return row->text;
	return "Bearer";
}

static bool
member_part(struct derive *d, const struct tree *node, struct str name, struct token_row *row)
{
	struct nearest near = nearest_to(name);

	for (int i = 0; token_part_name((enum token_part)i) != NULL; i++) {
		nearest_try(&near, str_of(token_part_name((enum token_part)i)));
		if (!str_is(name, token_part_name((enum token_part)i)))
			continue;
		row->part = (enum token_part)i;
		row->text = row->part == TP_TYPE ? type_of_base(d->base) : NULL;
		return true;
	}
	wrong_name(d, "token_answer", node, "placeholder", &near);
	return false;
}

static bool
member_read(struct derive *d, const struct tree *node, struct token_row *row)
{
	struct str name;

	*row = (struct token_row){ .name = arena_z(d->mem, node->name), .part = node->kind == TREE_TEXT ? TP_TEXT : TP_JSON };
	if (node->kind == TREE_LIST || node->kind == TREE_MAP) {
		wrong(d, "token_answer", node,
		    "a token answer is flat: write a constant or one placeholder in quotes; `success` puts "
		    "an envelope around it");
		return false;
	}
	if (node->kind == TREE_TEXT && body_placeholder(node->text, &name, &row->or_null))
		return member_part(d, node, name, row);
	if (node->kind == TREE_TEXT && str_index(node->text, '{') >= 0) {
		wrong(d, "token_answer", node, "write a constant or one placeholder, such as \"{access_token}\"");
		return false;
	}
	row->text = node->kind == TREE_NULL ? "null" : arena_z(d->mem, node->text);
	return true;
}

static bool
same_rows(const struct token_row *a, const struct token_row *b)
{
	for (; a->name != NULL && b->name != NULL; a++, b++)
		if (strcmp(a->name, b->name) != 0 || a->part != b->part || a->or_null != b->or_null
		    || (a->text && strcmp(a->text, b->text) != 0))
			return false;
	return a->name == NULL && b->name == NULL;
}

/*
 * The fragment of the implicit grant has the same names, without what is null; the state stands
 * behind the type, else at the end.
 */
static void
fragment_of(struct derive *d, const struct token_row *rows, size_t n)
{
	const struct token_row state = { .name = "state", .part = TP_STATE };
	struct token_row *out = arena_array(d->mem, struct token_row, n + 2);
	bool placed = false;
	size_t k = 0;

	for (size_t i = 0; out != NULL && i < n; i++) {
		if (rows[i].part != TP_JSON || strcmp(rows[i].text, "null") != 0)
			out[k++] = rows[i];
		if (rows[i].part == TP_TYPE && !placed) {
			out[k++] = state;
			placed = true;
		}
	}
	if (out != NULL && !placed)
		out[k] = state;
	d->w->fragment = out;
}

void
read_token_answer(struct derive *d)
{
	const struct tree *map = d->spec->token_answer;
	struct token_row *rows = map ? arena_array(d->mem, struct token_row, MEMBERS_MAX + 1) : NULL;
	bool has_access = false;
	size_t n = 0;

	if (rows == NULL)
		return;
	for (size_t i = 0; i < map->n; i++) {
		if (n == MEMBERS_MAX) {
			wrong(d, "token_answer", NULL, "there are more than %d members", MEMBERS_MAX);
			break;
		}
		n += member_read(d, &map->at[i], &rows[n]);
		has_access |= n > 0 && rows[n - 1].part == TP_ACCESS;
	}
	rows[n] = (struct token_row){ 0 };
	if (!has_access)
		wrong(d, "token_answer", NULL, "no member is \"{access_token}\"");
	if (same_rows(rows, d->base->tokens))
		return;
	d->w->tokens = rows;
	fragment_of(d, rows, n);
}

void
show_token_answer(struct buf *b, const struct wire *w, const struct wire *base)
{
	(void)base;
	buf_put(b, S("    token_answer:\n"));
	for (const struct token_row *row = w->tokens; row->name != NULL; row++) {
		put_key(b, "      ", str_of(row->name));
		if (token_part_name(row->part))
			buf_printf(b, "\"{%s%s}\"", token_part_name(row->part), row->or_null ? "?" : "");
		else if (row->part == TP_JSON)
			buf_put(b, str_of(row->text));
		else
			buf_json(b, str_of(row->text));
		if (row->part == TP_TYPE)
			buf_printf(b, "    # %s", row->text);
		buf_putc(b, '\n');
	}
}
