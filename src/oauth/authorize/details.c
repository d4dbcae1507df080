/*
 * oauth/authorize/details.c - consent to authorization details: which were allowed before, and what is remembered of a
 * decision. RFC 9396 section 4. An object that differs in anything is another one, and is asked again.
 */
#include "oauth/authorize/authorize_int.h"
#include "oauth/details.h"

static json_t *
details_of(struct call *c, const struct authz *z)
{
	struct authorization_extra x;

	if (str_empty(z->auth.extra) || !authorization_extra_get(c->mem, &z->auth, &x)
	    || str_empty(x.authorization_details))
		return NULL;
	return details_read(c->mem, x.authorization_details);
}

struct str
authz_details(struct call *c, const struct authz *z)
{
	struct authorization_extra x;

	if (str_empty(z->auth.extra) || !authorization_extra_get(c->mem, &z->auth, &x))
		return STR_ABSENT;
	return str_some(x.authorization_details);
}

static bool
is_remembered(struct call *c, const json_t *detail, struct str memory)
{
	const struct detail_type *t = detail_type_of(c->issuer->policy, detail_type_name(detail));
	struct str word = t != NULL && !t->asks_always ? detail_word(c->mem, detail) : STR_ABSENT;

	return str_given(word) && str_has_word(memory, word, ' ');
}

bool
details_are_approved(struct call *c, const struct authz *z, struct str memory)
{
	json_t *all = details_of(c, z), *one;
	size_t i;

	if (str_is(z->client->auto_approve, "*"))
		return true;
	json_array_foreach(all, i, one)
		if (!is_remembered(c, one, memory))
			return false;
	return true;
}

size_t
details_remember(struct call *c, const struct authz *z, struct str *words, size_t max)
{
	json_t *all = details_of(c, z), *one;
	size_t i, n = 0;

	json_array_foreach(all, i, one) {
		const struct detail_type *t = detail_type_of(c->issuer->policy, detail_type_name(one));
		struct str word = t != NULL && !t->asks_always ? detail_word(c->mem, one) : STR_ABSENT;

		if (str_given(word) && n < max)
			words[n++] = word;
	}
	return n;
}
