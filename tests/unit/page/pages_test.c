/* The built-in pages: what automation and the recorded dialects find in them. */
#include "page_test.h"

static const struct page_vars language_row[] = {
	VARS(V("lang_tag", "en"), V("lang_name", "English"), V("lang_href", "/x?ui_lang=en"), V("lang_here", "1")),
	VARS(V("lang_tag", "zh-CN"), V("lang_name", "简体中文"), V("lang_href", "/x?ui_lang=zh-CN")),
};
static const struct page_rows languages = { language_row, COUNT(language_row) };
#define COMMON V("issuer_name", "Acme"), V("css_href", "/style.css"), { "languages", STR_ABSENT, &languages }

static const struct page_vars scope_rows[] = {
	{ (const struct page_var[]){ V("scope", "read"), V("checked", "1") }, 2 },
	{ (const struct page_var[]){ V("scope", "a\"b"), V("text", "Own <words>"), V("checked", "") }, 3 },
};
static const struct page_rows scope_list = { scope_rows, 2 };

static size_t
times(struct str html, struct str needle)
{
	size_t n = 0;

	for (; html.n >= needle.n; html = str_from(html, 1))
		n += str_starts(html, needle);
	return n;
}

TEST(login)
{
	struct str h = builtin(mem, PAGE_LOGIN, LANG_EN, VARS(COMMON, V("action", "/api-uaa/login"), V("csrf", "c<1"), V("client_name", "Photo"), V("account_type", "admin")));

	HAS(h, "<html lang=\"en\" dir=\"ltr\">");
	HAS(h, "<form class=\"stack\" method=\"post\" action=\"/api-uaa/login\">");
	HAS(h, "<input type=\"hidden\" name=\"_csrf\" value=\"c&lt;1\">");
	HAS(h, "<input type=\"hidden\" name=\"account_type\" value=\"admin\">");
	HAS(h, "<input type=\"text\" id=\"username\" name=\"username\" value=\"\" autocomplete=\"username\"");
	HAS(h, "<input type=\"password\" id=\"password\" name=\"password\" autocomplete=\"current-password\"");
	HAS(h, "<label for=\"username\">User name</label>");
	HAS(h, "type=\"submit\" id=\"login-submit\"");
	HAS(h, "to continue to Photo");
	HAS(h, "href=\"/x?ui_lang=en\" lang=\"en\" hreflang=\"en\" aria-current=\"true\"");
	HAS(h, "href=\"/x?ui_lang=zh-CN\" lang=\"zh-CN\" hreflang=\"zh-CN\" >简体中文");
	HAS(h, "<link rel=\"stylesheet\" href=\"/style.css\">");
	LACKS(h, "role=\"alert\"");
}

TEST(login_with_other_field_names)
{
	struct str h = builtin(mem, PAGE_LOGIN, LANG_EN, VARS(V("username_name", "LoginForm[username]"), V("password_name", "LoginForm[password]"), V("username", "李")));

	HAS(h, "id=\"username\" name=\"LoginForm[username]\" value=\"李\"");
	HAS(h, "id=\"password\" name=\"LoginForm[password]\"");
	LACKS(h, "_csrf");
	LACKS(h, "stylesheet");
}

TEST(login_errors)
{
	struct str h = builtin(mem, PAGE_LOGIN, LANG_ZH, VARS(V("error", "bad_credentials"), V("username", "ann")));

	HAS(h, "<html lang=\"zh-CN\" dir=\"ltr\">");
	HAS(h, "id=\"login-error\" role=\"alert\" aria-live=\"assertive\">用户名或密码错误。</p>");
	HAS(h, "aria-describedby=\"login-error\"");
	HAS(builtin(mem, PAGE_LOGIN, LANG_EN, VARS(V("error", "wait"), V("wait_s", "9"))), "try again in 9 seconds");
	HAS(builtin(mem, PAGE_LOGIN, LANG_EN, VARS(V("error", "disabled"))), "has been disabled");
	HAS(builtin(mem, PAGE_LOGIN, LANG_EN, VARS(V("error", "locked"))), "has been locked");
	HAS(builtin(mem, PAGE_LOGIN, LANG_EN, VARS(V("error", "expired"))), "has expired");
	HAS(builtin(mem, PAGE_LOGIN, LANG_EN, VARS(V("signed_out", "1"))), "You have been signed out.");
}

TEST(consent_with_checkboxes)
{
	struct str h = builtin(mem, PAGE_CONSENT, LANG_EN, VARS(COMMON, V("action", "/consent"), V("csrf", "t"), V("client_name", "P<h"), V("client_id", "p"), V("user_name", "ann"),
	    V("redirect_host", "app.example"), V("request", "r1"), { "scopes", STR_ABSENT, &scope_list }));

	HAS(h, "P&lt;h wants to access your account");
	HAS(h, "<input type=\"checkbox\" name=\"scope.read\" value=\"true\" checked >");
	HAS(h, "<input type=\"checkbox\" name=\"scope.a&quot;b\" value=\"true\" >");
	HAS(h, "Read your data");
	HAS(h, "Own &lt;words&gt;");
	HAS(h, "id=\"consent-allow\" name=\"decision\" value=\"allow\"");
	HAS(h, "id=\"consent-deny\" name=\"decision\" value=\"deny\"");
	HAS(h, "<input type=\"hidden\" name=\"pending_request\" value=\"r1\">");
	HAS(h, "name=\"user_oauth_approval\" value=\"true\"");
	HAS(h, "sent to app.example");
	HAS(h, "ann");
	HAS(h, "Only allow access if you trust");
	EXPECT_INT(times(h, S("<form")), 1);
	LACKS(h, "type=\"radio\"");
}

/* CONTRACT 1.6: the second form carries no scope.*, so it denies without JavaScript. */
TEST(consent_with_radio_pairs)
{
	struct str h = builtin(mem, PAGE_CONSENT, LANG_EN, VARS(V("action", "/oauth/authorize"), V("client_id", "p"), V("radio_style", "1"), { "scopes", STR_ABSENT, &scope_list }));
	const char *second;

	HAS(h, "p wants to access your account");
	HAS(h, "<input type=\"radio\" name=\"scope.read\" value=\"true\" checked >");
	HAS(h, "<input type=\"radio\" name=\"scope.read\" value=\"false\" >");
	HAS(h, "name=\"scope.a&quot;b\" value=\"false\" checked >");
	HAS(h, "id=\"consent-allow\" name=\"authorize\"");
	LACKS(h, "checkbox");
	LACKS(h, "decision");
	EXPECT_INT(times(h, S("<form")), 2);
	EXPECT_INT(times(h, S("action=\"/oauth/authorize\"")), 2);
	second = memmem(h.p, h.n, "consent-deny-form", 17);
	NEED(second != NULL);
	HAS(str_from(h, (size_t)(second - h.p)), "name=\"user_oauth_approval\" value=\"true\"");
	HAS(str_from(h, (size_t)(second - h.p)), "id=\"consent-deny\"");
	LACKS(str_from(h, (size_t)(second - h.p)), "scope.");
}

TEST(consent_with_two_forms)
{
	struct str h = builtin(mem, PAGE_CONSENT, LANG_ZH, VARS(V("action", "/a"), V("csrf", "t"), V("client_name", "p"), V("two_forms", "1"), { "scopes", STR_ABSENT, &scope_list }));

	EXPECT_INT(times(h, S("<form")), 2);
	EXPECT_INT(times(h, S("name=\"_csrf\"")), 2);
	EXPECT_INT(times(h, S("name=\"user_oauth_approval\" value=\"true\"")), 1);
	EXPECT_INT(times(h, S("name=\"user_oauth_approval\" value=\"false\"")), 1);
	EXPECT_INT(times(h, S("该应用申请以下权限")), 1);
	HAS(h, "id=\"consent-allow\" name=\"authorize\"");
	HAS(h, "id=\"consent-deny\" name=\"deny\"");
	LACKS(h, "name=\"scope.");
}

TEST(error)
{
	struct str h = builtin(mem, PAGE_ERROR, LANG_EN, VARS(V("status", "401"), V("error", "invalid_client"), V("description", "Bad client"), V("error_id", "k3f9"), V("hint", "hint_restart"),
	    V("line", "error=\"invalid_client\", error_description=\"Bad client credentials\"")));

	HAS(h, "id=\"error-page\"");
	HAS(h, "error=&quot;invalid_client&quot;, error_description=&quot;Bad client credentials&quot;");
	HAS(h, "<code id=\"error-id\">k3f9</code>");
	HAS(h, "<dd>401</dd>");
	HAS(h, "Go back to the application");
	HAS(h, "not known here");
	h = builtin(mem, PAGE_ERROR, LANG_ZH, VARS(V("title", "title_not_found"), V("description", "<x>")));
	HAS(h, "<h1>页面不存在</h1>");
	HAS(h, "&lt;x&gt;");
}

TEST(leaving)
{
	struct str h = builtin(mem, PAGE_LOGGED_OUT, LANG_EN, VARS(COMMON, V("login_href", "/login")));

	HAS(h, "id=\"logged-out\"");
	HAS(h, "href=\"/login\"");
	h = builtin(mem, PAGE_LOGOUT_CONFIRM, LANG_ZH, VARS(COMMON, V("action", "/logout"), V("csrf", "t"), V("user_name", "ann")));
	HAS(h, "method=\"post\" action=\"/logout\"");
	HAS(h, "name=\"_csrf\" value=\"t\"");
	HAS(h, "id=\"logout-confirm\"");
}

TEST(home_and_demo)
{
	const struct page_vars link[] = { VARS(V("href", "/demo"), V("text", "link_demo")), VARS(V("href", "javascript:x"), V("text", "Mine")) };
	const struct page_rows links = { link, 2 };
	const struct page_vars line[] = { VARS(V("text", "password"), V("line", "curl 'http://x?a=1&b=2'")) };
	const struct page_rows lines = { line, 1 };
	const struct page_vars issuer[] = { VARS(V("title", "Manual 003"), V("href", "/go"), V("note", "look at the address bar"), { "curls", STR_ABSENT, &lines }) };
	const struct page_rows issuers = { issuer, 1 };
	struct str h = builtin(mem, PAGE_HOME, LANG_EN, VARS(V("issuer", "http://localhost:8080"), { "links", STR_ABSENT, &links }));

	HAS(h, "<a href=\"/demo\">Demo</a>");
	HAS(h, "<a href=\"#\">Mine</a>");
	h = builtin(mem, PAGE_DEMO, LANG_EN, VARS(V("code", "W636oE"), V("curl", "curl -d code=W636oE"), { "issuers", STR_ABSENT, &issuers }));
	HAS(h, "<code id=\"demo-code\">W636oE</code>");
	HAS(h, "<pre id=\"demo-curl\" tabindex=\"0\">curl -d code=W636oE</pre>");
	HAS(h, "<a class=\"button button-main\" href=\"/go\">");
	HAS(h, "look at the address bar");
	HAS(h, "curl &#39;http://x?a=1&amp;b=2&#39;");
	HAS(builtin(mem, PAGE_DEMO, LANG_ZH, VARS(V("error", "access_denied"))), "流程以错误结束");
}

/* CSP: default-src 'none' without exceptions for inline code; the one script of FORM_POST: csp_test.c. */
TEST(no_page_carries_code_or_foreign_addresses)
{
	for (int kind = 0; kind < PAGE_KIND_COUNT; kind++) {
		struct str h = builtin(mem, (enum page_kind)kind, LANG_EN, VARS(COMMON));

		EXPECT(str_starts(h, S("<!DOCTYPE html>")) && str_ends(str_trim(h), S("</html>")));
		if (kind != PAGE_FORM_POST)
			LACKS(h, "<script");
		LACKS(h, "<style");
		LACKS(h, " style=");
		LACKS(h, " onclick=");
		LACKS(h, "src=");
		LACKS(h, "\"http");
		LACKS(h, "{{");
	}
	LACKS(page_css(), "@import");
	LACKS(page_css(), "url(http");
}

TEST(every_page_has_a_title_in_both_languages)
{
	for (int kind = 0; kind < PAGE_KIND_COUNT; kind++) {
		LACKS(builtin(mem, (enum page_kind)kind, LANG_EN, VARS(V("action", "/"))), "<title></title>");
		LACKS(builtin(mem, (enum page_kind)kind, LANG_ZH, VARS(V("action", "/"))), "<title></title>");
	}
}
