/* W3: a browser that comes from a form of ours goes on from a page; everybody else is redirected. CSP Level 3 section 6.4.2. */
#include "desk.h"

#define ASK       "/oauth/authorize?response_type=code&client_id="
#define HTML      "Accept: text/html\r\n"
#define NAVIGATES HTML "Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\nUpgrade-Insecure-Requests: 1\r\n"
#define OWN       "Sec-Fetch-Site: same-origin\r\n"
#define PLAIN     HTML "Upgrade-Insecure-Requests: 1\r\n"       /* over http to a host that is not this machine: no Fetch metadata */

static struct str
ask_with(struct desk *d, struct arena *mem, const char *line, const char *cookie, const char *headers, const char *body)
{
	return talk(d, mem, line, arena_z(mem, ARENA_CAT(mem, str_of(cookie), str_of(headers))), body);
}

static bool
is_page_to(struct str reply, const char *location)
{
	struct str refresh = field_of_reply(reply, "Refresh");

	return status_of_reply(reply) == 200 && !str_given(field_of_reply(reply, "Location"))
	    && str_starts(refresh, S("0;url=")) && str_starts(str_from(refresh, 6), str_of(location))
	    && has(reply, "id=\"onward\" href=\"") && has(field_of_reply(reply, "Cache-Control"), "no-store")
	    && str_ends(field_of_reply(reply, "Content-Security-Policy"), S("form-action 'self'"));
}

static bool
is_redirect_to(struct str reply, const char *location)
{
	int status = status_of_reply(reply);

	return (status == 302 || status == 303) && !str_given(field_of_reply(reply, "Refresh"))
	    && str_starts(field_of_reply(reply, "Location"), str_of(location));
}

TEST(w3_who_is_on_the_way_from_a_form)
{
	static const struct { const char *headers; bool page; } rows[] = {
		{ NAVIGATES OWN, true },
		{ NAVIGATES "Sec-Fetch-Site: cross-site\r\n", false }, { NAVIGATES "Sec-Fetch-Site: same-site\r\n", false },
		{ NAVIGATES "Sec-Fetch-Site: none\r\n", false },
		{ NAVIGATES "Sec-Fetch-Site: cross-site\r\nReferer: http://localhost/login\r\n", false },
		{ HTML OWN "Sec-Fetch-Dest: iframe\r\nUpgrade-Insecure-Requests: 1\r\n", false },
		{ OWN "Sec-Fetch-Dest: document\r\n", false },                  /* takes no HTML */
		{ PLAIN "Referer: http://localhost/login\r\n", true }, { PLAIN "Referer: http://localhost/login?error#x\r\n", true },
		{ PLAIN "Referer: http://localhost/oauth/authorize?client_id=app\r\n", true },
		{ PLAIN "Referer: http://localhost/application/login\r\n", false }, { PLAIN "Referer: http://localhost/oauth/token\r\n", false },
		{ PLAIN "Referer: http://localhost.example/login\r\n", false }, { PLAIN "Referer: http://localhost\r\n", false },
		{ PLAIN "Referer: odd\r\n", false }, { PLAIN, false },
		{ HTML "Referer: http://localhost/login\r\n", false }, { HTML, false }, { "", false },
	};
	struct desk *d = desk_new(&wire_spring, "http://localhost");
	const char *cookie = desk_login(d, mem, "/login");

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str r = ask_with(d, mem, "GET " ASK "app&state=s1", cookie, rows[i].headers, NULL);

		if (!(rows[i].page ? is_page_to : is_redirect_to)(r, "https://app.example/cb?code="))
			test_fail(__FILE__, __LINE__, "row %zu: %.*s", i, STR_ARG(r));
	}
	desk_free(d);
}

TEST(w3_a_decision_and_an_error_and_tokens_alike)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost");
	const char *cookie = desk_login(d, mem, "/login");
	struct str r;

	ask_with(d, mem, "GET " ASK "ask", cookie, HTML, NULL);
	r = ask_with(d, mem, "POST /oauth/authorize", cookie, NAVIGATES OWN "Origin: http://localhost\r\n", "user_oauth_approval=true&scope.read=true");
	EXPECT(is_page_to(r, "https://app.example/cb?code="));
	ask_with(d, mem, "GET " ASK "ask", cookie, HTML, NULL);
	r = ask_with(d, mem, "POST /oauth/authorize", cookie, PLAIN "Origin: http://localhost\r\n", "user_oauth_approval=false");
	EXPECT(is_page_to(r, "https://app.example/cb?error=access_denied"));
	ask_with(d, mem, "GET " ASK "ask", cookie, HTML, NULL);
	r = ask_with(d, mem, "POST /oauth/authorize", cookie, HTML "Origin: http://localhost\r\n", "user_oauth_approval=false");
	EXPECT(is_redirect_to(r, "https://app.example/cb?error=access_denied"));
	r = ask_with(d, mem, "GET " ASK "app&scope=odd", cookie, NAVIGATES OWN, NULL);
	EXPECT(is_page_to(r, "https://app.example/cb?error=invalid_scope"));
	r = ask_with(d, mem, "GET /oauth/authorize?response_type=token&client_id=app", cookie, NAVIGATES OWN, NULL);
	EXPECT(is_page_to(r, "https://app.example/cb#access_token="));
	desk_free(d);
}

TEST(w3_ways_within_the_issuer_stay_redirects)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost");
	const char *form = "username=alice&password=wonder", *bad = "username=alice&password=x";

	EXPECT(is_redirect_to(talk(d, mem, "POST /login", NAVIGATES OWN "Origin: http://localhost\r\n", form), "http://localhost/"));
	EXPECT(is_redirect_to(talk(d, mem, "POST /login", NAVIGATES OWN "Origin: http://localhost\r\n", bad), "http://localhost/login?error"));
	EXPECT(is_redirect_to(talk(d, mem, "POST /login", PLAIN "Referer: http://localhost/login\r\n", form), "http://localhost/"));
	EXPECT(is_redirect_to(talk(d, mem, "GET /logout", NAVIGATES OWN, NULL), "http://localhost/login?logout"));
	desk_free(d);
}

/* The form's own address is another name of the issuer; or what follows would bear no sign of the form. */
TEST(w3_a_form_that_leaves_by_its_first_step)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost");
	const char *form = "username=alice&password=wonder";

	EXPECT(is_page_to(talk(d, mem, "POST /login", NAVIGATES OWN "Origin: http://127.0.0.1:7\r\n", form), "http://localhost/"));
	EXPECT(is_redirect_to(talk(d, mem, "POST /login", PLAIN, form), "http://localhost/"));
	EXPECT(is_redirect_to(talk(d, mem, "POST /login", NAVIGATES, form), "http://localhost/"));
	EXPECT(is_page_to(talk(d, mem, "POST /login", PLAIN "Origin: http://localhost\r\n", form), "http://localhost/"));
	desk_free(d);
}

TEST(w3_below_a_prefix)
{
	struct desk *d = desk_new(&wire_zlt, "http://localhost:9900/api-uaa");
	const char *cookie = desk_login(d, mem, "/user/login");
	const char *line = "GET /api-uaa" ASK "app&redirect_uri=https://app.example/cb";

	EXPECT(is_page_to(ask_with(d, mem, line, cookie, PLAIN "Referer: http://localhost:9900/api-uaa/login.html?error\r\n", NULL), "https://app.example/cb?code="));
	EXPECT(is_redirect_to(ask_with(d, mem, line, cookie, PLAIN "Referer: http://localhost:9900/login.html\r\n", NULL), "https://app.example/cb?code="));
	EXPECT(is_redirect_to(ask_with(d, mem, line, cookie, PLAIN "Referer: http://localhost:9900/shop/\r\n", NULL), "https://app.example/cb?code="));
	desk_free(d);
}

TEST(w3_the_page_offers_no_second_code)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost");
	struct str r = ask_with(d, mem, "GET " ASK "app&state=%22%3E%3Cb", desk_login(d, mem, "/login"), NAVIGATES OWN "Accept-Language: zh-CN\r\n", NULL);

	EXPECT(is_page_to(r, "https://app.example/cb?code="));
	EXPECT(!has(r, "ui_lang=") && has(r, "state=%22%3E%3Cb"));
	EXPECT(has(r, "正在跳转到 app.example") && has(r, ">继续</a>"));
	desk_free(d);
}
