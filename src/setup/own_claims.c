/*
 * setup/own_claims.c - the claims of an issuer's own, its setting `claims`: attributes of users
 * under names that neither the protocol nor the dialect has given a meaning.
 */
#include "oauth/openid_claims.h"
#include "setup/setup_int.h"

#define OWN_CLAIMS_MAX 32
#define NAME_MAX_BYTES 128

static const struct { const char *word; enum own_place place; } places[] = {
	{ "id_token", OWN_IN_ID_TOKEN }, { "userinfo", OWN_IN_USERINFO }, { "access_token", OWN_IN_ACCESS_TOKEN },
};

struct reading {
	struct str issuer;
	const struct wire *w;
	const struct policy *policy;
	struct arena *mem;
	struct findings *f;
};
#define wrong(r, node, name, ...) wrong_claim(r, node, arena_say((r)->mem, __VA_ARGS__), name)

static bool
wrong_claim(const struct reading *r, const struct tree *node, struct str said, struct str name)
{
	complain(r->f, node->where, "issuer %.*s: claims: %.*s: %.*s", STR_ARG(r->issuer), STR_ARG(name), STR_ARG(said));
	return false;
}

static bool
is_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || s.p[i] == '"' || s.p[i] == '\\')
			return false;
	return s.n > 0 && s.n <= NAME_MAX_BYTES;
}

/* --- one row ---------------------------------------------------------------------------------- */

static bool
place_add(const struct reading *r, const struct tree *node, struct str word, struct own_claim *own)
{
	for (size_t i = 0; i < COUNT(places); i++)
		if (str_is(word, places[i].word)) {
			own->places |= places[i].place;
			return true;
		}
	return wrong(r, node, own->claim, "in must be some of id_token, userinfo and access_token");
}

/* "id_token userinfo", or a list. */
static bool
places_read(const struct reading *r, const struct tree *node, struct own_claim *own)
{
	struct str rest = node->text, word;
	bool ok = node->kind == TREE_LIST || node->kind == TREE_TEXT;

	own->places = 0;
	if (node->kind == TREE_TEXT)
		while (ok && str_given(rest))
			if ((word = str_trim(str_cut(&rest, ' '))).n > 0)
				ok = place_add(r, node, word, own);
	for (size_t i = 0; node->kind == TREE_LIST && ok && i < node->n; i++)
		ok = place_add(r, &node->at[i], node->at[i].text, own);
	return (ok && own->places != 0) 
	    || wrong(r, node, own->claim, "in must be some of id_token, userinfo and access_token");
}

static bool
member_read(const struct reading *r, const struct tree *node, struct own_claim *own)
{
	bool text = node->kind == TREE_TEXT && is_name(node->text);

	if (str_is(node->name, "in"))
		return places_read(r, node, own);
	if (!str_is(node->name, "attribute") && !str_is(node->name, "scope"))
		return wrong(r, node, own->claim, "%.*s is no member: there are attribute, scope and in",
		    STR_ARG(node->name));
	if (!text)
		return wrong(r, node, own->claim, "%.*s must be a name without blanks", STR_ARG(node->name));
	*(str_is(node->name, "scope") ? &own->scope : &own->attribute) = arena_dup(r->mem, node->text);
	return true;
}

static bool
row_read(const struct reading *r, const struct tree *node, struct own_claim *own)
{
	bool ok = node->kind == TREE_MAP;

	*own = (struct own_claim){ .claim = arena_dup(r->mem, node->name), .places = OWN_IN_USERINFO };
	own->attribute = own->claim;
	if (!ok && node->kind != TREE_NULL)
		return wrong(r, node, own->claim, "write {attribute: NAME, scope: WORD, in: [id_token, userinfo]}");
	for (size_t i = 0; ok && i < node->n; i++)
		ok = member_read(r, &node->at[i], own);
	return ok || node->kind == TREE_NULL;
}

/* --- what the row may say --------------------------------------------------------------------- */

static bool
rows_name(const struct claim_row *rows, struct str claim)
{
	for (; rows != NULL && rows->claim != NULL; rows++)
		if (str_is(claim, rows->claim))
			return true;
	return false;
}

static bool
name_fits(const struct reading *r, const struct tree *node, const struct own_claim *own)
{
	if (!is_name(own->claim))
		return wrong(r, node, own->claim, "a claim's name has 1 to 128 visible characters, no quotes and no backslash");
	if (openid_name_is_reserved(own->claim))
		return wrong(r, node, own->claim, "the protocol gives this name its meaning; choose another one");
	if (!openid_name_is_standard(own->claim))
		return !openid_name_is_standard(own->attribute)
		    || wrong(r, node, own->claim, "%.*s is a standard claim: give it under its own name",
			STR_ARG(own->attribute));
	if (!str_eq(own->claim, own->attribute))
		return wrong(r, node, own->claim, "a standard claim says what OpenID Connect means by it, and no other attribute");
	return !(own->places & OWN_IN_USERINFO)
	    || wrong(r, node, own->claim,
		"userinfo has this standard claim by its scope; name id_token or access_token to have it there too");
}

static bool
places_fit(const struct reading *r, const struct tree *node, const struct own_claim *own)
{
	const struct policy *p = r->policy;
	bool jwt = p->token.access_shape == SHAPE_JWT;

	if ((own->places & OWN_IN_USERINFO) && !wire_userinfo_is_openid(r->w))
		return wrong(r, node, own->claim, "userinfo of this dialect has a form of its own and takes no claims");
	if ((own->places & OWN_IN_ID_TOKEN) && p->token.id_claims == NULL)
		return wrong(r, node, own->claim, "this dialect has no ID tokens");
	if ((own->places & OWN_IN_ACCESS_TOKEN) && !jwt)
		return wrong(r, node, own->claim, "access tokens here are no JWTs (access_shape) and say nothing");
	if ((own->places & OWN_IN_ACCESS_TOKEN) && rows_name(p->token.access_claims, own->claim))
		return wrong(r, node, own->claim, "access tokens of this dialect have a claim of that name");
	return !((own->places & OWN_IN_ID_TOKEN) && rows_name(p->token.id_claims, own->claim))
	    || wrong(r, node, own->claim, "ID tokens of this dialect have a claim of that name");
}

void
own_claims_read(const struct conf *c, struct str issuer, const struct wire *w, struct policy *policy,
    struct arena *mem, struct findings *f)
{
	const struct tree *map = conf_get(c, SEC_ISSUER, issuer, "claims")->map;
	const struct reading r = { issuer, w, policy, mem, f };
	struct own_claim *rows;
	size_t n = 0;

	if (map == NULL || map->n == 0)
		return;
	if (map->n > OWN_CLAIMS_MAX) {
		complain(f, map->where, "issuer %.*s: claims: there are more than %d", STR_ARG(issuer), OWN_CLAIMS_MAX);
		return;
	}
	if ((rows = arena_array(mem, struct own_claim, map->n + 1)) == NULL)
		return;
	for (size_t i = 0; i < map->n; i++)
		n += row_read(&r, &map->at[i], &rows[n]) && name_fits(&r, &map->at[i], &rows[n])
		    && places_fit(&r, &map->at[i], &rows[n]);
	rows[n] = (struct own_claim){ .claim = STR_ABSENT };
	policy->token.own_claims = rows;
}
