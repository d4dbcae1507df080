/* page/compile_text.c - translated texts to programs. Plain text that may mention values; no markup, no sections. */
#include "page/page_int.h"

static struct str
escaped(struct arena *mem, struct str s)
{
	struct buf b;

	buf_init(&b, mem, s.n * 6 + 1);
	html_put(&b, s);
	return b.full ? STR_ABSENT : buf_str(&b);
}

/* Cut *rest before or behind one {{name}}: the literal part, then the name (absent at the end). */
static bool
cut(struct str *rest, struct str *literal, struct str *name)
{
	const char *open = memmem(rest->p, rest->n, "{{", 2), *close;
	size_t n = open ? (size_t)(open - rest->p) : rest->n;

	*literal = str_sub(*rest, 0, n);
	*rest = str_from(*rest, n);
	*name = STR_ABSENT;
	if (open == NULL)
		return true;
	close = memmem(rest->p, rest->n, "}}", 2);
	if (close == NULL)
		return false;
	*name = str_sub(*rest, 2, (size_t)(close - rest->p) - 2);
	*rest = str_from(*rest, name->n + 4);
	return name_is_known(*name);
}

bool
text_compile(struct arena *mem, struct str text, struct program *out)
{
	struct op ops[8];
	struct op *kept;
	uint32_t n = 0;

	while (text.n > 0) {
		struct str literal, name;

		if (n + 2 > COUNT(ops) || !cut(&text, &literal, &name))
			return false;
		if (literal.n > 0)
			ops[n++] = (struct op){ .kind = OP_LITERAL, .text = escaped(mem, literal),
			    .before = literal };
		if (str_given(name))
			ops[n++] = (struct op){ .kind = OP_VALUE, .text = name };
	}
	kept = arena_array(mem, struct op, n);
	if (kept == NULL)
		return false;
	memcpy(kept, ops, n * sizeof(struct op));
	*out = (struct program){ kept, n };
	return true;
}
