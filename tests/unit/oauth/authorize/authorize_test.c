/* The authorization endpoint: where errors go, consent, redirect matching. RFC 6749 4.1.2.1, RFC 8252 7.3. */
#include "store/store_int.h"
#include "../world.h"

#define CB S("https://app.example/cb")

static struct call
asking(struct world *w, const struct issuer *i, struct arena *mem, struct str client, struct str redirect_uri, struct str scope)
{
	struct call c = call_at(w, i, mem);

	c.session_cookie = world_login(w, i, mem);
	call_set(&c, P_CLIENT_ID, client);
	call_set(&c, P_RESPONSE_TYPE, S("code"));
	call_set(&c, P_REDIRECT_URI, redirect_uri);
	call_set(&c, P_SCOPE, scope);
	call_set(&c, P_STATE, S("s1"));
	call_set(&c, P_CODE_CHALLENGE, CHALLENGE);
	call_set(&c, P_CODE_CHALLENGE_METHOD, S("S256"));
	return c;
}

/* O3 */
TEST(errors_travel_only_to_registered_uris)
{
	struct world *w = world_new();
	struct call c = asking(w, &w->modern, mem, S("web"), S("https://evil.example/"), STR_ABSENT);
	struct answer a = authorize_endpoint(&c);

	EXPECT_INT(a.kind, ANS_FAULT);
	EXPECT_INT(a.why, R_REDIRECT_UNREGISTERED);
	c = asking(w, &w->modern, mem, S("ghost"), CB, STR_ABSENT);
	EXPECT_INT(authorize_endpoint(&c).kind, ANS_FAULT);
	c = asking(w, &w->modern, mem, S("web"), S("https://evil.example/"), S("nope"));
	call_set(&c, P_RESPONSE_TYPE, S("bogus"));
	EXPECT_INT(authorize_endpoint(&c).kind, ANS_FAULT);
	c = asking(w, &w->modern, mem, S("web"), CB, S("nope"));
	a = authorize_endpoint(&c);
	EXPECT_INT(a.kind, ANS_REDIRECT);
	EXPECT_INT(a.why, R_SCOPE_UNKNOWN);
	EXPECT_STR(a.redirect.uri, CB);
	EXPECT_STR(a.redirect.state, S("s1"));
	EXPECT(a.redirect.iss);
	world_free(w);
}

TEST(redirects_are_compared_byte_for_byte)
{
	static const char *const response[] = { "code=x", "state=x", "error=x", "error_description=x", "error_uri=x", "iss=x", "access_token=x", "token_type=x",
		"expires_in=x", "scope=x", "id_token=x", "session_state=x", "response=x", "refresh_token=x", "code", "%63ode=x", "CODE=x", "code[]=x", "code[0]=x", "+code=x",
		"b=1;code=x", "%=x", "c%6fde=" };
	static const char *const ports[] = { "", "0", "65536", "99999999999", "-1", "80x",
	    "8080:80", "80@evil.example" };
	struct world *w = world_new();
	static const char *const bad[] = { "https://app.example/cb/", "https://app.example/cb?x=1", "https://app.example:443/cb", "https://APP.example/cb",
		"HTTPS://app.example/cb", "https://app.example/cb#f", "https://app.example/x/../cb", "https://app.example/%63b", "https://app.example/cb\\",
		"https://app.example@evil.example/cb", "", "javascript:alert(1)" };

	for (size_t i = 0; i < COUNT(bad); i++)
		EXPECT(!redirect_matches(&w->strict, CB, str_of(bad[i]), false));
	EXPECT(redirect_matches(&w->strict, CB, CB, false));
	EXPECT(redirect_matches(&w->strict, S("http://127.0.0.1/cb"), S("http://127.0.0.1:51004/cb"), false));
	EXPECT(redirect_matches(&w->strict, S("http://[::1]:9/cb"), S("http://[::1]:51004/cb"), false));
	for (size_t i = 0; i < COUNT(ports); i++)
		EXPECT(!redirect_matches(&w->strict, S("http://127.0.0.1/cb"), arena_printf(mem,
		    "http://127.0.0.1:%s/cb", ports[i]), false));
	EXPECT(redirect_matches(&w->strict, S("http://127.0.0.1/cb"), S("http://127.0.0.1:1/cb"), false));
	EXPECT(redirect_matches(&w->strict, S("http://127.0.0.1/cb?a"), S("http://127.0.0.1:65535/cb?a"), false));
	EXPECT(!redirect_matches(&w->strict, S("http://127.0.0.1/cb"), S("http://127.1:80/cb"), false));
	EXPECT(!redirect_matches(&w->strict, S("http://127.0.0.1/cb"), S("http://127.0.0.1\\@evil.example/cb"), false));
	EXPECT(!redirect_matches(&w->strict, S("http://127.0.0.1/cb"), S("HTTP://127.0.0.1:80/cb"), false));
	EXPECT(!redirect_matches(&w->strict, S("http://[::1]/cb"), S("http://[::1%25lo]:80/cb"), false));
	EXPECT(!redirect_matches(&w->strict, S("http://127.0.0.1/cb"), S("http://127.0.0.1:80@evil.example/cb"), false));
	EXPECT(!redirect_matches(&w->strict, S("http://127.0.0.1/cb"), S("http://127.0.0.1.evil.example/cb"), false));
	EXPECT(!redirect_matches(&w->strict, S("http://localhost/cb"), S("http://localhost:51004/cb"), false));
	EXPECT(!redirect_matches(&w->strict, S("https://127.0.0.1/cb"), S("https://127.0.0.1:51004/cb"), false));
	EXPECT(redirect_matches(&w->old, CB, S("https://app.example/cb?x=1"), true));
	EXPECT(redirect_matches(&w->old, S("https://app.example/b?x=1"), S("https://app.example/b?y=2&x=1"), true));
	EXPECT(!redirect_matches(&w->old, S("https://app.example/b?x=1"), S("https://app.example/b"), true));
	EXPECT(!redirect_matches(&w->old, S("https://app.example/b?x=1"), S("https://app.example/b?x=12"), true));
	for (size_t i = 0; i < COUNT(response); i++)
		if (redirect_matches(&w->old, CB, ARENA_CAT(mem, CB, S("?a=1&"), str_of(response[i])), true))
			test_fail(__FILE__, __LINE__, "%s may be added", response[i]);
	EXPECT(redirect_matches(&w->old, CB, S("https://app.example/cb?codes=1&my_state=2&issue=3"), true));
	EXPECT(redirect_matches(&w->old, S("https://app.example/cb?state=1"), S("https://app.example/cb?state=1&x=2"), true));
	EXPECT(!redirect_matches(&w->old, S("https://app.example/cb?state=1"), S("https://app.example/cb?state=1&state=2"), true));
	EXPECT(!redirect_matches(&w->old, CB, S("https://app.example/cb?x=1#code=2"), true));
	world_free(w);
}

TEST(an_anonymous_request_goes_to_login_and_nothing_is_stored)
{
	struct world *w = world_new();
	struct call c = asking(w, &w->modern, mem, S("web"), CB, STR_ABSENT);
	struct store_stats before, after;
	struct saved s;
	struct answer a;

	c.session_cookie = STR_ABSENT;
	store_stats(w->store, &before);
	a = authorize_endpoint(&c);
	store_stats(w->store, &after);
	EXPECT_INT(a.kind, ANS_GO);
	EXPECT_INT(a.go.place, PLACE_LOGIN);
	EXPECT_INT(after.commits, before.commits);
	c.saved_cookie = c.set_saved;
	NEED(saved_read(&c, &s));
	EXPECT_STR(s.url, c.self);
	((char *)c.saved_cookie.p)[20] ^= 1;
	EXPECT(!saved_read(&c, &s));
	world_free(w);
}

/* The login page of a tab, filled in; the cookie is the browser's. */
static struct call
tab(struct world *w, struct arena *mem, const char *address, struct str *cookie, struct answer *page)
{
	struct call c = asking(w, &w->modern, mem, S("web"), CB, STR_ABSENT), d = call_at(w, &w->modern, mem);

	c.session_cookie = STR_ABSENT;
	c.saved_cookie = *cookie;
	c.self = str_of(address);
	EXPECT_INT(authorize_endpoint(&c).go.place, PLACE_LOGIN);
	*cookie = d.saved_cookie = c.set_saved;
	*page = login_page_endpoint(&d);
	EXPECT(!str_given(d.set_saved) && str_given(page->login.saved));
	call_set(&d, P_CSRF, page->login.csrf);
	call_set(&d, P_SAVED_REQUEST, page->login.saved);
	call_set(&d, P_USERNAME, S("alice"));
	call_set(&d, P_PASSWORD, S("wonderland"));
	return d;
}

#define FIRST  "https://id.example/authorize?first"
#define SECOND "https://id.example/authorize?second"

/* One nonce for all the pages of a browser, one request for each; what an older tab answers leaves the newer one's alone. */
TEST(each_login_page_goes_on_with_its_own_request)
{
	struct world *w = world_new();
	struct str cookie = STR_ABSENT;
	struct answer page, a;
	struct call one = tab(w, mem, FIRST, &cookie, &page), two = tab(w, mem, SECOND, &cookie, &page);
	struct saved s;

	one.saved_cookie = cookie;
	a = login_endpoint(&one);
	EXPECT_INT(a.go.place, PLACE_SAVED);
	EXPECT_STR(a.go.url, S(FIRST));
	two.saved_cookie = one.set_saved;
	two.session_cookie = one.set_session;
	NEED(saved_read(&two, &s));
	EXPECT_STR(s.url, S(SECOND));
	a = login_endpoint(&two);
	EXPECT_STR(a.go.url, S(SECOND));
	two.saved_cookie = two.set_saved;
	NEED(saved_read(&two, &s));
	EXPECT_STR(s.url, S(""));
	world_free(w);
}

/* A wrong password shows the page once more, and that reads the cookie. */
TEST(a_failed_login_keeps_the_request_of_its_own_page)
{
	struct world *w = world_new();
	struct str cookie = STR_ABSENT;
	struct answer page;
	struct call one = tab(w, mem, FIRST, &cookie, &page), two = tab(w, mem, SECOND, &cookie, &page);
	struct saved s;

	one.saved_cookie = cookie;
	call_set(&one, P_PASSWORD, S("wrong"));
	EXPECT_INT(login_endpoint(&one).go.place, PLACE_LOGIN_FAILED);
	one.saved_cookie = one.set_saved;
	NEED(saved_read(&one, &s));
	EXPECT_STR(s.url, S(FIRST));
	call_set(&two, P_PASSWORD, S("wrong"));
	EXPECT_INT(login_endpoint(&two).go.place, PLACE_LOGIN_FAILED);
	two.saved_cookie = two.set_saved;
	NEED(saved_read(&two, &s));
	EXPECT_STR(s.url, S(SECOND));
	EXPECT_STR(s.name, two.arg[P_USERNAME]);                /* for the page that comes next; a login that succeeds forgets it */
	world_free(w);
}

/* Nothing of a stale form counts but where it was to lead, and that only for whom it is no news. */
TEST(a_stale_login_form_leads_on_or_is_refused)
{
	struct world *w = world_new();
	struct str cookie = STR_ABSENT, other = STR_ABSENT;
	struct answer page, a;
	struct call one = tab(w, mem, FIRST, &cookie, &page), two = tab(w, mem, SECOND, &other, &page), c;
	struct call live = asking(w, &w->modern, mem, S("web"), CB, STR_ABSENT);

	c = one;
	c.saved_cookie = other;                                 /* a good nonce, another's token */
	EXPECT_INT(login_endpoint(&c).why, R_CSRF);
	c = one;
	c.saved_cookie = STR_ABSENT;                            /* no nonce at all */
	EXPECT_INT(login_endpoint(&c).why, R_CSRF);
	c = one;
	c.now_s += 3601;                                        /* one that has ended */
	a = login_endpoint(&c);
	EXPECT_INT(a.go.place, PLACE_SAVED);
	EXPECT_STR(a.go.url, S(FIRST));
	EXPECT(c.why == R_NONE && !str_given(c.set_session));
	c = two;
	c.saved_cookie = cookie;
	c.session_cookie = live.session_cookie;                 /* somebody is logged in */
	a = login_endpoint(&c);
	EXPECT_STR(a.go.url, S(SECOND));
	EXPECT(!str_given(c.set_session));
	c = two;
	c.session_cookie = live.session_cookie;
	c.site = SITE_CROSS;
	EXPECT_INT(login_endpoint(&c).why, R_CROSS_SITE);
	world_free(w);
}

/* A decision of a session that has ended, or about what waits no more, decides nothing and begins anew. */
TEST(a_stale_consent_form_begins_anew)
{
	struct world *w = world_new();
	struct call c = asking(w, &w->modern, mem, S("ask"), CB, STR_ABSENT), d, e;
	struct answer a = authorize_endpoint(&c), b;

	EXPECT_INT(a.kind, ANS_PAGE_CONSENT);
	d = call_at(w, &w->modern, mem);
	call_set(&d, P_PENDING_REQUEST, a.consent.request_id);
	call_set(&d, P_SAVED_REQUEST, a.consent.saved);
	call_set(&d, P_CSRF, a.consent.csrf);
	d.approved = S("read write");
	e = d;                                                  /* without a session */
	b = consent_endpoint(&e);
	EXPECT_INT(b.go.place, PLACE_SAVED);
	EXPECT_STR(b.go.url, c.self);
	e = d;
	e.site = SITE_CROSS;
	EXPECT_INT(consent_endpoint(&e).kind, ANS_FAULT);
	e = d;
	e.session_cookie = c.session_cookie;
	call_set(&e, P_CSRF, S("of another session"));
	b = consent_endpoint(&e);
	EXPECT_STR(b.go.url, c.self);
	e = d;
	e.session_cookie = c.session_cookie;
	e.now_s += 30 * 60 + 1;
	b = consent_endpoint(&e);
	EXPECT_STR(b.go.url, c.self);
	EXPECT_INT(authorize_endpoint(&c).kind, ANS_PAGE_CONSENT);      /* none of these was a decision */
	world_free(w);
}

/* The consent page of a request of this state at an old issuer, and a decision on it; without its id, as an old manual prints the form. */
static struct answer
old_page(struct world *w, struct arena *mem, struct str cookie, struct str state)
{
	struct call c = asking(w, &w->legacy, mem, S("ask"), CB, STR_ABSENT);

	c.session_cookie = cookie;
	call_set(&c, P_STATE, state);
	return authorize_endpoint(&c);
}

static struct answer
old_decision(struct world *w, struct arena *mem, struct str cookie, struct str id)
{
	struct call c = call_at(w, &w->legacy, mem);

	c.session_cookie = cookie;
	if (str_given(id))
		call_set(&c, P_PENDING_REQUEST, id);
	call_set(&c, P_APPROVAL, S("true"));
	c.approved = S("read write");
	return consent_endpoint(&c);
}

TEST(each_consent_page_of_an_old_issuer_decides_its_own_request)
{
	struct world *w = world_new();
	struct str cookie = world_login(w, &w->legacy, mem);
	struct answer one = old_page(w, mem, cookie, S("one")), two = old_page(w, mem, cookie, S("two")), a;

	EXPECT(one.kind == ANS_PAGE_CONSENT && two.kind == ANS_PAGE_CONSENT);
	a = old_decision(w, mem, cookie, one.consent.request_id);
	EXPECT(a.kind == ANS_REDIRECT && a.redirect.kind == REDIRECT_CODE);
	EXPECT_STR(a.redirect.state, S("one"));
	a = old_decision(w, mem, cookie, two.consent.request_id);
	EXPECT(a.kind == ANS_REDIRECT && a.redirect.kind == REDIRECT_CODE);
	EXPECT_STR(a.redirect.state, S("two"));
	world_free(w);
}

/* The newest counts, once; what was asked before it is decided by no such form any more. */
TEST(a_form_without_a_request_means_the_newest)
{
	struct world *w = world_new();
	struct str cookie = world_login(w, &w->legacy, mem);
	struct answer one = old_page(w, mem, cookie, S("one")), a;

	old_page(w, mem, cookie, S("two"));
	a = old_decision(w, mem, cookie, STR_ABSENT);
	EXPECT_STR(a.redirect.state, S("two"));
	EXPECT_INT(old_decision(w, mem, cookie, STR_ABSENT).kind, ANS_FAULT);
	EXPECT_INT(old_decision(w, mem, cookie, one.consent.request_id).kind, ANS_FAULT);
	world_free(w);
}

TEST(consent_is_asked_decided_once_and_remembered)
{
	struct world *w = world_new();
	struct call c = asking(w, &w->modern, mem, S("ask"), CB, STR_ABSENT), d;
	struct answer a = authorize_endpoint(&c), b;

	EXPECT_INT(a.kind, ANS_PAGE_CONSENT);
	EXPECT_INT(a.consent.n_scopes, 2);
	EXPECT(a.consent.scopes[0].approved && !a.consent.scopes[1].approved);
	d = call_at(w, &w->modern, mem);
	d.session_cookie = c.session_cookie;
	call_set(&d, P_PENDING_REQUEST, a.consent.request_id);
	EXPECT_INT(consent_endpoint(&d).why, R_CSRF);
	d.why = R_NONE;
	call_set(&d, P_CSRF, a.consent.csrf);
	d.approved = S("read write");
	b = consent_endpoint(&d);
	EXPECT_INT(b.kind, ANS_REDIRECT);
	EXPECT_INT(b.redirect.kind, REDIRECT_CODE);
	EXPECT_STR(b.redirect.state, S("s1"));
	a = consent_endpoint(&d);                               /* the second half of a double click */
	EXPECT_INT(a.kind, ANS_REDIRECT);
	EXPECT_STR(a.redirect.code, b.redirect.code);
	EXPECT_STR(a.redirect.state, S("s1"));
	d.now_s += w->modern.policy->authorize.code_ttl_s + 1;
	EXPECT_INT(consent_endpoint(&d).why, R_NOTHING_PENDING);
	a = authorize_endpoint(&c);
	EXPECT_INT(a.kind, ANS_REDIRECT);
	EXPECT_INT(a.redirect.kind, REDIRECT_CODE);
	world_free(w);
}

TEST(consent_narrows_or_denies)
{
	struct world *w = world_new();
	struct call c = asking(w, &w->legacy, mem, S("ask"), CB, STR_ABSENT), d;
	struct answer a = authorize_endpoint(&c);

	EXPECT_INT(a.kind, ANS_PAGE_CONSENT);
	d = call_at(w, &w->legacy, mem);
	d.session_cookie = c.session_cookie;
	d.site = SITE_CROSS;
	EXPECT_INT(consent_endpoint(&d).why, R_CROSS_SITE);
	d.site = SITE_UNKNOWN;
	d.why = R_NONE;
	d.approved = S("");
	a = consent_endpoint(&d);
	EXPECT_INT(a.kind, ANS_REDIRECT);
	EXPECT_INT(a.why, R_ACCESS_DENIED);
	EXPECT_INT(authorize_endpoint(&c).kind, ANS_PAGE_CONSENT);
	d.why = R_NONE;
	d.approved = S("write");
	a = consent_endpoint(&d);
	NEED(a.kind == ANS_REDIRECT && a.redirect.kind == REDIRECT_CODE);
	a = redeem(w, &w->legacy, mem, S("ask"), S("secret"), a.redirect.code, CB, VERIFIER);
	EXPECT_STR(a.tokens.scope, S("write"));
	a = authorize_endpoint(&c);             /* what a live token covers is not asked again */
	EXPECT_INT(a.redirect.kind, REDIRECT_CODE);
	world_free(w);
}

TEST(prompt_none_and_login)
{
	struct world *w = world_new();
	struct call c = asking(w, &w->modern, mem, S("web"), CB, STR_ABSENT);
	struct answer a;

	call_set(&c, P_PROMPT, S("none"));
	EXPECT_INT(authorize_endpoint(&c).redirect.kind, REDIRECT_CODE);
	c.session_cookie = STR_ABSENT;
	a = authorize_endpoint(&c);
	EXPECT_INT(a.kind, ANS_REDIRECT);
	EXPECT_INT(a.why, R_LOGIN_REQUIRED);
	world_free(w);
}

TEST(prompt_words_are_known_and_none_stands_alone)
{
	static const struct { const char *prompt; enum reason why; } rows[] = {
		{ "none login", R_PROMPT_NONE }, { "consent none", R_PROMPT_NONE }, { "create", R_PROMPT }, { "Login", R_PROMPT },
		{ "login bogus", R_PROMPT },
	};
	struct world *w = world_new();

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct call c = asking(w, &w->modern, mem, S("web"), CB, STR_ABSENT);
		struct answer a;

		call_set(&c, P_PROMPT, str_of(rows[i].prompt));
		a = authorize_endpoint(&c);
		EXPECT_INT(a.kind, ANS_REDIRECT);
		EXPECT_INT(a.why, rows[i].why);
		EXPECT_STR(str_of(reason_rows[a.why].error), S("invalid_request"));
		c = asking(w, &w->legacy, mem, S("web"), CB, STR_ABSENT);       /* where nobody understands it */
		call_set(&c, P_PROMPT, str_of(rows[i].prompt));
		EXPECT_INT(authorize_endpoint(&c).redirect.kind, REDIRECT_CODE);
	}
	world_free(w);
}

/* The login page of a request that demands something, answered with these parameters. */
static struct answer
answered(struct world *w, struct call *from, struct call *c, struct arena *mem, bool stay)
{
	struct answer page;

	EXPECT_INT(authorize_endpoint(from).go.place, PLACE_LOGIN);
	*c = call_at(w, from->issuer, mem);
	c->session_cookie = from->session_cookie;
	c->saved_cookie = from->set_saved;
	page = login_page_endpoint(c);
	EXPECT_STR(page.login.here, stay ? S("alice") : STR_ABSENT);
	call_set(c, P_CSRF, page.login.csrf);
	if (stay)
		call_set(c, P_CONTINUE, S("1"));
	call_set(c, P_USERNAME, S("alice"));
	call_set(c, P_PASSWORD, S("wonderland"));
	return login_endpoint(c);
}

/* A login a moment ago is none of this request; one on its own pages is, once, and at no other request. */
TEST(prompt_login_wants_a_login_of_this_interaction)
{
	struct world *w = world_new();
	struct call c = asking(w, &w->modern, mem, S("web"), CB, STR_ABSENT), d;
	struct answer a;

	call_set(&c, P_PROMPT, S("login select_account"));
	a = answered(w, &c, &d, mem, false);
	EXPECT_INT(a.go.place, PLACE_SAVED);
	EXPECT_STR(a.go.url, c.self);
	NEED(str_given(d.set_session));
	c.session_cookie = d.set_session;
	d = c;
	d.self = S("https://id.example/authorize?y");
	EXPECT_INT(authorize_endpoint(&d).go.place, PLACE_LOGIN);
	a = authorize_endpoint(&c);
	EXPECT_INT(a.kind, ANS_REDIRECT);
	EXPECT_INT(a.redirect.kind, REDIRECT_CODE);
	a = authorize_endpoint(&c);
	EXPECT_INT(a.kind, ANS_GO);
	EXPECT_INT(a.go.place, PLACE_LOGIN);
	world_free(w);
}

TEST(prompt_select_account_lets_one_stay)
{
	struct world *w = world_new();
	struct call c = asking(w, &w->modern, mem, S("web"), CB, STR_ABSENT), d;
	struct answer a;

	call_set(&c, P_PROMPT, S("select_account"));
	a = answered(w, &c, &d, mem, true);
	EXPECT_INT(a.go.place, PLACE_SAVED);
	EXPECT(!str_given(d.set_session));
	EXPECT_INT(authorize_endpoint(&c).redirect.kind, REDIRECT_CODE);
	EXPECT_INT(authorize_endpoint(&c).go.place, PLACE_LOGIN);
	c.session_cookie = STR_ABSENT;                                          /* nobody is here: a login is the choice */
	a = answered(w, &c, &d, mem, false);
	c.session_cookie = d.set_session;
	EXPECT_INT(authorize_endpoint(&c).redirect.kind, REDIRECT_CODE);
	world_free(w);
}

/* What the client lost while the page was open is not given by the decision. */
TEST(a_decision_is_judged_by_what_is_registered_then)
{
	struct world *w = world_new();
	struct call c = asking(w, &w->modern, mem, S("ask"), CB, STR_ABSENT), d;
	struct answer a = authorize_endpoint(&c);
	struct client changed = *realm_client(w->realm, S("ask"));
	struct realm *before = w->realm;

	NEED(a.kind == ANS_PAGE_CONSENT);
	changed.redirect_uris = S("https://app.example/elsewhere");
	NEED(store_commit(w->store, &(struct store_op){ .kind = OP_CLIENT_PUT, .client = &changed }, 1, NULL) == STORE_DONE);
	world_realm(w);
	d = call_at(w, &w->modern, mem);
	d.session_cookie = c.session_cookie;
	call_set(&d, P_PENDING_REQUEST, a.consent.request_id);
	call_set(&d, P_CSRF, a.consent.csrf);
	d.approved = S("read write");
	a = consent_endpoint(&d);
	EXPECT_INT(a.kind, ANS_FAULT);
	EXPECT_INT(a.why, R_REDIRECT_UNREGISTERED);
	realm_free(before);
	world_free(w);
}

TEST(implicit_only_where_offered)
{
	struct world *w = world_new();
	struct call c = asking(w, &w->modern, mem, S("web"), CB, STR_ABSENT);
	struct answer a;

	call_set(&c, P_RESPONSE_TYPE, S("token"));
	EXPECT_INT(authorize_endpoint(&c).why, R_RESPONSE_TYPE);
	c = asking(w, &w->legacy, mem, S("web"), CB, STR_ABSENT);
	call_set(&c, P_RESPONSE_TYPE, S("token"));
	a = authorize_endpoint(&c);
	EXPECT_INT(a.redirect.kind, REDIRECT_TOKENS);
	EXPECT(a.redirect.mode == MODE_FRAGMENT && !str_given(a.tokens.id_token) && a.tokens.scope_is_news);
	EXPECT(is_active(w, &w->legacy, mem, a.tokens.access));
	world_free(w);
}

struct ending { struct store *s; struct dig32 digest; int left; };

static void
end_once(void *ctx)
{
	struct ending *e = ctx;

	if (e->left-- == 0)
		store_commit(e->s, &(struct store_op){ .kind = OP_SESSION_END, .session = &(struct session){ .digest = e->digest } }, 1, NULL);
}

/* An ended session does not come back by the note that it is in use. */
TEST(a_touch_brings_no_session_back)
{
	for (int k = 0; k < 8; k++) {
		struct world *w = world_new();
		struct call c;
		struct session s;
		struct ending e;

		w->strict.session.idle_s = 600;
		c = call_at(w, &w->modern, mem);
		c.session_cookie = world_login(w, &w->modern, mem);
		c.now_s += 120;
		c.now_ms += 120000;
		call_set(&c, P_CLIENT_ID, S("web"));
		call_set(&c, P_RESPONSE_TYPE, S("code"));
		e = (struct ending){ .s = w->store, .digest = session_digest(&w->modern, c.session_cookie), .left = k };
		store_hook_set(w->store, end_once, &e);
		authorize_endpoint(&c);
		store_hook_set(w->store, NULL, NULL);
		EXPECT(e.left >= 0 || store_session(w->store, mem, &e.digest, &s) == NOT_FOUND);
		world_free(w);
	}
}

/* What no browser carries waits as a row, and goes on from its own address as if it had been sent there. */
TEST(a_request_by_post_or_too_long_goes_on_from_a_row)
{
	struct world *w = world_new();
	struct call c = asking(w, &w->modern, mem, S("web"), CB, STR_ABSENT), d, e;
	const struct param_value *v;
	struct answer a;
	struct saved s;

	w->strict.token.takes_resource = false;         /* whether they may be asked for is resource_test.c's */
	c.session_cookie = STR_ABSENT;
	c.self = S("https://id.example/authorize?only=this");
	c.posted = true;
	call_set(&c, P_PASSWORD, S("not for the store"));
	EXPECT(call_add(&c, P_RESOURCE, S("https://one.example")) && call_add(&c, P_RESOURCE, S("https://two.example")));
	a = authorize_endpoint(&c);
	EXPECT_INT(a.go.place, PLACE_LOGIN);
	c.saved_cookie = c.set_saved;
	NEED(saved_read(&c, &s) && str_starts(s.url, S("https://id.example/authorize?interaction=")));
	d = call_at(w, &w->modern, mem);
	d.saved_cookie = c.set_saved;
	EXPECT_STR(login_page_endpoint(&d).login.client_id, S("web"));
	d = asking(w, &w->modern, mem, S("ask"), CB, S("nonsense"));    /* another request's parameters count for nothing beside it */
	d.self = s.url;
	call_set(&d, P_INTERACTION, str_from(s.url, sizeof "https://id.example/authorize?interaction=" - 1));
	EXPECT(call_add(&d, P_RESOURCE, S("https://three.example")));
	e = d;
	a = authorize_endpoint(&d);
	v = call_next(&d, P_RESOURCE, NULL);
	NEED(v != NULL && v->next != NULL);
	EXPECT_STR(d.arg[P_RESOURCE], S("https://one.example"));
	EXPECT_STR(v->value, S("https://one.example"));
	EXPECT_STR(v->next->value, S("https://two.example"));
	EXPECT(call_next(&d, P_RESOURCE, v->next) == NULL);
	EXPECT_INT(a.kind, ANS_REDIRECT);
	EXPECT_INT(a.redirect.kind, REDIRECT_CODE);
	EXPECT_STR(a.redirect.state, S("s1"));
	d = e;
	d.now_s += 36 * 3600 + 1;
	EXPECT_INT(authorize_endpoint(&d).why, R_NOTHING_PENDING);
	d = e;
	call_set(&d, P_INTERACTION, S("of nobody"));
	EXPECT_INT(authorize_endpoint(&d).why, R_NOTHING_PENDING);
	world_free(w);
}
