/*
 * wire/fault.c - a refusal is spoken: a page, or the dialect's JSON, with its id, challenge and
 * headers. RFC 6749 section 5.2, RFC 6750 3.
 */
#include "wire/wire_int.h"

/* What a refusal carries and the log line repeats: letters that are not mistaken for each other. */
void
error_id_make(struct exchange *x)
{
	static const char letters[] = "23456789abcdefghjkmnpqrstuvwxyz";

	if (x->error_id[0] == '\0')
		for (int i = 0; i < 8; i++)
			x->error_id[i] = letters[rand_below(sizeof(letters) - 1)];
}

/*
 * A quoted-string of RFC 9110 section 5.6.4: quotes escaped, what a field may not hold left out.
 * Characters beyond ASCII become '?', as the old servers wrote them: RFC 6750 section 3 has none,
 * and readers take bytes for Latin-1.
 */
static void
put_quoted(struct buf *b, struct str s)
{
	buf_putc(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char ch = (unsigned char)s.p[i];

		/* the rest of a character is no other one */
		if (ch < 0x20 || ch == 0x7f || (ch >= 0x80 && ch < 0xc0))
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
put_wanted(const struct exchange *x, enum param p, struct str name, struct buf *b)
{
	if (str_empty(x->c.arg[p]))
		return;
	buf_put(b, S(", "));
	buf_put(b, name);
	buf_putc(b, '=');
	put_quoted(b, x->c.arg[p]);
}

/*
 * Which scope would do (RFC 6750 section 3), which login (RFC 9470 section 3), and where it stands who gives tokens for
 * this (RFC 9728 section 5.1).
 */
static void
put_bearer_more(struct exchange *x, const struct wording *s, struct buf *b)
{
	struct str at = s->status == 401 ? protected_resource_url(x) : STR_ABSENT;

	if (s->why == R_BEARER_SCOPE || s->why == R_BEARER_STEP_UP)
		put_wanted(x, P_SCOPE, S("scope"), b);
	if (s->why == R_BEARER_STEP_UP) {
		put_wanted(x, P_ACR_VALUES, S("acr_values"), b);
		put_wanted(x, P_MAX_AGE, S("max_age"), b);
	}
	if (str_given(at)) {
		buf_put(b, S(", resource_metadata="));
		put_quoted(b, at);
	}
}

/* RFC 9449 section 5.1: by which algorithms a proof may be signed. */
static void
put_proof_algs(const struct exchange *x, struct buf *b)
{
	bool first = true;

	buf_put(b, S("algs=\""));
	for (int alg = 0; alg < ALG_COUNT; alg++) {
		if (!(x->mount->issuer->policy->token.dpop_algs & BIT(alg)))
			continue;
		if (!first)
			buf_putc(b, ' ');
		buf_put(b, str_of(alg_name((enum jose_alg)alg)));
		first = false;
	}
	buf_putc(b, '"');
}

/* Beside Bearer, so that a client learns of the other scheme: RFC 9449 section 7.1. */
static void
put_proof_challenge(struct exchange *x, const struct wording *s, struct http_reply *r)
{
	struct buf b;

	if (s->challenge != CH_BEARER || s->status != 401 || x->c.bearer_is_dpop || s->why == R_REGISTRATION_TOKEN
	    || x->mount->issuer->policy->token.dpop == DPOP_OFF)
		return;
	buf_init(&b, x->q->mem, BODY_MAX);
	buf_put(&b, S("DPoP "));
	put_proof_algs(x, &b);
	http_reply_header(r, "WWW-Authenticate", body_of(&b));
}

/*
 * RFC 6750 section 3.1: who has shown nothing is told of no error, for there was none; a client may not know yet that a
 * token is needed. The recorded servers say what they always said.
 */
static bool
asks_for_a_token(const struct exchange *x, const struct wording *s)
{
	return x->w->strict && s->challenge == CH_BEARER && s->status == 401 && str_empty(x->c.bearer)
	    && (s->why == R_BEARER || s->why == R_REGISTRATION_TOKEN);
}

static void
put_challenge(struct exchange *x, const struct wording *s, struct http_reply *r)
{
	struct str realm = x->w->basic_realm ? str_of(x->w->basic_realm) : x->mount->issuer->name;
	struct buf b;

	if (s->challenge == CH_NONE || s->status != r->status
	    || !(s->status == 401 || (s->status == 403 && s->challenge == CH_BEARER)))
		return;                         /* RFC 6750 section 3.1: a token that opens too little is told so too */
	buf_init(&b, x->q->mem, BODY_MAX);
	buf_put(&b,
	    s->challenge == CH_BEARER     ? x->c.bearer_is_dpop ? S("DPoP ") : S("Bearer ")
		: s->challenge == CH_FORM ? S("Form realm=")
					  : S("Basic realm="));
	if (asks_for_a_token(x, s))
		buf_put(&b, S("realm="));
	if (s->challenge != CH_BEARER || asks_for_a_token(x, s))
		put_quoted(&b, realm);
	if (s->challenge != CH_BASIC && !asks_for_a_token(x, s)) {
		buf_put(&b, s->challenge == CH_FORM ? S(", error=") : S("error="));
		put_quoted(&b, s->error);
		buf_put(&b, S(", error_description="));
		put_quoted(&b, s->text);
	}
	if (s->challenge == CH_BEARER)
		put_bearer_more(x, s, &b);
	if (s->challenge == CH_BEARER && x->c.bearer_is_dpop) {
		buf_put(&b, S(", "));
		put_proof_algs(x, &b);
	}
	http_reply_header(r, "WWW-Authenticate", body_of(&b));
	put_proof_challenge(x, s, r);
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

/* The page whose form it was; what failed is told on it. */
static struct answer
page_again(struct exchange *x, enum endpoint e)
{
	enum reason why = x->c.why;
	struct answer again = { .kind = ANS_FAULT };

	x->c.why = R_NONE;
	if (e == EP_LOGIN || e == EP_FACTOR || e == EP_NEW_PASSWORD)
		again = login_page_endpoint(&x->c);
	else if (e == EP_ACCOUNTS)
		again = accounts_endpoint(&x->c, false);
	else if (e == EP_LOGOUT && x->c.accounts != NULL)
		again = end_session_endpoint(&x->c, false);
	else if (e == EP_LOGOUT)
		again = logout_endpoint(&x->c, LOGOUT_ASK);
	x->c.why = why;
	return again;
}

/* An expired form is no end: what it asked for is asked again, about the same request. */
static void
speak_fault_page(struct exchange *x, const struct wording *s, struct http_reply *r)
{
	enum endpoint e = s->why == R_CSRF ? exchange_endpoint(x) : EP_COUNT;
	struct answer again = page_again(x, e);

	if (e == EP_LOGOUT)
		again.login.saved = x->c.arg[P_SAVED_REQUEST];  /* where it was to lead; judged when it comes back */
	again.why = s->why;
	if (again.kind == ANS_PAGE_LOGIN)
		speak_login_page(x, &again, r, s->status, keeps_no_cookies(x) ? "no_cookies" : "expired");
	else if (again.kind == ANS_PAGE_ACCOUNTS)
		speak_accounts_page(x, &again, r, s->status, keeps_no_cookies(x) ? "no_cookies" : "expired");
	else if (again.kind == ANS_PAGE_LOGOUT_CONFIRM)
		speak_logout_page(x, &again, r);
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
	if ((endpoint_is(exchange_endpoint(x), EF_BARE) && !x->wrong_method) || asks_for_a_token(x, &s)) {
		r->status = s.status;
		reply_headers(x, r, HS_FAULT);
	} else if (fault_is_page(x, &s) && (x->w->page_fault == NULL || x->c.navigates))
		speak_fault_page(x, &s, r);
	else
		speak_fault_json(x, &s, r);
	put_challenge(x, &s, r);
	reply_retry_after(x, s.status, r);
	put_allow(x, &s, r);
}
