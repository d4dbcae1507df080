#include "page/page.h"
#include "../test.h"

static int
picked(struct str ui, struct str cookie, struct str accept)
{
	struct str why = STR_ABSENT;
	struct arena mem;
	struct page_set *p;
	int lang = -1;

	arena_init(&mem, 1024 * 1024);
	p = page_set_load(STR_ABSENT, NULL, 0, &mem, &why);
	if (p != NULL)
		lang = page_lang_pick(p, ui, cookie, accept);
	page_set_free(p);
	arena_free(&mem);
	return lang;
}

static int
accepted(const char *accept)
{
	return picked(STR_ABSENT, STR_ABSENT, str_of(accept));
}

TEST(order_of_sources)
{
	EXPECT_INT(picked(S("en"), S("zh-CN"), S("zh")), LANG_EN);
	EXPECT_INT(picked(S("fr zh-CN en"), S("en"), S("en")), LANG_ZH);
	EXPECT_INT(picked(S("fr zh-TW zh-CN"), S("en"), S("en")), LANG_TW);
	EXPECT_INT(picked(S("fr"), S("zh-CN"), S("en")), LANG_ZH);
	EXPECT_INT(picked(S(""), S("xx"), S("zh")), LANG_ZH);
	EXPECT_INT(picked(STR_ABSENT, STR_ABSENT, STR_ABSENT), LANG_EN);
}

TEST(tags)
{
	EXPECT_INT(accepted("zh"), LANG_ZH);
	EXPECT_INT(accepted("ZH-cn"), LANG_ZH);
	EXPECT_INT(accepted("zh-Hans-SG"), LANG_ZH);
	EXPECT_INT(accepted("zh-SG"), LANG_ZH);
	EXPECT_INT(accepted("zh-TW"), LANG_TW);
	EXPECT_INT(accepted("zh-tw"), LANG_TW);
	EXPECT_INT(accepted("zh-Hant"), LANG_TW);
	EXPECT_INT(accepted("zh-Hant-CN"), LANG_TW);
	EXPECT_INT(accepted("zh-HK"), LANG_TW);
	EXPECT_INT(accepted("zh-Hans-HK"), LANG_ZH);
	EXPECT_INT(accepted("zhx"), LANG_EN);
	EXPECT_INT(accepted("enx"), LANG_EN);
	EXPECT_INT(accepted("fr-FR"), LANG_EN);
}

TEST(weights)
{
	EXPECT_INT(accepted("en;q=0.5, zh;q=0.9"), LANG_ZH);
	EXPECT_INT(accepted("en;q=0.901,zh;q=0.9"), LANG_EN);
	EXPECT_INT(accepted("zh, en"), LANG_ZH);
	EXPECT_INT(accepted("en, zh"), LANG_EN);
	EXPECT_INT(accepted("zh;q=0, en;q=0.1"), LANG_EN);
	EXPECT_INT(accepted("zh;q=0"), LANG_EN);
	EXPECT_INT(accepted("zh-TW,zh;q=0.9,en-US;q=0.8"), LANG_TW);
	EXPECT_INT(accepted("fr;q=1.0, zh ; q=0.2"), LANG_ZH);
	EXPECT_INT(accepted("*, zh;q=0.5"), LANG_EN);
	EXPECT_INT(accepted("*;q=0.1, zh;q=0.5"), LANG_ZH);
}

TEST(broken_headers_are_passed_over)
{
	EXPECT_INT(accepted("zh;q=2, en;q=0.1"), LANG_EN);
	EXPECT_INT(accepted("zh;q=0.1234, en;q=0.1"), LANG_EN);
	EXPECT_INT(accepted("zh;q=1.5"), LANG_EN);
	EXPECT_INT(accepted("zh;x"), LANG_EN);
	EXPECT_INT(accepted(",,;;,=,zh"), LANG_ZH);
	EXPECT_INT(accepted(""), LANG_EN);
}

/* Only the first 32 entries are looked at. */
TEST(long_headers_are_cut)
{
	struct buf b;

	buf_init(&b, mem, 4096);
	for (int i = 0; i < 40; i++)
		buf_put(&b, S("fr,"));
	buf_put(&b, S("zh"));
	EXPECT_INT(picked(STR_ABSENT, STR_ABSENT, buf_str(&b)), LANG_EN);
}
