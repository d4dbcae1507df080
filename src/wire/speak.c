/* wire/speak.c - the one routine that speaks: an answer of oauth/ becomes a reply by the dialect's tables. */
#include "wire/wire_int.h"

void
reply_headers(struct exchange *x, struct http_reply *r, enum header_set set)
{
	for (const struct header *h = x->w->headers[set]; h != NULL && h->name != NULL; h++)
		http_reply_header(r, h->name, str_of(h->value));
}

static void
reply_json_as(struct exchange *x, struct http_reply *r, int status, enum header_set set, struct str body, const char *type)
{

	if (!str_given(body)) {                         /* the answer did not fit: nothing half-written goes out */
		r->status = 500;
		x->why = R_INTERNAL;
		return;
	}
	r->status = status;
	r->body = body;
	http_reply_header(r, "Content-Type", str_of(type));
	reply_headers(x, r, set);
}

void
reply_json(struct exchange *x, struct http_reply *r, int status, enum header_set set, struct str body)
{
	const char *type = x->w->json_type;

	if (set == HS_TOKENS)
		type = x->w->tokens_type;
	else if (x->mount->style.error_charset && set != HS_PUBLIC)
		type = "application/json;charset=UTF-8";
	reply_json_as(x, r, status, set, body, type);
}

/* What a refusal carries and the log line repeats: letters that are not mistaken for each other. */
void
error_id_make(struct exchange *x)
{
	static const char letters[] = "23456789abcdefghjkmnpqrstuvwxyz";

	if (x->error_id[0] == '\0')
		for (int i = 0; i < 8; i++)
			x->error_id[i] = letters[rand_below(sizeof(letters) - 1)];
}

/* --- faults ------------------------------------------------------------------------------------------------------------------- */

/*
 * A quoted-string of RFC 9110 section 5.6.4: quotes escaped, what a field may not hold left out. Characters beyond ASCII become '?', as
 * the old servers wrote them: RFC 6750 section 3 has none, and readers take bytes for Latin-1.
 */
static void
put_quoted(struct buf *b, struct str s)
{
	buf_putc(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char ch = (unsigned char)s.p[i];

		if (ch < 0x20 || ch == 0x7f || (ch >= 0x80 && ch < 0xc0))       /* the rest of a character is no other one */
			continue;
		if (ch >= 0xc0) {
			buf_putc(b, '?');
			continue;
		}
		if (ch == '"' || ch == '\\')
			buf_putc(b, '\\');
		buf_putc(b, (char)ch);
	}
	buf_putc(b, '"');
}

static void
put_challenge(struct exchange *x, const struct wording *s, struct http_reply *r)
{
	struct str realm = x->w->basic_realm ? str_of(x->w->basic_realm) : x->mount->issuer->name;
	struct buf b;

	if (s->challenge == CH_NONE || s->status != r->status || !(s->status == 401 || (s->status == 403 && s->challenge == CH_BEARER)))
		return;                         /* RFC 6750 section 3.1: a token that opens too little is told so too */
	buf_init(&b, x->q->mem, BODY_MAX);
	buf_put(&b, s->challenge == CH_BEARER ? S("Bearer ") : s->challenge == CH_FORM ? S("Form realm=") : S("Basic realm="));
	if (s->challenge != CH_BEARER)
		put_quoted(&b, realm);
	if (s->challenge != CH_BASIC) {
		buf_put(&b, s->challenge == CH_FORM ? S(", error=") : S("error="));
		put_quoted(&b, s->error);
		buf_put(&b, S(", error_description="));
		put_quoted(&b, s->text);
	}
	http_reply_header(r, "WWW-Authenticate", body_of(&b));
}

void
reply_retry_after(struct exchange *x, int status, struct http_reply *r)
{
	int64_t wait = x->c.retry_after_s > 0 ? x->c.retry_after_s : 1;

	if (status == 429 || status == 503)
		http_reply_header(r, "Retry-After", arena_printf(x->q->mem, "%lld", (long long)wait));
}

static bool
fault_is_page(const struct exchange *x, const struct wording *s)
{
	if (x->route != NULL && (x->route->flags & RF_JSON) && !x->html)
		return false;
	if (s->shape == ERROR_GENERIC)
		return x->html && (x->route == NULL || endpoint_is(x->route->endpoint, EF_PAGE));
	if (x->route == NULL)
		return x->html;
	return endpoint_is(x->route->endpoint, EF_PAGE);
}

static void
speak_fault_json(struct exchange *x, const struct wording *s, struct http_reply *r)
{
	fault_fn *spoken = x->w->fault ? x->w->fault : fault_rfc6749;
	bool page = x->route == NULL || endpoint_is(x->route->endpoint, EF_PAGE);
	enum header_set set = page ? HS_GENERIC : HS_FAULT;
	int status = s->status;

	if (page && x->w->page_fault)
		spoken = x->w->page_fault;
	if (s->shape == ERROR_RFC6749)
		spoken = fault_rfc6749;
	if (s->shape == ERROR_ENVELOPE && x->w->page_fault) {
		spoken = x->w->page_fault;
		set = HS_GENERIC;
	}
	if (s->shape == ERROR_GENERIC) {
		spoken = x->w->generic ? x->w->generic : spoken;
		set = s->why == R_NOT_FOUND ? HS_NOT_FOUND : HS_GENERIC;
	}
	if (x->w->failure)                              /* one shape for all of them */
		spoken = body_failure;
	if (x->w->envelope_always_200)
		status = 200;
	reply_json(x, r, status, set, spoken(x, s));
}

static void
put_allow(struct exchange *x, const struct wording *s, struct http_reply *r)
{
	if (s->status == 405 && x->route != NULL && !s->without_allow)
		http_reply_header(r, "Allow", route_allow(x->q->mem, x->w, x->route));
}

/* A form of ours came back, and of the cookies that its page set none. */
static bool
keeps_no_cookies(const struct exchange *x)
{
	return !str_empty(x->c.arg[P_CSRF]) && str_empty(x->c.saved_cookie) && str_empty(x->c.session_cookie);
}

/* An expired form is no end: what it asked for is asked again, about the same request. */
static void
speak_fault_page(struct exchange *x, const struct wording *s, struct http_reply *r)
{
	enum endpoint e = s->why == R_CSRF ? exchange_endpoint(x) : EP_COUNT;
	struct answer again = { .kind = ANS_FAULT };

	if (e == EP_LOGIN)
		again = login_page_endpoint(&x->c);
	else if (e == EP_LOGOUT)
		again = logout_endpoint(&x->c, LOGOUT_ASK);
	again.why = s->why;
	if (again.kind == ANS_PAGE_LOGIN)
		speak_login_page(x, &again, r, s->status, keeps_no_cookies(x) ? "no_cookies" : "expired");
	else if (again.kind == ANS_PAGE_LOGOUT_CONFIRM)
		speak_plain_page(x, &again, r);
	else
		speak_error_page(x, s, r);
}

void
speak_fault(struct exchange *x, enum reason why, struct http_reply *r)
{
	struct wording s = phrase_of(x, why);

	x->why = why;
	error_id_make(x);
	near_miss_find(x);
	if (fault_is_page(x, &s) && (x->w->page_fault == NULL || x->c.navigates))
		speak_fault_page(x, &s, r);
	else
		speak_fault_json(x, &s, r);
	put_challenge(x, &s, r);
	reply_retry_after(x, s.status, r);
	put_allow(x, &s, r);
}

/* --- other answers --------------------------------------------------------------------------------------------------------------- */

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

/* --- the answers of endpoints: endpoints.def ----------------------------------------------------------------------------- */

static void
speak_introspection(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	reply_json(x, r, 200, HS_FAULT, facts_introspection(x, &a->facts));
}

static void
speak_check(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	if (x->w->check_token != NULL)
		reply_json(x, r, 200, HS_GENERIC, body_facts(x, x->w->check_token, &a->facts));
	else if (x->w->facts != NULL)
		reply_json(x, r, 200, HS_GENERIC, x->w->facts(x, &a->facts));
	else
		speak_introspection(x, a, r);
}

static void
speak_user(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	if (x->w->about_user != NULL)
		reply_json(x, r, 200, HS_GENERIC, body_facts(x, x->w->about_user, &a->facts));
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
	r->status = 200;
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
	return why == R_TOKEN_UNKNOWN || why == R_TOKEN_MALFORMED || why == R_TOKEN_EXPIRED || why == R_TOKEN_IS_REFRESH || why == R_TOKEN_OTHER_CLIENT;
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
		speak_plain_page(x, &out, r);
	else
		speak_login_page(x, a, r, 200, NULL);
}

void
speak(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	if (exchange_endpoint(x) == EP_SMS_CODE && (a->kind == ANS_FAULT || a->kind == ANS_EMPTY) && speak_sms(x, a->kind == ANS_EMPTY ? R_NONE : a->why, r))
		return;
	switch (a->kind) {
	case ANS_TOKENS:              speak_tokens(x, a, r); return;
	case ANS_REDIRECT:            speak_redirect(x, a, r); return;
	case ANS_GO:                  speak_go(x, a, r); return;
	case ANS_PAGE_LOGIN:          speak_login(x, a, r); return;
	case ANS_PAGE_CONSENT:        speak_consent_page(x, a, r); return;
	case ANS_PAGE_LOGGED_OUT:
	case ANS_PAGE_LOGOUT_CONFIRM: speak_plain_page(x, a, r); return;
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
