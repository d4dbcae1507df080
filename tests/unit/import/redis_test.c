/* Replies of Redis: whole, in pieces, and broken. */
#include "../test.h"
#include "import/redis.h"

static enum resp_result
first(struct arena *mem, struct str bytes, struct resp *out)
{
	size_t used;

	return resp_read(mem, bytes, out, &used);
}

TEST(replies)
{
	struct resp r;

	EXPECT(first(mem, S("+OK\r\n"), &r) == RESP_WHOLE && r.kind == RESP_TEXT && str_is(r.text, "OK"));
	EXPECT(first(mem, S("-NOAUTH no\r\n"), &r) == RESP_WHOLE && r.kind == RESP_ERROR);
	EXPECT(first(mem, S(":42\r\n"), &r) == RESP_WHOLE && r.number == 42);
	EXPECT(first(mem, S("$-1\r\n"), &r) == RESP_WHOLE && r.kind == RESP_NULL);
	EXPECT(first(mem, S("$4\r\na\r\nb\r\n"), &r) == RESP_WHOLE && str_is(r.text, "a\r\nb"));
	EXPECT(first(mem, S("*2\r\n$1\r\n0\r\n*1\r\n$1\r\nk\r\n"), &r) == RESP_WHOLE && r.n == 2 && str_is(r.items[1].items[0].text, "k"));
}

TEST(a_reply_that_is_not_all_there_waits)
{
	struct str all = S("*2\r\n$1\r\n0\r\n*1\r\n$1\r\nk\r\n");
	struct resp r;

	for (size_t n = 0; n < all.n; n++)
		EXPECT(first(mem, str_sub(all, 0, n), &r) == RESP_PART);
}

TEST(broken_replies)
{
	static const char *const broken[] = { "\r\n", "?\r\n", "$x\r\n", "$-2\r\n", "$999999999\r\n", "$1\r\nabc", "*9999999\r\n", ":\r\n", "+a\rb\r\n", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n" };
	struct resp r;

	for (size_t i = 0; i < COUNT(broken); i++)
		if (first(mem, str_of(broken[i]), &r) != RESP_BROKEN)
			test_fail(__FILE__, __LINE__, "taken: %s", broken[i]);
}
