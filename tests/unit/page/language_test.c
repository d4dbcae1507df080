/* The operator's texts: over a language that is there, or one more; what does not fit is told and not used. */
#include "page/page_int.h"
#include "page_test.h"

#define LINE(key, said) { .kind = TREE_TEXT, .name = { (key), sizeof(key) - 1 }, .text = { (said), sizeof(said) - 1 } }

static struct tree
map_of(const struct tree *lines, size_t n)
{
	return (struct tree){ .kind = TREE_MAP, .at = lines, .n = n };
}

static bool
told(const struct findings *f, const char *words)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_contains(f->at[i].said, str_of(words)))
			return true;
	return false;
}

TEST(what_does_not_fit_is_told)
{
	const struct tree lines[] = { LINE("sign_in", "Anmelden"), LINE("nothing", "x"), LINE("password", ""), LINE("wait", "Bitte warten."),
		LINE("sign_out", "{{wait_s}}"), LINE("deny", "{{open"), LINE("allow", "{{issuer_name}}: ja") };
	const struct tree map = map_of(lines, COUNT(lines));
	struct page_own own = { S("de"), &map };
	struct findings f;
	struct str lacks;

	findings_init(&f, mem);
	lacks = page_own_judge(&own, &f);
	EXPECT_INT(f.n, 5);
	EXPECT_INT(f.n_errors, 0);
	EXPECT(told(&f, "`nothing`: there is no text") && told(&f, "`password`: it is empty") && told(&f, "`wait`: it does not mention {{wait_s}}"));
	EXPECT(told(&f, "`sign_out`: there is no {{wait_s}}") && told(&f, "`deny`: what stands in {{braces}}"));
	EXPECT(str_has_word(lacks, S("password"), ' ') && str_has_word(lacks, S("deny"), ' ') && !str_has_word(lacks, S("sign_in"), ' '));
	own.tag = S("ZH-cn");
	EXPECT(str_empty(page_own_judge(&own, &f)));
}

TEST(texts_of_the_operator)
{
	const struct tree german[] = { LINE("language_name", "Deutsch"), LINE("sign_in", "Anmelden <b>&"), LINE("deny", "{{nothing}}") };
	const struct tree chinese[] = { LINE("sign_in", "进入") };
	const struct tree de = map_of(german, COUNT(german)), zh = map_of(chinese, COUNT(chinese));
	const struct page_own own[] = { { S("de-CH"), &de }, { S("zh-cn"), &zh } };
	struct str why = STR_ABSENT, html;
	struct page_set *p = page_set_load(STR_ABSENT, own, COUNT(own), mem, &why);

	NEED(p != NULL);
	EXPECT_INT(page_lang_count(p), LANG_COUNT + 1);
	EXPECT_STR(page_lang_tag(p, LANG_COUNT), S("de-CH"));
	EXPECT_STR(page_lang_name(p, LANG_COUNT), S("Deutsch"));
	EXPECT_INT(page_lang_pick(p, STR_ABSENT, STR_ABSENT, S("de-CH, en;q=0.5")), LANG_COUNT);
	EXPECT_INT(page_lang_pick(p, STR_ABSENT, STR_ABSENT, S("de, en;q=0.5")), LANG_COUNT);
	EXPECT_INT(page_lang_pick(p, STR_ABSENT, STR_ABSENT, S("de-AT, en;q=0.5")), LANG_COUNT);
	EXPECT_INT(page_lang_pick(p, STR_ABSENT, STR_ABSENT, S("zh, en;q=0.5")), LANG_ZH);
	html = page_render(p, mem, PAGE_LOGIN, LANG_COUNT, &VARS(V("action", "/")));
	HAS(html, "<html lang=\"de-CH\" dir=\"ltr\">");
	HAS(html, "Anmelden &lt;b&gt;&amp;");
	HAS(html, "Password");                                          /* English where the file says nothing */
	html = page_render(p, mem, PAGE_LOGIN, LANG_ZH, &VARS(V("action", "/")));
	HAS(html, "进入");
	HAS(html, "密码");
	HAS(page_render(p, mem, PAGE_CONSENT, LANG_COUNT, &VARS(V("action", "/"))), "Deny");
	page_set_free(p);
}

TEST(a_language_from_right_to_left)
{
	const struct tree lines[] = { LINE("direction", "rtl"), LINE("login_heading", "\u062f {{issuer_name}}!") };
	const struct tree wrong[] = { LINE("direction", "sideways") };
	const struct tree ar = map_of(lines, COUNT(lines)), no = map_of(wrong, COUNT(wrong));
	const struct page_own own[] = { { S("ar"), &ar }, { S("xx"), &no } };
	struct str why = STR_ABSENT, html;
	struct page_set *p = page_set_load(STR_ABSENT, own, COUNT(own), mem, &why);
	struct findings f;

	NEED(p != NULL);
	html = page_render(p, mem, PAGE_LOGIN, LANG_COUNT, &VARS(V("action", "/"), V("issuer_name", "Haus & 24")));
	HAS(html, "<html lang=\"ar\" dir=\"rtl\">");
	HAS(html, "\u062f \u2068Haus &amp; 24\u2069!");
	html = page_render(p, mem, PAGE_LOGIN, LANG_COUNT + 1, &VARS(V("action", "/"), V("issuer_name", "Haus")));
	HAS(html, "dir=\"ltr\">");
	EXPECT(!str_contains(html, S("\u2068")));
	findings_init(&f, mem);
	EXPECT(str_has_word(page_own_judge(&own[1], &f), S("direction"), ' '));
	EXPECT(told(&f, "`direction`: it must be ltr or rtl"));
	page_set_free(p);
}

TEST(what_is_exported_is_whole)
{
	for (int lang = 0; lang < LANG_COUNT; lang++) {
		struct str yaml = page_lang_yaml(mem, lang);

		EXPECT(str_contains(yaml, ARENA_CAT(mem, S("sign_in: \""), page_text(lang, "sign_in"), S("\"\n"))));
		EXPECT(str_starts(yaml, S("title_login: \"")) && page_lang_shipped(str_of(page_lang_shipped_tag(lang))) == lang);
	}
	EXPECT(page_lang_shipped(S("de")) < 0);
}

TEST(language_tags)
{
	static const char *const good[] = { "de", "zh-TW", "zh-Hant-HK", "es-419", "sr-Latn-RS" };
	static const char *const bad[] = { "", "d", "de_CH", "de-", "4de", "de-123456789", "de/../x", "abcdefghi", "de\n" };

	for (size_t i = 0; i < COUNT(good); i++)
		EXPECT(page_lang_tag_ok(str_of(good[i])));
	for (size_t i = 0; i < COUNT(bad); i++)
		EXPECT(!page_lang_tag_ok(str_of(bad[i])));
	(void)mem;
}
