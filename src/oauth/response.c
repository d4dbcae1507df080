/*
 * oauth/response.c - response types and modes by the rows of responses.def: which a request names, which an issuer
 * offers, which a client is registered for. OAuth 2.0 Multiple Response Type Encoding Practices.
 */
#include "oauth/client_metadata.h"
#include "oauth/oauth_int.h"

bool
response_is_offered(const struct policy *policy, enum response r)
{
	enum response_rule rule = policy->authorize.responses;
	unsigned gives = response_rows[r].gives;

	if ((gives & GIVES_CODE) && !policy->authorize.offers_code)
		return false;
	switch (r) {
	case RESPONSE_CODE: return true;
	case RESPONSE_TOKEN: return policy->authorize.offers_implicit || rule == RESPONSES_ALL;
	default: return rule == RESPONSES_ALL || (rule == RESPONSES_ID_TOKEN && !(gives & GIVES_TOKEN));
	}
}

static const struct { enum response_mode way; bool jwt; } modes[MODE_COUNT] = {
#define RESPONSE_MODE(id, word, way, jwt) [MODE_##id] = { way, jwt },
#include "oauth/responses.def"
};

enum response_mode
response_mode_way(enum response_mode m)
{
	return modes[m].way;
}

bool
response_mode_is_jwt(enum response_mode m)
{
	return modes[m].jwt;
}

bool
response_mode_is_offered(const struct policy *policy, enum response_mode m)
{
	if (modes[m].jwt)
		return policy->authorize.jarm != JARM_REFUSED;
	switch (m) {
	case MODE_QUERY: return policy->authorize.offers_code;
	case MODE_FRAGMENT:
		return policy->authorize.offers_implicit || policy->authorize.responses != RESPONSES_PLAIN;
	default: return policy->authorize.responses != RESPONSES_PLAIN;
	}
}

/* Both say the same words, each once, in whichever order. */
static bool
same_words(struct str type, struct str row)
{
	size_t n = 0;

	if (str_words(type, ' ', NULL) != str_words(row, ' ', NULL))
		return false;
	while (str_given(row)) {
		if (!str_has_word(type, str_cut(&row, ' '), ' '))
			return false;
		n++;
	}
	return n > 0;
}

/* Servers before OpenID Connect: a set that holds the word; token wins over code where both are offered. */
static bool
response_read_plain(const struct policy *policy, struct str type, enum response *out)
{
	bool token = policy->authorize.offers_implicit && str_has_word(type, S("token"), ' ');
	bool code = policy->authorize.offers_code
	    && (policy->authorize.response_type_is_exact ? str_is(type, "code")
							 : str_has_word(type, S("code"), ' '));

	*out = token ? RESPONSE_TOKEN : RESPONSE_CODE;
	return token || code;
}

bool
response_read(const struct policy *policy, struct str type, enum response *out)
{
	if (policy->authorize.responses == RESPONSES_PLAIN)
		return response_read_plain(policy, type, out);
	for (int r = 0; r < RESPONSE_COUNT; r++)
		if (same_words(type, str_of(response_rows[r].type))) {
			*out = (enum response)r;
			return response_is_offered(policy, *out);
		}
	return false;
}

bool
response_named(struct str type, enum response *out)
{
	for (int r = 0; r < RESPONSE_COUNT; r++)
		if (str_is(type, response_rows[r].type)) {
			*out = (enum response)r;
			return true;
		}
	return false;
}

bool
response_mode_read(struct str word, enum response_mode *out)
{
	for (int m = 0; m < MODE_COUNT; m++)
		if (str_is(word, response_modes[m])) {
			*out = (enum response_mode)m;
			return true;
		}
	return false;
}

/*
 * Who has registered none may use all that its grants allow (RFC 7591 section 2), but for an access token that passes
 * the browser of an OpenID Provider where the client is marked for weak habits: an old server gave it that grant.
 */
static bool
is_listed(struct str registered, struct str type)
{
	struct str rest = registered;

	while (str_given(rest) && !str_empty(registered))
		if (same_words(str_cut(&rest, '\n'), type))
			return true;
	return str_empty(registered);
}

bool
response_is_registered(const struct policy *policy, const struct client *k, enum response r, struct str *missing)
{
	struct str listed = client_metadata(k)->response_types;
	struct str needs = str_of(response_rows[r].grants);

	while (str_given(needs)) {
		*missing = str_cut(&needs, ' ');
		if (!client_may(k, *missing))
			return false;
	}
	*missing = str_of(response_rows[r].type);
	if (str_empty(listed) && !str_empty(k->legacy) && (response_rows[r].gives & GIVES_TOKEN)
	    && policy->authorize.responses == RESPONSES_ALL && !policy->authorize.offers_implicit)
		return false;
	return is_listed(listed, *missing);
}
