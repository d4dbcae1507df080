/* Which language, and the Chinese of an English sentence with the same arguments. */
#include "../test.h"

#include <errno.h>

TEST(the_environment_says_the_language)
{
	static const struct { const char *all, *messages, *lang; enum language is; } rows[] = {
		{ "zh_CN.UTF-8", "en_US", "en_US", LANGUAGE_CHINESE }, { "", "zh_TW", "C", LANGUAGE_CHINESE }, { "", "", "zh", LANGUAGE_CHINESE },
		{ "C", "zh_CN", "zh_CN", LANGUAGE_ENGLISH }, { "", "", "", LANGUAGE_ENGLISH },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		setenv("LC_ALL", rows[i].all, 1);
		setenv("LC_MESSAGES", rows[i].messages, 1);
		setenv("LANG", rows[i].lang, 1);
		EXPECT_INT(language_of_environment(), rows[i].is);
	}
	unsetenv("LC_ALL");
	unsetenv("LC_MESSAGES");
	unsetenv("LANG");
	(void)mem;
}

TEST(a_tag_is_read)
{
	enum language l = LANGUAGE_ENGLISH;

	(void)mem;
	EXPECT(language_read(S("zh-CN"), &l) && l == LANGUAGE_CHINESE);
	EXPECT(language_read(S("en"), &l) && l == LANGUAGE_ENGLISH);
	EXPECT(!language_read(S("fr"), &l) && !language_read(S(""), &l) && !language_read(STR_ABSENT, &l));
}

TEST(a_sentence_is_said_in_the_language_of_the_thread_before_that_of_the_process)
{
	EXPECT_STR(SAY("out of memory"), S("out of memory"));
	language_here(LANGUAGE_CHINESE);
	EXPECT_STR(SAY("out of memory"), S("内存不足"));
	EXPECT_STR(arena_say(mem, "issuer %.*s has no key %.*s", STR_ARG(S("a")), STR_ARG(S("k%s"))), S("签发方 a 没有密钥 k%s"));
	EXPECT_STR(str_of(say("no row has this")), S("no row has this"));
	EXPECT_STR(str_of(say_errno(ENOENT)), S("没有那个文件或目录"));
	language_as_set();
	EXPECT_STR(SAY("out of memory"), S("out of memory"));
	language_set(LANGUAGE_CHINESE);
	EXPECT_STR(SAY("out of memory"), S("内存不足"));
	language_here(LANGUAGE_ENGLISH);
	EXPECT_STR(SAY("out of memory"), S("out of memory"));
	language_as_set();
	language_set(LANGUAGE_ENGLISH);
	EXPECT(say(NULL) == NULL && sentence_in(LANGUAGE_CHINESE, NULL) == NULL);
}
