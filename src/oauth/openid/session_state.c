/*
 * oauth/openid/session_state.c - what tells an application that the session has changed. OpenID
 * Connect Session Management 1.0.
 */
#include "oauth/openid/openid.h"

#define SALT_BYTES 12

static int
by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct dig32));
}

/* The cookies that the browser has of other accounts after this call, as digests in an order of their own. */
static size_t
others_of(const struct call *c, struct str active, struct dig32 *out)
{
	const struct account_cookies *a = c->accounts;
	size_t n = 0;

	for (size_t i = 0; a != NULL && i < a->n + a->n_kept; i++) {
		struct str cookie = i < a->n ? a->sent[i] : a->kept[i - a->n];
		bool gone = str_eq(cookie, active);

		for (size_t k = 0; !gone && k < a->n_gone; k++)
			gone = str_eq(cookie, a->gone[k]);
		if (!gone)
			out[n++] = digest_of(c->issuer, S("session"), cookie);
	}
	qsort(out, n, sizeof *out, by_bytes);
	return n;
}

/* Of digests of random values: it leads to neither the cookies nor the names of the sessions. */
struct str
browser_state(const struct call *c)
{
	struct str active = str_given(c->set_session) ? c->set_session
	    : c->accounts != NULL ? c->accounts->active : c->session_cookie;
	struct dig32 all[ACCOUNTS_READ + 3], d;
	size_t n = 0;

	if (!str_empty(active))
		all[n++] = digest_of(c->issuer, S("session"), active);
	n += others_of(c, active, all + n);
	if (n == 0)
		return S("");
	d = digest_of(c->issuer, S("browser state"), str_span(all, n * sizeof *all));
	return b64url_encode(c->mem, dig_str(&d));
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
	c->browser_state = browser_state(c);
	SHA256(hash, client, S(" "), origin, S(" "), c->browser_state, S(" "), salt);
	return ARENA_CAT(c->mem, hex_encode(c->mem, str_span(hash, sizeof hash)), S("."), salt);
}
