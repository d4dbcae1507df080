/* import/java_name.c - what a principal of a product's own class may call its user. */
#include "import/java.h"

#define DEPTH_MAX 4
#define STEPS_MAX 4096          /* fields looked at: objects may hang in circles */

static bool
name_add(struct java_names *out, struct str path, struct str value)
{
	if (value.n == 0)
		return true;
	if (out->n == JAVA_NAMES_MAX || !str_given(path))
		return false;
	out->at[out->n++] = (struct java_name){ path, value };
	return true;
}

static bool
is_whole(char type)
{
	return type == 'J' || type == 'I' || type == 'S' || type == 'B';
}

/* java.lang.Long and its kin keep their number in the field "value". */
static bool
is_boxed(const struct java *v)
{
	return java_is(v, "java.lang.Long") || java_is(v, "java.lang.Integer") || java_is(v, "java.lang.Short");
}

static bool gather(struct arena *mem, const struct java *v, struct str path, int depth, struct java_names *out);

static bool
field_take(struct arena *mem, const struct java *v, char type, struct str path, int depth, struct java_names *out)
{
	if (v == NULL)
		return true;
	if (v->kind == JAVA_TEXT)
		return name_add(out, path, v->text);
	if (is_boxed(v) && java_field(v, "value") != NULL)
		return name_add(out, path, arena_printf(mem, "%lld", (long long)java_field(v, "value")->number));
	if (v->kind == JAVA_NUMBER)
		return !is_whole(type) || name_add(out, path, arena_printf(mem, "%lld", (long long)v->number));
	return v->kind != JAVA_OBJECT || depth == DEPTH_MAX || str_starts(v->of->name, S("java."))
	    || gather(mem, v, path, depth + 1, out);
}

static bool
gather(struct arena *mem, const struct java *v, struct str path, int depth, struct java_names *out)
{
	for (size_t i = 0; i < v->n_parts; i++) {
		const struct java_class *of = v->parts[i].of;

		for (size_t f = 0; f < of->n_fields; f++) {
			struct str at = ARENA_CAT(mem, path, S("/"), of->name, S("."), of->fields[f].name);

			if (out->steps++ == STEPS_MAX
			    || !field_take(mem, v->parts[i].fields[f], of->fields[f].type, at, depth, out))
				return false;
		}
	}
	return true;
}

bool
java_names(struct arena *mem, const struct java *principal, struct java_names *out)
{
	out->n = out->steps = 0;
	if (principal == NULL)
		return true;
	if (principal->kind != JAVA_OBJECT)
		return field_take(mem, principal, 'L', S("."), 0, out);
	return gather(mem, principal, S(""), 0, out);
}
