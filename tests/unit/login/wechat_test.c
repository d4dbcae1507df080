/* tests/unit/login/wechat_test.c - the request for a code, and what WeChat answers. */
#include "../test.h"
#include "login/wechat.h"

TEST(a_request_is_the_documented_one)
{
	struct wechat_app a = { .app_id = S("wx1"), .secret = S("s&c"), .url = S("https://api.weixin.qq.com/sns/jscode2session") };
	struct outbound_ask ask;

	NEED(wechat_request(mem, &a, S("0a&openid=x"), &ask));
	EXPECT_STR(ask.method, S("GET"));
	EXPECT_STR(ask.url, S("https://api.weixin.qq.com/sns/jscode2session?appid=wx1&secret=s%26c&js_code=0a%26openid%3Dx&grant_type=authorization_code"));
	a.kind = WECHAT_WEB;
	NEED(wechat_request(mem, &a, S("c"), &ask));
	EXPECT(str_ends(ask.url, S("&code=c&grant_type=authorization_code")));
}

static enum wechat_result
answer(struct arena *mem, int status, const char *body, struct str *id)
{
	struct outbound_answer a = { .status = status, .body = str_of(body) };
	const char *trouble;

	*id = STR_ABSENT;
	return wechat_answer(mem, &a, id, &trouble);
}

TEST(answers_are_read_as_documented)
{
	struct str id;

	EXPECT_INT(answer(mem, 200, "{\"openid\":\"oGZUI0egBJY1zhBYw2KhdUfwVJJE\",\"session_key\":\"x\",\"unionid\":\"u\"}", &id), WECHAT_OK);
	EXPECT_STR(id, S("oGZUI0egBJY1zhBYw2KhdUfwVJJE"));
	EXPECT_INT(answer(mem, 200, "{\"errcode\":0,\"errmsg\":\"ok\",\"openid\":\"o1\"}", &id), WECHAT_OK);
	EXPECT_INT(answer(mem, 200, "{\"errcode\":40029,\"errmsg\":\"invalid code\"}", &id), WECHAT_WRONG);
	EXPECT_INT(answer(mem, 200, "{\"errcode\":40163,\"errmsg\":\"code been used\"}", &id), WECHAT_WRONG);
	EXPECT_INT(answer(mem, 200, "{\"errcode\":40029,\"openid\":\"o1\"}", &id), WECHAT_WRONG);
	EXPECT_STR(id, STR_ABSENT);
}

TEST(whatever_else_comes_is_no_login)
{
	static const char *const bodies[] = { "", "{", "[]", "null", "{}", "{\"openid\":\"\"}", "{\"openid\":7}", "{\"openid\":\"a b\"}", "{\"openid\":\"../x\"}",
		"{\"errcode\":40013}", "{\"errcode\":40125}", "{\"errcode\":-1}", "{\"errcode\":45011}", "{\"errcode\":99999,\"openid\":\"o1\"}", "{\"openid\":\"a\",\"openid\":\"b\"}",
		"{\"errcode\":\"40029\",\"openid\":\"o1\"}", "{\"errcode\":null,\"openid\":\"o1\"}", "{\"errcode\":0.5,\"openid\":\"o1\"}", "{\"errcode\":true,\"openid\":\"o1\"}" };
	struct str id;

	for (size_t i = 0; i < COUNT(bodies); i++)
		EXPECT_INT(answer(mem, 200, bodies[i], &id), WECHAT_DOWN);
	EXPECT_INT(answer(mem, 500, "{\"openid\":\"o1\"}", &id), WECHAT_DOWN);
	EXPECT_INT(answer(mem, 302, "{\"openid\":\"o1\"}", &id), WECHAT_DOWN);
	EXPECT_STR(id, STR_ABSENT);
}
