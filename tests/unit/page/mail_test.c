/* Mail: HTML escapes, plain text does not; every kind has its texts in every language. */
#include "page/page_int.h"
#include "page_test.h"

static struct page_set *
built_in(struct arena *mem)
{
	struct str why = STR_ABSENT;
	struct page_set *p = page_set_load(STR_ABSENT, NULL, 0, mem, &why);

	if (p == NULL)
		test_fail(__FILE__, __LINE__, "%.*s", STR_ARG(why));
	return p;
}

TEST(values_are_escaped_in_html_alone)
{
	struct page_vars v = VARS(V("issuer_name", "A & B's"), V("name", "<b>{{code}}"), V("href", "https://h/?a=1&b=2"),
	    V("code", "12345678"), V("minutes", "10"));
	struct page_set *p = built_in(mem);
	struct page_mail m;

	NEED(p != NULL && page_mail(p, mem, LANG_EN, S("reset"), &v, &m));
	EXPECT_STR(m.subject, S("Set a new password for A & B's"));
	EXPECT(str_contains(m.text, S("Hello <b>{{code}},")));
	EXPECT(str_contains(m.text, S("\nhttps://h/?a=1&b=2\n")) && str_contains(m.text, S("\n    12345678\n")));
	EXPECT(str_contains(m.html, S("Hello &lt;b&gt;{{code}},")) && !str_contains(m.html, S("<b>")));
	EXPECT(str_contains(m.html, S("href=\"https://h/?a=1&amp;b=2\"")) && str_contains(m.html, S("A &amp; B&#39;s")));
	EXPECT(!page_mail(p, mem, LANG_EN, S("nothing"), &v, &m) && !page_mail_exists(S("nothing")));
	page_set_free(p);
}

TEST(a_link_carries_no_code)
{
	struct page_vars v = VARS(V("href", "javascript:alert(1)"));
	struct page_set *p = built_in(mem);
	struct page_mail m;

	NEED(p != NULL && page_mail(p, mem, LANG_ZH, S("reset"), &v, &m));
	EXPECT(str_contains(m.html, S("href=\"#\"")) && !str_contains(m.html, S("href=\"javascript")));
	page_set_free(p);
}

/* Each kind has a lead, and a button where there is a link. */
TEST(every_kind_is_whole)
{
	static const char *const kinds[] = {
#define TEXT(key, text) #key,
#include "page/languages/en.def"
#undef TEXT
	};
	struct page_set *p = built_in(mem);
	size_t n = 0, at;

	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct str key = str_of(kinds[i]), word = str_from(key, sizeof "mail_subject_" - 1);

		if (!str_starts(key, S("mail_subject_")))
			continue;
		n++;
		EXPECT(page_mail_exists(word));
		EXPECT(text_find(ARENA_CAT(mem, S("mail_lead_"), word), &at));
		for (int lang = 0; p != NULL && lang < LANG_COUNT; lang++) {
			struct page_mail m;

			EXPECT(page_mail(p, mem, lang, word, &(struct page_vars){ NULL, 0 }, &m));
			EXPECT(str_utf8(m.html) && !str_contains(m.text, S("&")) && !str_contains(m.subject, S("mail_")));
		}
	}
	EXPECT(n >= 3);
	page_set_free(p);
}
