/*
 * shadow/jar.c - a browser's session at the old server is one at the new: its cookies, and the hidden fields of the
 * page that it was shown last. {"cookies": {name: value}, "hidden": [{"action", "name", "value"}], "broken": true}
 */
#include "http/http.h"
#include "shadow/shadow_int.h"

static struct str
key_of(struct arena *mem, struct str name, struct str value)
{
	return ARENA_CAT(mem, name, S("="), value);
}

json_t *
jar_find(const struct chain *c, struct arena *mem, struct str cookie)
{
	struct str rest = cookie, name, value;

	while (cookie_next(&rest, &name, &value)) {
		char *z = str_given(value) ? arena_z(mem, key_of(mem, name, value)) : NULL;
		json_t *s = z != NULL ? json_object_get(c->sessions, z) : NULL;

		if (s != NULL)
			return s;
	}
	return NULL;
}

struct set { struct str name, value; bool ends; };

static struct set
set_cookie_read(struct str field)
{
	struct str rest = field, first = str_cut(&rest, ';');
	struct set s = { .name = str_trim(str_cut(&first, '=')) };

	s.value = str_given(first) ? str_trim(first) : S("");
	s.ends = s.value.n == 0;
	while (str_given(rest) && !s.ends)
		s.ends = str_eq_nocase(str_trim(str_cut(&rest, ';')), S("Max-Age=0"));
	return s;
}

static bool
sets_any(const struct shadow_answer *a)
{
	return str_given(fields_get(&a->fields, "set-cookie"));
}

static void
learn_old(struct chain *c, struct arena *mem, json_t *s, const struct shadow_fields *f)
{
	for (size_t i = 0; i < f->n; i++) {
		struct set k = set_cookie_read(f->at[i].value);
		char *z;

		if (!str_eq_nocase(f->at[i].name, S("set-cookie")) || k.ends)
			continue;
		z = arena_z(mem, key_of(mem, k.name, k.value));
		if (z != NULL)
			json_object_set(c->sessions, z, s);
	}
	while (json_object_size(c->sessions) > CHAIN_MAX)
		json_object_del(c->sessions, json_object_iter_key(json_object_iter(c->sessions)));
}

static void
learn_new(struct arena *mem, json_t *s, const struct shadow_fields *f)
{
	json_t *jar = json_object_get(s, "cookies");

	for (size_t i = 0; i < f->n; i++) {
		struct set k = set_cookie_read(f->at[i].value);
		char *z = str_eq_nocase(f->at[i].name, S("set-cookie")) ? arena_z(mem, k.name) : NULL;

		if (z != NULL && k.ends)
			json_object_del(jar, z);
		else if (z != NULL)
			json_put_str(jar, z, k.value);
	}
}

void
jar_learn(struct chain *c, struct arena *mem, json_t *s, const struct shadow_answer *old,
    const struct shadow_answer *new)
{
	json_t *made = NULL;

	if (s == NULL && !sets_any(old))
		return;                         /* nothing to know it by again */
	if (s == NULL)
		s = made = json_pack("{s{}s[]}", "cookies", "hidden");
	if (s == NULL)
		return;
	learn_old(c, mem, s, &old->fields);
	learn_new(mem, s, &new->fields);
	if (json_array_size(new->hidden) > 0)
		json_object_set(s, "hidden", new->hidden);
	json_decref(made);
}

void
jar_break(struct chain *c, struct arena *mem, json_t *s, const struct shadow_answer *old)
{
	json_t *made = NULL;

	if (s == NULL && !sets_any(old))
		return;
	if (s == NULL)
		s = made = json_pack("{s{}s[]}", "cookies", "hidden");
	if (s == NULL)
		return;
	json_object_set_new(s, "broken", json_true());
	learn_old(c, mem, s, &old->fields);
	json_decref(made);
}

struct str
jar_cookie(struct arena *mem, const json_t *s)
{
	const char *name;
	struct buf b;
	json_t *v;

	buf_init(&b, mem, 64 * 1024);
	json_object_foreach(json_object_get(s, "cookies"), name, v) {
		buf_put(&b, b.n > 0 ? S("; ") : S(""));
		buf_put(&b, str_of(name));
		buf_putc(&b, '=');
		buf_put(&b, json_text(v));
	}
	return b.n > 0 && !b.full ? buf_str(&b) : STR_ABSENT;
}

/* Where a form goes: its path; an empty action is the page itself. */
static bool
leads_to(struct str action, struct str path)
{
	struct str rest = action, plain = str_cut(&rest, '?');
	struct url u;

	if (url_read(plain, &u) == NULL)
		plain = u.path;
	return plain.n == 0 || str_eq(plain, path);
}

static void
put_pair(struct buf *b, struct str name, struct str value)
{
	buf_put(b, b->n > 0 ? S("&") : S(""));
	pct_encode(b, name, S(""));
	buf_putc(b, '=');
	pct_encode(b, value, S(""));
}

static const json_t *
hidden_of(const json_t *s, struct str path, struct str name)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(s, "hidden"), i, one)
		if (str_eq(json_member_str(one, "name"), name) && leads_to(json_member_str(one, "action"), path))
			return one;
	return NULL;
}

struct str
jar_form(struct arena *mem, const json_t *s, struct str path, struct str body)
{
	struct str rest = body, name, value;
	const json_t *one;
	struct buf b;
	size_t i;

	buf_init(&b, mem, 4 * body.n + 256 * 1024);
	while (pair_next(mem, &rest, &name, &value)) {
		one = kind_is_secret(kind_of(name, value)) ? hidden_of(s, path, name) : NULL;
		put_pair(&b, name, one != NULL ? json_member_str(one, "value") : value);
	}
	json_array_foreach(json_object_get(s, "hidden"), i, one) {
		name = json_member_str(one, "name");
		if (leads_to(json_member_str(one, "action"), path) && !str_given(pair_of(mem, body, name)))
			put_pair(&b, name, json_member_str(one, "value"));
	}
	return b.full ? body : buf_str(&b);
}
