#include "page/page.h"
#include "../test.h"

#define BASE "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

TEST(origins_that_are_named)
{
	EXPECT_STR(page_csp(mem, STR_ABSENT), S(BASE));
	EXPECT_STR(page_csp(mem, S("https://app.example")), S(BASE " https://app.example"));
	EXPECT_STR(page_csp(mem, S("http://localhost")), S(BASE " http://localhost"));
	EXPECT_STR(page_csp(mem, S("http://127.0.0.1:8080")), S(BASE " http://127.0.0.1:8080"));
	EXPECT_STR(page_csp(mem, S("com.example.app:")), S(BASE " com.example.app:"));
	EXPECT_STR(page_csp(mem, S("http://[::1]:8080")), S(BASE " http:"));
}

TEST(everything_else_is_left_out)
{
	static const char *const odd[] = { "", "https:", "javascript:", "https://", "https://a b", "https://a; script-src *", "https://a/path", "https://a?x", "https://a,b",
		"https://a'", "//a", "a", "https://user@a", "https://a:", "https://a:0", "https://a:99999", "https://a:8080x", "1http://a", "https://*", "https://[::1", "https://[]",
		"https://[::1]x", "https://a\r\nX: y", "https://例", ":", "://a", ".:" };

	for (size_t i = 0; i < COUNT(odd); i++)
		EXPECT_STR(page_csp(mem, str_of(odd[i])), S(BASE));
	EXPECT_STR(page_csp(mem, str_span("https://a\0b", 11)), S(BASE));
}

TEST(no_memory_gives_nothing)
{
	struct arena tiny;

	arena_init(&tiny, 16);
	EXPECT(!str_given(page_csp(&tiny, STR_ABSENT)));
	arena_free(&tiny);
}
