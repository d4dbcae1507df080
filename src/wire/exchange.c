/* wire/exchange.c - one request between reading and speaking: begin, lane, finish. */
#include "oauth/status_lists.h"
#include "wire/wire_int.h"

static void
exchange_call(struct exchange *x, const struct services *svc)
{
	struct call *c = &x->c;

	c->mem = x->q->mem;
	c->issuer = x->mount->issuer;
	c->svc = svc;
	c->peer = x->q->peer_is_shared ? S("") : x->q->peer;    /* a proxy that says for nobody: no address is known */
	c->address = x->q->peer;
	c->agent = http_header(x->q, "User-Agent");
	c->now_ms = clock_now_ms();
	c->now_s = c->now_ms / 1000;
}

/* Methods that only some tables allow: check_token by GET is a setting. */
static bool
method_is_right(const struct exchange *x)
{
	if (x->route->endpoint == EP_CHECK_TOKEN && x->mount->style.check_token_get
	    && (x->q->method == M_GET || x->q->method == M_HEAD))
		return true;
	return route_takes(x->route, x->q->method);
}

struct exchange *
wire_begin(const struct mount *t, const struct services *svc, const struct http_req *q, struct str path)
{
	struct exchange *x = arena_new(q->mem, struct exchange);

	if (x == NULL)
		return NULL;
	x->mount = t;                               /* memory of the arena is zero */
	x->w = t->wire;
	x->q = q;
	x->path = path;
	x->route = route_find(x->w, path, q->method);
	if ((x->cached = reply_cache_find(x)) != NULL)
		return x;
	exchange_call(x, svc);
	x->html = accept_prefers_html(http_header(q, "Accept"));
	x->c.wants_jwt = accept_asks_for(http_header(q, "Accept"), S(INTROSPECTION_JWT), S("application/json"));
	x->c.navigates = x->html && browser_navigates(q);
	if (x->route != NULL) {
		x->wrong_method = !method_is_right(x);
		exchange_read(x);
		exchange_evidence(x);
	}
	browser_read(x);
	farewell_look(x);
	return x;
}

/* --- what to ask ------------------------------------------------------------------------------ */

static struct answer
answer_of(enum answer_kind kind)
{
	return (struct answer){ .kind = kind };
}

static struct answer
fault_of(struct exchange *x)
{
	return (struct answer){ .kind = ANS_FAULT, .why = x->c.why };
}

static struct answer
refuse(struct exchange *x, enum reason why)
{
	fail(&x->c, why, STR_ABSENT);
	return fault_of(x);
}

/* A visitor goes to login and comes back here; a page that does not exist is not told to strangers. */
static struct answer
send_to_login(struct exchange *x)
{
	if ((x->q->method == M_GET || x->q->method == M_HEAD) && !str_starts(x->path, S("/favicon")))
		return authorize_endpoint(&x->c);
	return (struct answer){ .kind = ANS_GO, .go = { .place = PLACE_LOGIN } };
}

static struct answer
ask_nothing_there(struct exchange *x)
{
	if (x->w->anonymous_go_to_login && !session_is_live(&x->c, NULL))
		return send_to_login(x);
	return refuse(x, R_NOT_FOUND);
}

/* Whoever shows a good token learns that nobody may do that; everybody else that one is needed. */
static struct answer
ask_right(struct exchange *x)
{
	struct answer a = bearer_endpoint(&x->c);

	return a.kind == ANS_FAULT ? a : refuse(x, R_NO_RIGHT);
}

static struct answer
ask_wrong_method(struct exchange *x)
{
	if ((x->route->flags & RF_CLIENT_FIRST) && !client_authenticate(&x->c))
		return fault_of(x);
	if ((endpoint_is(x->route->endpoint, EF_PAGE) || (x->route->flags & RF_HIDDEN))
	    && x->w->anonymous_go_to_login && !session_is_live(&x->c, NULL))
		return send_to_login(x);
	if (x->q->method == M_OPTIONS && x->route->options != NULL)
		return answer_of(ANS_EMPTY);
	if (x->route->flags & RF_BEARER_FIRST)
		return ask_right(x);
	x->c.offender = x->q->method_name;
	return refuse(x, R_METHOD);
}

/* Open as it may be, a check with wrong Basic credentials is refused. */
static struct answer
ask_check_token(struct exchange *x)
{
	struct answer a;

	if (x->c.evidence.basic_sent && !client_authenticate(&x->c))
		return fault_of(x);
	a = check_token_endpoint(&x->c);
	if (a.kind == ANS_FAULT && a.why == R_TOKEN_MISSING && call_has(&x->c, P_TOKEN))
		a.why = R_TOKEN_MALFORMED;              /* an empty value was sent: that is no missing parameter */
	return a;
}

static struct answer
ask_token_key(struct exchange *x)
{
	if (!x->mount->style.token_key_open && !client_authenticate_confidential(&x->c))
		return fault_of(x);
	if (x->c.evidence.basic_sent && !client_authenticate(&x->c))
		return fault_of(x);
	return token_key_endpoint(&x->c);
}

/*
 * A consent decision of a visitor without a session: to login, like every other page, unless the
 * form says what it was about.
 */
static struct answer
ask_consent(struct exchange *x)
{
	if (x->w->anonymous_go_to_login && str_empty(x->c.arg[P_SAVED_REQUEST]) && !session_is_live(&x->c, NULL))
		return (struct answer){ .kind = ANS_GO, .go = { .place = PLACE_LOGIN } };
	return consent_endpoint(&x->c);
}

static struct answer
ask_device(struct exchange *x)
{
	return device_page_endpoint(&x->c, x->q->method == M_POST);
}

static struct answer
ask_forgot(struct exchange *x)
{
	return forgot_endpoint(&x->c, x->q->method == M_POST);
}

static struct answer
ask_signup(struct exchange *x)
{
	return signup_endpoint(&x->c, x->q->method == M_POST);
}

static struct answer
ask_email(struct exchange *x)
{
	return email_endpoint(&x->c, x->q->method == M_POST);
}

static struct answer
ask_phone(struct exchange *x)
{
	return phone_endpoint(&x->c, x->q->method == M_POST);
}

static struct answer
ask_approvals(struct exchange *x)
{
	return approvals_page_endpoint(&x->c, x->q->method == M_POST);
}

/* No more than a picture of an address that anybody can write: it says nothing of whether such a code is known. */
static struct answer
ask_device_qr(struct exchange *x)
{
	struct str code;

	if (!(x->c.issuer->policy->grant.offered & BIT(GI_device_code)) || route_of_endpoint(x->w, EP_DEVICE) == NULL
	    || !user_code_read(x->q->mem, x->c.arg[P_USER_CODE], &code))
		return refuse(x, R_NOT_FOUND);
	call_put(&x->c, P_USER_CODE, code);
	return answer_of(ANS_EMPTY);
}

static struct answer
ask_authorize(struct exchange *x)
{
	if ((x->route->flags & RF_DECISION) && x->q->method == M_POST && call_has(&x->c, P_APPROVAL))
		return ask_consent(x);
	return authorize_endpoint(&x->c);
}

static struct answer
ask_home(struct exchange *x)
{
	bool login = (x->route->flags & RF_LOGIN_PAGE) != 0;

	if (session_is_live(&x->c, NULL) && !(login && login_is_demanded(&x->c)))
		return login && x->c.navigates && login_waits(&x->c) ? login_resume_endpoint(&x->c)
								     : answer_of(ANS_EMPTY);
	if (login)
		return login_page_endpoint(&x->c);
	return x->w->anonymous_go_to_login ? send_to_login(x) : answer_of(ANS_EMPTY);
}

/* Pages that say something to a user who is logged in, and to nobody else. */
static struct answer
ask_user_page(struct exchange *x)
{
	return session_is_live(&x->c, NULL) ? answer_of(ANS_EMPTY) : send_to_login(x);
}

static struct answer
ask_confirm_page(struct exchange *x)
{
	return session_is_live(&x->c, NULL) ? confirm_page_endpoint(&x->c) : send_to_login(x);
}

/* A script learns who is logged in; a browser gets the page that says so. */
static struct answer
ask_user(struct exchange *x)
{
	if (!session_is_live(&x->c, NULL))
		return send_to_login(x);
	return x->html ? (struct answer){ .kind = ANS_GO, .go = { .place = PLACE_HOME } }
		       : session_user_endpoint(&x->c);
}

static struct answer
ask_login_with(struct exchange *x)
{
	return x->c.issuer->upstreams != NULL ? login_with_endpoint(&x->c) : ask_nothing_there(x);
}

static struct answer
ask_login_back(struct exchange *x)
{
	if (x->c.issuer->upstreams == NULL)
		return ask_nothing_there(x);
	upstream_read_back(x);
	return login_back_endpoint(&x->c);
}

static struct answer
ask_login_link_page(struct exchange *x)
{
	if (x->c.issuer->upstreams == NULL)
		return ask_nothing_there(x);
	upstream_read_link(x);
	return login_link_page_endpoint(&x->c);
}

static struct answer
ask_login_link(struct exchange *x)
{
	if (x->c.issuer->upstreams == NULL)
		return ask_nothing_there(x);
	upstream_read_link(x);
	return login_link_endpoint(&x->c);
}

static struct answer
ask_accounts(struct exchange *x)
{
	return x->c.accounts != NULL ? accounts_endpoint(&x->c, x->q->method == M_POST) : refuse(x, R_NOT_FOUND);
}

/* The pages below /account: each is shown, and takes its own form. */
#define ASK_ACCOUNT(page) \
	static struct answer ask_account_##page(struct exchange *x) \
	{ \
		return account_##page##_endpoint(&x->c, x->q->method == M_POST); \
	}
ASK_ACCOUNT(profile)
ASK_ACCOUNT(password)
ASK_ACCOUNT(sessions)
ASK_ACCOUNT(applications)
ASK_ACCOUNT(data)
ASK_ACCOUNT(deletion)
#undef ASK_ACCOUNT

static struct answer
ask_account_identities(struct exchange *x)
{
	bool posted = x->q->method == M_POST;

	if (x->c.issuer->upstreams == NULL)
		return refuse(x, R_NOT_FOUND);
	if (posted && !str_empty(x->c.arg[P_PROVIDER]))
		return account_join_endpoint(&x->c);
	if (!str_empty(x->c.arg[P_IDENTITY]))
		return posted ? account_connect_endpoint(&x->c) : account_connect_page_endpoint(&x->c);
	return account_identities_endpoint(&x->c, posted);
}

static struct answer
ask_factor(struct exchange *x)
{
	return factor_endpoint(&x->c, x->q->method == M_POST);
}

static struct answer
ask_new_password(struct exchange *x)
{
	return new_password_endpoint(&x->c, x->q->method == M_POST);
}

static struct answer
ask_account_factors(struct exchange *x)
{
	return account_factors_endpoint(&x->c, x->q->method == M_POST);
}

static struct answer
ask_logout(struct exchange *x)
{
	bool link = x->q->method == M_GET || x->q->method == M_HEAD;
	bool asks = (x->route->flags & RF_CONFIRM_FIRST) && x->q->method != M_POST;

	if (x->c.issuer->policy->logout.by_client || x->c.accounts != NULL)
		return end_session_endpoint(&x->c, x->q->method == M_POST);
	return logout_endpoint(&x->c, asks ? LOGOUT_ASK : link ? LOGOUT_LINK : LOGOUT_POSTED);
}

static struct answer
ask_sms_code(struct exchange *x)
{
	return sms_code_endpoint(&x->c, (x->route->flags & RF_ASKS_CLIENT) != 0);
}

static struct answer
ask_check_session(struct exchange *x)
{
	return x->c.issuer->policy->session.management ? answer_of(ANS_EMPTY) : refuse(x, R_NOT_FOUND);
}

static struct answer
ask_registered(struct exchange *x)
{
	switch (x->q->method) {
	case M_PUT: return registered_endpoint(&x->c, REGISTERED_PUT);
	case M_DELETE: return registered_endpoint(&x->c, REGISTERED_DELETE);
	default: return registered_endpoint(&x->c, REGISTERED_READ);
	}
}

static struct answer
ask_error_page(struct exchange *x)
{
	return x->w->page_fault != NULL ? refuse(x, R_NO_ERROR) : ask_user_page(x);
}

static struct answer
ask_demo(struct exchange *x)
{
	return x->mount->demo ? answer_of(ANS_EMPTY) : refuse(x, R_NOT_FOUND);
}

static struct answer
ask_protected_resource(struct exchange *x)
{
	struct answer a = { .kind = ANS_DOCUMENT,
		.document = { .type = S("application/json"), .body = protected_resource_json(x) } };

	return str_given(a.document.body) ? a : refuse(x, R_NOT_FOUND);
}

/* draft-ietf-oauth-status-list-21 sections 8.1, 8.4: one form, and of no time but now. */
static struct answer
ask_status_list(struct exchange *x)
{
	if (!accept_allows(http_header(x->q, "Accept"), S(STATUS_TYPE), S("application/*")))
		return refuse(x, R_NOT_ACCEPTABLE);
	if (str_given(pair_first(&x->pairs, S("time"))))
		return refuse(x, R_STATUS_TIME);
	return status_list_endpoint(&x->c);
}

static struct answer
ask_custom_css(struct exchange *x)
{
	return str_given(x->mount->custom_css) ? answer_of(ANS_EMPTY) : refuse(x, R_NOT_FOUND);
}

/* Of endpoints.def: who answers, and which row of oauth/calls.def it is (OE_COUNT: none). */
static const struct asking {
	struct answer     (*protocol)(struct call *c);
	struct answer     (*own)(struct exchange *x);
	enum oauth_endpoint call;
} askings[EP_COUNT] = {
#define ASK(f) .protocol = f
#define OWN(f) .own = f
#define NOBODY .protocol = NULL
#define ENDPOINT(id, name, ask, call_, speak, flags, member) [EP_##id] = { ask, .call = OE_##call_ },
#include "wire/endpoints.def"
#undef ENDPOINT
#undef NOBODY
#undef OWN
#undef ASK
};

static struct answer
ask_endpoint(struct exchange *x)
{
	const struct asking *a = &askings[exchange_endpoint(x)];

	if (a->own != NULL)
		return a->own(x);
	return a->protocol != NULL ? a->protocol(&x->c) : answer_of(ANS_EMPTY);
}

static struct answer
ask(struct exchange *x)
{
	if (x->route == NULL)
		return ask_nothing_there(x);
	if (x->wrong_method)
		return ask_wrong_method(x);
	if (x->early != R_NONE)
		return refuse(x, x->early);
	return ask_endpoint(x);
}

/* --- where it runs ---------------------------------------------------------------------------- */

/* An endpoint that authenticates the client where its question does not need it. */
static bool
asks_client_alone(const struct exchange *x)
{
	if (x->wrong_method)
		return (x->route->flags & RF_CLIENT_FIRST) != 0;
	return x->route->endpoint == EP_TOKEN_KEY && (!x->mount->style.token_key_open || x->c.evidence.basic_sent);
}

/* OE_COUNT: a page or a document, at once. */
static enum oauth_endpoint
oauth_endpoint_of(const struct exchange *x)
{
	enum endpoint e = exchange_endpoint(x);

	if (asks_client_alone(x))
		return OE_CLIENT;
	if (x->wrong_method)
		return OE_COUNT;
	if (e == EP_AUTHORIZE && (x->route->flags & RF_DECISION) && x->q->method == M_POST
	    && call_has(&x->c, P_APPROVAL))
		return OE_CONSENT;
	if (e == EP_SMS_CODE && (x->route->flags & RF_ASKS_CLIENT))
		return OE_SMS_BY_CLIENT;
	return e < EP_COUNT ? askings[e].call : OE_COUNT;
}

/* The answer is there, or is the same for everyone. */
static bool
is_settled(const struct exchange *x)
{
	return x->q->body_fault != BODY_SOUND || x->route == NULL || x->cached != NULL
	    || (x->early != R_NONE && !x->wrong_method);
}

bool
wire_needs_store(const struct exchange *x)
{
	return !is_settled(x) && oauth_endpoint_of(x) != OE_COUNT;
}

enum lane
wire_lane(struct exchange *x)
{
	enum oauth_endpoint e;

	if (is_settled(x))
		return LANE_INLINE;
	e = oauth_endpoint_of(x);
	return e == OE_COUNT ? LANE_INLINE : call_lane(&x->c, e);
}

bool
wire_proves(const struct exchange *x)
{
	return x->c.proves;
}

void
wire_prove(struct exchange *x)
{
	client_prove(&x->c);
}

void
wire_shares(const struct exchange *x, enum lane lane, uint64_t out[HTTP_SHARES])
{
	call_shares(&x->c, lane, out);
}

void
wire_shares_unread(const struct exchange *x, uint64_t out[HTTP_SHARES])
{
	call_shares_unread(&x->c, out);
}

_Static_assert(HTTP_SHARES == CALL_SHARES, "what a call is shared out by is what a lane is");

/* --- finishing -------------------------------------------------------------------------------- */

static void
put_error_id(struct exchange *x, struct http_reply *r)
{
	if (x->why == R_NONE)
		return;
	error_id_make(x);
	near_miss_find(x);
	http_reply_header(r, "X-Hufu-Error-Id", str_of(x->error_id));
}

/*
 * What the audit line says outlives the JSON values it may point into: those are released before
 * the line is written.
 */
static void
keep_facts(struct exchange *x)
{
	x->c.user_name = arena_dup(x->q->mem, x->c.user_name);
	x->c.detail = arena_dup(x->q->mem, x->c.detail);
	x->miss.came = arena_dup(x->q->mem, x->miss.came);
	x->miss.near = arena_dup(x->q->mem, x->miss.near);
}

/* Whose origins may read the answer: the authenticated client's, else those of the client whose token it tells of. */
static const struct client *
answers_to(const struct exchange *x, const struct answer *a)
{
	if (x->c.client != NULL)
		return x->c.client;
	return a->kind == ANS_FACTS ? a->facts.client : NULL;
}

static void
answer_with(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	if (x->keeps != NULL)
		*x->keeps = *a;
	if (a->kind == ANS_FAULT || a->kind == ANS_REDIRECT || a->kind == ANS_GO || a->kind == ANS_CHALLENGED)
		x->why = a->why;
	speak(x, a, r);
	put_error_id(x, r);
	if (str_given(x->c.dpop_nonce))         /* RFC 9449 section 8 */
		http_reply_header(r, "DPoP-Nonce", x->c.dpop_nonce);
	cors_headers(x, answers_to(x, a), r);
	browser_cookies(x, r);
	farewell_headers(x, r);
	keep_facts(x);
}

void
wire_finish(struct exchange *x, struct http_reply *r)
{
	struct answer a;

	if (x->q->body_fault != BODY_SOUND) {
		a = refuse(x, x->q->body_fault == BODY_CODED ? R_BODY_CODED : R_BODY_TOO_LARGE);
		answer_with(x, &a, r);
		return;
	}
	if (x->cached != NULL) {
		http_reply_kept(r, x->cached);
		return;
	}
	if (cors_preflight(x, r))
		return;
	call_begins_again(&x->c);
	a = x->work != NULL ? token_commit(&x->c, x->work) : ask(x);
	answer_with(x, &a, r);
	reply_cache_put(x, r);
}

/* The endpoints of LANE_WRITER. */
static enum token_next
begin(struct exchange *x, const struct store_op **ops, size_t *n, struct answer *a)
{
	switch (exchange_endpoint(x)) {
	case EP_TOKEN: return token_begin(&x->c, &x->work, ops, n, a);
	case EP_PAR: return pushed_begin(&x->c, ops, n, a);
	case EP_LOGIN: return login_begin(&x->c, ops, n, a);
	default: return authorize_begin(&x->c, ops, n, a);
	}
}

/* The answer is spoken before its rows are durable, so that the store's writer has nothing to do but to let it go. */
enum wire_next
wire_prepare(struct exchange *x, struct http_reply *r, const struct store_op **ops, size_t *n)
{
	struct answer a;
	enum token_next next = begin(x, ops, n, &a);

	if (next == TOKEN_RACES)
		return WIRE_WAITS;
	if (next == TOKEN_PREPARED && x->work != NULL)
		a = token_end(&x->c, x->work, STORE_DONE);
	answer_with(x, &a, r);
	return next == TOKEN_PREPARED && x->why == R_NONE ? WIRE_COMMIT : WIRE_ANSWERED;
}

void
wire_settle(struct exchange *x, enum store_result result, struct http_reply *r)
{
	struct answer a;

	if (result == STORE_DONE)
		return;
	*r = (struct http_reply){ 0 };
	call_begins_again(&x->c);
	a = token_end(&x->c, x->work, result);
	answer_with(x, &a, r);
}

void
wire_busy(struct exchange *x, struct http_reply *r)
{
	if (x->c.asks_besides) {
		x->c.must_not_wait = true;
		wire_finish(x, r);
		return;
	}
	x->why = R_TOO_BUSY;
	x->c.retry_after_s = 1;
	speak_fault(x, R_TOO_BUSY, r);
	put_error_id(x, r);
	cors_headers(x, x->c.client, r);
}

void
wire_facts(const struct exchange *x, struct wire_facts *out)
{
	enum endpoint e = exchange_endpoint(x);
	const struct call *c = &x->c;

	*out = (struct wire_facts){
		.endpoint = e < EP_COUNT ? endpoint_rows[e].name : "none",
		.grant = c->grant ? c->grant->name : "none",
		.why = x->why,
		.client_id = c->client ? c->client->id : STR_ABSENT,
		.user_name = c->user_name,
		.detail = c->detail,
		.habits = c->habits,
		.credential = c->credential,
		.error_id = x->error_id[0] ? x->error_id : NULL,
		.miss = x->miss,
	};
}
