/* wire/speak.c - the one routine that speaks: an answer of the law becomes a reply by the dialect's tables. */
#include "wire/wire_int.h"

bool
endpoint_is_page(enum endpoint e)
{
	switch (e) {
	case EP_AUTHORIZE: case EP_CONSENT: case EP_LOGIN_PAGE: case EP_LOGIN: case EP_LOGOUT: case EP_LOGOUT_CONFIRM: case EP_HOME:
	case EP_ERROR_PAGE: case EP_CONFIRM_PAGE: case EP_DEMO: case EP_SMS_LOGIN:
		return true;
	default:
		return false;
	}
}

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
	else if (x->t->knobs.error_charset && set != HS_PUBLIC)
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
put_challenge(struct exchange *x, const struct said *s, struct http_reply *r)
{
	struct str realm = x->w->basic_realm ? str_of(x->w->basic_realm) : x->t->issuer->name;
	struct buf b;

	if (s->challenge == CH_NONE || s->status != 401 || r->status != 401)
		return;
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
fault_is_page(const struct exchange *x, const struct said *s)
{
	if (x->route != NULL && (x->route->flags & RF_JSON) && !x->html)
		return false;
	if (s->voice == VOICE_GENERIC)
		return x->html && (x->route == NULL || endpoint_is_page(x->route->endpoint));
	if (x->route == NULL)
		return x->html;
	return endpoint_is_page(x->route->endpoint);
}

static void
speak_fault_json(struct exchange *x, const struct said *s, struct http_reply *r)
{
	fault_fn *say = x->w->fault ? x->w->fault : fault_rfc6749;
	bool page = x->route == NULL || endpoint_is_page(x->route->endpoint);
	enum header_set set = page ? HS_GENERIC : HS_FAULT;
	int status = s->status;

	if (page && x->w->page_fault)
		say = x->w->page_fault;
	if (s->voice == VOICE_PLAIN)
		say = fault_rfc6749;
	if (s->voice == VOICE_ENVELOPE && x->w->page_fault) {
		say = x->w->page_fault;
		set = HS_GENERIC;
	}
	if (s->voice == VOICE_GENERIC) {
		say = x->w->generic ? x->w->generic : say;
		set = s->why == R_NOT_FOUND ? HS_NOT_FOUND : HS_GENERIC;
	}
	if (x->w->failure)                              /* one shape for all of them */
		say = body_failure;
	if (x->w->envelope_always_200)
		status = 200;
	reply_json(x, r, status, set, say(x, s));
}

static void
put_allow(struct exchange *x, const struct said *s, struct http_reply *r)
{
	if (s->status == 405 && x->route != NULL && !s->without_allow)
		http_reply_header(r, "Allow", route_allow(x->q->mem, x->w, x->route));
}

/* An expired form is no end: what it asked for is asked again, about the same request. */
static void
speak_fault_page(struct exchange *x, const struct said *s, struct http_reply *r)
{
	if (s->why == R_CSRF && exchange_endpoint(x) == EP_LOGIN) {
		struct answer again = login_page_endpoint(&x->c);

		speak_login_page(x, &again, r, s->status, "expired");
	} else
		speak_error_page(x, s, r);
}

void
speak_fault(struct exchange *x, enum reason why, struct http_reply *r)
{
	struct said s = phrase_of(x, why);

	x->why = why;
	error_id_make(x);
	if (fault_is_page(x, &s) && (x->w->page_fault == NULL || x->navigates))
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
	tokens_fn *say = x->grant && x->grant->tokens ? x->grant->tokens : x->w->wrap;

	if (x->w->success && say != tokens_bare)
		say = body_success;
	if (say == NULL || say == tokens_bare)
		reply_json(x, r, 200, HS_TOKENS, tokens_bare(x, &a->tokens));
	else
		reply_json(x, r, 200, HS_WRAPPED, say(x, &a->tokens));
}

static void
speak_facts(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	enum endpoint e = exchange_endpoint(x);
	bool check = e == EP_CHECK_TOKEN && x->w->facts, user = e == EP_USERINFO || e == EP_USER;

	if (x->w->tokeninfo && e == EP_TOKENINFO) {
		reply_json(x, r, 200, HS_GENERIC, x->w->tokeninfo(x, &a->facts));
		return;
	}
	if (user && (x->w->about_user || x->w->userinfo)) {
		reply_json(x, r, 200, HS_GENERIC, x->w->about_user ? body_facts(x, x->w->about_user, &a->facts) : x->w->userinfo(x, &a->facts));
		return;
	}
	if (e == EP_CHECK_TOKEN && x->w->check_token) {
		reply_json(x, r, 200, HS_GENERIC, body_facts(x, x->w->check_token, &a->facts));
		return;
	}
	reply_json(x, r, 200, check ? HS_GENERIC : HS_FAULT, (check ? x->w->facts : facts_introspection)(x, &a->facts));
}

/* RFC 7662 section 2.2: a token that is not active is not an error. */
static bool
fault_is_inactive(const struct exchange *x, enum reason why)
{
	if (exchange_endpoint(x) != EP_INTROSPECT)
		return false;
	return why == R_TOKEN_UNKNOWN || why == R_TOKEN_MALFORMED || why == R_TOKEN_EXPIRED || why == R_TOKEN_IS_REFRESH || why == R_TOKEN_OTHER_CLIENT;
}

static void
speak_document(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	if (exchange_endpoint(x) == EP_TOKEN_KEY) {
		struct buf b;

		buf_init(&b, x->q->mem, BODY_MAX);
		jw_open(&b, '{');
		jm_str(&b, S("alg"), S("SHA256withRSA"));
		jm_str(&b, S("value"), a->document.body);
		jw_close(&b, '}');
		reply_json(x, r, 200, HS_GENERIC, body_of(&b));
		return;
	}
	r->status = 200;
	r->body = a->document.body;
	http_reply_header(r, "Content-Type", a->document.type);
	reply_headers(x, r, HS_PUBLIC);
}

/* What the wire answers by itself, by endpoint. */
static struct str
body_removed(struct exchange *x)
{
	if (x->w->done)
		return body_done(x, STR_ABSENT);
	return x->w->removed ? x->w->removed(x) : S("{}");
}

static void
speak_empty(struct exchange *x, struct http_reply *r)
{
	if (x->q->method == M_OPTIONS && x->route->options) {
		r->status = 200;
		http_reply_header(r, "Allow", str_of(x->route->options));
		reply_headers(x, r, HS_GENERIC);
		return;
	}
	switch (exchange_endpoint(x)) {
	case EP_METADATA:     reply_json(x, r, 200, HS_PUBLIC, metadata_json(x)); return;
	case EP_CSS:
	case EP_CUSTOM_CSS:   speak_style(x, r); return;
	case EP_HOME:
	case EP_ERROR_PAGE:   speak_home(x, r); return;
	case EP_DEMO:         speak_demo(x, r); return;
	case EP_REMOVE_TOKEN: reply_json_as(x, r, 200, HS_GENERIC, body_removed(x), x->w->tokens_type); return;
	default:              r->status = 200; reply_headers(x, r, HS_FAULT); return;   /* RFC 7009 2.2: the status says it all */
	}
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

void
speak(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	if (exchange_endpoint(x) == EP_SMS_CODE && (a->kind == ANS_FAULT || a->kind == ANS_EMPTY) && speak_sms(x, a->kind == ANS_EMPTY ? R_NONE : a->why, r))
		return;
	switch (a->kind) {
	case ANS_TOKENS:              speak_tokens(x, a, r); return;
	case ANS_REDIRECT:            speak_redirect(x, a, r); return;
	case ANS_GO:                  speak_go(x, a, r); return;
	case ANS_DOCUMENT:            speak_document(x, a, r); return;
	case ANS_PAGE_LOGIN:          speak_login_page(x, a, r, 200, NULL); return;
	case ANS_PAGE_CONSENT:        speak_consent_page(x, a, r); return;
	case ANS_PAGE_LOGGED_OUT:
	case ANS_PAGE_LOGOUT_CONFIRM: speak_plain_page(x, a, r); return;
	case ANS_FACTS:               speak_facts(x, a, r); return;
	case ANS_EMPTY:               speak_empty(x, r); return;
	case ANS_FAULT:               break;
	}
	if (fault_is_inactive(x, a->why))
		reply_json(x, r, 200, HS_FAULT, S("{\"active\":false}"));
	else
		speak_fault(x, a->why, r);
}
