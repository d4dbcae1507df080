/* import/java.c - a Java serialization stream becomes values. Java Object Serialization Specification, chapter 6. */
#include "import/java_int.h"

enum {
	TC_NULL = 0x70,
	TC_REFERENCE,
	TC_CLASSDESC,
	TC_OBJECT,
	TC_STRING,
	TC_ARRAY,
	TC_CLASS,
	TC_BLOCKDATA,
	TC_ENDBLOCKDATA,
	TC_BLOCKDATALONG = 0x7a,
	TC_LONGSTRING = 0x7c,
	TC_ENUM = 0x7e,
};
enum { SC_WRITE_METHOD = 1, SC_SERIALIZABLE = 2, SC_EXTERNALIZABLE = 4, SC_BLOCK_DATA = 8 };
#define BASE_HANDLE 0x7e0000

/* Later values may refer to what came before: a value, or a class description. */
struct handle { const struct java *value; const struct java_class *of; };
struct reader { struct arena *mem; const uint8_t *p, *end; struct handle *handles; size_t n_handles; int depth; };

static const struct java *value_read(struct reader *r);
static bool class_read(struct reader *r, const struct java_class **out);

static bool
has(const struct reader *r, size_t n)
{
	return (size_t)(r->end - r->p) >= n;
}

static bool
number_read(struct reader *r, size_t n, uint64_t *out)
{
	if (!has(r, n))
		return false;
	*out = 0;
	while (n-- > 0)
		*out = *out << 8 | *r->p++;
	return true;
}

static bool
bytes_read(struct reader *r, uint64_t n, struct str *out)
{
	if (n > (size_t)(r->end - r->p))
		return false;
	*out = str_span(r->p, (size_t)n);
	r->p += n;
	return true;
}

static bool
handle_add(struct reader *r, const struct java *value, const struct java_class *of)
{
	if (r->n_handles == JAVA_HANDLES_MAX)
		return false;
	r->handles[r->n_handles++] = (struct handle){ value, of };
	return true;
}

static bool
handle_find(struct reader *r, struct handle *out)
{
	uint64_t n;

	if (!number_read(r, 4, &n) || n < BASE_HANDLE || n - BASE_HANDLE >= r->n_handles)
		return false;
	*out = r->handles[n - BASE_HANDLE];
	return true;
}

static struct java *
value_new(struct reader *r, enum java_kind kind)
{
	struct java *v = arena_new(r->mem, struct java);

	if (v != NULL)
		v->kind = kind;
	return v;
}

/* --- class descriptions: names and texts are modified UTF-8 ----------------------------------- */

static bool
utf_read(struct reader *r, size_t length_size, struct str *out)
{
	struct str raw;
	uint64_t n;

	return number_read(r, length_size, &n) && bytes_read(r, n, &raw) && java_utf(r->mem, raw, out);
}

static bool
is_primitive(char type)
{
	return type != '\0' && strchr("BCDFIJSZ", type) != NULL;
}

static bool
field_describe(struct reader *r, struct java_field *f)
{
	const struct java *type;
	uint64_t code;

	if (!number_read(r, 1, &code) || !utf_read(r, 2, &f->name))
		return false;
	f->type = (char)code;
	if (is_primitive(f->type))
		return true;
	if (f->type != 'L' && f->type != '[')
		return false;
	type = value_read(r);
	return type != NULL && type->kind == JAVA_TEXT;
}

static bool
fields_describe(struct reader *r, struct java_class *of)
{
	struct java_field *fields;
	uint64_t n;

	if (!number_read(r, 2, &n) || n > JAVA_FIELDS_MAX
	    || (fields = arena_array(r->mem, struct java_field, (size_t)n)) == NULL)
		return false;
	of->fields = fields;
	of->n_fields = (size_t)n;
	for (size_t i = 0; i < of->n_fields; i++)
		if (!field_describe(r, &fields[i]))
			return false;
	return true;
}

/* Values and blocks up to the end mark: what a class wrote beside its fields. */
static bool
extra_read(struct reader *r, const struct java ***out, size_t *n)
{
	const struct java **items = NULL;
	size_t room = 0, count = 0;

	while (has(r, 1) && *r->p != TC_ENDBLOCKDATA) {
		if (count == room) {
			const struct java **more = arena_array(r->mem, const struct java *, room * 2 + 8);
			if (more == NULL)
				return false;
			if (count > 0)
				memcpy(more, items, count * sizeof *items);
			items = more;
			room = room * 2 + 8;
		}
		if ((items[count++] = value_read(r)) == NULL)
			return false;
	}
	*out = items;
	*n = count;
	return has(r, 1) && *r->p++ == TC_ENDBLOCKDATA;
}

static bool
class_new(struct reader *r, const struct java_class **out)
{
	struct java_class *of = arena_new(r->mem, struct java_class);
	const struct java **ignored;
	uint64_t serial, flags;
	size_t n;

	if (of == NULL || !utf_read(r, 2, &of->name) || !number_read(r, 8, &serial)
	    || !handle_add(r, NULL, of) || !number_read(r, 1, &flags))
		return false;
	of->flags = (uint8_t)flags;
	*out = of;
	return fields_describe(r, of) && extra_read(r, &ignored, &n) && class_read(r, &of->super);
}

static bool
class_named(struct reader *r, uint64_t tag, const struct java_class **out)
{
	struct handle h;

	*out = NULL;
	if (tag == TC_NULL)
		return true;
	if (tag == TC_CLASSDESC)
		return class_new(r, out);
	if (tag != TC_REFERENCE || !handle_find(r, &h) || h.of == NULL)
		return false;
	*out = h.of;
	return true;
}

static bool
class_read(struct reader *r, const struct java_class **out)
{
	uint64_t tag;
	bool ok = r->depth < JAVA_DEPTH_MAX && number_read(r, 1, &tag);

	r->depth++;
	ok = ok && class_named(r, tag, out);
	r->depth--;
	return ok;
}

/* --- values ----------------------------------------------------------------------------------- */

static const struct java *
primitive_read(struct reader *r, char type)
{
	static const struct { char type; uint8_t size; } sizes[] = {
		{ 'B', 1 }, { 'C', 2 }, { 'D', 8 }, { 'F', 4 }, { 'I', 4 }, { 'J', 8 }, { 'S', 2 }, { 'Z', 1 },
	};
	struct java *v = value_new(r, JAVA_NUMBER);
	uint64_t n = 0;
	size_t i = 0;

	while (i + 1 < COUNT(sizes) && sizes[i].type != type)
		i++;
	if (v == NULL || !number_read(r, sizes[i].size, &n))
		return NULL;
	v->number = type == 'B' ? (int8_t)n : type == 'S' ? (int16_t)n : type == 'I' ? (int32_t)n : (int64_t)n;
	return v;
}

static const struct java *
typed_read(struct reader *r, char type)
{
	return is_primitive(type) ? primitive_read(r, type) : type == 'L' || type == '[' ? value_read(r) : NULL;
}

static bool
part_read(struct reader *r, struct java_part *part)
{
	bool plain = (part->of->flags & SC_SERIALIZABLE) != 0;

	part->fields = arena_array(r->mem, const struct java *, part->of->n_fields);
	if (part->fields == NULL)
		return false;
	for (size_t i = 0; plain && i < part->of->n_fields; i++)
		if ((part->fields[i] = typed_read(r, part->of->fields[i].type)) == NULL)
			return false;
	if (plain)
		return !(part->of->flags & SC_WRITE_METHOD) || extra_read(r, &part->extra, &part->n_extra);
	/* without block data nobody but the class knows where it ends */
	if (part->of->flags & SC_EXTERNALIZABLE)
		return (part->of->flags & SC_BLOCK_DATA) && extra_read(r, &part->extra, &part->n_extra);
	return true;
}

static size_t
line_length(const struct java_class *of)
{
	size_t n = 0;

	for (; of != NULL && n <= JAVA_SUPERS_MAX; of = of->super)
		n++;
	return n;
}

/* The eldest class wrote first. */
static const struct java *
object_read(struct reader *r)
{
	struct java *v = value_new(r, JAVA_OBJECT);
	struct java_part *parts;
	size_t n;

	if (v == NULL || !class_read(r, &v->of) || v->of == NULL || !handle_add(r, v, NULL))
		return NULL;
	n = line_length(v->of);
	if (n > JAVA_SUPERS_MAX || (parts = arena_array(r->mem, struct java_part, n)) == NULL)
		return NULL;
	for (const struct java_class *of = v->of; of != NULL; of = of->super)
		parts[--n].of = of;
	v->parts = parts;
	v->n_parts = line_length(v->of);
	for (size_t i = 0; i < v->n_parts; i++)
		if (!part_read(r, &parts[i]))
			return NULL;
	return v;
}

static const struct java *
array_read(struct reader *r)
{
	struct java *v = value_new(r, JAVA_ARRAY);
	uint64_t n;

	if (v == NULL || !class_read(r, &v->of) || v->of == NULL || !handle_add(r, v, NULL)
	    || v->of->name.n < 2 || v->of->name.p[0] != '[')
		return NULL;
	if (!number_read(r, 4, &n) || n > (size_t)(r->end - r->p)
	    || (v->items = arena_array(r->mem, const struct java *, (size_t)n)) == NULL)
		return NULL;
	for (; v->n_items < n; v->n_items++)
		if ((v->items[v->n_items] = typed_read(r, v->of->name.p[1])) == NULL)
			return NULL;
	return v;
}

static const struct java *
text_read(struct reader *r, size_t length_size)
{
	struct java *v = value_new(r, JAVA_TEXT);

	return v != NULL && handle_add(r, v, NULL) && utf_read(r, length_size, &v->text) ? v : NULL;
}

static const struct java *
enum_read(struct reader *r)
{
	struct java *v = value_new(r, JAVA_ENUM);
	const struct java *name;

	if (v == NULL || !class_read(r, &v->of) || v->of == NULL || !handle_add(r, v, NULL))
		return NULL;
	name = value_read(r);
	if (name == NULL || name->kind != JAVA_TEXT)
		return NULL;
	v->text = name->text;
	return v;
}

static const struct java *
class_value_read(struct reader *r)
{
	struct java *v = value_new(r, JAVA_CLASS);

	return v != NULL && class_read(r, &v->of) && v->of != NULL && handle_add(r, v, NULL) ? v : NULL;
}

static const struct java *
block_read(struct reader *r, size_t length_size)
{
	struct java *v = value_new(r, JAVA_BYTES);
	uint64_t n;

	return v != NULL && number_read(r, length_size, &n) && bytes_read(r, n, &v->text) ? v : NULL;
}

static const struct java *
reference_read(struct reader *r)
{
	struct handle h;

	return handle_find(r, &h) ? h.value : NULL;
}

static const struct java *
tagged_read(struct reader *r, uint64_t tag)
{
	switch (tag) {
	case TC_NULL: return value_new(r, JAVA_NULL);
	case TC_REFERENCE: return reference_read(r);
	case TC_OBJECT: return object_read(r);
	case TC_STRING: return text_read(r, 2);
	case TC_LONGSTRING: return text_read(r, 8);
	case TC_ARRAY: return array_read(r);
	case TC_ENUM: return enum_read(r);
	case TC_CLASS: return class_value_read(r);
	case TC_BLOCKDATA: return block_read(r, 1);
	case TC_BLOCKDATALONG: return block_read(r, 4);
	default: return NULL;                   /* exceptions, resets and proxies have no place in a stored token */
	}
}

static const struct java *
value_read(struct reader *r)
{
	const struct java *v = NULL;
	uint64_t tag;

	r->depth++;
	if (r->depth <= JAVA_DEPTH_MAX && number_read(r, 1, &tag))
		v = tagged_read(r, tag);
	r->depth--;
	return v;
}

const struct java *
java_read(struct arena *mem, struct str bytes)
{
	struct reader r = { .mem = mem, .p = (const uint8_t *)bytes.p, .end = (const uint8_t *)bytes.p + bytes.n };
	uint64_t magic;

	if (bytes.n > JAVA_SIZE_MAX || !number_read(&r, 4, &magic) || magic != 0xaced0005)
		return NULL;
	r.handles = arena_array(mem, struct handle, JAVA_HANDLES_MAX);
	return r.handles ? value_read(&r) : NULL;
}
