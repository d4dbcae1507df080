/* Manual 000 over a socket: a script as front end, a browser as well. */
#include "../desk.h"

#define AUTHORIZE "/oauth/authorize?response_type=code&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&state=s&client_id="
#define OK "{\"errorCode\":null,\"errorMessage\":null,\"extMessage\":null,\"result\":"

TEST(login_by_json_and_by_form)
{
	struct desk *d = desk_new(&wire_taroco, "http://localhost:8081");
	struct str r = talk(d, mem, "POST /login", "Content-Type: application/json\r\n", "{\"username\":\"alice\",\"password\":\"wonder\"}");

	EXPECT_INT(status_of_reply(r), 200);
	EXPECT_STR(body_of_reply(r), S(OK "null,\"status\":\"SUCCEED\"}"));
	r = talk(d, mem, "POST /login", "", "username=alice&password=no");
	EXPECT_INT(status_of_reply(r), 401);
	EXPECT_STR(body_of_reply(r), S("{\"errorCode\":null,\"errorMessage\":\"Bad credentials\",\"extMessage\":null,\"result\":null,\"status\":\"FAILED\"}"));
	r = talk(d, mem, "POST /login", "Accept: text/html\r\n", "username=alice&password=no");
	EXPECT_INT(status_of_reply(r), 303);
	EXPECT_STR(field_of_reply(r, "Location"), S("http://localhost:8081/?error"));
	r = talk(d, mem, "GET " AUTHORIZE "app", "", NULL);
	EXPECT_STR(field_of_reply(r, "Location"), S("http://localhost:8081/"));
	r = talk(d, mem, "GET /logout", desk_login(d, mem, "/login"), NULL);
	EXPECT_STR(body_of_reply(r), S(OK "\"登出成功\",\"status\":\"SUCCEED\"}"));
	desk_free(d);
}

TEST(consent_of_a_script)
{
	struct desk *d = desk_new(&wire_taroco, "http://localhost:8081");
	const char *cookie = desk_login(d, mem, "/login");
	struct str r = talk(d, mem, "GET " AUTHORIZE "ask", cookie, NULL);

	EXPECT_INT(status_of_reply(r), 302);
	EXPECT_STR(field_of_reply(r, "Location"), S("http://localhost:8081/confirm_access?clientId=ask&scope=read,write&redirectUri=https://app.example/cb&appName=Name%20of%20ask"));
	r = talk(d, mem, "GET /confirm_access?clientId=ask&scope=read,write&redirectUri=https://app.example/cb", cookie, NULL);
	EXPECT_INT(status_of_reply(r), 200);
	EXPECT(has(r, "Name of ask"));
	r = talk(d, mem, "POST /oauth/custom_authorize", cookie, "user_oauth_approval=true&scope.read=true");
	EXPECT(has(body_of_reply(r), OK "\"https://app.example/cb?code="));
	EXPECT(has(body_of_reply(r), "&state=s\",\"status\":\"SUCCEED\"}"));
	r = talk(d, mem, "POST /oauth/custom_authorize", cookie, "user_oauth_approval=true");
	EXPECT_INT(status_of_reply(r), 400);
	EXPECT_STR(body_of_reply(r), S("{\"errorCode\":\"invalid_request\",\"errorMessage\":\"Cannot approve uninitialized authorization request.\",\"extMessage\":null,\"result\":null,\"status\":\"FAILED\"}"));
	desk_free(d);
}

TEST(consent_of_a_browser)
{
	struct desk *d = desk_new(&wire_taroco, "http://localhost:8081");
	const char *cookie = arena_z(mem, ARENA_CAT(mem, str_of(desk_login(d, mem, "/login")), S("Accept: text/html\r\n")));
	struct str r = talk(d, mem, "GET " AUTHORIZE "ask", cookie, NULL);

	EXPECT_INT(status_of_reply(r), 302);
	EXPECT(has(field_of_reply(r, "Location"), "http://localhost:8081/confirm_access?clientId=ask"));
	r = talk(d, mem, "GET /confirm_access?clientId=ask&scope=read,write&redirectUri=https://app.example/cb", cookie, NULL);
	EXPECT_INT(status_of_reply(r), 200);
	EXPECT(has(r, "action=\"/oauth/authorize\"") && has(r, "id=\"consent-deny\"") && has(r, "name=\"_csrf\""));
	r = talk(d, mem, "POST /oauth/authorize", cookie, "user_oauth_approval=true");
	EXPECT_INT(status_of_reply(r), 302);
	r = talk(d, mem, "GET " AUTHORIZE "ghost", cookie, NULL);
	EXPECT_INT(status_of_reply(r), 400);
	EXPECT_STR(body_of_reply(r), S("{\"errorCode\":null,\"errorMessage\":\"Bad client credentials\",\"extMessage\":null,\"result\":null,\"status\":\"FAILED\"}"));
	r = talk(d, mem, "GET " AUTHORIZE "ghost", arena_z(mem, ARENA_CAT(mem, str_of(cookie), S("Sec-Fetch-Dest: document\r\n"))), NULL);
	EXPECT(has(r, "id=\"error-page\""));
	desk_free(d);
}

TEST(the_page_asks_about_the_request_that_waits)
{
	struct desk *d = desk_new(&wire_taroco, "http://localhost:8081");
	const char *cookie = arena_z(mem, ARENA_CAT(mem, str_of(desk_login(d, mem, "/login")), S("Accept: text/html\r\n")));
	struct str r = talk(d, mem, "GET /confirm_access?clientId=cc&scope=read", cookie, NULL);

	EXPECT_INT(status_of_reply(r), 400);
	talk(d, mem, "GET " AUTHORIZE "ask", cookie, NULL);
	r = talk(d, mem, "GET /confirm_access?clientId=cc&scope=openid&appName=Bank&redirectUri=https://bank.example/", cookie, NULL);
	EXPECT_INT(status_of_reply(r), 200);
	EXPECT(has(r, "Name of ask wants") && has(r, "Create and change your data") && has(r, "app.example"));
	EXPECT(!has(body_of_reply(r), "Name of cc") && !has(r, "bank.example afterwards") && !has(r, "Confirm who you are"));
	desk_free(d);
}

TEST(errors_have_three_members_and_bad_forms_the_frameworks_two)
{
	struct desk *d = desk_new(&wire_taroco, "http://localhost:8081");
	struct str r = talk(d, mem, "POST /oauth/token", "", "grant_type=foo&client_id=app&client_secret=secret");

	EXPECT_STR(body_of_reply(r), S("{\"errorCode\":\"unsupported_grant_type\",\"errorMessage\":\"Unsupported grant type: foo\",\"status\":\"FAILED\"}"));
	r = talk(d, mem, "POST /oauth/token", "", "grant_type=refresh_token&refresh_token=abc&client_id=app&client_secret=secret");
	EXPECT_INT(status_of_reply(r), 401);
	EXPECT_STR(field_of_reply(r, "WWW-Authenticate"), S("Bearer error=\"invalid_token\", error_description=\"Cannot convert access token to JSON\""));
	r = talk(d, mem, "POST /oauth/token", "", "grant_type=foo&client_id=app&client_secret=no");
	EXPECT_STR(body_of_reply(r), S("{\"error\":\"invalid_client\",\"error_description\":\"Bad client credentials\"}"));
	r = talk(d, mem, "POST /oauth/token", "Authorization: YXBwOnNlY3JldA==\r\n", "grant_type=client_credentials");
	EXPECT_INT(status_of_reply(r), 401);
	EXPECT(has(r, "must be 'Basic ' and the Base64"));
	r = talk(d, mem, "GET /oauth/token_key", "Authorization: Basic YXBwOnNlY3JldA==\r\n", NULL);
	EXPECT(has(r, "{\"alg\":\"SHA256withRSA\",\"value\":\"-----BEGIN PUBLIC KEY-----\\n") || status_of_reply(r) == 404);
	EXPECT_INT(status_of_reply(talk(d, mem, "GET /oauth/token_key", "", NULL)), 401);
	desk_free(d);
}
