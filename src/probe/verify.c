/* probe/verify.c - a token against the keys and the name of its issuer. RFC 7519, OpenID Connect Core 1.0 3.1.3.7. */
#include "probe/probe.h"

bool
probe_keys(struct probe *p, struct probe_server *s)
{
	struct str url;
	struct outbound_answer a;
	const char *wrong = NULL;

	if (s->keys.n > 0)
		return true;
	if (!str_given(url = probe_endpoint(p, s, "jwks_uri")))
		return false;
	if (!probe_ask(p, &(struct outbound_ask){ .method = S("GET"), .url = url }, &a))
		return false;
	if (a.status != 200)
		return probe_fail(p, arena_say(p->mem, "%.*s: the status is %d, not 200", STR_ARG(url), a.status));
	if (!jwks_read(p->mem, NULL, a.body, &s->keys, &wrong))
		return probe_fail(p, ARENA_CAT(p->mem, url, S(": "), str_of(wrong)));
	return true;
}

static bool
is_for(const json_t *claims, struct str aud)
{
	const json_t *has = json_object_get(claims, "aud"), *one;
	size_t i;

	if (json_is_string(has))
		return str_eq(json_text(has), aud);
	json_array_foreach(has, i, one)
		if (str_eq(json_text(one), aud))
			return true;
	return false;
}

static const char *
time_trouble(const json_t *claims, int64_t now_s)
{
	int64_t at;

	if (!json_member_time(claims, "exp", &at))
		return say("the token has no exp");
	if (at <= now_s - PROBE_SKEW_S)
		return say("the token has expired");
	if (json_member_time(claims, "nbf", &at) && at > now_s + PROBE_SKEW_S)
		return say("the token is not valid yet: nbf lies ahead");
	if (json_member_time(claims, "iat", &at) && at > now_s + PROBE_SKEW_S)
		return say("the token comes from the future: iat lies ahead, one of two clocks is wrong");
	return NULL;
}

static const char *
claims_trouble(const struct probe_server *s, const json_t *claims, const struct probe_expects *e)
{
	if (!str_eq(json_member_str(claims, "iss"), s->issuer))
		return say("iss is not that issuer");
	if (str_given(e->aud) && !is_for(claims, e->aud))
		return say("aud does not name the audience");
	if (str_given(e->nonce) && !str_eq(json_member_str(claims, "nonce"), e->nonce))
		return say("nonce is not the one that was sent");
	return time_trouble(claims, e->now_s);
}

bool
probe_verify(struct probe *p, struct probe_server *s, struct str token, const struct probe_expects *e, struct jwt *out)
{
	struct jwt seen;
	const char *wrong;

	if (!jwt_peek(p->mem, token, &seen))
		return probe_fail(p, SAY("this is no JWT"));
	if (!probe_keys(p, s))
		return false;
	if (!jwks_verify(p->mem, &s->keys, BIT(ALG_COUNT) - 1, token, out))
		return probe_fail(p, SAY("the signature fits none of the issuer's keys"));
	wrong = claims_trouble(s, out->claims, e);
	return wrong == NULL || probe_fail(p, str_of(wrong));
}
