/* base/tree.c - small trees of scalars, lists and maps. */
#include "base/base.h"

const struct tree *
tree_member(const struct tree *map, const char *name)
{
	for (size_t i = 0; map != NULL && i < map->n; i++)
		if (str_is(map->at[i].name, name))
			return &map->at[i];
	return NULL;
}

/* Nothing below is copied twice: the depth is bounded where the tree was read. */
static bool
copy_into(struct arena *mem, const struct tree *from, struct tree *to)
{
	struct tree *kids = from->n ? arena_array(mem, struct tree, from->n) : NULL;

	if (from->n > 0 && kids == NULL)
		return false;
	for (size_t i = 0; i < from->n; i++)
		if (!copy_into(mem, &from->at[i], &kids[i]))
			return false;
	*to = (struct tree){ from->kind, arena_dup(mem, from->name), arena_dup(mem, from->text), kids, from->n, arena_dup(mem, from->where) };
	return !mem->full;
}

const struct tree *
tree_copy(struct arena *mem, const struct tree *t)
{
	struct tree *copy = t ? arena_new(mem, struct tree) : NULL;

	return copy != NULL && copy_into(mem, t, copy) ? copy : NULL;
}

void
tree_json(struct buf *b, const struct tree *t)
{
	switch (t->kind) {
	case TREE_NULL:
		jw_item(b, S("null"));
		break;
	case TREE_BOOL: case TREE_NUMBER:
		jw_item(b, t->text);
		break;
	case TREE_TEXT:
		ja_str(b, t->text);
		break;
	case TREE_LIST: case TREE_MAP:
		jw_open(b, t->kind == TREE_MAP ? '{' : '[');
		for (size_t i = 0; i < t->n; i++) {
			if (t->kind == TREE_MAP)
				jw_name(b, t->at[i].name);
			tree_json(b, &t->at[i]);
		}
		jw_close(b, t->kind == TREE_MAP ? '}' : ']');
		break;
	}
}

static size_t
digits(struct str s, size_t from)
{
	size_t n = 0;

	while (from + n < s.n && s.p[from + n] >= '0' && s.p[from + n] <= '9')
		n++;
	return n;
}

bool
tree_text_is_number(struct str s)
{
	size_t i = s.n > 0 && s.p[0] == '-', n = digits(s, i);

	if (n == 0 || (n > 1 && s.p[i] == '0'))
		return false;
	i += n;
	if (i < s.n && s.p[i] == '.') {
		n = digits(s, i + 1);
		if (n == 0)
			return false;
		i += 1 + n;
	}
	if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
		i += 1 + (i + 1 < s.n && (s.p[i + 1] == '+' || s.p[i + 1] == '-'));
		n = digits(s, i);
		if (n == 0)
			return false;
		i += n;
	}
	return i == s.n;
}

enum tree_kind
tree_kind_of_word(struct str word)
{
	if (word.n == 0 || str_is(word, "~") || str_is(word, "null"))
		return TREE_NULL;
	if (str_is(word, "true") || str_is(word, "false"))
		return TREE_BOOL;
	return tree_text_is_number(word) ? TREE_NUMBER : TREE_TEXT;
}
