/* wire/validate.c - whether a policy and a style fit their dialect. RFC 9700: weak rules stay out of a strict one. */
#include "wire/wire_int.h"

/* A rule, and the sentence for the operator, which begins with the setting. First: what a strict dialect never does. */
struct weakness { bool (*found)(const struct policy *); const char *sentence; };

static bool
offers_habit(const struct policy *p, enum habit h)
{
	for (int i = 0; i < GI_COUNT; i++)
		if ((p->grant.offered & BIT(i)) && grants[i]->weak && grants[i]->habit == h)
			return true;
	return false;
}

static bool weak_implicit(const struct policy *p)   { return p->authorize.offers_implicit; }
static bool weak_password(const struct policy *p)   { return offers_habit(p, HABIT_PASSWORD_GRANT); }
static bool weak_open_id(const struct policy *p)    { return offers_habit(p, HABIT_BARE_OPENID); }
/* RFC 9700 section 4.14.2: they rotate, or nobody else can use what they give. */
static bool
weak_refresh(const struct policy *p)
{
	return p->refresh.rule != REFRESH_ROTATES && !(p->token.bound_only && !p->client.public_at_token);
}
static bool weak_plain(const struct policy *p)      { return p->authorize.pkce_plain_allowed; }
static bool weak_consent(const struct policy *p)    { return p->consent.rule != CONSENT_BY_SCOPE; }
static bool weak_redirect(const struct policy *p)   { return p->authorize.redirect_query_may_grow; }
static bool weak_reuse(const struct policy *p)      { return p->token.live_is_returned; }
static bool weak_code(const struct policy *p)       { return p->authorize.code_shape != CODE_LONG; }
static bool weak_shape(const struct policy *p)      { return p->refresh.shape != SHAPE_ROW_ID; }
static bool weak_csrf(const struct policy *p)       { return !p->session.csrf_required; }
static bool weak_open(const struct policy *p)       { return p->client.introspect_open; }
static bool weak_errors(const struct policy *p)     { return p->session.distinct_login_errors; }
static bool weak_client_auth(const struct policy *p){ return p->client.auth_repeat; }
static bool weak_marks(const struct policy *p)      { return !p->client.habits_need_mark; }
static bool weak_access(const struct policy *p)     { return p->token.access_ttl_s <= 0; }
static bool weak_code_life(const struct policy *p)  { return p->authorize.code_ttl_s > 600; }

static const struct weakness weaknesses[] = {
	{ weak_implicit,
	    "offers_implicit: the implicit grant puts tokens into the address bar; use authorization_code "
	    "with PKCE" },
	{ weak_password,
	    "grants: the password grant shows the user's password to the application; use authorization_code "
	    "with PKCE" },
	{ weak_open_id,
	    "grants: open_id believes what the application says about the user; use authorization_code with "
	    "PKCE" },
	{ weak_refresh, "refresh_rule: refresh tokens must rotate here, or a stolen one works for ever" },
	{ weak_plain, "pkce_plain_allowed: must stay false, for a plain challenge is the verifier itself" },
	{ weak_consent, "consent: must be by_scope" },
	{ weak_redirect, "redirect_query_may_grow: redirect URIs are compared exactly here" },
	{ weak_reuse, "live_token_is_returned: each grant gets its own token here" },
	{ weak_code, "code_shape: six characters can be guessed; use long" },
	{ weak_shape, "refresh_shape: must be row_id" },
	{ weak_csrf, "csrf_required: must stay true" },
	{ weak_open, "introspect_open: introspection needs client authentication" },
	{ weak_errors, "distinct_login_errors: would tell strangers who has an account" },
	{ weak_client_auth, "client_auth_repeat: a client authenticates once (RFC 6749 section 2.3)" },
	{ weak_marks, "habits_need_mark: must stay true" },
	{ weak_access, "access_ttl_s: an access token must expire" },
	{ weak_code_life, "code_ttl_s: a code must expire within 600 seconds" },
};

/* Settings that deny each other in any dialect: what one promises the other would not keep. */
static bool
jwt_nameless(const struct policy *p)
{
	return p->token.access_shape == SHAPE_JWT && p->token.access_claims == NULL;
}
static bool
refresh_nameless(const struct policy *p)
{
	return p->refresh.shape == SHAPE_JWT && p->refresh.claims == NULL;
}
static bool
resigned_text(const struct policy *p)
{
	return p->refresh.rule == REFRESH_RESIGNED && p->refresh.shape != SHAPE_JWT;
}
static bool
rotates_bare(const struct policy *p)
{
	return p->refresh.rule == REFRESH_ROTATES && p->refresh.shape != SHAPE_ROW_ID;
}
static bool id_nameless(const struct policy *p)     { return p->token.id_token_always && p->token.id_claims == NULL; }
static bool idle_longer(const struct policy *p)     { return p->session.idle_s > p->session.ttl_s; }
static bool
code_useless(const struct policy *p)
{
	return p->authorize.offers_code && !(p->grant.offered & BIT(GI_authorization_code));
}
static bool
challenge_useless(const struct policy *p)
{
	return p->authorize.first_party_draft != FIRST_PARTY_OFF
	    && !(p->authorize.offers_code && (p->grant.offered & BIT(GI_authorization_code)));
}
static bool
responses_without_id(const struct policy *p)
{
	return p->authorize.responses != RESPONSES_PLAIN
	    && (p->token.id_claims == NULL || !p->authorize.extensions_are_judged);
}
static bool
lists_without_end(const struct policy *p)
{
	return p->token.status_list && p->token.status_list_ttl_s == 0;
}
static bool open_but_asked(const struct policy *p)  { return p->client.introspect_open && !p->client.introspect_any; }

static bool
one_for_all(const struct policy *p)
{
	return p->token.takes_resource && p->token.live_is_returned;
}

static bool
asks_proofs(const struct policy *p)
{
	for (const enum question *q = p->grant.questions; *q != Q_END; q++)
		if (*q == Q_PROOF)
			return true;
	return false;
}
static bool proofs_unasked(const struct policy *p)  { return p->token.dpop != DPOP_OFF && !asks_proofs(p); }
static bool bound_unasked(const struct policy *p)   { return p->token.bound_only && !asks_proofs(p); }

static bool
bound_by_browser(const struct policy *p)
{
	return (p->token.dpop == DPOP_REQUIRED || p->token.bound_only) && p->authorize.offers_implicit;
}

static const struct weakness contradictions[] = {
	{ jwt_nameless,
	    "access_shape: this dialect has no claims for a JWT access token; choose another form, or a "
	    "dialect of your own with access_claims" },
	{ refresh_nameless,
	    "refresh_shape: this dialect has no claims for a JWT refresh token; choose another form" },
	{ resigned_text, "refresh_rule: resigned needs refresh_shape: jwt" },
	{ rotates_bare, "refresh_rule: rotates needs refresh_shape: row_id" },
	{ one_for_all,
	    "resource_indicators: a living token that is returned again (live_token_is_returned) would be for another "
	    "resource server than was asked for; set one of the two to false" },
	{ proofs_unasked, "dpop: the token endpoint of this dialect asks for no proofs; only off fits it" },
	{ bound_unasked,
	    "bound_tokens_only: the token endpoint of this dialect binds no tokens to a key; only false fits it" },
	{ bound_by_browser,
	    "dpop: required and bound_tokens_only leave nothing of offers_implicit: true, for tokens that come through the "
	    "browser are bound to no key; set offers_implicit: false" },
	{ id_nameless, "id_token_always: this dialect has no ID tokens" },
	{ idle_longer,
	    "session_idle_s: longer than session_ttl_s, so it would never count; make it shorter" },
	{ code_useless,
	    "offers_code: true needs authorization_code among the grants, or nobody could redeem the codes; "
	    "add it, or set offers_code: false" },
	{ challenge_useless,
	    "first_party_draft: the authorization challenge endpoint gives codes; set offers_code: true and keep "
	    "authorization_code among the grants, or set it to off" },
	{ responses_without_id, "response_types: this dialect has no OpenID Connect; only plain fits it" },
	{ lists_without_end,
	    "status_list: true needs status_list_ttl_s, how long resource servers keep a list; set it, such as 60" },
	{ open_but_asked,
	    "introspect_open: true lets everybody ask about every token, introspect_any_client: false not "
	    "even every client; set both alike" },
};

#define SENTENCES_MAX (16 * 1024)

static void
put_sentence(struct buf *b, const char *sentence)
{
	if (b->n > 0)
		buf_putc(b, '\n');
	buf_put(b, str_of(sentence));
}

/* One a line; behind a weakness stands whose rule it breaks. */
static void
put_found(struct buf *b, const struct weakness *rows, size_t n, const struct policy *policy, const char *strict)
{
	for (size_t i = 0; i < n; i++) {
		if (!rows[i].found(policy))
			continue;
		put_sentence(b, say(rows[i].sentence));
		if (strict != NULL)
			buf_printf(b,
			    say(" (dialect %s is strict; choose another for the clients that need this)"),
			    strict);
	}
}

bool
wire_style_is_valid(const struct wire *w, const struct style *style, struct arena *mem, struct str *why)
{
	if (!w->strict || style->duplicate_parameters == DUPLICATES_REFUSED)
		return true;
	*why = arena_say(mem, "duplicate_parameters: must be refuse, for two readers of one request could believe two things (dialect %s is strict)", w->name);
	return false;
}

/* A rule that only the dialect's paths can keep. */
static void
put_pathless(struct buf *b, const struct wire *w, const struct policy *policy)
{
	if (policy->session.accounts > 1 && route_of_endpoint(w, EP_ACCOUNTS) == NULL)
		put_sentence(b,
		    say("session_accounts: this dialect has no page to choose an account on (accounts); only 1 fits it"));
	if (policy->token.status_list && route_of_endpoint(w, EP_STATUS_LIST) == NULL)
		put_sentence(b,
		    say("status_list: this dialect has no address for status lists (status_list); only false fits it"));
	if (policy->authorize.first_party_draft != FIRST_PARTY_OFF && route_of_endpoint(w, EP_CHALLENGE) == NULL)
		put_sentence(b,
		    say("first_party_draft: this dialect has no authorization challenge endpoint (challenge); only off fits it"));
}

bool
wire_policy_is_valid(const struct wire *w, const struct policy *policy, struct arena *mem, struct str *why)
{
	struct buf b;

	buf_init(&b, mem, SENTENCES_MAX);
	put_found(&b, contradictions, COUNT(contradictions), policy, NULL);
	put_pathless(&b, w, policy);
	if (w->strict)
		put_found(&b, weaknesses, COUNT(weaknesses), policy, w->name);
	*why = buf_str(&b);
	return b.n == 0;
}
