/* oauth/details.c - authorization details: read, compared, told apart. RFC 9396. */
#include <stdlib.h>

#include "oauth/client_metadata.h"
#include "oauth/details.h"
#include "oauth/issuer.h"

#define FORM (JSON_COMPACT | JSON_REAL_PRECISION(15))

const struct detail_type *
detail_type_of(const struct policy *policy, struct str type)
{
	const struct detail_type *t = policy->token.detail_types;

	for (; t != NULL && str_given(t->type); t++)
		if (str_eq(t->type, type))
			return t;
	return NULL;
}

static bool
is_listed(struct str list, struct str word)
{
	return str_empty(list) || str_has_word(list, word, ' ');
}

bool
detail_is_for(const struct detail_type *t, const struct client *k)
{
	return is_listed(t->clients, k->id) && is_listed(client_metadata(k)->authorization_details_types, t->type);
}

struct str
detail_type_name(const json_t *detail)
{
	return json_member_str(detail, "type");
}

json_t *
details_read(struct arena *mem, struct str text)
{
	json_t *all = text.n <= DETAILS_MAX ? json_read(mem, text) : NULL, *one;
	size_t i;

	if (json_array_size(all) == 0 || json_array_size(all) > DETAILS_ITEMS_MAX)
		return NULL;
	json_array_foreach(all, i, one)
		if (!json_is_object(one) || str_empty(detail_type_name(one)))
			return NULL;
	return all;
}

static struct str
dumped(struct arena *mem, const json_t *v, size_t flags)
{
	char *text = json_dumps(v, flags);
	struct str s = text != NULL ? arena_dup(mem, str_of(text)) : STR_ABSENT;

	free(text);
	return s;
}

struct str
details_text(struct arena *mem, const json_t *details)
{
	struct str s = dumped(mem, details, FORM);

	return s.n <= DETAILS_MAX ? s : STR_ABSENT;
}

/* --- no more than what was granted ------------------------------------------------------------ */

static bool
is_in(const json_t *list, const json_t *one)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
		if (json_equal(v, one))
			return true;
	return false;
}

/* Fewer of the words; none at all says something else than a list. */
static bool
is_part(const char *name, const json_t *asked, const json_t *granted)
{
	static const char *const lists[] = { "locations", "actions", "datatypes", "privileges" };
	const json_t *v;
	size_t i;
	bool common = false;

	for (i = 0; i < COUNT(lists); i++)
		common = common || strcmp(lists[i], name) == 0;
	if (!common || !json_is_array(granted) || json_array_size(asked) == 0)
		return false;
	json_array_foreach(asked, i, v)
		if (!is_in(granted, v))
			return false;
	return true;
}

bool
detail_is_within(const json_t *asked, const json_t *granted)
{
	const char *name;
	json_t *v;

	if (json_object_size(asked) != json_object_size(granted))
		return false;
	json_object_foreach((json_t *)(uintptr_t)granted, name, v) {
		const json_t *own = json_object_get(asked, name);

		if (own == NULL || !(json_equal(own, v) || is_part(name, own, v)))
			return false;
	}
	return true;
}

/* --- for whom --------------------------------------------------------------------------------- */

static bool
names_one_of(struct str ids, struct str aud)
{
	while (str_given(ids)) {
		struct str id = str_cut(&ids, ' '), rest = aud;

		while (id.n > 0 && str_given(rest))
			if (resource_is(str_cut(&rest, ' '), id))
				return true;
	}
	return false;
}

/* RFC 9396 section 2.2: where locations stand, they say where the object counts. */
bool
detail_concerns(const struct detail_type *t, const json_t *detail, struct str aud)
{
	const json_t *locations = json_object_get(detail, "locations"), *one;
	size_t i;

	if (str_empty(aud))
		return true;
	if (!str_empty(t->resources) && !names_one_of(t->resources, aud))
		return false;
	if (json_array_size(locations) == 0)
		return true;
	json_array_foreach(locations, i, one)
		if (names_one_of(json_text(one), aud))
			return true;
	return false;
}

struct str
detail_word(struct arena *mem, const json_t *detail)
{
	struct str text = dumped(mem, detail, FORM | JSON_SORT_KEYS);
	uint8_t digest[DIGEST_SIZE];

	if (!str_given(text))
		return STR_ABSENT;
	SHA256(digest, S("authorization details"), S("\0"), text);
	return ARENA_CAT(mem, S(DETAIL_WORD), b64url_encode(mem, str_span(digest, sizeof digest)));
}
