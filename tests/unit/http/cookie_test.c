/* tests/unit/http/cookie_test.c - cookies in and out. */
#include "../test.h"
#include "http/http.h"

TEST(get)
{
	struct str h = S("a=1; hufu-main=x=y==; b=\"q\"; a=2;c=;d; =e");

	EXPECT_STR(cookie_get(h, S("a")), S("1"));
	EXPECT_STR(cookie_get(h, S("hufu-main")), S("x=y=="));
	EXPECT_STR(cookie_get(h, S("b")), S("q"));
	EXPECT_STR(cookie_get(h, S("c")), S(""));
	EXPECT_STR(cookie_get(h, S("d")), STR_ABSENT);
	EXPECT_STR(cookie_get(h, S("A")), STR_ABSENT);
	EXPECT_STR(cookie_get(h, S("main")), STR_ABSENT);
	EXPECT_STR(cookie_get(STR_ABSENT, S("a")), STR_ABSENT);
	EXPECT_STR(cookie_get(S(""), S("a")), STR_ABSENT);
	EXPECT_STR(cookie_get(S("a=\""), S("a")), S("\""));
}

TEST(set)
{
	EXPECT_STR(cookie_set(mem, S("n"), S("v"), S("/p"), false, -1), S("n=v; Path=/p; HttpOnly; SameSite=Lax"));
	EXPECT_STR(cookie_set(mem, S("n"), S("v"), S(""), true, 60), S("n=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"));
	EXPECT_STR(cookie_set(mem, S("n"), S(""), S("/"), false, 0), S("n=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"));
}
