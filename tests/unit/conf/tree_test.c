/* tests/unit/conf/tree_test.c - settings that are trees: order, kinds, bounds, lines in complaints. */
#include "../test.h"
#include "conf/conf.h"

static char *no_env[] = { NULL };

static struct str
complaints(struct arena *mem, struct str text, char **env)
{
	struct str why = STR_ABSENT;
	struct conf *c = conf_parse(S("f.yaml"), text, env, &why, mem);

	if (c != NULL)
		why = S("");
	conf_free(c);
	return why;
}

#define SAYS(text, line, part) do { \
	struct str said_ = complaints(mem, S(text), no_env); \
	if (!str_contains(said_, S(line)) || !str_contains(said_, S(part))) \
		test_fail(__FILE__, __LINE__, "said \"%.*s\"", STR_ARG(said_)); \
	} while (0)
#define HEAD "dialects:\n  a:\n    based_on: spring\n"

TEST(a_tree_keeps_its_order_its_kinds_and_its_lines)
{
	struct str why = STR_ABSENT;
	struct conf *c = conf_parse(S("f.yaml"), S(HEAD "    success:\n      z: 1\n      a: \"1\"\n      ok: true\n      no: yes\n      data: \"{tokens}\"\n      deep: {x: [1, two, ~]}\n"), no_env, &why, mem);
	const struct tree *t;
	struct buf b;

	NEED(c != NULL);
	t = conf_get(c, SEC_DIALECT, S("a"), "success")->map;
	NEED(t != NULL);
	EXPECT_INT(t->kind, TREE_MAP);
	buf_init(&b, mem, 4096);
	tree_json(&b, t);
	EXPECT_STR(buf_str(&b), S("{\"z\":1,\"a\":\"1\",\"ok\":true,\"no\":\"yes\",\"data\":\"{tokens}\",\"deep\":{\"x\":[1,\"two\",null]}}"));
	EXPECT_STR(t->at[1].where, S("f.yaml:6"));
	EXPECT(conf_get(c, SEC_DIALECT, S("a"), "failure")->map == NULL && !conf_get(c, SEC_DIALECT, S("a"), "failure")->set);
	EXPECT(str_contains(conf_show(c, mem), S("    success: {\"z\":1,\"a\":\"1\",\"ok\":true,")));
	conf_free(c);
}

TEST(what_is_shown_loads_again)
{
	struct str why = STR_ABSENT, shown;
	struct conf *c = conf_parse(S("f.yaml"), S(HEAD "    success: {a: \"x: {tokens} # \\\"\", b: -1.5}\n"), no_env, &why, mem);

	NEED(c != NULL);
	shown = conf_show(c, mem);
	conf_free(c);
	c = conf_parse(S("g.yaml"), shown, no_env, &why, mem);
	NEED(c != NULL);
	EXPECT_STR(conf_get(c, SEC_DIALECT, S("a"), "success")->map->at[0].text, S("x: {tokens} # \""));
	conf_free(c);
}

TEST(trees_are_bounded_and_complaints_name_the_line)
{
	struct buf b;

	SAYS(HEAD "    paths: /x\n", "f.yaml:4: ", "takes keys of its own");
	SAYS(HEAD "    paths: [/x]\n", "f.yaml:4: ", "takes keys of its own");
	SAYS(HEAD "    paths:\n      token: /a\n      token: /b\n", "f.yaml:6: ", "`token` is given twice");
	SAYS(HEAD "    paths:\n      ? [a]\n      : b\n", "f.yaml:5: ", "plain word");
	SAYS(HEAD "    success: {a: {b: {c: {d: {e: 1}}}}}\n", "f.yaml:4: ", "nested too deeply");
	SAYS(HEAD "    success:\n      a: \"x\\ny\"\n", "f.yaml:5: ", "one line");
	SAYS(HEAD "    success:\n      \"\": 1\n", "f.yaml:5: ", "a key must be one line");
	SAYS(HEAD "    success: {a: &x 1, b: *x}\n", "f.yaml:4: ", "anchors");
	SAYS(HEAD "    succes: {}\n", "f.yaml:4: ", "did you mean `success`?");
	SAYS("dialects:\n  a:\n    success: {}\n", "f.yaml:2: ", "needs `based_on`");
	buf_init(&b, mem, 1 << 20);
	buf_put(&b, S(HEAD "    success:\n"));
	for (int i = 0; i < 129; i++)
		buf_printf(&b, "      k%d: 1\n", i);
	EXPECT(str_contains(complaints(mem, buf_str(&b), no_env), S("too many values here")));
	buf_init(&b, mem, 1 << 20);
	buf_put(&b, S(HEAD "    errors:\n"));
	for (int i = 0; i < 100; i++)
		buf_printf(&b, "      k%d: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1}\n", i);
	EXPECT(str_contains(complaints(mem, buf_str(&b), no_env), S("this is too large")));
}

TEST(the_environment_holds_no_trees)
{
	char *env[] = { (char[]){ "HUFU_DIALECTS__A__PATHS=x" }, NULL }, *text[] = { (char[]){ "HUFU_DIALECTS__A__BASED_ON=zlt" }, NULL };

	EXPECT(str_contains(complaints(mem, S(HEAD), env), S("HUFU_DIALECTS__A__PATHS: `dialects.a.paths` takes keys of its own and stands in the file only")));
	EXPECT_STR(complaints(mem, S(HEAD), text), S(""));
}
