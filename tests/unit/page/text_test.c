/* texts.def: both languages complete and alike. */
#include "page/page_int.h"
#include "../test.h"

static size_t
mentions(struct str s)
{
	size_t n = 0;

	for (const char *p; (p = memmem(s.p, s.n, "{{", 2)) != NULL; n++)
		s = str_from(s, (size_t)(p - s.p) + 2);
	return n;
}

TEST(every_text_is_there_in_both_languages)
{
	for (size_t i = 0; i < text_count(); i++) {
		struct str en = text_at(LANG_EN, i), zh = text_at(LANG_ZH, i);
		struct program p;

		EXPECT(en.n > 0 && zh.n > 0 && str_utf8(zh) && !str_eq(en, zh));
		EXPECT_INT(mentions(en), mentions(zh));
		EXPECT(text_compile(mem, en, &p) && text_compile(mem, zh, &p));
	}
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
