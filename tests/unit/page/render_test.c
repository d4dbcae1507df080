/* Values, sections, lists and texts as they come out. */
#include "page_test.h"

/* template as login.html, inside a layout that adds nothing. */
static struct str
rendered(struct arena *mem, struct str template, int lang, struct page_vars vars)
{
	struct str why = STR_ABSENT, html;
	struct page_set *p = page_set_with(S("layout.html"), template, mem, &why);

	if (p == NULL) {
		test_fail(__FILE__, __LINE__, "%.*s", STR_ARG(why));
		return STR_ABSENT;
	}
	html = page_render(p, mem, PAGE_LOGIN, lang, &vars);
	page_set_free(p);
	return html;
}

TEST(values_are_escaped)
{
	struct page_vars v = VARS(V("username", "<b>&\"'"), V("title", ""));

	EXPECT_STR(rendered(mem, S("[{{username}}|{{title}}|{{csrf}}]"), LANG_EN, v), S("[&lt;b&gt;&amp;&quot;&#39;||]"));
	EXPECT_STR(rendered(mem, S("<p title=\"{{ username }}\">"), LANG_EN, v), S("<p title=\"&lt;b&gt;&amp;&quot;&#39;\">"));
	EXPECT_STR(rendered(mem, S("a{{! {{no}} tag }}b"), LANG_EN, v), S("a tag }}b"));
}

TEST(urls_carry_no_code)
{
	static const struct { struct str in, out; } row[] = {
		{ S("https://a.example/x?y=1&z"), S("https://a.example/x?y=1&amp;z") }, { S("HTTP://a"), S("HTTP://a") }, { S("/login?a=b:c"), S("/login?a=b:c") },
		{ S("?lang=en"), S("?lang=en") }, { S("login"), S("login") }, { S(""), S("") }, { S("javascript:alert(1)"), S("#") }, { S("JaVa\tscript:x"), S("#") },
		{ S(" javascript:x"), S("#") }, { S("data:text/html,x"), S("#") }, { S("\x01javascript:x"), S("#") }, { S("httpx:/"), S("#") },
		{ S("com.example.app:/cb?code=1"), S("com.example.app:/cb?code=1") }, { S("a.b+c-1:x"), S("a.b+c-1:x") }, { S(".javascript:x"), S("#") }, { S("1.a:x"), S("#") },
		{ S("java.scr\u00a0ipt:x"), S("#") }, { S("java.script\t:x"), S("#") }, { S(":x"), S("#") },
	};

	for (size_t i = 0; i < COUNT(row); i++) {
		struct page_vars v = { (const struct page_var[]){ { "href", row[i].in, NULL } }, 1 };
		struct str got = rendered(mem, S("<a href=\"{{href}}\">"), LANG_EN, v);

		EXPECT_STR(str_sub(got, 9, got.n - 11), row[i].out);
	}
	EXPECT_STR(rendered(mem, S("<a href=\"{{title}}{{href}}\">"), LANG_EN, VARS(V("href", "javascript:x"))), S("<a href=\"#\">"));
	EXPECT_STR(rendered(mem, S("<a href=\"{{href}}\">"), LANG_EN, VARS({ .name = "href", .value = S("myapp://cb?code=1"), .application = true })), S("<a href=\"myapp://cb?code=1\">"));
	EXPECT_STR(rendered(mem, S("<a href=\"{{href}}\">"), LANG_EN, VARS({ .name = "href", .value = S("javascript:x"), .application = true })), S("<a href=\"#\">"));
	EXPECT_STR(rendered(mem, S("<a href=\"{{#title}}/{{/title}}{{href}}\">"), LANG_EN, VARS(V("href", "javascript:x"))), S("<a href=\"#\">"));
}

TEST(sections)
{
	struct page_vars v = VARS(V("error", "x"), V("title", ""));

	EXPECT_STR(rendered(mem, S("{{#error}}a{{error}}{{/error}}{{^error}}b{{/error}}"), LANG_EN, v), S("ax"));
	EXPECT_STR(rendered(mem, S("{{#title}}a{{/title}}{{^title}}b{{/title}}"), LANG_EN, v), S("b"));
	EXPECT_STR(rendered(mem, S("{{#csrf}}a{{/csrf}}{{^csrf}}b{{/csrf}}{{?csrf}}c{{/csrf}}{{?error}}d{{/error}}"), LANG_EN, v), S("bd"));
	EXPECT_STR(rendered(mem, S("<input {{#error}}checked {{/error}}>"), LANG_EN, v), S("<input checked >"));
}

TEST(lists_and_rows)
{
	const struct page_vars inner[] = { VARS(V("line", "1")), VARS(V("line", "2")) };
	const struct page_rows lines = { inner, 2 }, none = { NULL, 0 };
	const struct page_vars outer[] = { VARS(V("title", "A"), { "curls", STR_ABSENT, &lines }), VARS(V("title", "B"), { "curls", STR_ABSENT, &none }) };
	const struct page_rows issuers = { outer, 2 };
	struct page_vars v = VARS(V("code", "c"), { "issuers", STR_ABSENT, &issuers });

	EXPECT_STR(rendered(mem, S("{{#issuers}}{{title}}{{code}}:{{#curls}}{{line}}{{title}},{{/curls}}{{^curls}}none{{/curls}};{{/issuers}}"), LANG_EN, v), S("Ac:1A,2A,;Bc:none;"));
	EXPECT_STR(rendered(mem, S("{{?issuers}}once{{/issuers}}{{issuers}}"), LANG_EN, v), S("once"));
}

TEST(texts_in_both_languages)
{
	struct page_vars v = VARS(V("client_name", "A&B"), V("scope", "read"), V("error", "locked"), V("title", "No key"), V("status", "wait"), V("wait_s", "7"));

	EXPECT_STR(rendered(mem, S("{{t:password}}"), LANG_EN, v), S("Password"));
	EXPECT_STR(rendered(mem, S("{{t:password}}"), LANG_ZH, v), S("密码"));
	EXPECT_STR(rendered(mem, S("{{t:login_lead}}"), LANG_EN, v), S("to continue to A&amp;B"));
	EXPECT_STR(rendered(mem, S("{{t:scope_[scope]}}|{{t:scope_[title]}}|{{t:[title]}}"), LANG_EN, v), S("Read your data||No key"));
	EXPECT_STR(rendered(mem, S("{{#t:scope_[scope]}}a{{/t:scope_[scope]}}{{#t:scope_[title]}}b{{/t:scope_[title]}}{{^t:scope_[title]}}c{{/t:scope_[title]}}"), LANG_EN, v), S("ac"));
	EXPECT_STR(rendered(mem, S("{{t:[status]}}"), LANG_ZH, v), S("尝试次数过多，请在 7 秒后重试。"));
	EXPECT_STR(rendered(mem, S("{{lang}} {{page}} {{t:title_[page]}}"), LANG_ZH, v), S("zh-CN login 登录"));
}

/* 12 lists within each other, or a page over 256 KiB, end in nothing and not in a long wait. */
TEST(rendering_is_bounded)
{
	struct page_vars rows_at[64] = { { NULL, 0 } };
	const struct page_rows rows = { rows_at, COUNT(rows_at) };
	struct page_vars v = VARS({ "links", STR_ABSENT, &rows });
	struct buf b;

	buf_init(&b, mem, 64 * 1024);
	for (int i = 0; i < 12; i++)
		buf_put(&b, S("{{#links}}"));
	for (int i = 0; i < 12; i++)
		buf_put(&b, S("{{/links}}"));
	EXPECT(!str_given(rendered(mem, buf_str(&b), LANG_EN, v)));
	b.n = 0;
	buf_put(&b, S("{{#links}}"));
	for (int i = 0; i < 5000; i++)
		buf_putc(&b, 'x');
	buf_put(&b, S("{{/links}}"));
	EXPECT(!str_given(rendered(mem, buf_str(&b), LANG_EN, v)));
}

TEST(no_memory_gives_nothing)
{
	struct arena tiny;
	struct str why = STR_ABSENT;
	struct page_set *p = page_set_load(STR_ABSENT, NULL, 0, mem, &why);
	struct page_vars v = VARS(V("action", "/"));

	NEED(p != NULL);
	arena_init(&tiny, 512);
	EXPECT(!str_given(page_render(p, &tiny, PAGE_LOGIN, LANG_EN, &v)));
	arena_free(&tiny);
	page_set_free(p);
}
