/* Manual 001 over a socket: HTTP 200 around everything the API says. */
#include "../desk.h"

TEST(failures_are_422_inside)
{
	static const struct { const char *line, *body, *says; } rows[] = {
		{ "POST /oauth2/password", "grant_type=password&client_id=ghost&client_secret=x&username=a&password=b", "{\"code\":422,\"message\":\"找不到 Client Id\",\"data\":[]," },
		{ "POST /oauth2/password", "grant_type=password&client_id=app&client_secret=x&username=a&password=b", "{\"code\":422,\"message\":\"Client Secret 错误\",\"data\":[]," },
		{ "POST /oauth2/password", "grant_type=password&client_id=app&client_secret=secret&username=alice&password=b", "{\"code\":422,\"message\":\"账号或密码错误\",\"data\":[]," },
		{ "POST /oauth2/password", "client_id=app&client_secret=secret", "{\"code\":422,\"message\":\"The authorization grant type is not supported" },
		{ "POST /oauth2/authorize", "grant_type=authorization_code&client_id=app&client_secret=secret", "{\"code\":422,\"message\":\"The request is missing a required parameter" },
		{ "POST /oauth2/refresh-token", "grant_type=refresh_token&refresh_token=x&client_id=app&client_secret=secret", "{\"code\":422,\"message\":\"The refresh token is invalid.\"" },
		{ "GET /oauth2/password", NULL, "{\"code\":401,\"message\":\"The resource owner or authorization server denied the request.\",\"data\":[]," },
		{ "POST /oauth2/member", "", "{\"code\":401,\"message\":\"The resource owner" },
		{ "GET /oauth2/v1/default", NULL, "{\"code\":401,\"message\":\"The resource owner" },
		{ "DELETE /open/implicit", NULL, "{\"code\":405,\"message\":\"Method Not Allowed\"" },
		{ "GET /oauth2/nope", NULL, "{\"code\":404,\"message\":\"页面未找到。\"" },
	};
	struct desk *d = desk_new(&wire_rageframe, "http://localhost:8082");

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str r = talk(d, mem, rows[i].line, "", rows[i].body);

		EXPECT_INT(status_of_reply(r), 200);
		EXPECT(has(body_of_reply(r), rows[i].says));
		EXPECT_STR(field_of_reply(r, "Content-Type"), S("application/json; charset=UTF-8"));
	}
	desk_free(d);
}

TEST(the_old_form_names_log_in_and_the_code_flow_ends_in_an_envelope)
{
	struct desk *d = desk_new(&wire_rageframe, "http://localhost:8082");
	const char *cookie = desk_login(d, mem, "/login");
	struct str r = talk(d, mem, "GET /open/authorize/index?response_type=code&client_id=ask&state=%E4%B8%AD%2B", cookie, NULL), code;

	EXPECT_STR(field_of_reply(talk(d, mem, "POST /login", "", "LoginForm%5Busername%5D=alice&LoginForm%5Bpassword%5D=wonder"), "Location"), S("http://localhost:8082/"));
	EXPECT_INT(status_of_reply(r), 302);
	EXPECT(has(r, "&state=%E4%B8%AD%2B"));
	code = between(r, "?code=", "&state");
	r = talk(d, mem, "POST /oauth2/authorize", "", arena_z(mem, arena_printf(mem, "grant_type=authorization_code&client_id=ask&client_secret=secret&redirect_uri=https://app.example/cb&code=%.*s", STR_ARG(code))));
	EXPECT(has(body_of_reply(r), "{\"code\":200,\"message\":\"OK\",\"data\":{\"token_type\":\"Bearer\",\"expires_in\":172800,\"access_token\":\""));
	r = talk(d, mem, "GET /open/implicit?response_type=code&client_id=ask", cookie, NULL);
	EXPECT(!has(field_of_reply(r, "Location"), "code="));
	desk_free(d);
}
