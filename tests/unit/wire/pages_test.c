/* Pages: that no form leads elsewhere, whom they name, what the fields are called, what a scope means. */
#include "desk.h"

/* The login page that an anonymous authorize request leads to. */
static struct str
login_page_after(struct desk *d, struct arena *mem, const char *request)
{
	struct str first = talk(d, mem, arena_z(mem, arena_printf(mem, "GET %s", request)), "Accept: text/html\r\n", NULL);
	struct str cookie = between(field_of_reply(first, "Set-Cookie"), "hufu-desk-saved=", ";");

	EXPECT(str_given(cookie));
	return talk(d, mem, "GET /login", arena_z(mem, ARENA_CAT(mem, S("Accept: text/html\r\nCookie: hufu-desk-saved="), cookie, S("\r\n"))), NULL);
}

#define SPRING "/oauth/authorize?response_type=code&client_id="

TEST(the_login_page_names_the_saved_requests_client)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost");

	EXPECT(has(login_page_after(d, mem, SPRING "app&redirect_uri=https://app.example/cb"), "to continue to Name of app"));
	EXPECT(has(login_page_after(d, mem, SPRING "app"), "to continue to Name of app"));
	EXPECT(!has(login_page_after(d, mem, SPRING "nobody&redirect_uri=https://app.example/cb"), "to continue to Name"));
	EXPECT(!has(login_page_after(d, mem, "/oauth/authorize"), "to continue to Name"));
	desk_free(d);
}

/* W3: whatever the request asks for, and whoever asks. */
TEST(w3_no_request_widens_the_policy_of_a_page)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost");
	const char *cookie = desk_login(d, mem, "/login");
	const struct str pages[] = {
		login_page_after(d, mem, SPRING "app&redirect_uri=https://app.example/cb"),
		login_page_after(d, mem, SPRING "app&redirect_uri=https://evil.example/cb"),
		login_page_after(d, mem, SPRING "app&redirect_uri=%3B"),
		talk(d, mem, "GET /login", "", NULL),
		talk(d, mem, "GET " SPRING "ask", cookie, NULL),
	};

	for (size_t i = 0; i < COUNT(pages); i++)
		EXPECT(str_ends(field_of_reply(pages[i], "Content-Security-Policy"), S("; form-action 'self'")));
	EXPECT(has(pages[4], "id=\"consent-form\""));
	desk_free(d);
}

TEST(the_host_that_is_shown)
{
	static const struct { const char *uri, *shown; } rows[] = {
		{ "https://app.example/cb?x=//y", "app.example" }, { "http://127.0.0.1:8080", "127.0.0.1:8080" }, { "http://[::1]:8080/cb", "[::1]:8080" },
		{ "https://app.example?x", "app.example" }, { "https://app.example#x", "app.example" }, { "com.example.app:/cb", "com.example.app:/cb" },
		{ "com.example.app:/cb?code=1#x", "com.example.app:/cb" }, { "odd", "odd" },
	};

	(void)mem;
	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT_STR(host_shown(str_of(rows[i].uri)), str_of(rows[i].shown));
}

TEST(the_login_form_speaks_the_dialects_names)
{
	struct desk *d = desk_new(&wire_rageframe, "http://localhost"), *e = desk_new(&wire_spring, "http://localhost");
	struct str page = talk(d, mem, "GET /login", "", NULL);

	EXPECT(has(page, "name=\"LoginForm[username]\"") && has(page, "name=\"LoginForm[password]\""));
	page = talk(e, mem, "GET /login", "", NULL);
	EXPECT(has(page, "name=\"username\"") && has(page, "name=\"password\""));
	desk_free(d);
	desk_free(e);
}

TEST(consent_says_what_a_scope_means)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost");
	struct str page = talk(d, mem, "GET " SPRING "ask", desk_login(d, mem, "/login"), NULL);

	EXPECT(has(page, "Read your data") && has(page, "name=\"scope.read\""));
	desk_free(d);
}

TEST(the_brand_is_the_host_unless_one_is_given)
{
	static const struct { const char *url, *host; } rows[] = {
		{ "https://login.shop.example/uaa", "login.shop.example" }, { "http://localhost:8090", "localhost" }, { "http://[::1]:8090", "[::1]" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct desk *d = desk_new(&wire_spring, rows[i].url);
		const char *line = arena_z(mem, arena_printf(mem, "GET %.*s/login", STR_ARG(d->mount.prefix)));

		EXPECT_STR(between(talk(d, mem, line, "", NULL), "brand-name\">", "<"), str_of(rows[i].host));
		d->mount.style.brand = S("小店");
		EXPECT_STR(between(talk(d, mem, line, "", NULL), "brand-name\">", "<"), S("小店"));
		desk_free(d);
	}
}

TEST(a_wrong_password_keeps_the_user_name)
{
	for (size_t i = 0; wires[i] != NULL; i++) {
		struct desk *d = desk_new(wires[i], "http://localhost");
		const char *html = "Accept: text/html\r\nUpgrade-Insecure-Requests: 1\r\n";
		struct str first, csrf, cookie, back, page;
		const struct route *form = route_of_endpoint(d->mount.wire, EP_LOGIN), *shown = route_of_endpoint(d->mount.wire, EP_LOGIN_PAGE);

		if (form == NULL || shown == NULL) {
			desk_free(d);
			continue;
		}
		first = talk(d, mem, arena_z(mem, arena_printf(mem, "GET %s", shown->path)), html, NULL);
		csrf = between(first, "name=\"_csrf\" value=\"", "\"");
		cookie = between(first, "Set-Cookie: ", ";");
		back = talk(d, mem, arena_z(mem, arena_printf(mem, "POST %s", form->path)),
		    arena_z(mem, arena_printf(mem, "%sCookie: %.*s\r\n", html, STR_ARG(cookie))),
		    arena_z(mem, arena_printf(mem, "%s=b%%26b&%s=wrong&_csrf=%.*s", between(first, "id=\"username\" name=\"", "\"").p ? arena_z(mem, between(first, "id=\"username\" name=\"", "\"")) : "username",
		    arena_z(mem, between(first, "id=\"password\" name=\"", "\"")), STR_ARG(csrf))));
		cookie = between(back, "Set-Cookie: hufu-desk-saved=", ";");
		EXPECT(str_given(cookie));
		page = talk(d, mem, arena_z(mem, arena_printf(mem, "GET %s?error", shown->path)),
		    arena_z(mem, arena_printf(mem, "%sCookie: hufu-desk-saved=%.*s\r\n", html, STR_ARG(cookie))), NULL);
		EXPECT(has(page, "value=\"b&amp;b\""));
		page = talk(d, mem, arena_z(mem, arena_printf(mem, "GET %s", shown->path)),
		    arena_z(mem, arena_printf(mem, "%sCookie: hufu-desk-saved=%.*s\r\n", html, STR_ARG(cookie))), NULL);
		EXPECT(!has(page, "b&amp;b"));
		desk_free(d);
	}
}
