/* tests/unit/conf/yaml_test.c - what a file may not hold, and what is said of it. */
#include "../test.h"
#include "conf/conf.h"

/* The complaints about a text; "" when it was accepted. */
static struct str
complaints(struct arena *mem, const char *text)
{
	struct str why = STR_ABSENT;
	struct conf *c = conf_parse(S("f.yaml"), str_of(text), NULL, &why, mem);

	if (c != NULL)
		why = S("");
	conf_free(c);
	return why;
}

#define SAYS(text, line, part) do { \
	struct str said_ = complaints(mem, text); \
	if (!str_contains(said_, S(line)) || !str_contains(said_, S(part))) \
		test_fail(__FILE__, __LINE__, "said \"%.*s\"", STR_ARG(said_)); \
	} while (0)

TEST(unknown_keys_are_named_with_the_nearest)
{
	SAYS("isuers:\n  a: {}\n", "f.yaml:1: ", "did you mean `issuers`?");
	SAYS("http:\n  header_mex: 1k\n", "f.yaml:2: ", "did you mean `header_max`?");
	SAYS("issuers:\n  a:\n    url: http://x\n    acces_shape: jwt\n", "f.yaml:4: ", "did you mean `access_shape`?");
	SAYS("listeners:\n  a:\n    binds: 1\n", "f.yaml:3: ", "did you mean `bind`?");
	SAYS("zzzzzzzzzzzzzzzzzzzz: 1\n", "f.yaml:1: ", "remove it");
	SAYS("http.header_max: 1k\n", "f.yaml:1: ", "unknown key");
	SAYS("body_max: 1k\n", "f.yaml:1: ", "unknown key");
}

TEST(all_complaints_are_collected)
{
	struct str why = complaints(mem, "demo: perhaps\nhttp:\n  body_max: huge\n  nonsense: 1\nlog:\n  level: loud\n");

	EXPECT(str_contains(why, S("f.yaml:1: `demo` must be true or false")));
	EXPECT(str_contains(why, S("f.yaml:3: `http.body_max` must be a size such as")));
	EXPECT(str_contains(why, S("f.yaml:4: unknown key `nonsense`")));
	EXPECT(str_contains(why, S("f.yaml:6: `log.level` must be one of debug|info|warn|error")));
}

TEST(types_and_ranges)
{
	SAYS("http:\n  io_threads: 9999\n", "f.yaml:2: ", "between 0 and 256");
	SAYS("http:\n  io_threads: -1\n", "f.yaml:2: ", "between 0 and 256");
	SAYS("http:\n  io_threads: 4k\n", "f.yaml:2: ", "whole number");
	SAYS("http:\n  drain: 5x\n", "f.yaml:2: ", "a time such as");
	SAYS("http:\n  drain: 99999999999999999999h\n", "f.yaml:2: ", "a time such as");
	SAYS("http:\n  drain: 9223372036854775807h\n", "f.yaml:2: ", "a time such as");
	SAYS("http:\n  drain: 2h\n", "f.yaml:2: ", "between 0 and 3600 seconds");
	SAYS("http:\n  drain: []\n", "f.yaml:2: ", "not a list");
	SAYS("http:\n  drain: {a: b}\n", "f.yaml:2: ", "not keys of its own");
	SAYS("http: 5\n", "f.yaml:1: ", "takes keys of its own");
	SAYS("data:\n", "f.yaml:1: ", "has no value");
	SAYS("data: \"\"\n", "f.yaml:1: ", "must not be empty");
	SAYS("data: \"a\\nb\"\n", "f.yaml:1: ", "one line");
	SAYS("data: \"a\\0b\"\n", "f.yaml:1: ", "control characters");
	SAYS("http:\n  trusted_proxies: [\"a b\"]\n", "f.yaml:2: ", "is not one word");
	SAYS("http:\n  trusted_proxies: [[a]]\n", "f.yaml:2: ", "list of at most");
	SAYS("issuers:\n  a:\n    url: http://x\n    redirect_status: 301\n", "f.yaml:4: ", "between 302 and 303");
}

TEST(duplicates)
{
	SAYS("data: /a\ndata: /b\n", "f.yaml:2: ", "given twice");
	SAYS("http:\n  drain: 1s\nhttp:\n  drain: 2s\n", "f.yaml:3: ", "given twice");
	SAYS("listeners:\n  a:\n    bind: 127.0.0.1:1\n  a:\n    bind: 127.0.0.1:2\n", "f.yaml:4: ", "given twice");
}

TEST(shapes_that_are_refused)
{
	SAYS("a: &x 1\nb: *x\n", "f.yaml:1: ", "anchors, aliases and tags");
	SAYS("data: !!str x\n", "f.yaml:1: ", "tags are not allowed");
	SAYS("data: /x\n---\ndata: /y\n", "f.yaml:2: ", "more than one document");
	SAYS("- a\n- b\n", "f.yaml:1: ", "must hold settings");
	SAYS("just words\n", "f.yaml:1: ", "must hold settings");
	SAYS("data: [a\n", "f.yaml:", "YAML syntax");
	SAYS("data:\t\t- x: y: z\n", "f.yaml:1: ", "YAML syntax");
	SAYS("? [a]\n: b\n", "f.yaml:1: ", "plain word");
	SAYS("x: [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]\n", "f.yaml:1: ", "nested too deeply");
	SAYS("issuers:\n  UPPER:\n    url: http://x\n", "f.yaml:2: ", "a-z, 0-9 and -");
}

TEST(a_complaint_shows_no_control_characters)
{
	struct str why = complaints(mem, "\"a\\e[31m\": 1\n");

	EXPECT(str_contains(why, S("`a?[31m`")));
}

TEST(a_file_over_the_limit)
{
	size_t n = 1024 * 1024 + 1;
	char *big = arena_alloc(mem, n);
	struct str why = STR_ABSENT;

	NEED(big != NULL);
	memset(big, '#', n);
	EXPECT(conf_parse(S("f.yaml"), str_span(big, n), NULL, &why, mem) == NULL);
	EXPECT(str_contains(why, S("larger than 1048576 bytes")));
}
