/*
 * import/user_claims.c - what an old server knows of a person becomes the member "claims" of a user:
 * standard claims in their own form, the rest as attributes. users_judge (user_check.c) leaves out
 * what cannot stand there.
 */
#include "import/user.h"
#include "store/user_claims.h"

static json_t *
object_in(json_t *of, const char *name)
{
	json_t *in = json_object_get(of, name);

	if (in == NULL && json_object_set_new(of, name, json_object()) == 0)
		in = json_object_get(of, name);
	return in;
}

/* As databases and exports write truth. */
static json_t *
flag_of(struct str text)
{
	static const struct { const char *word; bool value; } words[] = {
		{ "1", true }, { "t", true }, { "true", true }, { "y", true }, { "yes", true }, { "-1", true },
		{ "0", false }, { "f", false }, { "false", false }, { "n", false }, { "no", false },
	};

	for (size_t i = 0; i < COUNT(words); i++)
		if (str_eq_nocase(text, str_of(words[i].word)))
			return json_boolean(words[i].value);
	return json_str(text);
}

/* The day of a time, as a column of another type writes it. */
static struct str
date_of(struct str text)
{
	return text.n > 10 && (text.p[10] == ' ' || text.p[10] == 'T') ? str_sub(text, 0, 10) : text;
}

static json_t *
value_of(struct str name, struct str text)
{
	json_t *v;

	switch (user_claim_kind(name)) {
	case UC_FLAG: return flag_of(text);
	case UC_DATE: return json_str(date_of(text));
	case UC_ADDRESS:
		v = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
		return json_is_object(v) ? v : (json_decref(v), json_pack("{s:o}", "formatted", json_str(text)));
	default: return json_str(text);
	}
}

/* A second value of an attribute makes a list; of a standard claim the first stays. */
static void
value_add(json_t *claims, const char *name, json_t *v)
{
	json_t *old = json_object_get(claims, name), *list;

	if (old == NULL || user_claim_kind(str_of(name)) != UC_OWN) {
		if (old == NULL)
			json_object_set(claims, name, v);
		return;
	}
	if (!json_is_array(old)) {
		list = json_pack("[O]", old);
		json_object_set_new(claims, name, list);
		old = list;
	}
	json_array_append(old, v);
}

void
user_claim(struct arena *mem, json_t *user, struct str name, struct str text)
{
	static const char *const parts[] = { "formatted", "street_address", "locality", "region", "postal_code", "country" };
	const char *z = name.n > 0 ? arena_z(mem, name) : NULL;
	json_t *claims, *v;

	if (z == NULL || str_empty(text) || user_claim_kind(name) == UC_COLUMN)
		return;
	claims = object_in(user, "claims");
	for (size_t i = 0; i < COUNT(parts); i++)
		if (str_starts(name, S("address.")) && str_is(str_from(name, sizeof "address." - 1), parts[i])) {
			json_put_str(object_in(claims, "address"), parts[i], text);
			return;
		}
	v = value_of(name, text);
	value_add(claims, z, v);
	json_decref(v);
}
