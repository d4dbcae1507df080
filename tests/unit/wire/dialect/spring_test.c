/* Manual 003 over a socket: consent, errors, cache headers. The recorded exchanges are replayed by tests/corpus. */
#include "../desk.h"

#define GENERIC "no-cache, no-store, max-age=0, must-revalidate"
#define AUTHORIZE "/oauth/authorize?response_type=code&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&state=s%2B1&client_id="

TEST(walk_through_of_the_manual)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost:8090");
	const char *cookie = desk_login(d, mem, "/login");
	struct str page = talk(d, mem, "GET " AUTHORIZE "ask", cookie, NULL), r, code;

	EXPECT_INT(status_of_reply(page), 200);
	EXPECT_STR(field_of_reply(page, "Cache-Control"), S("no-store"));
	EXPECT(!str_given(field_of_reply(page, "Pragma")));
	EXPECT(has(page, "action=\"/oauth/authorize\"") && has(page, "name=\"user_oauth_approval\"") && has(page, "name=\"scope.read\"") && has(page, "type=\"radio\""));
	EXPECT(has(field_of_reply(page, "Content-Security-Policy"), "form-action 'self'"));
	r = talk(d, mem, "POST /oauth/authorize", cookie, "user_oauth_approval=true&scope.read=true&scope.write=false");
	EXPECT_INT(status_of_reply(r), 303);
	EXPECT(has(field_of_reply(r, "Location"), "https://app.example/cb?code=") && has(field_of_reply(r, "Location"), "&state=s%2B1"));
	code = between(r, "code=", "&state");
	EXPECT_INT((int)code.n, 6);
	r = talk(d, mem, arena_z(mem, arena_printf(mem, "POST /oauth/token?grant_type=authorization_code&client_id=ask&client_secret=secret&code=%.*s&redirect_uri=https://app.example/cb", STR_ARG(code))), "Content-Length: 0\r\n", NULL);
	EXPECT_INT(status_of_reply(r), 200);
	EXPECT_STR(field_of_reply(r, "Content-Type"), S("application/json;charset=UTF-8"));
	EXPECT_STR(field_of_reply(r, "Cache-Control"), S("no-store"));
	EXPECT_STR(field_of_reply(r, "Pragma"), S("no-cache"));
	EXPECT(has(r, "\"token_type\":\"bearer\"") && has(r, "\"expires_in\":43199,\"scope\":\"read\"}"));
	EXPECT_INT((int)between(r, "\"access_token\":\"", "\"").n, 27);
	desk_free(d);
}

TEST(a_second_post_of_the_form_finds_nothing)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost:8090");
	const char *cookie = desk_login(d, mem, "/login"), *deny = "user_oauth_approval=true&scope.read=false";
	struct str r;

	talk(d, mem, "GET " AUTHORIZE "ask", cookie, NULL);
	r = talk(d, mem, "POST /oauth/authorize", cookie, deny);
	EXPECT_STR(field_of_reply(r, "Location"), S("https://app.example/cb?error=access_denied&error_description=User%20denied%20access&state=s%2B1"));
	r = talk(d, mem, "POST /oauth/authorize", cookie, deny);
	EXPECT_INT(status_of_reply(r), 400);
	EXPECT_STR(field_of_reply(r, "Cache-Control"), S(GENERIC));
	EXPECT(has(r, "error=&quot;invalid_request&quot;, error_description=&quot;Cannot approve uninitialized authorization request.&quot;"));
	EXPECT_STR(field_of_reply(r, "X-Hufu-Error-Id"), str_of(d->error_id));
	EXPECT(has(body_of_reply(r), d->error_id));
	desk_free(d);
}

TEST(a_decision_without_a_session_goes_to_login)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost:8090");
	struct str r = talk(d, mem, "POST /oauth/authorize", "", "user_oauth_approval=true&scope.read=true");

	EXPECT_INT(status_of_reply(r), 302);
	EXPECT_STR(field_of_reply(r, "Location"), S("http://localhost:8090/login"));
	desk_free(d);
}

TEST(values_are_shown_back_when_asked)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost:8090");
	const char *cookie = desk_login(d, mem, "/login");
	struct str r;

	d->mount.style.echo_values_in_errors = true;
	d->mount.style.generic_error_message = 1;
	r = talk(d, mem, "POST /oauth/token", "", "grant_type=client_credentials&client_id=app&client_secret=secret&scope=nope");
	EXPECT_STR(body_of_reply(r), S("{\"error\":\"invalid_scope\",\"error_description\":\"Invalid scope: nope\",\"scope\":\"read write\"}"));
	r = talk(d, mem, "GET /oauth/authorize?response_type=code&client_id=app&redirect_uri=http://evil.example/%3Cb%3E", cookie, NULL);
	EXPECT_INT(status_of_reply(r), 400);
	EXPECT(has(r, "Invalid redirect: http://evil.example/&lt;b&gt; does not match one of the registered values."));
	r = talk(d, mem, "POST /oauth/check_token", "", "x=y");
	EXPECT(has(r, "\"status\":400,\"error\":\"Bad Request\",\"message\":\"\",\"path\":\"/oauth/check_token\"}"));
	desk_free(d);
}

TEST(check_token_and_token_key)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost:8090");
	struct str r = talk(d, mem, "POST /oauth/check_token", "", "token=nonsense");

	EXPECT_STR(body_of_reply(r), S("{\"error\":\"invalid_token\",\"error_description\":\"Token was not recognised\"}"));
	EXPECT_STR(field_of_reply(r, "Cache-Control"), S("no-store"));
	r = talk(d, mem, "POST /oauth/check_token", "Authorization: Basic eDp5\r\n", "token=nonsense");
	EXPECT_INT(status_of_reply(r), 401);
	EXPECT_INT(status_of_reply(talk(d, mem, "GET /oauth/check_token?token=x", "", NULL)), 405);
	d->mount.style.check_token_get = true;
	EXPECT_INT(status_of_reply(talk(d, mem, "GET /oauth/check_token?token=x", "", NULL)), 400);
	EXPECT_STR(body_of_reply(talk(d, mem, "POST /oauth/check_token", "", "token=")), S("{\"error\":\"invalid_token\",\"error_description\":\"Token was not recognised\"}"));
	EXPECT_INT(status_of_reply(talk(d, mem, "GET /oauth/token_key", "", NULL)), 404);
	EXPECT_INT(status_of_reply(talk(d, mem, "GET /oauth/token_key", "Authorization: Basic eDp5\r\n", NULL)), 401);
	desk_free(d);
}

TEST(a_full_queue_is_said_in_the_dialect)
{
	for (size_t i = 0; wires[i] != NULL; i++) {
		struct desk *d = desk_new(wires[i], "http://localhost");
		struct exchange *x = desk_begin(d, mem, M_POST, route_of_endpoint(wires[i], EP_TOKEN)->path);
		struct http_reply r = { 0 };
		bool retry = false;

		wire_busy(x, &r);
		EXPECT_INT(r.status, wires[i]->envelope_always_200 ? 200 : 503);
		EXPECT(has(r.body, wires[i] == &wire_rageframe ? "\"code\":503" : "temporarily_unavailable"));
		for (size_t h = 0; h < r.n_headers; h++)
			retry |= strcmp(r.headers[h].name, "Retry-After") == 0;
		EXPECT(retry);
		desk_free(d);
	}
}
