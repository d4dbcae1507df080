/* tests/unit/oauth/decoupled/user_code_test.c - a code as people type it. RFC 8628 section 6.1. */
#include "../world.h"
#include "oauth/decoupled/decoupled.h"

TEST(a_code_is_read_however_it_was_typed)
{
	const char *const typed[] = { "WDJB-MJHT", "wdjbmjht", " WDJB MJHT ", "w-d-j-b-m-j-h-t", "WDJB\xe2\x80\x93MJHT", "WDJB\xc2\xa0MJHT",
		"\xef\xbc\xb7\xef\xbc\xa4\xef\xbc\xaa\xef\xbc\xa2\xef\xbc\x8d\xef\xbc\xad\xef\xbc\xaa\xef\xbc\xa8\xef\xbc\xb4",
		"\xef\xbd\x97\xef\xbd\x84\xef\xbd\x8a\xef\xbd\x82\xe3\x80\x80mjht", "WDJB\xe2\x88\x92MJHT", "WDJB_MJHT\t", "WDJB.MJHT" };
	struct str code;

	for (size_t i = 0; i < COUNT(typed); i++)
		if (!user_code_read(mem, str_of(typed[i]), &code) || !str_is(code, "WDJB-MJHT"))
			test_fail(__FILE__, __LINE__, "%s", typed[i]);
}

TEST(anything_else_is_no_code)
{
	const char *const typed[] = { "", "WDJB-MJH", "WDJB-MJHTB", "WDJB-MJHA", "WDJB-MJH1", "WDJB+MJHT", "\xc3\xa4" "DJB-MJHT", "WDJB\xff" "MJHT",
		"WDJB-MJH\xef\xbd\xbf", "WDJB\nMJHT" };
	struct str code;

	for (size_t i = 0; i < COUNT(typed); i++)
		if (user_code_read(mem, str_of(typed[i]), &code))
			test_fail(__FILE__, __LINE__, "%s", typed[i]);
	EXPECT(!user_code_read(mem, STR_ABSENT, &code));
}

TEST(a_drawn_code_reads_as_itself_and_seldom_comes_twice)
{
	struct str one = user_code_draw(mem), two = user_code_draw(mem), read;

	NEED(user_code_read(mem, one, &read));
	EXPECT_STR(read, one);
	EXPECT(!str_eq(one, two) && one.n == 9);
}
