/* wire/sound.c - the dialects by name, and whether a policy fits its dialect. RFC 9700: weak rules stay out of a strict one. */
#include "wire/wire_int.h"

const struct wire *const wires[] = { &wire_modern, &wire_spring, &wire_taroco, &wire_zlt, &wire_rageframe, &wire_connect, NULL };

const struct wire *
wire_named(struct str name)
{
	for (size_t i = 0; wires[i] != NULL; i++)
		if (str_is(name, wires[i]->name))
			return wires[i];
	return NULL;
}

struct str
wire_name(const struct wire *w)
{
	return str_of(w->name);
}

void
wire_defaults(const struct wire *w, struct policy *law, struct knobs *knobs)
{
	*law = w->law;
	*knobs = w->knobs;
}

/* What a strict dialect never does: the rule, and the sentence for the operator. */
struct weakness { bool (*found)(const struct policy *); const char *sentence; };

static bool weak_implicit(const struct policy *p)   { return p->offers_implicit; }
static bool weak_password(const struct policy *p)   { return (p->grants & (BIT(GI_password) | BIT(GI_mobile_password) | BIT(GI_directory))) != 0; }
static bool weak_open_id(const struct policy *p)    { return (p->grants & BIT(GI_open_id)) != 0; }
static bool weak_refresh(const struct policy *p)    { return p->refresh_rule != REFRESH_ROTATES; }
static bool weak_pkce(const struct policy *p)       { return p->pkce != PKCE_REQUIRED || p->pkce_plain_allowed; }
static bool weak_consent(const struct policy *p)    { return p->consent != CONSENT_BY_SCOPE; }
static bool weak_redirect(const struct policy *p)   { return p->redirect_query_may_grow; }
static bool weak_reuse(const struct policy *p)      { return p->live_token_is_returned; }
static bool weak_code(const struct policy *p)       { return p->code_shape != CODE_LONG; }
static bool weak_shape(const struct policy *p)      { return p->refresh_shape != SHAPE_ROW_ID; }
static bool weak_csrf(const struct policy *p)       { return !p->csrf_required; }
static bool weak_open(const struct policy *p)       { return p->introspect_open; }
static bool weak_errors(const struct policy *p)     { return p->distinct_login_errors; }
static bool weak_client_auth(const struct policy *p){ return p->client_auth_repeat; }
static bool weak_marks(const struct policy *p)      { return !p->habits_need_mark; }
static bool weak_lifetime(const struct policy *p)   { return p->access_ttl_s <= 0 || p->code_ttl_s > 600; }

static const struct weakness weaknesses[] = {
	{ weak_implicit,    "offers_implicit: the implicit grant puts tokens into the address bar; use authorization_code with PKCE" },
	{ weak_password,    "grants: the password grant shows the user's password to the application; use authorization_code with PKCE" },
	{ weak_open_id,     "grants: open_id believes what the application says about the user; use authorization_code with PKCE" },
	{ weak_refresh,     "refresh_rule: refresh tokens must rotate here, or a stolen one works for ever" },
	{ weak_pkce,        "pkce: must be required, with S256 only" },
	{ weak_consent,     "consent: must be by_scope" },
	{ weak_redirect,    "redirect_query_may_grow: redirect URIs are compared exactly here" },
	{ weak_reuse,       "live_token_is_returned: each grant gets its own token here" },
	{ weak_code,        "code_shape: six characters can be guessed; use long" },
	{ weak_shape,       "refresh_shape: must be row_id" },
	{ weak_csrf,        "csrf_required: must stay true" },
	{ weak_open,        "introspect_open: introspection needs client authentication" },
	{ weak_errors,      "distinct_login_errors: would tell strangers who has an account" },
	{ weak_client_auth, "client_auth_repeat: a client authenticates once (RFC 6749 section 2.3)" },
	{ weak_marks,       "habits_need_mark: must stay true" },
	{ weak_lifetime,    "access_ttl_s and code_ttl_s: an access token must expire, a code within 600 seconds" },
};

bool
wire_policy_is_sound(const struct wire *w, const struct policy *law, struct arena *mem, struct str *why)
{
	if (law->access_shape == SHAPE_JWT && law->access_claims == NULL) {
		*why = arena_printf(mem, "access_shape: dialect %s has no claims for a JWT", w->name);
		return false;
	}
	if (law->refresh_shape == SHAPE_JWT && law->refresh_claims == NULL) {
		*why = arena_printf(mem, "refresh_shape: dialect %s has no claims for a JWT", w->name);
		return false;
	}
	for (size_t i = 0; w->strict && i < COUNT(weaknesses); i++) {
		if (!weaknesses[i].found(law))
			continue;
		*why = arena_printf(mem, "dialect %s is strict. %s, or choose another dialect for the clients that need it", w->name, weaknesses[i].sentence);
		return false;
	}
	return true;
}
