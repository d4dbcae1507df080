/* tests/unit/login/password_rule_test.c - which passwords somebody may choose. */
#include "../test.h"
#include "login/password_rule.h"

static const struct user alice = { .name = { "alice.smith", 11 }, .display_name = { "Alice Smith", 11 },
	.email = { "asmith77@example.org", 20 }, .phone = { "+86 138-0013-8000", 17 } };
static const struct user nobody;
static const struct password_rule all = { .min = 8, .own_words = true, .common = true };
static const struct password_rule any = { .min = 1 }, own_only = { .min = 1, .own_words = true };

#define JUDGED(rule, user, text, fault) EXPECT_INT(password_judge((rule), mem, S(text), (user)), (fault))

TEST(a_password_has_its_least_length_in_characters)
{
	JUDGED(&all, &alice, "kz7-qx2", PASSWORD_SHORT);
	JUDGED(&all, &alice, "kz7-qx2w", PASSWORD_FITS);
	JUDGED(&all, &alice, "天地玄黄宇宙洪", PASSWORD_SHORT);
	JUDGED(&all, &alice, "天地玄黄宇宙洪荒", PASSWORD_FITS);
	JUDGED(&any, &alice, "x", PASSWORD_FITS);
	JUDGED(NULL, &alice, "x", PASSWORD_FITS);
	EXPECT_INT(password_length(S("\xff\xfe" "a")), 3);
}

TEST(a_password_is_not_the_users_own_name)
{
	static const char *const own[] = { "alice.smith", "ALICE.SMITH", "Alice_Smith", "alicesmith1984", "123alice.smith!", "alice smith", "Ａlice.ｓmith",
		"myalicesmith", "asmith77", "asmith77@example.org", "asmith77!!", "13800138000", "+8613800138000", "8613800138000", "138-0013-8000", "00138000",
		"a13800138000" };
	static const char *const others[] = { "alicewonderland", "smith-and-wesson", "asmith.example", "81360014", "correct horse", "example.org" };

	for (size_t i = 0; i < COUNT(own); i++)
		if (password_judge(&all, mem, str_of(own[i]), &alice) != PASSWORD_OWN_WORDS)
			test_fail(__FILE__, __LINE__, "%s passes", own[i]);
	for (size_t i = 0; i < COUNT(others); i++)
		if (password_judge(&all, mem, str_of(others[i]), &alice) != PASSWORD_FITS)
			test_fail(__FILE__, __LINE__, "%s is refused", others[i]);
	JUDGED(&any, &alice, "alice.smith", PASSWORD_FITS);
}

TEST(a_short_or_missing_name_refuses_no_other_password)
{
	static const struct user al = { .name = { "al", 2 }, .display_name = { "", 0 }, .email = { "", 0 }, .phone = { "", 0 } };
	static const struct user wang = { .name = { "王小明", 9 }, .email = { "wang@example.cn", 15 } };

	JUDGED(&all, &al, "al837261550", PASSWORD_FITS);
	JUDGED(&own_only, &al, "AL", PASSWORD_OWN_WORDS);
	JUDGED(&all, &wang, "王小明19840101", PASSWORD_OWN_WORDS);
	JUDGED(&all, &wang, "Wang20240101", PASSWORD_OWN_WORDS);
	JUDGED(&all, &nobody, "kz7-qx2w", PASSWORD_FITS);
}

TEST(what_everybody_takes_is_refused)
{
	static const char *const those[] = { "password1", "PassWord1", "ｐａｓｓｗｏｒｄ１", "1qaz2wsx", "woaini1314", "12345678", "87654321", "aaaaaaaa", "abcdefgh" };

	for (size_t i = 0; i < COUNT(those); i++)
		if (password_judge(&all, mem, str_of(those[i]), &alice) != PASSWORD_COMMON)
			test_fail(__FILE__, __LINE__, "%s passes", those[i]);
	JUDGED(&all, &alice, "aaaaaaab1", PASSWORD_FITS);
	JUDGED(&own_only, &alice, "password1", PASSWORD_FITS);
}

TEST(every_word_of_the_list_is_refused)
{
	static const struct password_rule rule = { .min = 1, .common = true };
	static const char *const list[] = {
#define COMMON(word) word,
#include "login/password_common.def"
#undef COMMON
	};

	for (size_t i = 0; i < COUNT(list); i++)
		if (password_judge(&rule, mem, str_of(list[i]), &nobody) != PASSWORD_COMMON)
			test_fail(__FILE__, __LINE__, "%s passes", list[i]);
}

TEST(a_file_of_passwords_is_compared_without_case)
{
	struct password_rule rule = { .min = 8, .listed = S("\nGreenHouse\r\n\nStraße-des-Ostens\nlast-line") };

	JUDGED(&rule, &alice, "greenhouse", PASSWORD_LISTED);
	JUDGED(&rule, &alice, "ＧＲＥＥＮhouse", PASSWORD_LISTED);
	JUDGED(&rule, &alice, "STRASSE-DES-OSTENS", PASSWORD_LISTED);
	JUDGED(&rule, &alice, "Last-Line", PASSWORD_LISTED);
	JUDGED(&rule, &alice, "greenhouses", PASSWORD_FITS);
	JUDGED(&rule, &alice, "last-lin", PASSWORD_FITS);
}

/* A page tells all of them at once; a person is told the first. */
TEST(all_faults_of_one_password)
{
	struct password_rule rule = { .min = 9, .max = 12, .own_words = true, .common = true };
	struct user own = { .name = S("alice") };

	EXPECT_INT(password_faults(&rule, mem, S("Alice1"), &own), 1u << PASSWORD_SHORT | 1u << PASSWORD_OWN_WORDS);
	EXPECT_INT(password_judge(&rule, mem, S("Alice1"), &own), PASSWORD_SHORT);
	EXPECT_INT(password_faults(&rule, mem, S("twelve chars"), &own), 0);
	EXPECT_INT(password_judge(&rule, mem, S("thirteen char"), &own), PASSWORD_LONG);
	EXPECT_INT(password_faults(NULL, mem, S("a"), &own), 0);
	for (int i = PASSWORD_SHORT; i < PASSWORD_FAULTS; i++)
		EXPECT(password_fault_key((enum password_fault)i)[0] != '\0');
}
