/* Manual 002 over a socket. */
#include "../desk.h"

TEST(errors_carry_the_code_as_text)
{
	struct desk *d = desk_new(&wire_zlt, "http://localhost:9900/api-uaa");
	struct str r = talk(d, mem, "POST /api-uaa/oauth/token?grant_type=client_credentials&scope=nope", "Authorization: Basic YXBwOnNlY3JldA==\r\nContent-Length: 0\r\n", NULL);

	EXPECT_STR(body_of_reply(r), S("{\"error\":\"invalid_scope\",\"error_description\":\"Invalid scope: nope\",\"resp_code\":\"400\",\"resp_msg\":\"Invalid scope: nope\",\"scope\":\"read write\"}"));
	r = talk(d, mem, "GET /api-uaa/oauth/token", "Authorization: Basic YXBwOnNlY3JldA==\r\n", NULL);
	EXPECT_INT(status_of_reply(r), 400);
	EXPECT(has(r, "\"error\":\"unsupported_response_type\",\"error_description\":\"服务内部错误\""));
	EXPECT(!str_given(field_of_reply(r, "Allow")));
	r = talk(d, mem, "POST /api-uaa/oauth/token?grant_type=refresh_token", "Authorization: Basic YXBwOnNlY3JldA==\r\nContent-Length: 0\r\n", NULL);
	EXPECT(has(r, "\"error\":\"unsupported_response_type\""));
	desk_free(d);
}

TEST(the_error_page_carries_them_too)
{
	struct desk *d = desk_new(&wire_zlt, "http://localhost:9900/api-uaa");
	struct str r = talk(d, mem, "GET /api-uaa/oauth/authorize?response_type=code", desk_login(d, mem, "/user/login"), NULL);

	EXPECT_INT(status_of_reply(r), 401);
	EXPECT(has(r, "resp_code=&quot;401&quot;, resp_msg=&quot;Bad client credentials&quot;"));
	desk_free(d);
}

TEST(a_logout_ends_the_token_however_it_is_named)
{
	static const char *const how[] = { "POST /api-uaa/oauth/remove/token?token=", "GET /api-uaa/oauth/remove/token?access_token=", "GET /api-uaa/oauth/remove/token?x=" };
	struct desk *d = desk_new(&wire_zlt, "http://localhost:9900/api-uaa");

	for (size_t i = 0; i < 3; i++) {
		struct str r = talk(d, mem, "POST /api-uaa/oauth/token?grant_type=password&username=alice&password=wonder", "Authorization: Basic YXBwOnNlY3JldA==\r\nContent-Length: 0\r\n", NULL);
		struct str at = between(r, "\"access_token\":\"", "\"");
		const char *bearer = i == 2 ? arena_z(mem, arena_printf(mem, "Authorization: Bearer %.*s\r\n", STR_ARG(at))) : "";

		EXPECT(has(r, "{\"resp_code\":200,\"resp_msg\":\"ok\",\"datas\":{\"access_token\":\"") && has(r, "\"account_type\":\"admin\"}}"));
		r = talk(d, mem, arena_z(mem, ARENA_CAT(mem, str_of(how[i]), i < 2 ? at : S(""))), bearer, NULL);
		EXPECT_STR(body_of_reply(r), S("{\"resp_code\":0,\"resp_msg\":\"登出成功\"}"));
		r = talk(d, mem, "POST /api-uaa/oauth/check_token", "", arena_z(mem, arena_printf(mem, "token=%.*s", STR_ARG(at))));
		EXPECT(has(r, "\"error\":\"invalid_token\"") && has(r, "\"resp_code\":\"400\""));
	}
	desk_free(d);
}
