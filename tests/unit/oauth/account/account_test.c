/* tests/unit/oauth/account/account_test.c - who may see a page of an account, what may be changed there, where it runs. */
#include "../world.h"
#include "oauth/account/account.h"
#include "upstream/upstream.h"

static struct call
call_here(struct world *w, struct arena *mem, struct str cookie)
{
	struct call c = call_at(w, &w->modern, mem);

	c.session_cookie = cookie;
	c.self = S("https://id.example/account/data?account_done=others");
	return c;
}

TEST(a_page_wants_a_session_and_what_is_dangerous_a_fresh_one)
{
	struct world *w = world_new();
	struct str cookie = world_login(w, &w->modern, mem);
	struct call c = call_here(w, mem, cookie);
	struct account_here h;
	struct answer a;

	EXPECT(account_session(&c, ACCOUNT_FRESH, &h, &a) && h.fresh);
	EXPECT_STR(h.u.name, S("alice"));
	c.now_s += w->strict.account.fresh_s + 1;
	EXPECT(account_session(&c, ACCOUNT_SEES, &h, &a) && !h.fresh);
	EXPECT(!account_session(&c, ACCOUNT_FRESH, &h, &a));
	EXPECT(a.kind == ANS_GO && a.go.place == PLACE_LOGIN && c.why == R_NONE);
	c.saved_cookie = c.set_saved;
	{
		struct saved s;

		NEED(saved_of_form(&c, &s));
		EXPECT_STR(s.url, S("https://id.example/account/data"));
		EXPECT_INT(s.demanded, BIT(PROMPT_LOGIN));
	}
	c.now_s -= 2 * w->strict.account.fresh_s;      /* a clock that was set back makes no login fresh */
	EXPECT(!account_session(&c, ACCOUNT_FRESH, &h, &a));
	w->strict.account.pages = false;
	c = call_here(w, mem, cookie);
	EXPECT(!account_session(&c, ACCOUNT_SEES, &h, &a) && c.why == R_NOT_FOUND);
	world_free(w);
}

/* Each is a row of account_sections.def. */
TEST(which_pages_are_offered)
{
	struct world *w = world_new();
	struct call c = call_here(w, mem, world_login(w, &w->modern, mem));
	const struct upstream idp = { .name = S("idp") };
	struct account_here h;
	struct account_page *p;
	struct answer a;

	NEED(account_session(&c, ACCOUNT_SEES, &h, &a));
	call_set(&c, P_DONE, S("others"));
	NEED((p = account_page(&c, ACCOUNT_HOME, &h)) != NULL);
	EXPECT(p->offered[ACCOUNT_PROFILE] && p->offered[ACCOUNT_PASSWORD] && p->offered[ACCOUNT_SESSIONS]);
	EXPECT(p->offered[ACCOUNT_APPLICATIONS] && p->offered[ACCOUNT_DATA] && !p->offered[ACCOUNT_DELETION]);
	EXPECT_STR(str_of(p->notice), S("account_done_others"));
	EXPECT(p->offered[ACCOUNT_FACTORS] && !p->offered[ACCOUNT_EMAIL] && !p->offered[ACCOUNT_PHONE]);
	EXPECT(!p->offered[ACCOUNT_IDENTITIES]);
	w->modern.upstreams = (const struct upstream *const[]){ &idp, NULL };
	call_set(&c, P_DONE, S("with_taken"));
	NEED((p = account_page(&c, ACCOUNT_HOME, &h)) != NULL);
	EXPECT(p->offered[ACCOUNT_IDENTITIES] && p->notice == NULL);
	EXPECT_STR(str_of(p->error), S("with_taken"));
	w->strict.account.deletion = ACCOUNT_DELETION_ALLOWED;
	w->strict.selfservice.email_change = w->strict.selfservice.phone_change = true;
	w->strict.factor.rule = SECOND_FACTOR_OFF;
	NEED((p = account_page(&c, ACCOUNT_HOME, &h)) != NULL);
	EXPECT(!p->offered[ACCOUNT_FACTORS] && p->offered[ACCOUNT_EMAIL] && p->offered[ACCOUNT_PHONE]);
	w->strict.passkey.rule = PASSKEYS_LOGIN;        /* they are looked after there too */
	h.u.origin = S("old:7");
	NEED((p = account_page(&c, ACCOUNT_HOME, &h)) != NULL);
	EXPECT(p->managed && !p->offered[ACCOUNT_PASSWORD] && p->offered[ACCOUNT_DELETION]);
	EXPECT(p->offered[ACCOUNT_FACTORS] && !p->offered[ACCOUNT_EMAIL] && !p->offered[ACCOUNT_PHONE]);
	h.u.origin = S("");
	h.u.entry = S("corp:1:alice");
	EXPECT(account_is_managed(&h));
	world_free(w);
}

TEST(which_claims_people_may_be_let_change)
{
	static const char *const may[] = { "name", "given_name", "picture", "zoneinfo", "address", "birthdate" };
	static const char *const never[] = { "email", "email_verified", "phone_number", "phone_number_verified", "sub",
		"preferred_username", "updated_at", "shoe_size", "" };

	for (size_t i = 0; i < COUNT(may); i++)
		EXPECT(account_claim_may_change(str_of(may[i])));
	for (size_t i = 0; i < COUNT(never); i++)
		EXPECT(!account_claim_may_change(str_of(never[i])));
}

TEST(a_password_that_is_asked_for_runs_where_hashes_do)
{
	struct world *w = world_new();
	struct call c = call_here(w, mem, world_login(w, &w->modern, mem));

	EXPECT_INT(call_lane(&c, OE_ACCOUNT), LANE_COMMIT);
	call_set(&c, P_CURRENT_PASSWORD, S("x"));
	EXPECT_INT(call_lane(&c, OE_ACCOUNT), LANE_PASSWORD);
	world_free(w);
}

/* Half a document is none: whoever has more is told so, and an operator can export it. */
TEST(more_than_a_document_holds_is_said)
{
	struct world *w = world_new();
	struct str cookie = world_login(w, &w->modern, mem);
	struct call c = call_here(w, mem, cookie);
	struct code code = { .auth = { .issuer = S("modern"), .client = S("app"), .user = w->alice.id },
		.expires_s = c.now_s + 60 };
	static char long_uri[64 * 1024];
	struct answer a;

	memset(long_uri, 'x', sizeof long_uri);
	code.redirect_uri = str_span(long_uri, sizeof long_uri);
	call_set(&c, P_CSRF, csrf_token(&c, cookie));
	a = account_data_endpoint(&c, true);
	NEED(a.kind == ANS_DOCUMENT);
	EXPECT(str_starts(a.document.body, S("{\"user\":{\"realm\":\"r\"")) && str_ends(a.document.body, S("\"acted_for_by\":[]}")));
	for (int i = 0; i < 140; i++) {
		code.digest.b[0] = (uint8_t)i;
		EXPECT_INT(store_commit(w->store, &(struct store_op){ .kind = OP_CODE_ADD, .code = &code }, 1, NULL), STORE_DONE);
	}
	a = account_data_endpoint(&c, true);
	EXPECT(a.kind == ANS_FAULT && a.why == R_EXPORT_LARGE);
	world_free(w);
}

/* P_SEEN: the version of the person that the page showed. */
TEST(a_profile_that_has_changed_is_shown_and_not_written)
{
	struct world *w = world_new();
	struct str cookie = world_login(w, &w->modern, mem);
	const struct claim_sent sent = { S("nickname"), S("Al") };
	struct call c = call_here(w, mem, cookie);
	struct answer a = account_profile_endpoint(&c, false);
	struct str seen;
	struct user u;

	NEED(a.kind == ANS_PAGE_ACCOUNT);
	seen = a.account->seen;
	NEED(store_user_by_name(w->store, mem, S("r"), S("alice"), &u) == FOUND);
	u.display_name = S("By operator");
	EXPECT_INT(store_commit(w->store, &(struct store_op){ .kind = OP_USER_SET, .user = &u }, 1, NULL), STORE_DONE);
	for (int i = 0; i < 2; i++) {
		c = call_here(w, mem, cookie);
		c.claims = &sent;
		c.n_claims = 1;
		call_set(&c, P_CSRF, csrf_token(&c, cookie));
		call_set(&c, P_SEEN, seen);
		a = account_profile_endpoint(&c, true);
		if (i > 0)
			break;
		NEED(a.kind == ANS_PAGE_ACCOUNT);
		EXPECT_INT(a.account->status, 409);
		seen = a.account->seen;
	}
	EXPECT(a.kind == ANS_GO && a.go.place == PLACE_SAVED);
	NEED(store_user_by_name(w->store, mem, S("r"), S("alice"), &u) == FOUND);
	EXPECT_STR(u.display_name, S("By operator"));
	EXPECT_STR(u.claims, S("{\"nickname\":\"Al\"}"));
	world_free(w);
}
