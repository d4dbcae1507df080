/* wire/speak.c - the one routine that speaks: an answer of oauth/ becomes a reply by the dialect's tables. */
#include "oauth/facts_book.h"
#include "wire/wire_int.h"

/* --- other answers ---------------------------------------------------------------------------- */

static void
speak_tokens(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	tokens_fn *spoken = x->grant && x->grant->tokens ? x->grant->tokens : x->w->wrap;

	if (x->w->success && spoken != tokens_bare)
		spoken = body_success;
	if (spoken == NULL || spoken == tokens_bare)
		reply_json(x, r, 200, HS_TOKENS, tokens_bare(x, &a->tokens));
	else
		reply_json(x, r, 200, HS_WRAPPED, spoken(x, &a->tokens));
}

/* --- the answers of endpoints: endpoints.def -------------------------------------------------- */

static struct str
check_text(struct exchange *x, const struct token_facts *f)
{
	if (x->w->check_token != NULL)
		return body_facts(x, x->w->check_token, f);
	return x->w->facts != NULL ? x->w->facts(x, f) : facts_introspection(x, f);
}

static struct str
facts_text(struct exchange *x, const struct answer *a)
{
	struct str facts = a->told;

	if (!str_given(facts) && x->route->endpoint == EP_CHECK_TOKEN)
		facts = check_text(x, &a->facts);
	else if (!str_given(facts))
		facts = facts_introspection(x, &a->facts);
	if (a->keep != NULL)
		facts_book_put(x->c.svc->told, a->keep, a->facts.exp_s, facts);
	return facts;
}

static void
speak_introspection(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	struct str facts = facts_text(x, a);

	if (x->route->endpoint == EP_INTROSPECT && introspection_is_jwt(&x->c) && x->c.client != NULL)
		reply_json_as(x, r, 200, HS_FAULT, introspection_jwt(&x->c, facts), INTROSPECTION_JWT);
	else
		reply_json(x, r, 200, HS_FAULT, facts);
}

static void
speak_check(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	bool is_own = x->w->check_token != NULL || x->w->facts != NULL;

	reply_json(x, r, 200, is_own ? HS_GENERIC : HS_FAULT, facts_text(x, a));
}

/* OpenID Connect Core 5.3.2. */
static void
speak_user_jwt(struct exchange *x, const struct token_facts *f, struct http_reply *r)
{
	struct str claims = x->w->userinfo(x, f);

	reply_json_as(x, r, 200, HS_GENERIC, userinfo_jwt(&x->c, f->client, claims), "application/jwt");
}

static void
speak_user(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	if (x->w->about_user != NULL)
		reply_json(x, r, 200, HS_GENERIC, body_facts(x, x->w->about_user, &a->facts));
	else if (wire_userinfo_is_openid(x->w) && userinfo_is_jwt(a->facts.client))
		speak_user_jwt(x, &a->facts, r);
	else if (x->w->userinfo != NULL)
		reply_json(x, r, 200, HS_GENERIC, x->w->userinfo(x, &a->facts));
	else
		speak_introspection(x, a, r);
}

static void
speak_tokeninfo(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	if (x->w->tokeninfo != NULL)
		reply_json(x, r, 200, HS_GENERIC, x->w->tokeninfo(x, &a->facts));
	else
		speak_introspection(x, a, r);
}

static void
speak_document(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	r->status = 200;
	r->body = a->document.body;
	http_reply_header(r, "Content-Type", a->document.type);
	reply_headers(x, r, HS_PUBLIC);
}

/* Each form of a document has a tag of its own (RFC 9110 section 8.8.3.3). True: the client has this one already. */
static bool
is_known(struct exchange *x, struct str tag, bool coded, struct http_reply *r)
{
	struct str quoted = arena_printf(x->q->mem, "\"%.*s%s\"", STR_ARG(tag), coded ? "-gzip" : "");

	http_reply_header(r, "ETag", quoted);
	http_reply_header(r, "Vary", S("Accept-Encoding"));
	return none_match_names(http_header(x->q, "If-None-Match"), quoted);
}

/* What the token says of its time counts before these fields: draft-ietf-oauth-status-list-21 section 8.2. */
static void
speak_status_list(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	int64_t s = a->document.max_age_s > 0 ? a->document.max_age_s : 0;
	bool coded = str_given(a->document.gzip) && accept_coding(http_header(x->q, "Accept-Encoding"), S("gzip"));

	http_reply_header(r, "Cache-Control", arena_printf(x->q->mem, "public, max-age=%lld", (long long)s));
	http_reply_header(r, "X-Content-Type-Options", S("nosniff"));
	if (str_given(a->document.tag) && is_known(x, a->document.tag, coded, r)) {
		r->status = 304;
		return;
	}
	r->status = 200;
	r->body = coded ? a->document.gzip : a->document.body;
	http_reply_header(r, "Content-Type", a->document.type);
	if (coded)
		http_reply_header(r, "Content-Encoding", S("gzip"));
}

/* RFC 7591 section 3.2.1, RFC 7592 section 3. */
static void
speak_registered(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	reply_json(x, r, x->q->method == M_POST ? 201 : 200, HS_FAULT, a->document.body);
}

/* Bytes of a stranger: an image, and nothing that a browser could take it for besides. */
static void
speak_logo(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	(void)x;
	r->status = 200;
	r->body = a->document.body;
	http_reply_header(r, "Content-Type", a->document.type);
	http_reply_header(r, "X-Content-Type-Options", S("nosniff"));
	http_reply_header(r, "Content-Security-Policy", S("default-src 'none'; sandbox"));
	http_reply_header(r, "Cross-Origin-Resource-Policy", S("same-origin"));
	http_reply_header(r, "Cache-Control", S("private, max-age=3600"));
}

/* RFC 9126 section 2.2. */
static void
speak_pushed(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("request_uri"), a->pushed.uri);
	jm_int(&b, S("expires_in"), a->pushed.expires_in_s);
	jw_close(&b, '}');
	reply_json(x, r, 201, HS_FAULT, body_of(&b));
}

static void
speak_token_key(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("alg"), S("SHA256withRSA"));
	jm_str(&b, S("value"), a->document.body);
	jw_close(&b, '}');
	reply_json(x, r, 200, HS_GENERIC, body_of(&b));
}

static void
speak_metadata(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	(void)a;
	reply_json(x, r, 200, HS_PUBLIC, metadata_json(x));
}

static struct str
body_removed(struct exchange *x)
{
	if (x->w->done)
		return body_done(x, STR_ABSENT);
	return x->w->removed ? x->w->removed(x) : S("{}");
}

static void
speak_removed(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	(void)a;
	reply_json_as(x, r, 200, HS_GENERIC, body_removed(x), x->w->tokens_type);
}

/* RFC 7009 section 2.2: the status says it all. */
static void
speak_nothing(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	(void)a;
	r->status = exchange_endpoint(x) == EP_REGISTERED ? 204 : 200;
	reply_headers(x, r, HS_FAULT);
}

/* What a proxy hands on to the API behind it: visible ASCII, everything else percent-encoded (RFC 3986 section 2.1). */
static void
put_about(struct exchange *x, struct http_reply *r, const char *name, struct str value, struct str keep)
{
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	pct_encode(&b, value, keep);
	http_reply_header(r, name, body_of(&b));
}

#define KEPT "!#$&'()*+-./:;<=>?@[]^_`{|}~"
static void
speak_verified(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	struct str name = a->facts.user != NULL ? a->facts.user->name : S("");  /* a client alone is nobody's user */

	r->status = 200;
	put_about(x, r, "X-Auth-Request-User", name, S(KEPT));
	put_about(x, r, "X-Forwarded-User", name, S(KEPT));
	put_about(x, r, "X-Auth-Subject", a->facts.sub, S(KEPT));
	put_about(x, r, "X-Auth-Scope", a->facts.scope, S(KEPT " "));
	put_about(x, r, "X-Auth-Client", a->facts.client_id, S(KEPT));
	reply_headers(x, r, HS_FAULT);
}

typedef void speak_fn(struct exchange *x, const struct answer *a, struct http_reply *r);
static speak_fn *const speakers[EP_COUNT] = {
#define ENDPOINT(id, name, ask, lane, speak, flags, member) [EP_##id] = speak,
#include "wire/endpoints.def"
#undef ENDPOINT
};

static void
speak_endpoint(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	if (a->kind == ANS_EMPTY && x->q->method == M_OPTIONS && x->route->options) {
		r->status = 200;
		http_reply_header(r, "Allow", str_of(x->route->options));
		reply_headers(x, r, HS_GENERIC);
		return;
	}
	speakers[exchange_endpoint(x)](x, a, r);
}

/* RFC 7662 section 2.2: a token that is not active is not an error. */
static bool
fault_is_inactive(const struct exchange *x, enum reason why)
{
	if (exchange_endpoint(x) != EP_INTROSPECT)
		return false;
	return why == R_TOKEN_UNKNOWN || why == R_TOKEN_MALFORMED || why == R_TOKEN_EXPIRED
	    || why == R_TOKEN_IS_REFRESH || why == R_TOKEN_OTHER_CLIENT;
}

/* A code was asked for: some dialects have words of their own for how that went. */
static bool
speak_sms(struct exchange *x, enum reason why, struct http_reply *r)
{
	int status = 200;
	struct str body = STR_ABSENT;

	if (x->w->done && why == R_NONE)
		body = body_done(x, STR_ABSENT);
	else if (x->w->sms != NULL && !(x->w->failure && why != R_NONE))
		body = x->w->sms(x, why, &status);

	if (!str_given(body))
		return false;
	reply_json(x, r, status, HS_GENERIC, body);
	reply_retry_after(x, status, r);
	return true;
}

/* Where no old page stands at that address, who has just signed out is told so, and asked for nothing. */
static void
speak_login(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	struct answer out = { .kind = ANS_PAGE_LOGGED_OUT };

	if (x->w->strict && signed_out(x) && str_empty(a->login.saved) && !session_is_live(&x->c, NULL))
		speak_signed_out(x, &out, r);
	else
		speak_login_page(x, a, r, 200, NULL);
}

/* FAPI 1.0 Baseline 6.2.1: what both sides write into their logs, so that an exchange can be found in either. */
static void
interaction_put(struct exchange *x, struct http_reply *r)
{
	struct str sent = http_header(x->q, "x-fapi-interaction-id");
	uint8_t id[16];

	if (!x->mount->issuer->policy->token.says_interaction || exchange_endpoint(x) != EP_USERINFO)
		return;
	if (!str_given(sent) || !uuid_read(sent, id)) {
		rand_bytes(id, sizeof id);
		sent = uuid4_write(x->q->mem, id);
	}
	http_reply_header(r, "x-fapi-interaction-id", sent);
}

void
speak(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	interaction_put(x, r);
	if (exchange_endpoint(x) == EP_SMS_CODE && (a->kind == ANS_FAULT || a->kind == ANS_EMPTY)
	    && speak_sms(x, a->kind == ANS_EMPTY ? R_NONE : a->why, r))
		return;
	switch (a->kind) {
	case ANS_TOKENS:              speak_tokens(x, a, r); return;
	case ANS_REDIRECT:            speak_redirect(x, a, r); return;
	case ANS_GO:                  speak_go(x, a, r); return;
	case ANS_PAGE_LOGIN:          speak_login(x, a, r); return;
	case ANS_PAGE_SELF:           speak_self_page(x, a, r); return;
	case ANS_PAGE_FACTOR:         speak_factor_page(x, a, r); return;
	case ANS_PAGE_NEW_PASSWORD:   speak_new_password_page(x, a, r); return;
	case ANS_PAGE_ENROL:          speak_enrol_page(x, a, r); return;
	case ANS_PAGE_RECOVERY:       speak_recovery_page(x, a, r); return;
	case ANS_PAGE_FACTORS:        speak_factors_page(x, a, r); return;
	case ANS_PAGE_DEVICE:         speak_device_page(x, a, r); return;
	case ANS_PAGE_APPROVE:        speak_approve_page(x, a, r); return;
	case ANS_PAGE_APPROVALS:      speak_approvals_page(x, a, r); return;
	case ANS_PAGE_DECIDED:        speak_decided_page(x, a, r); return;
	case ANS_PAGE_LINK:           speak_link_page(x, a, r); return;
	case ANS_PAGE_ACCOUNTS:       speak_accounts_page(x, a, r, 200, NULL); return;
	case ANS_PAGE_ACCOUNT:        speak_account_page(x, a, r); return;
	case ANS_PAGE_CONSENT:        speak_consent_page(x, a, r); return;
	case ANS_PAGE_LOGGED_OUT:     speak_signed_out(x, a, r); return;
	case ANS_PAGE_LOGOUT_CONFIRM: speak_logout_page(x, a, r); return;
	case ANS_REGISTERED:          speak_registered(x, a, r); return;
	case ANS_CHALLENGED:
	case ANS_PUSHED:
	case ANS_WAITS:
	case ANS_DOCUMENT:
	case ANS_FACTS:
	case ANS_EMPTY:               speak_endpoint(x, a, r); return;
	case ANS_FAULT:               break;
	}
	if (fault_is_inactive(x, a->why))
		reply_json(x, r, 200, HS_FAULT, S("{\"active\":false}"));
	else
		speak_fault(x, a->why, r);
}
