/*
 * base/tree.h - a small tree as YAML or JSON writes it: scalars, lists and maps in the order
 * written. Immutable once made; nodes and spans live in the arena they were made in.
 */
#ifndef HUFU_BASE_TREE_H
#define HUFU_BASE_TREE_H

#include "base/buf.h"

enum tree_kind { TREE_NULL, TREE_BOOL, TREE_NUMBER, TREE_TEXT, TREE_LIST, TREE_MAP };
struct tree {
	enum tree_kind kind;
	struct str name;                /* its key in a map; absent at the root and in a list */
	struct str text;                /* of a scalar: "true" or "false", the number as JSON writes it, the text */
	const struct tree *at;          /* of a list or a map: n nodes */
	size_t n;
	struct str where;               /* "file:line" for complaints; may be absent */
};

/* NULL when there is none; map may be NULL */
const struct tree *tree_member(const struct tree *map, const char *name);
/* A deep copy in mem; NULL of NULL, and when mem is full. */
const struct tree *tree_copy(struct arena *mem, const struct tree *t);
/* The value as JSON, without its name. */
void tree_json(struct buf *b, const struct tree *t);
/* True for the grammar of a JSON number (RFC 8259 section 6). */
bool tree_text_is_number(struct str text);
/* The kind of an unquoted scalar: null, ~ and nothing; true and false; a JSON number; else text. */
enum tree_kind tree_kind_of_word(struct str word);
#endif
