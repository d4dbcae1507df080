/* login/webauthn_client_data.c - what the browser says it was asked, and where. Web Authentication section 5.8.1. */
#include "login/webauthn_int.h"

static struct str
text_member(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	return json_is_string(v) ? str_span(json_string_value(v), json_string_length(v)) : STR_ABSENT;
}

/* false, or not said. */
static bool
is_not_set(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	return v == NULL || json_is_false(v);
}

enum webauthn_fault
client_data_judge(struct arena *mem, const struct webauthn_asked *asked, const char *type, struct str text)
{
	const json_t *o = json_read_upto(mem, text, WEBAUTHN_CLIENT_DATA_MAX);
	struct str challenge;

	if (!json_is_object(o))
		return WEBAUTHN_CLIENT_DATA;
	if (!str_is(text_member(o, "type"), type))
		return WEBAUTHN_TYPE;
	if (asked->challenge.n != WEBAUTHN_CHALLENGE_SIZE || !b64url_decode(mem, text_member(o, "challenge"), &challenge)
	    || !str_eq_secret(challenge, asked->challenge))
		return WEBAUTHN_CHALLENGE;
	if (!str_eq(text_member(o, "origin"), asked->origin))
		return WEBAUTHN_ORIGIN;
	/* Level 3: topOrigin is there only in a frame of another site */
	if (!is_not_set(o, "crossOrigin") || json_object_get(o, "topOrigin") != NULL)
		return WEBAUTHN_CROSS_ORIGIN;
	return WEBAUTHN_OK;
}

bool
webauthn_challenge_read(struct arena *mem, struct str client_data, struct str *challenge)
{
	const json_t *o = json_read_upto(mem, client_data, WEBAUTHN_CLIENT_DATA_MAX);

	return json_is_object(o) && b64url_decode(mem, text_member(o, "challenge"), challenge)
	    && challenge->n == WEBAUTHN_CHALLENGE_SIZE;
}
