/*
 * import/user_check.c - users judged value by value before they are sent: one that cannot stand in
 * a record is named and left out.
 */
#include "manage/check.h"
#include "import/user.h"
#include "store/user_claims.h"

static void
authorities_judge(struct spring_plan *p, struct str of, json_t *list)
{
	for (size_t i = json_array_size(list); i-- > 0;) {
		const json_t *v = json_array_get(list, i);
		struct str word = str_span(json_string_value(v), json_string_length(v));
		const char *wrong = check_word(word);

		if (wrong == NULL)
			continue;
		finding_add(p, FIND_VALUE, of, value_what(p->mem, S("authorities"), word, wrong));
		json_array_remove(list, i);
	}
}

static struct str
shown(struct arena *mem, const json_t *v)
{
	char *text = json_is_string(v) ? NULL : json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
	struct str s = arena_dup(mem, text != NULL ? str_of(text) : str_of(json_string_value(v)));

	free(text);
	return s;
}

/* What is wrong with one claim leaves out that one; together too large, all. */
static void
claims_judge(struct spring_plan *p, struct str of, json_t *user)
{
	json_t *claims = json_object_get(user, "claims"), *v;
	const char *name, *wrong;
	struct str at, text;
	void *next;
	bool fits;

	json_object_foreach_safe(claims, next, name, v) {
		if ((wrong = user_claim_wrong(p->mem, str_of(name), v, &at)) == NULL)
			continue;
		finding_add(p, FIND_VALUE, of, value_what(p->mem, at, shown(p->mem, v), wrong));
		json_object_del(claims, name);
	}
	fits = claims == NULL || user_claims_write(p->mem, claims, &text);
	if (!fits)
		finding_add(p, FIND_VALUE, of, SAY("claims: together they have more than 8192 bytes"));
	if (!fits || json_object_size(claims) == 0)
		json_object_del(user, "claims");
}

void
users_judge(struct spring_plan *p)
{
	static const char *const texts[] = { "display_name", "phone", "email", "open_id", "account_type" };
	json_t *user;
	size_t i;

	json_array_foreach(p->users, i, user) {
		struct str of = ARENA_CAT(p->mem, S("user "), json_member_str(user, "name"));

		for (size_t k = 0; k < COUNT(texts); k++) {
			struct str value = json_member_str(user, texts[k]);
			const char *wrong = str_given(value) ? check_text(value) : NULL;

			if (wrong == NULL)
				continue;
			finding_add(p, FIND_VALUE, of, value_what(p->mem, str_of(texts[k]), value, wrong));
			json_object_del(user, texts[k]);
		}
		authorities_judge(p, of, json_object_get(user, "authorities"));
		claims_judge(p, of, user);
	}
}
