/* the files of languages.def: every language complete, with the values of the English text. */
#include "page/page_int.h"
#include "../test.h"

/* A value of one that the other lacks; absent: none. */
static struct str
value_missing(const struct program *one, const struct program *other)
{
	for (uint32_t i = 0; i < one->n; i++) {
		bool there = one->at[i].kind == OP_LITERAL;

		for (uint32_t k = 0; k < other->n; k++)
			there |= other->at[k].kind == OP_VALUE && str_eq(other->at[k].text, one->at[i].text);
		if (!there)
			return one->at[i].text;
	}
	return STR_ABSENT;
}

static void
judge_text(struct arena *mem, int lang, size_t i)
{
	struct str en = text_at(LANG_EN, i), text = text_at(lang, i), missing;
	struct program p, q;

	if (text.n == 0 || !str_utf8(text) || (lang != LANG_EN && i != text_of_direction() && str_eq(en, text))) {
		test_fail(__FILE__, __LINE__, "languages/%s.def lacks %s", page_lang_shipped_tag(lang), text_key(i));
		return;
	}
	NEED(text_compile(mem, en, &p));
	if (!text_compile(mem, text, &q)) {
		test_fail(__FILE__, __LINE__, "languages/%s.def: %s mentions what is no value", page_lang_shipped_tag(lang), text_key(i));
		return;
	}
	missing = value_missing(&p, &q);
	if (str_given(missing))
		test_fail(__FILE__, __LINE__, "languages/%s.def: %s lacks {{%.*s}}", page_lang_shipped_tag(lang), text_key(i), STR_ARG(missing));
	missing = value_missing(&q, &p);
	if (str_given(missing))
		test_fail(__FILE__, __LINE__, "languages/%s.def: %s has {{%.*s}}, the English one has not", page_lang_shipped_tag(lang), text_key(i), STR_ARG(missing));
}

TEST(every_text_is_there_in_every_language)
{
	for (int lang = 0; lang < LANG_COUNT; lang++)
		for (size_t i = 0; i < text_count(); i++)
			judge_text(mem, lang, i);
}

/* Taiwan's words, not those of the mainland in other characters. */
TEST(traditional_chinese_is_taiwans)
{
	static const char *const words[] = { "用戶", "登錄", "賬", "信息", "郵箱", "短信", "網絡", "服務器", "默認", "程序", "鏈接", "點擊", "设", "码",
		"录", "页", "“", "接口", "注銷", "二維碼" };

	for (size_t i = 0; i < text_count(); i++)
		for (size_t k = 0; k < COUNT(words); k++)
			if (str_contains(text_at(LANG_TW, i), str_of(words[k])))
				test_fail(__FILE__, __LINE__, "languages/zh-TW.def: %s says %s", text_key(i), words[k]);
	EXPECT(str_contains(text_at(LANG_TW, 0), S("登入")));
	(void)mem;
}

TEST(keys)
{
	static const char *const login[] = { "bad_credentials", "wait", "disabled", "locked", "expired", "no_cookies" };
	size_t at;

	for (size_t i = 0; i < COUNT(login); i++)
		EXPECT(text_find(str_of(login[i]), &at));
	EXPECT(!text_find(S("nothing"), &at));
	EXPECT_STR(page_text(LANG_ZH, "sign_in"), S("登录"));
	EXPECT_STR(page_text(LANG_EN, "unknown_key"), S("unknown_key"));
}

TEST(malformed_texts_are_refused)
{
	struct program p;

	EXPECT(!text_compile(mem, S("a {{client_name"), &p));
	EXPECT(!text_compile(mem, S("a {{nothing}}"), &p));
	EXPECT(!text_compile(mem, S("{{line}}1{{line}}2{{line}}3{{line}}4{{line}}"), &p));
	NEED(text_compile(mem, S("<{{line}}>"), &p));
	EXPECT_INT(p.n, 3);
	EXPECT_STR(p.at[0].text, S("&lt;"));
}

/* Every name of names.def is one that templates may use, and one that a built-in template does. */
TEST(every_name_is_used)
{
	static const char *const all[] = {
#define NAME(name) #name,
#include "page/names.def"
#undef NAME
	};

	for (size_t i = 0; i < COUNT(all); i++) {
		struct str tag = arena_printf(mem, "{{%s}}", all[i]);
		struct program p;
		bool used = false;

		EXPECT(name_is_known(str_of(all[i])) && text_compile(mem, tag, &p));
		for (int t = 0; t < T_COUNT; t++)
			for (size_t k = 0; k < 5; k++)
				used = used || str_contains(template_builtin((enum template_id)t), arena_printf(mem, "%s%s%s", (const char *const[]){ "{{", "{{#", "{{?", "{{^", "[" }[k], all[i], k == 4 ? "]" : "}}"));
		for (size_t t = 0; t < text_count(); t++)
			used = used || str_contains(text_at(LANG_EN, t), tag);
		if (!used)
			test_fail(__FILE__, __LINE__, "no template shows %s", all[i]);
	}
}
