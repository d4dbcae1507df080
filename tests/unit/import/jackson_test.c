/* JSON with Java's types in it, and times as databases write them. */
#include "../test.h"
#include "import/jackson.h"
#include "import/when.h"

static const struct { const char *json; int64_t seconds; } durations[] = {
	{ "{\"v\":[\"java.time.Duration\",300.000000000]}", 300 }, { "{\"v\":[\"java.time.Duration\",420.9]}", 420 },
	{ "{\"v\":[\"java.time.Duration\",\"PT1H30M\"]}", 5400 }, { "{\"v\":\"P1DT2H3M4.5S\"}", 93784 }, { "{\"v\":60}", 60 },
	{ "{\"v\":\"300.000000000\"}", 300 }, { "{\"v\":\"3600\"}", 3600 }, { "{\"v\":0}", 0 },
	{ "{\"v\":-1}", -1 }, { "{\"v\":\"PT\"}", -1 }, { "{\"v\":\"P1H\"}", -1 }, { "{\"v\":\"PT1D\"}", -1 }, { "{\"v\":\"\"}", -1 },
	{ "{\"v\":1e300}", -1 }, { "{\"v\":true}", -1 }, { "{\"v\":[\"java.time.Duration\",[300]]}", -1 }, { "{\"v\":\"PT999999999999999H\"}", -1 },
};

TEST(durations_of_java)
{
	for (size_t i = 0; i < COUNT(durations); i++) {
		const json_t *all = jackson_read(mem, str_of(durations[i].json));
		int64_t n = 0;

		NEED(all != NULL);
		EXPECT_INT(jackson_seconds(json_object_get(all, "v"), &n) ? n : -1, durations[i].seconds);
	}
	EXPECT(jackson_read(mem, S("[1]")) == NULL);
	EXPECT(jackson_read(mem, S("{")) == NULL);
	EXPECT(jackson_read(mem, S("")) == NULL);
}

TEST(a_type_is_passed_over)
{
	const json_t *all = jackson_read(mem, S("{\"a\":[\"x.Y\",\"RS256\"],\"b\":{\"@class\":\"x.Z\",\"value\":\"self-contained\"},\"c\":[\"one\",\"two\"],"
	    "\"d\":{\"value\":1}}"));

	NEED(all != NULL);
	EXPECT_STR(str_of(json_string_value(jackson_plain(json_object_get(all, "a")))), S("RS256"));
	EXPECT_STR(str_of(json_string_value(jackson_plain(json_object_get(all, "b")))), S("self-contained"));
	EXPECT(json_is_array(jackson_plain(json_object_get(all, "c"))));
	EXPECT(json_is_object(jackson_plain(json_object_get(all, "d"))));
	EXPECT(jackson_plain(NULL) == NULL);
}

static const struct { const char *text; int64_t zone_s, is; } times[] = {
	{ "2026-12-21 09:49:22.061", 0, 1797846562 }, { "2026-12-21T09:49:22Z", 28800, 1797846562 }, { "2026-12-21 17:49:22+08", 0, 1797846562 },
	{ "2026-12-21 17:49:22.1234567 +08:00", 0, 1797846562 }, { "2026-12-21T05:19:22-0430", 0, 1797846562 },
	{ "2026-12-21 17:49:22", 28800, 1797846562 }, { "1797846562", 28800, 1797846562 }, { "1797846562061", 0, 1797846562 },
	{ "2026-12-21", 0, -1 }, { "2026-12-21 09:49:22 o'clock", 0, -1 }, { "2026-12-21 09:49:22+99", 0, -1 }, { "21.12.2026 09:49:22.0", 0, -1 },
	{ "", 0, -1 }, { "2026-12-21 09:49:22+08:", 0, -1 },
};

TEST(times_of_databases)
{
	for (size_t i = 0; i < COUNT(times); i++) {
		int64_t n = 0;

		EXPECT_INT(when_read(str_of(times[i].text), times[i].zone_s, &n) ? n : -1, times[i].is);
	}
}

TEST(zones)
{
	static const struct { const char *text; int64_t is; } zones[] = {
		{ "Z", 0 }, { "utc", 0 }, { "+08:00", 28800 }, { "+8", 28800 }, { "-0530", -19800 }, { "+18:00", 64800 },
		{ "+18:30", 1 }, { "+19", 1 }, { "08:00", 1 }, { "+", 1 }, { "Asia/Shanghai", 1 }, { "+08:0x", 1 }, { "+-8", 1 },
	};

	for (size_t i = 0; i < COUNT(zones); i++) {
		int64_t n = 0;

		EXPECT_INT(zone_read(str_of(zones[i].text), &n) ? n : 1, zones[i].is);
	}
}
