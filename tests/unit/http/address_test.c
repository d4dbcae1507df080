/* tests/unit/http/address_test.c - addresses and blocks. */
#include "../test.h"
#include "http/http_int.h"

static struct str
round_trip(struct arena *mem, const char *text)
{
	struct address a;
	char out[ADDRESS_TEXT];

	if (!address_read(str_of(text), &a))
		return STR_ABSENT;
	return arena_dup(mem, str_span(out, address_write(&a, out)));
}

TEST(addresses)
{
	EXPECT_STR(round_trip(mem, "192.0.2.1"), S("192.0.2.1"));
	EXPECT_STR(round_trip(mem, " 192.0.2.1:8080 "), S("192.0.2.1"));
	EXPECT_STR(round_trip(mem, "::ffff:192.0.2.1"), S("192.0.2.1"));
	EXPECT_STR(round_trip(mem, "2001:DB8::1"), S("2001:db8::1"));
	EXPECT_STR(round_trip(mem, "[2001:db8::1]:443"), S("2001:db8::1"));
	EXPECT_STR(round_trip(mem, "[::1]"), S("::1"));
	EXPECT_STR(round_trip(mem, ""), STR_ABSENT);
	EXPECT_STR(round_trip(mem, "unknown"), STR_ABSENT);
	EXPECT_STR(round_trip(mem, "1.2.3"), STR_ABSENT);
	EXPECT_STR(round_trip(mem, "1.2.3.256"), STR_ABSENT);
	EXPECT_STR(round_trip(mem, "[::1"), STR_ABSENT);
	EXPECT_STR(round_trip(mem, "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb"), STR_ABSENT);
}

static int
has(const char *block, const char *address)
{
	struct block b;
	struct address a;

	return !block_read(str_of(block), &b) || !address_read(str_of(address), &a) ? -1 : block_has(&b, &a);
}

TEST(blocks)
{
	EXPECT_INT(has("10.0.0.0/8", "10.255.0.1"), 1);
	EXPECT_INT(has("10.0.0.0/8", "11.0.0.1"), 0);
	EXPECT_INT(has("192.0.2.128/25", "192.0.2.129"), 1);
	EXPECT_INT(has("192.0.2.128/25", "192.0.2.127"), 0);
	EXPECT_INT(has("127.0.0.1", "127.0.0.1"), 1);
	EXPECT_INT(has("127.0.0.1", "127.0.0.2"), 0);
	EXPECT_INT(has("0.0.0.0/0", "8.8.8.8"), 1);
	EXPECT_INT(has("0.0.0.0/0", "::1"), 0);
	EXPECT_INT(has("::/0", "8.8.8.8"), 1);
	EXPECT_INT(has("2001:db8::/33", "2001:db8:7fff::1"), 1);
	EXPECT_INT(has("2001:db8::/33", "2001:db8:8000::1"), 0);
	EXPECT_INT(has("::1/128", "::1"), 1);
	EXPECT_INT(has("10.0.0.0/33", "10.0.0.1"), -1);
	EXPECT_INT(has("::/129", "::1"), -1);
	EXPECT_INT(has("10.0.0.0/", "10.0.0.1"), -1);
	EXPECT_INT(has("10.0.0.0/-1", "10.0.0.1"), -1);
	EXPECT_INT(has("x/8", "10.0.0.1"), -1);
}
