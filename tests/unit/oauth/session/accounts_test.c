/* The sessions of one browser: its cookies, who is found, which one a request goes on with. */
#include "oauth/session/session.h"
#include "../world.h"

/* A session of somebody, as a login leaves it; how long ago it was used tells the cookies apart. */
static struct str
session_made(struct world *w, struct arena *mem, const char *name, uint8_t user, int64_t ago_s)
{
	struct str cookie = arena_printf(mem, "cookie-of-%s", name);
	struct call c = call_at(w, &w->modern, mem);
	struct session s = { .digest = session_digest(&w->modern, cookie), .issuer = w->modern.name, .user_name = str_of(name),
		.account_type = S(""), .auth_s = c.now_s - ago_s, .seen_s = c.now_s - ago_s, .expires_s = c.now_s + 600,
		.address = S(""), .agent = S(""), .client = S(""), .amr = S("pwd") };

	memset(s.user.b, user, sizeof s.user.b);
	return store_commit(w->store, &(struct store_op){ .kind = OP_SESSION_ADD, .session = &s }, 1, NULL) == STORE_DONE ? cookie : STR_ABSENT;
}

TEST(an_account_is_read_once_and_no_more_than_there_is_room_for)
{
	struct account_cookies a = { .n = 0 };

	EXPECT(account_cookie_read(&a, S("one")) && !account_cookie_read(&a, S("one")) && !account_cookie_read(&a, S("")));
	for (int i = 1; i < ACCOUNTS_READ; i++)
		EXPECT(account_cookie_read(&a, arena_printf(mem, "%d", i)));
	EXPECT(!account_cookie_read(&a, S("more")));
	EXPECT_INT(a.n, ACCOUNTS_READ);
}

TEST(those_that_live_are_found_the_active_one_first)
{
	struct world *w = world_new();
	struct call c = call_at(w, &w->modern, mem);
	struct account_cookies k = { .active = session_made(w, mem, "a", 0x21, 50) };
	struct accounts all;

	c.accounts = &k;
	account_cookie_read(&k, session_made(w, mem, "old", 0x22, 40));
	account_cookie_read(&k, k.active);
	account_cookie_read(&k, S("of nobody"));
	account_cookie_read(&k, session_made(w, mem, "new", 0x23, 10));
	EXPECT(accounts_are_several(&c));
	EXPECT(accounts_live(&c, &all) && all.has_active);
	EXPECT_INT(all.n, 3);
	EXPECT_STR(all.at[0].s.user_name, S("a"));
	EXPECT_STR(all.at[1].s.user_name, S("new"));
	EXPECT_STR(all.at[2].s.user_name, S("old"));
	EXPECT_INT(k.n_gone, 1);
	EXPECT_STR(k.gone[0], S("of nobody"));
	EXPECT(account_called(&c, &all, account_id(&c, &all.at[2].s)) == &all.at[2]);
	EXPECT(account_called(&c, &all, S("")) == NULL && account_called(&c, &all, S("x")) == NULL);
	EXPECT(account_hinted(&c, &all, S("NEW")) == &all.at[1] && account_hinted(&c, &all, S("nobody")) == NULL);
	world_free(w);
}

/* OpenID Connect Core 3.1.2.6. */
TEST(nobody_is_active_and_no_page_may_ask)
{
	struct world *w = world_new();
	struct call c = call_at(w, &w->modern, mem);
	struct account_cookies k = { .n = 0 };
	struct answer a;

	c.accounts = &k;
	account_cookie_read(&k, world_login(w, &w->modern, mem));
	c.self = S("https://id.example/authorize?x");
	call_set(&c, P_CLIENT_ID, S("web"));
	call_set(&c, P_RESPONSE_TYPE, S("code"));
	call_set(&c, P_REDIRECT_URI, S("https://app.example/cb"));
	call_set(&c, P_CODE_CHALLENGE, CHALLENGE);
	call_set(&c, P_CODE_CHALLENGE_METHOD, S("S256"));
	call_set(&c, P_PROMPT, S("none"));
	a = authorize_endpoint(&c);
	EXPECT_INT(a.kind, ANS_REDIRECT);
	EXPECT_INT(a.why, R_ACCOUNT_SELECTION);
	c.why = R_NONE;
	call_set(&c, P_LOGIN_HINT, S("alice"));
	EXPECT_INT(authorize_endpoint(&c).redirect.kind, REDIRECT_CODE);
	world_free(w);
}

/* A list of operations is bounded, whatever a browser sends. */
TEST(a_login_among_many_cookies_of_one_user_keeps_within_its_list)
{
	struct world *w = world_new();
	struct call page = call_at(w, &w->modern, mem), c = call_at(w, &w->modern, mem);
	struct account_cookies k = { .n = 0 };
	struct answer a = login_page_endpoint(&page);

	for (int i = 0; i < ACCOUNTS_READ; i++)
		account_cookie_read(&k, session_made(w, mem, arena_z(mem, arena_printf(mem, "alice%d", i)), 0x11, i));
	c.accounts = &k;
	c.saved_cookie = page.set_saved;
	call_set(&c, P_CSRF, a.login.csrf);
	call_set(&c, P_USERNAME, S("alice"));
	call_set(&c, P_PASSWORD, S("wonderland"));
	EXPECT_INT(login_endpoint(&c).go.place, PLACE_HOME);
	EXPECT(str_given(c.set_session) && k.n_kept == 1 && k.n_gone >= 6);
	world_free(w);
}
