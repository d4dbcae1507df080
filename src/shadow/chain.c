/* shadow/chain.c - what the new server gave where the old one gave a token or a code; in memory only (D3). */
#include "shadow/shadow_int.h"

bool
chain_begin(struct chain *c)
{
	c->values = json_object();
	c->sessions = json_object();
	return c->values != NULL && c->sessions != NULL;
}

void
chain_end(struct chain *c)
{
	json_decref(c->values);
	json_decref(c->sessions);
}

struct str
chain_find(const struct chain *c, struct arena *mem, struct str old)
{
	char *z = arena_z(mem, old);

	return z != NULL ? json_member_str(c->values, z) : STR_ABSENT;
}

/* An object keeps the order in which its members came. */
static void
forget_oldest(json_t *map)
{
	void *first = json_object_iter(map);

	if (json_object_size(map) > CHAIN_MAX && first != NULL)
		json_object_del(map, json_object_iter_key(first));
}

static void
put(struct chain *c, struct arena *mem, struct str old, struct str new)
{
	char *z = str_empty(old) ? NULL : arena_z(mem, old);

	if (z == NULL)
		return;
	json_put_str(c->values, z, new);
	forget_oldest(c->values);
}

/* A member of that name, wherever: the new server may wrap its answers otherwise. */
static struct str
member_anywhere(const json_t *v, const char *name)
{
	struct str found = json_member_str(v, name);
	const char *key;
	json_t *one;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)v, key, one) {
		if (str_given(found))
			return found;
		found = member_anywhere(one, name);
	}
	json_array_foreach(v, i, one) {
		if (str_given(found))
			return found;
		found = member_anywhere(one, name);
	}
	return found;
}

static void
learn_json(struct chain *c, struct arena *mem, const json_t *old, const json_t *new, const json_t *whole)
{
	const char *key;
	json_t *one;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)old, key, one) {
		struct str value = json_text(one), other = json_member_str(new, key);
		enum shadow_kind k = kind_of(str_of(key), value);

		if (!str_given(value))
			learn_json(c, mem, one, json_object_get(new, key), whole);
		else if (kind_is_secret(k) && k != KIND_ECHO)
			put(c, mem, value, str_given(other) ? other : member_anywhere(whole, key));
	}
	json_array_foreach(old, i, one)
		learn_json(c, mem, one, json_array_get(new, i), whole);
}

static void
learn_pairs(struct chain *c, struct arena *mem, struct str old, struct str new)
{
	struct str rest = old, name, value;

	while (pair_next(mem, &rest, &name, &value)) {
		enum shadow_kind k = kind_of(name, value);

		if (kind_is_secret(k) && k != KIND_ECHO)
			put(c, mem, value, pair_of(mem, new, name));
	}
}

/* A text that is one word: what was asked for. */
static struct str
lone_word(const struct shadow_answer *a)
{
	struct str word = str_given(a->text) ? str_trim(a->text) : STR_ABSENT;

	return str_is_visible(word) ? word : STR_ABSENT;
}

void
chain_learn(struct chain *c, struct arena *mem, const struct shadow_answer *old, const struct shadow_answer *new)
{
	struct location a, b = { STR_ABSENT, STR_ABSENT, STR_ABSENT };

	if (answer_location(old, &a)) {
		answer_location(new, &b);
		learn_pairs(c, mem, a.query, b.query);
		learn_pairs(c, mem, a.fragment, b.fragment);
	}
	learn_json(c, mem, old->json, new->json, new->json);
	if (old->status < 300 && str_given(lone_word(old)))
		put(c, mem, lone_word(old), lone_word(new));
}
