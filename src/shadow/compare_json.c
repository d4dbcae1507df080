/* shadow/compare_json.c - two JSON values by the names of their members. */
#include "shadow/shadow_int.h"

#define NEAR_S  1800            /* a token that is given again has aged */
#define ROUND_S 600
#define TIME_MIN 100000000      /* seconds; what is less is no date */

struct sides { struct compared *c; const struct shadow_answer *old, *new; };

static bool
is_named(struct str name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq_nocase(name, str_of(names[i])))
			return true;
	return false;
}

static bool
is_time(struct str name)
{
	static const char *const names[] = { "timestamp", "time", "exp", "iat", "nbf", "auth_time", "updated_at",
		"client_id_issued_at", "expires_at", "expiration" };

	return is_named(name, names, COUNT(names));
}

static bool
is_duration(struct str name)
{
	static const char *const names[] = { "expires_in", "expires", "expire_in", "refresh_expires_in" };

	return is_named(name, names, COUNT(names));
}

/* tests/corpus/rules.py: near */
bool
durations_are_near(int64_t old, int64_t new)
{
	int64_t less = old - new;

	return (less >= 0 && less <= NEAR_S) || (less < 0 && -less <= ROUND_S / 2);
}

static struct str
dumped(struct compared *c, const struct bases *b, const json_t *v)
{
	char *text;
	struct str out;

	if (v == NULL)
		return STR_ABSENT;
	text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
	if (text == NULL)
		return S("?");
	out = plain_text(c, b, arena_dup(c->mem, str_of(text)));
	free(text);
	return out;
}

static const char *
type_word(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT: return "object";
	case JSON_ARRAY: return "list";
	case JSON_STRING: return "text";
	case JSON_INTEGER:
	case JSON_REAL: return "number";
	case JSON_TRUE:
	case JSON_FALSE: return "truth";
	case JSON_NULL: return "null";
	}
	return "?";
}

static void values(struct sides *s, struct str path, struct str name, const json_t *old, const json_t *new);

static struct str
below(struct sides *s, struct str path, struct str name)
{
	return path.n == 0 ? name : ARENA_CAT(s->c->mem, path, S("."), name);
}

/* Without values: of a member that one side alone has, only what it is called. */
static struct str
names_of(struct sides *s, const json_t *v)
{
	const char *key;
	json_t *one;
	struct buf b;

	buf_init(&b, s->c->mem, 64 * 1024);
	json_object_foreach((json_t *)(uintptr_t)v, key, one) {
		buf_put(&b, b.n > 0 ? S(" ") : S(""));
		buf_put(&b, str_of(key));
	}
	return buf_str(&b);
}

static size_t
common(const json_t *old, const json_t *new)
{
	const char *key;
	json_t *one;
	size_t n = 0;

	json_object_foreach((json_t *)(uintptr_t)old, key, one)
		n += json_object_get(new, key) != NULL;
	return n;
}

static bool
is_same_order(const json_t *old, const json_t *new)
{
	void *a = json_object_iter((json_t *)(uintptr_t)old), *b = json_object_iter((json_t *)(uintptr_t)new);

	while (a != NULL && b != NULL) {
		if (!str_eq(str_of(json_object_iter_key(a)), str_of(json_object_iter_key(b))))
			return false;
		a = json_object_iter_next((json_t *)(uintptr_t)old, a);
		b = json_object_iter_next((json_t *)(uintptr_t)new, b);
	}
	return true;
}

static void
objects(struct sides *s, struct str path, const json_t *old, const json_t *new)
{
	size_t shared = common(old, new);
	const char *key;
	json_t *one;

	if (shared == 0 && json_object_size(old) > 0 && json_object_size(new) > 0) {
		differ(s->c, SHADOW_SHAPE, path, names_of(s, old), names_of(s, new));
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)old, key, one) {
		const json_t *other = json_object_get(new, key);

		if (other == NULL)
			differ(s->c, SHADOW_MISSING, below(s, path, str_of(key)), dumped(s->c, &s->c->old,
				kind_is_secret(kind_of_name(str_of(key))) ? NULL : one), STR_ABSENT);
		else
			values(s, below(s, path, str_of(key)), str_of(key), one, other);
	}
	json_object_foreach((json_t *)(uintptr_t)new, key, one)
		if (json_object_get(old, key) == NULL)
			differ(s->c, SHADOW_EXTRA, below(s, path, str_of(key)), STR_ABSENT, dumped(s->c, &s->c->new,
				kind_is_secret(kind_of_name(str_of(key))) ? NULL : one));
	if (shared == json_object_size(old) && shared == json_object_size(new) && !is_same_order(old, new))
		differ(s->c, SHADOW_ORDER, path, names_of(s, old), names_of(s, new));
}

/* Every element of one is in the other, as often. */
static bool
is_same_set(const json_t *old, const json_t *new)
{
	json_t *rest = json_copy((json_t *)(uintptr_t)new), *one;
	bool same = rest != NULL;
	size_t i;

	json_array_foreach(old, i, one) {
		size_t k = 0;

		while (k < json_array_size(rest) && !json_equal(one, json_array_get(rest, k)))
			k++;
		same = same && json_array_remove(rest, k) == 0;
	}
	json_decref(rest);
	return same;
}

static void
lists(struct sides *s, struct str path, struct str name, const json_t *old, const json_t *new)
{
	const json_t *one;
	size_t i;

	if (json_array_size(old) == json_array_size(new) && is_same_set(old, new)) {
		if (!json_equal(old, new))
			differ(s->c, SHADOW_ORDER, path, dumped(s->c, &s->c->old, old), dumped(s->c, &s->c->new, new));
		return;
	}
	if (json_array_size(old) != json_array_size(new)) {
		differ(s->c, SHADOW_VALUE, path, dumped(s->c, &s->c->old, old), dumped(s->c, &s->c->new, new));
		return;
	}
	json_array_foreach(old, i, one)
		values(s, ARENA_CAT(s->c->mem, path, S("[]")), name, one, json_array_get(new, i));
}

static void
tokens(struct sides *s, struct str path, struct str old, struct str new)
{
	const json_t *a = answer_jwt(s->c->mem, s->old, old), *b = answer_jwt(s->c->mem, s->new, new);

	if (!str_eq(shape_of(old), shape_of(new)))
		differ(s->c, SHADOW_TOKEN_FORM, path, shape_of(old), shape_of(new));
	else if (a != NULL && b != NULL)
		objects(s, path, a, b);
}

static void
texts(struct sides *s, struct str path, struct str name, struct str old, struct str new)
{
	enum shadow_kind kind = kind_of(name, old);
	struct str a, b;

	if (kind_is_secret(kind) && kind != KIND_ECHO) {
		tokens(s, path, old, new);
		return;
	}
	a = plain_text(s->c, &s->c->old, old);
	b = plain_text(s->c, &s->c->new, new);
	if (kind == KIND_PUBLIC ? !str_eq(old, new) && !str_eq(a, b) : !str_eq(a, b))
		differ(s->c, cause_of_name(name), path, a, b);
}

static void
numbers(struct sides *s, struct str path, struct str name, const json_t *old, const json_t *new)
{
	double a = json_number_value(old), b = json_number_value(new);

	if (is_time(name) && a >= TIME_MIN && b >= TIME_MIN)
		return;
	if (a == b || (is_duration(name) && durations_are_near((int64_t)a, (int64_t)b)))
		return;
	differ(s->c, cause_of_name(name), path, dumped(s->c, &s->c->old, old), dumped(s->c, &s->c->new, new));
}

static void
values(struct sides *s, struct str path, struct str name, const json_t *old, const json_t *new)
{
	if (!str_eq(str_of(type_word(old)), str_of(type_word(new))))
		differ(s->c, SHADOW_TYPE, path, str_of(type_word(old)), str_of(type_word(new)));
	else if (json_is_object(old))
		objects(s, path, old, new);
	else if (json_is_array(old))
		lists(s, path, name, old, new);
	else if (json_is_string(old)) {
		if (!is_time(name))
			texts(s, path, name, json_text(old), json_text(new));
	} else if (json_is_number(old))
		numbers(s, path, name, old, new);
	else if (!json_equal(old, new))
		differ(s->c, cause_of_name(name), path, dumped(s->c, &s->c->old, old), dumped(s->c, &s->c->new, new));
}

void
json_compare(struct compared *c, const struct shadow_answer *old, const struct shadow_answer *new)
{
	struct sides s = { c, old, new };

	if (json_typeof(old->json) != json_typeof(new->json))
		differ(c, SHADOW_SHAPE, S(""), str_of(type_word(old->json)), str_of(type_word(new->json)));
	else
		values(&s, S(""), S(""), old->json, new->json);
}
