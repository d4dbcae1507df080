/*
 * oauth/token/details.c - authorization details of requests and tokens. RFC 9396 sections 5 to 9.
 *
 * What an authorization request asks for is judged by the types of the issuer and stands in authorization.extra. Token
 * requests may name some of it, for this token alone; the client's own grant names what it wants. A token says what
 * concerns those it is for.
 */
#include "base/json_schema.h"
#include "oauth/details.h"
#include "oauth/token/token.h"

/* --- what a request asks for ------------------------------------------------------------------ */

/* Which of them, and what is wrong with it, is for the log; the client knows what it has sent. */
static bool
detail_is_sound(struct call *c, const struct client *k, const json_t *detail, size_t i)
{
	const struct detail_type *t = detail_type_of(c->issuer->policy, detail_type_name(detail));
	const char *wrong;
	struct str at;

	if (t == NULL || !detail_is_for(t, k))
		return fail(c, R_DETAILS_TYPE, detail_type_name(detail));
	wrong = json_schema_judge(c->mem, t->schema, detail, "type", &at);
	if (wrong == NULL)
		return true;
	return fail(c, R_DETAILS_FIELD,
	    arena_printf(c->mem, "%zu%s%.*s: %s", i, at.n > 0 ? "." : "", STR_ARG(at), wrong));
}

/* *out: the array; NULL: none was sent, or the issuer knows no types. */
static bool
details_sent(struct call *c, const struct client *k, json_t **out)
{
	struct str text = c->arg[P_AUTHORIZATION_DETAILS];
	json_t *one;
	size_t i;

	*out = NULL;
	if (c->issuer->policy->token.detail_types == NULL || str_empty(text))
		return true;
	if (text.n > DETAILS_MAX)
		return fail(c, R_DETAILS_LARGE, STR_ABSENT);
	if ((*out = details_read(c->mem, text)) == NULL)
		return fail(c, R_DETAILS, STR_ABSENT);
	json_array_foreach(*out, i, one)
		if (!detail_is_sound(c, k, one, i))
			return false;
	return true;
}

/* Room for what goes on beside it: the session's name, acr, amr. */
#define ROOM 512

bool
details_ask(struct call *c, const struct client *k, struct authorization *auth)
{
	struct authorization_extra x;
	json_t *asked;

	if (!details_sent(c, k, &asked))
		return false;
	if (asked == NULL)
		return true;
	if (!authorization_extra_get(c->mem, auth, &x))
		return fail(c, R_INTERNAL, S("memory"));
	x.authorization_details = details_text(c->mem, asked);
	if (!str_given(x.authorization_details) || !authorization_extra_set(c->mem, auth, &x)
	    || auth->extra.n > AUTHORIZATION_EXTRA_MAX - ROOM)
		return fail(c, R_DETAILS_LARGE, STR_ABSENT);
	return true;
}

/* Judged without a word of what is wrong: what is not known here is left out. */
static bool
detail_is_taken(struct call *c, const struct client *k, const json_t *detail)
{
	const struct detail_type *t = detail_type_of(c->issuer->policy, detail_type_name(detail));
	struct str at;

	return t != NULL && detail_is_for(t, k) && json_schema_judge(c->mem, t->schema, detail, "type", &at) == NULL;
}

bool
details_take(struct call *c, const struct client *k, const json_t *said, struct str *out)
{
	struct str text = said != NULL ? details_text(c->mem, said) : STR_ABSENT;
	const json_t *all = str_given(text) ? details_read(c->mem, text) : NULL, *one;
	json_t *kept = json_array();
	bool ok = kept != NULL;
	size_t i;

	*out = STR_ABSENT;
	json_array_foreach((json_t *)(uintptr_t)all, i, one)
		if (detail_is_taken(c, k, one))
			ok = ok && json_array_append(kept, (json_t *)(uintptr_t)one) == 0;
	if (ok && json_array_size(kept) > 0)
		ok = str_given(*out = details_text(c->mem, kept));
	json_decref(kept);
	if (!ok)
		return fail(c, R_INTERNAL, S("memory"));
	return said == NULL || all != NULL || fail(c, R_DETAILS, STR_ABSENT);
}

/* --- what a token says ------------------------------------------------------------------------ */

static size_t
times_granted(const json_t *asked, const json_t *granted)
{
	const json_t *one;
	size_t i, n = 0;

	json_array_foreach(granted, i, one)
		n += detail_is_within(asked, one);
	return n;
}

static size_t
times_asked(const json_t *detail, const json_t *asked)
{
	const json_t *one;
	size_t i, n = 0;

	json_array_foreach(asked, i, one)
		n += (size_t)json_equal(one, detail);
	return n;
}

/*
 * RFC 9396 section 6: what a token request names is part of what was granted, and as often as it was: one payment is
 * not two. A client's own grant needs no other.
 */
static bool
are_granted(struct call *c, const struct authority *a, const json_t *asked, const json_t *granted)
{
	const json_t *one;
	size_t i;

	if (c->grant->for_client && !a->is_refresh)
		return true;
	json_array_foreach(asked, i, one)
		if (times_asked(one, asked) > times_granted(one, granted))
			return fail(c, R_DETAILS_WIDER, arena_printf(c->mem, "%zu", i));
	return true;
}

/* Of them those that concern the audience, and whose type is still there for this client. */
static bool
details_keep(struct call *c, const json_t *details, struct target *t)
{
	json_t *kept = json_array(), *one;
	size_t i;
	bool ok = kept != NULL;

	json_array_foreach((json_t *)(uintptr_t)details, i, one) {
		const struct detail_type *type = detail_type_of(c->issuer->policy, detail_type_name(one));

		if (type != NULL && detail_is_for(type, c->client) && detail_concerns(type, one, t->aud))
			ok = ok && json_array_append(kept, one) == 0;
	}
	if (ok && json_array_size(kept) > 0) {
		t->details = details_text(c->mem, kept);
		ok = str_given(t->details);
	}
	json_decref(kept);
	return ok || fail(c, R_INTERNAL, S("memory"));
}

bool
details_settle(struct call *c, const struct authority *a, struct target *t)
{
	struct authorization_extra x = { .sid = STR_ABSENT };
	json_t *asked = NULL, *granted = NULL;

	if (c->issuer->policy->token.detail_types == NULL)
		return true;
	if (!str_empty(a->auth.extra) && !authorization_extra_get(c->mem, &a->auth, &x))
		return fail(c, R_INTERNAL, SAY("the authorization cannot be read"));
	if (!str_empty(x.authorization_details))
		granted = details_read(c->mem, x.authorization_details);
	/* at the authorization endpoint the parameter is the request itself */
	if (c->grant != NULL && !details_sent(c, c->client, &asked))
		return false;
	if (asked != NULL && !are_granted(c, a, asked, granted))
		return false;
	return (asked == NULL && granted == NULL) || details_keep(c, asked != NULL ? asked : granted, t);
}
