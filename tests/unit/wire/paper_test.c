/* Pages: where a form's redirects may lead, what the fields are called, what a scope means. CSP Level 3 section 6.4.2. */
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

static bool
lets_through(struct str page, const char *origin)
{
	return str_ends(field_of_reply(page, "Content-Security-Policy"), str_of(origin));
}

#define SPRING "/oauth/authorize?response_type=code&client_id="

TEST(the_login_form_may_lead_to_the_saved_requests_client)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost");

	EXPECT(lets_through(login_page_after(d, mem, SPRING "app&redirect_uri=https://app.example/cb"), "form-action 'self' https://app.example"));
	EXPECT(lets_through(login_page_after(d, mem, SPRING "app&redirect_uri=https%3A%2F%2Fapp.example%2Fcb"), "form-action 'self' https://app.example"));
	EXPECT(lets_through(login_page_after(d, mem, SPRING "app"), "form-action 'self' https://app.example"));
	EXPECT(has(login_page_after(d, mem, SPRING "app"), "to continue to Name of app"));
	desk_free(d);
}

TEST(the_login_form_may_not_lead_elsewhere)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost");

	EXPECT(lets_through(login_page_after(d, mem, SPRING "app&redirect_uri=https://evil.example/cb"), "form-action 'self'"));
	EXPECT(lets_through(login_page_after(d, mem, SPRING "app&redirect_uri=https://app.example.evil.example/cb"), "form-action 'self'"));
	EXPECT(lets_through(login_page_after(d, mem, SPRING "app&redirect_uri=%3B"), "form-action 'self'"));
	EXPECT(lets_through(login_page_after(d, mem, SPRING "nobody&redirect_uri=https://app.example/cb"), "form-action 'self'"));
	EXPECT(lets_through(login_page_after(d, mem, "/oauth/authorize"), "form-action 'self'"));
	EXPECT(lets_through(talk(d, mem, "GET /login", "", NULL), "form-action 'self'"));
	desk_free(d);
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
