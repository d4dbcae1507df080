/* tests/unit/wire/agent_test.c - what a User-Agent names, for people. */
#include "../test.h"
#include "wire/wire_int.h"

TEST(a_browser_is_called_by_its_name)
{
	static const struct { const char *sent, *shown; } rows[] = {
		{ "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36", "Chrome · Android" },
		{ "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1", "Safari · iPhone" },
		{ "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0", "Edge · Windows" },
		{ "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox · Linux" },
		{ "Mozilla/5.0 (Linux; Android 12) AppleWebKit/537.36 Chrome/107.0 Mobile Safari/537.36 MicroMessenger/8.0.49", "WeChat · Android" },
		{ "curl/8.5.0", "curl" },
		{ "SomethingElse (Windows)", "Windows" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT_STR(agent_shown(mem, str_of(rows[i].sent)), str_of(rows[i].shown));
	EXPECT(!str_given(agent_shown(mem, S("nobody knows"))));
	EXPECT(!str_given(agent_shown(mem, S(""))));
}
