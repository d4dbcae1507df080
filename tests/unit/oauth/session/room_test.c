/* tests/unit/oauth/session/room_test.c - the kind of device that a browser says it is on. */
#include "../world.h"
#include "oauth/session/session.h"

TEST(kinds_of_device)
{
	static const struct { const char *agent, *kind; } rows[] = {
		{ "Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", "tablet" },
		{ "Mozilla/5.0 (Linux; Android 14; SM-X910) AppleWebKit/537.36 Chrome/120.0 Safari/537.36", "tablet" },
		{ "Mozilla/5.0 (Android 13; Tablet; rv:120.0) Gecko/120.0 Firefox/120.0", "tablet" },
		{ "Mozilla/5.0 (Linux; U; en-US) AppleWebKit/528.5+ Kindle/4.0", "tablet" },
		{ "Mozilla/5.0 (Linux; Android 9; KFMAWI) AppleWebKit/537.36 Silk/120.1 Safari/537.36", "tablet" },
		{ "Mozilla/5.0 (PC; OpenHarmony 5.0) AppleWebKit/537.36 Chrome/114.0", "computer" },
		{ "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 Chrome/114.0", "phone" },
		{ "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) MicroMessenger/8.0", "phone" },
		{ "Mozilla/5.0 (iPod touch; CPU iPhone OS 12_0 like Mac OS X)", "phone" },
		{ "Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1)", "phone" },
		{ "Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/120.0 Mobile Safari/537.36", "phone" },
		{ "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120.0", "computer" },
		{ "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605.1.15", "computer" },
		{ "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/120.0", "computer" },
		{ "Mozilla/5.0 (X11; Ubuntu; rv:120.0) Firefox/120.0", "computer" },
		{ "Links (2.29; Linux 6.1 x86_64)", "computer" },
		{ "curl/8.5.0", "other" }, { "", "other" },
	};

	(void)mem;
	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT_STR(device_kind(str_of(rows[i].agent)), str_of(rows[i].kind));
	EXPECT_STR(device_kind(STR_ABSENT), S("other"));
}

/* Each row is reached: none stands behind one that takes its own part. */
TEST(every_row_of_the_kinds_is_reached)
{
	static const struct { const char *part, *kind; } rows[] = {
#define DEVICE_KIND(part, kind) { part, kind },
#include "oauth/session/device_kinds.def"
	};

	(void)mem;
	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT_STR(device_kind(str_of(rows[i].part)), str_of(rows[i].kind));
}
