/*
 * oauth/openid/session_state.c - what tells an application that the session has changed. OpenID
 * Connect Session Management 1.0.
 */
#include "oauth/openid/openid.h"

#define SALT_BYTES 12

/* Of the digest of a random value: it leads to neither the cookie nor the name of the session. */
struct str
browser_state(const struct issuer *i, struct arena *mem, struct str cookie)
{
	struct dig32 session = digest_of(i, S("session"), cookie);
	struct dig32 d = digest_of(i, S("browser state"), dig_str(&session));

	return b64url_encode(mem, dig_str(&d));
}

/* As browsers write it (RFC 6454 section 6.2); absent: the address is none of the web. */
static struct str
origin_of(struct arena *mem, struct str uri)
{
	struct url u;
	bool six;

	if (url_read(uri, &u) != NULL || !u.web)
		return STR_ABSENT;
	six = u.kind != ADDRESS_NONE && strchr(u.host, ':') != NULL;
	if (u.port == (u.secure ? 443 : 80))
		return arena_printf(mem, six ? "%s://[%s]" : "%s://%s", u.secure ? "https" : "http", u.host);
	return arena_printf(mem, six ? "%s://[%s]:%d" : "%s://%s:%d", u.secure ? "https" : "http", u.host, u.port);
}

struct str
session_state(struct call *c, struct str client, struct str redirect_uri, struct str scope)
{
	struct str origin = origin_of(c->mem, redirect_uri), salt;
	uint8_t raw[SALT_BYTES], hash[DIGEST_SIZE];

	if (!c->issuer->policy->session.management || !str_given(origin) || !id_token_is_asked(c->issuer->policy, scope))
		return STR_ABSENT;
	rand_bytes(raw, sizeof raw);
	salt = b64url_encode(c->mem, str_span(raw, sizeof raw));
	c->browser_state = browser_state(c->issuer, c->mem, c->session_cookie);
	SHA256(hash, client, S(" "), origin, S(" "), c->browser_state, S(" "), salt);
	return ARENA_CAT(c->mem, hex_encode(c->mem, str_span(hash, sizeof hash)), S("."), salt);
}
