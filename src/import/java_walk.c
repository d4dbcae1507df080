/* import/java_walk.c - fields, dates and the collections of java.util in a stream that was read. */
#include "import/java.h"

#define WRAPPERS_MAX 8

const struct java *
java_field(const struct java *v, const char *name)
{
	if (v == NULL || v->kind != JAVA_OBJECT)
		return NULL;
	for (size_t i = v->n_parts; i-- > 0; )
		for (size_t f = 0; f < v->parts[i].of->n_fields; f++)
			if (str_is(v->parts[i].of->fields[f].name, name))
				return v->parts[i].fields[f];
	return NULL;
}

bool
java_is(const struct java *v, const char *class_name)
{
	return v != NULL && v->kind == JAVA_OBJECT && str_is(v->of->name, class_name);
}

struct str
java_text(const struct java *v)
{
	return v != NULL && v->kind == JAVA_TEXT ? v->text : STR_ABSENT;
}

bool
java_date(const struct java *v, int64_t *ms)
{
	uint64_t n = 0;
	struct str block;

	if (!java_is(v, "java.util.Date") || v->n_parts == 0 || v->parts[v->n_parts - 1].n_extra == 0)
		return false;
	block = v->parts[v->n_parts - 1].extra[0]->text;
	if (v->parts[v->n_parts - 1].extra[0]->kind != JAVA_BYTES || block.n != 8)
		return false;
	for (size_t i = 0; i < 8; i++)
		n = n << 8 | (uint8_t)block.p[i];
	*ms = (int64_t)n;
	return true;
}

/* A collection that only stands around another. */
static const struct java *
unwrap(const struct java *v)
{
	static const char *const inside[] = { "c", "m", "list", "a" };
	const struct java *in = NULL;

	for (int level = 0; level < WRAPPERS_MAX && v != NULL && v->kind == JAVA_OBJECT; level++, v = in) {
		in = NULL;
		for (size_t i = 0; in == NULL && i < COUNT(inside); i++)
			in = java_field(v, inside[i]);
		if (in == NULL || (in->kind != JAVA_OBJECT && in->kind != JAVA_ARRAY))
			return v;
	}
	return v;
}

static int
array_items(const struct java *v, const struct java **out, int max)
{
	int n = 0;

	while (n < max && (size_t)n < v->n_items) {
		out[n] = v->items[n];
		n++;
	}
	return n;
}

/* What the writer added behind the sizes; a sorted set puts its comparator before them. */
static int
extra_items(const struct java *v, const struct java **out, int max)
{
	int n = 0;

	for (size_t i = 0; i < v->n_parts; i++) {
		bool sized = false;
		for (size_t k = 0; k < v->parts[i].n_extra && n < max; k++) {
			if (v->parts[i].extra[k]->kind == JAVA_BYTES)
				sized = true;
			else if (sized)
				out[n++] = v->parts[i].extra[k];
		}
	}
	return n;
}

int
java_items(const struct java *v, const struct java **out, int max)
{
	const struct java *element;

	v = unwrap(v);
	if (v == NULL || max < 1)
		return -1;
	if (v->kind == JAVA_ARRAY)
		return array_items(v, out, max);
	if (v->kind != JAVA_OBJECT || !str_starts(v->of->name, S("java.util.")))
		return -1;
	element = java_field(v, "element");
	if (element != NULL)
		return out[0] = element, 1;
	return extra_items(v, out, max);
}
