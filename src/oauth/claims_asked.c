/* oauth/claims_asked.c - claims that a request asks for by their names. OpenID Connect Core 5.5. */
#include "oauth/claims_asked.h"

/* What is said of a login rather than of a person: no scope opens it. */
static const char about_login[] = "sub acr auth_time";

/* Absent: it is no standard claim of a person. */
static struct str
standard_scope(const char *claim)
{
#define OPENID_CLAIM(word, name, kind, value) if (strcmp(claim, name) == 0) return S(word);
#include "oauth/openid_claims.def"
#undef OPENID_CLAIM
	return STR_ABSENT;
}

/* What opens it, or one of the issuer's own; empty: nothing has to. Absent: it is no claim of a person. */
static struct str
scope_of(const struct policy *policy, const char *claim)
{
	struct str scope = standard_scope(claim);

	return str_given(scope) ? scope : openid_own_scope(policy, str_of(claim));
}

static bool
is_open(const struct policy *policy, const char *claim, struct str scopes)
{
	struct str scope = scope_of(policy, claim);

	return str_given(scope) ? scope.n == 0 || str_has_word(scopes, scope, ' ')
	    : str_has_word(S(about_login), str_of(claim), ' ');
}

/* --- reading ---------------------------------------------------------------------------------- */

/* 5.5.1: null, or an object. */
static bool
is_request(const json_t *v)
{
	const json_t *essential = json_object_get(v, "essential"), *values = json_object_get(v, "values");

	return json_is_null(v) || (json_is_object(v) && (essential == NULL || json_is_boolean(essential))
	    && (values == NULL || json_is_array(values)));
}

static bool
place_is_sound(const json_t *asked, const char *place)
{
	json_t *here = json_object_get(asked, place), *v;
	const char *claim;

	if (here == NULL || json_is_null(here))
		return true;
	if (!json_is_object(here))
		return false;
	json_object_foreach(here, claim, v)
		if (!is_request(v))
			return false;
	return true;
}

const json_t *
claims_asked_read(struct arena *mem, struct str text)
{
	const json_t *asked = json_read(mem, text);

	return json_is_object(asked) && place_is_sound(asked, CLAIMS_ID_TOKEN) && place_is_sound(asked, CLAIMS_USERINFO)
	    ? asked : NULL;
}

const json_t *
claims_asked_of(struct arena *mem, const struct authorization *a, const char *place)
{
	struct authorization_extra x = { 0 };

	if (str_empty(a->extra) || !authorization_extra_get(mem, a, &x) || str_empty(x.claims))
		return NULL;
	return json_object_get(json_read(mem, x.claims), place);
}

static bool
says(const json_t *v, struct str value)
{
	return json_is_string(v) && str_eq(str_span(json_string_value(v), json_string_length(v)), value);
}

bool
claim_value_fits(const json_t *request, struct str value)
{
	const json_t *one = json_object_get(request, "value"), *several = json_object_get(request, "values"), *v;
	size_t i;

	if (one != NULL && says(one, value))
		return true;
	json_array_foreach(several, i, v)
		if (says(v, value))
			return true;
	return one == NULL && several == NULL;
}

bool
claim_has_value(const json_t *request)
{
	return json_object_get(request, "value") != NULL || json_object_get(request, "values") != NULL;
}

bool
claim_is_essential(const json_t *request)
{
	return json_is_true(json_object_get(request, "essential"));
}

/* --- what is kept ----------------------------------------------------------------------------- */

static void
put_place(struct buf *b, const struct policy *policy, const json_t *asked, const char *place, struct str scopes,
    bool auth_time)
{
	json_t *here = json_object_get(asked, place), *v;
	const char *claim;

	jw_name(b, str_of(place));
	jw_open(b, '{');
	json_object_foreach(here, claim, v) {
		char *text = is_open(policy, claim, scopes) ? json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

		if (text != NULL)
			jm_raw(b, str_of(claim), str_of(text));
		free(text);
	}
	if (auth_time && json_object_get(here, "auth_time") == NULL)
		jm_raw(b, S("auth_time"), S("{\"essential\":true}"));
	jw_close(b, '}');
}

struct str
claims_asked_within(struct arena *mem, const struct policy *policy, const json_t *asked, struct str scopes,
    bool auth_time)
{
	struct buf b;

	buf_init(&b, mem, CLAIMS_ASKED_MAX);
	jw_open(&b, '{');
	put_place(&b, policy, asked, CLAIMS_ID_TOKEN, scopes, auth_time);
	put_place(&b, policy, asked, CLAIMS_USERINFO, scopes, false);
	jw_close(&b, '}');
	return b.full ? STR_ABSENT : buf_str(&b);
}

struct str
claims_asked_scopes(struct arena *mem, const struct policy *policy, const struct authorization *a)
{
	static const char *const places[] = { CLAIMS_ID_TOKEN, CLAIMS_USERINFO };
	struct str found = S("");

	for (size_t i = 0; i < COUNT(places); i++) {
		json_t *here = (json_t *)(uintptr_t)claims_asked_of(mem, a, places[i]), *v;
		const char *claim;

		json_object_foreach(here, claim, v) {
			struct str scope = scope_of(policy, claim);

			if (!str_empty(scope) && !str_has_word(found, scope, ' ')
			    && !str_has_word(a->scope, scope, ' '))
				found = found.n == 0 ? scope : ARENA_CAT(mem, found, S(" "), scope);
		}
	}
	return found;
}

/* --- what is told ----------------------------------------------------------------------------- */

void
claims_asked_put(struct buf *b, const struct openid_user *o, const struct authorization *a, const char *place,
    struct str opened)
{
	json_t *here = (json_t *)(uintptr_t)claims_asked_of(o->mem, a, place), *v;
	enum own_place own = strcmp(place, CLAIMS_ID_TOKEN) == 0 ? OWN_IN_ID_TOKEN : OWN_IN_USERINFO;
	const char *claim;

	json_object_foreach(here, claim, v) {
		struct str standard = standard_scope(claim);

		if (str_given(scope_of(o->policy, claim))
		    && !(str_given(standard) && str_has_word(opened, standard, ' '))
		    && !openid_own_says(o->policy, a->scope, own, str_of(claim)))
			openid_claim_put(b, o, str_of(claim));
	}
}
