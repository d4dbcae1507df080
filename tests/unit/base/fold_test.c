/* tests/unit/base/fold_test.c - names that differ by case only share one form, in every script. */
#include "../test.h"

TEST(spellings_of_one_name)
{
	static const char *const same[][2] = {
		{ "Alice", "aLICE" }, { "ÉLODIE", "élodie" }, { "e\xcc\x81lodie", "ÉLODIE" }, { "Straße", "STRASSE" }, { "ΣΊΣΥΦΟΣ", "σίσυφος" }, { "Иван", "ИВАН" },
		{ "Ａｌｉｃｅ", "ａｌｉｃｅ" }, { "张三", "张三" }, { "\xe1\xba\x9e", "ss" }, { "", "" },
	};
	static const char *const apart[][2] = { { "alice", "alicе" /* Cyrillic */ }, { "张三", "張三" }, { "Ａlice", "Alice" }, { "a b", "ab" }, { "\xff" "A", "\xff" "a" } };

	for (size_t i = 0; i < COUNT(same); i++)
		EXPECT_STR(str_fold(mem, str_of(same[i][0])), str_fold(mem, str_of(same[i][1])));
	for (size_t i = 0; i < COUNT(apart); i++)
		EXPECT(!str_eq(str_fold(mem, str_of(apart[i][0])), str_fold(mem, str_of(apart[i][1]))));
	EXPECT_STR(str_fold(mem, S("AbC-9_")), S("abc-9_"));
	EXPECT(!str_given(str_fold(mem, STR_ABSENT)));
}

TEST(compatibility_forms_are_one_in_the_wide_form)
{
	EXPECT_STR(str_fold_wide(mem, S("ＡＬｉｃｅ１")), S("alice1"));
	EXPECT_STR(str_fold_wide(mem, S("ﬁne Éa")), str_fold_wide(mem, S("FINE e\xcc\x81" "A")));
	EXPECT(!str_eq(str_fold(mem, S("Ａ")), S("a")));
	EXPECT_STR(str_fold_wide(mem, S("\xff" "A")), S("\xff" "A"));
}
