/* Cookies, language, the site of a form, and where to go. RFC 6265, Fetch metadata. W2. */
#include "desk.h"

TEST(cookie_names_carry_issuer_and_guard)
{
	struct desk *d = desk_new(&wire_modern, "https://id.example"), *e = desk_new(&wire_modern, "https://id.example/one"), *f = desk_new(&wire_modern, "http://localhost");

	EXPECT_STR(cookie_name(desk_begin(d, mem, M_GET, "/"), ""), S("__Host-hufu-desk"));
	EXPECT_STR(cookie_name(desk_begin(e, mem, M_GET, "/"), "-saved"), S("__Secure-hufu-desk-saved"));
	EXPECT_STR(cookie_name(desk_begin(f, mem, M_GET, "/"), ""), S("hufu-desk"));
	desk_free(d);
	desk_free(e);
	desk_free(f);
}

TEST(a_decision_from_another_site_changes_nothing)
{
	static const char *const foreign[] = {
		"Origin: http://localhost@evil.example\r\n",
		"Origin: http://localhost:80@evil.example\r\n", "Origin: http://localhost:81\r\n",
		"Origin: https://localhost\r\n",
		"Referer: http://localhost.evil.example/\r\n",
		"Referer: http://localhost\\@evil.example/\r\n", "Referer: x://localhost/\r\n", "Origin: http://\r\n",
	};
	struct desk *d = desk_new(&wire_spring, "http://localhost");
	const char *form = "username=alice&password=wonder";

	EXPECT_INT(status_of_reply(talk(d, mem, "POST /login", "Origin: https://evil.example\r\n", form)), 403);
	EXPECT_INT(status_of_reply(talk(d, mem, "POST /login", "Sec-Fetch-Site: cross-site\r\n", form)), 403);
	EXPECT_INT(status_of_reply(talk(d, mem, "POST /login", "Sec-Fetch-Site: same-site\r\n", form)), 403);
	EXPECT_INT(status_of_reply(talk(d, mem, "POST /login", "Referer: https://evil.example/x\r\n", form)), 403);
	EXPECT_INT(status_of_reply(talk(d, mem, "POST /login", "Origin: null\r\n", form)), 403);
	EXPECT_INT(status_of_reply(talk(d, mem, "POST /login", "Referer: http://localhost/login\r\n", form)), 302);
	EXPECT_INT(status_of_reply(talk(d, mem, "POST /login", "Origin: http://localhost\r\n", form)), 302);
	EXPECT_INT(status_of_reply(talk(d, mem, "POST /login",
	    "Referer: http://LOCALHOST:80/login?a=http://x\r\n", form)), 302);
	for (size_t i = 0; i < COUNT(foreign); i++)
		EXPECT_INT(status_of_reply(talk(d, mem, "POST /login", foreign[i], form)), 403);
	EXPECT_INT(status_of_reply(talk(d, mem, "POST /login", "", form)), 302);
	desk_free(d);
}

TEST(locations_come_from_the_configured_url)
{
	struct desk *d = desk_new(&wire_zlt, "http://localhost:9900/api-uaa");
	struct str r = talk(d, mem, "GET /api-uaa/oauth/authorize?client_id=app", "", NULL);

	EXPECT_INT(status_of_reply(r), 302);
	EXPECT_STR(field_of_reply(r, "Location"), S("http://localhost:9900/api-uaa/login.html"));
	EXPECT(has(field_of_reply(r, "Set-Cookie"), "hufu-desk-saved="));
	EXPECT(has(field_of_reply(r, "Set-Cookie"), "Path=/api-uaa; HttpOnly; SameSite=Lax"));
	desk_free(d);
}

TEST(a_visitor_at_an_unknown_address_goes_to_login_where_the_dialect_says_so)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost"), *m = desk_new(&wire_modern, "http://localhost");
	struct str r = talk(d, mem, "GET /oauth/nope", "", NULL);

	EXPECT_STR(field_of_reply(r, "Location"), S("http://localhost/login"));
	EXPECT_STR(field_of_reply(talk(d, mem, "PUT /login", "", NULL), "Location"), S("http://localhost/login"));
	r = talk(d, mem, "GET /oauth/nope", desk_login(d, mem, "/login"), NULL);
	EXPECT_INT(status_of_reply(r), 404);
	EXPECT(has(body_of_reply(r), "\"status\":404,\"error\":\"Not Found\",\"path\":\"/oauth/nope\"}"));
	EXPECT_INT(status_of_reply(talk(m, mem, "GET /nope", "", NULL)), 404);
	r = talk(d, mem, "GET /favicon.ico", "", NULL);
	EXPECT(!str_given(field_of_reply(r, "Set-Cookie")));
	desk_free(d);
	desk_free(m);
}

TEST(language_by_link_parameter_and_header)
{
	struct desk *d = desk_new(&wire_modern, "http://localhost");
	struct str r = talk(d, mem, "GET /login?ui_lang=zh-CN", "", NULL);

	EXPECT_STR(field_of_reply(r, "Content-Language"), S("zh-CN"));
	EXPECT(has(r, "hufu-lang=zh-CN;"));
	EXPECT(has(r, "href=\"/login?ui_lang=en\""));
	r = talk(d, mem, "GET /login", "Cookie: hufu-lang=zh-CN\r\n", NULL);
	EXPECT_STR(field_of_reply(r, "Content-Language"), S("zh-CN"));
	r = talk(d, mem, "GET /login", "Accept-Language: zh\r\n", NULL);
	EXPECT_STR(field_of_reply(r, "Content-Language"), S("zh-CN"));
	EXPECT(!has(r, "hufu-lang"));
	r = talk(d, mem, "GET /login?ui_lang=xx%3Cscript%3E", "", NULL);
	EXPECT_STR(field_of_reply(r, "Content-Language"), S("en"));
	EXPECT(!has(r, "hufu-lang="));
	desk_free(d);
}

TEST(pages_are_not_framed_stored_or_scripted)
{
	for (size_t i = 0; wires[i] != NULL; i++) {
		struct desk *d = desk_new(wires[i], "http://localhost");
		const struct route *p = route_of_endpoint(wires[i], EP_LOGIN_PAGE);
		struct str r = talk(d, mem, arena_z(mem, arena_printf(mem, "GET %s", p ? p->path : "/")), "Accept: text/html\r\n", NULL);

		EXPECT_INT(status_of_reply(r), 200);
		EXPECT(has(field_of_reply(r, "Content-Security-Policy"), "default-src 'none'"));
		EXPECT(has(field_of_reply(r, "Content-Security-Policy"), "frame-ancestors 'none'"));
		EXPECT(has(field_of_reply(r, "Cache-Control"), "no-store"));
		EXPECT_STR(field_of_reply(r, "X-Frame-Options"), S("DENY"));
		EXPECT(!has(r, "<script"));
		EXPECT(has(r, "id=\"username\"") && has(r, "id=\"password\"") && has(r, "id=\"login-submit\"") && has(r, "name=\"_csrf\""));
		desk_free(d);
	}
}

TEST(too_many_failures_wait_with_429)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost"), *t = desk_new(&wire_taroco, "http://localhost");
	struct str r = S("");

	for (int i = 0; i < 8 && status_of_reply(r) != 429; i++)
		r = talk(d, mem, "POST /login", "Accept: text/html\r\n", "username=alice&password=no");
	EXPECT_INT(status_of_reply(r), 429);
	EXPECT(str_given(field_of_reply(r, "Retry-After")));
	EXPECT(has(r, "name=\"_csrf\""));
	for (int i = 0; i < 8 && status_of_reply(r = talk(t, mem, "POST /login", "", "username=alice&password=no")) != 429; i++)
		EXPECT_INT(status_of_reply(r), 401);
	EXPECT_INT(status_of_reply(r), 429);
	EXPECT(has(body_of_reply(r), "\"status\":\"FAILED\"}"));
	EXPECT(str_given(field_of_reply(r, "Retry-After")));
	desk_free(d);
	desk_free(t);
}
