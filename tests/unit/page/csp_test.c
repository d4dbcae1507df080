#include "page/page.h"
#include "../test.h"

#include "base/digest.h"
#include "base/text.h"

/* What the policy of such a page says of one thing. */
static struct str
directive(enum page_kind kind, const char *name)
{
	struct str rest = page_csp(kind);

	while (str_given(rest)) {
		struct str one = str_trim(str_cut(&rest, ';'));

		if (str_eq(str_cut(&one, ' '), str_of(name)))
			return one;
	}
	return STR_ABSENT;
}

TEST(w3_a_form_leads_nowhere_but_home)
{
	for (int k = 0; k < PAGE_KIND_COUNT; k++) {
		if (k != PAGE_FORM_POST)
			EXPECT_STR(directive((enum page_kind)k, "form-action"), S("'self'"));
		EXPECT_STR(directive((enum page_kind)k, "base-uri"), S("'none'"));
	}
}

TEST(nothing_runs_and_nothing_frames)
{
	for (int k = 0; k < PAGE_KIND_COUNT; k++) {
		EXPECT_STR(directive((enum page_kind)k, "default-src"), S("'none'"));
		EXPECT_STR(directive((enum page_kind)k, "style-src"), S("'self'"));
		EXPECT_STR(directive((enum page_kind)k, "frame-ancestors"), S("'none'"));
		EXPECT(!str_given(directive((enum page_kind)k, "frame-src")));
		if (k != PAGE_FORM_POST)
			EXPECT(!str_given(directive((enum page_kind)k, "script-src")));
	}
}

/* The page of FORM_POST runs one script, which is the one of its template, and leads where its form does. */
TEST(the_one_script_is_named_by_its_hash)
{
	struct page_var vars[] = { { .name = "action", .value = S("https://app.example/cb"), .application = true } };
	struct page_vars all = { vars, 1 };
	struct str why, html, script = page_form_post_script();
	struct page_set *set = page_set_load(STR_ABSENT, NULL, 0, mem, &why);
	uint8_t digest[DIGEST_SIZE];

	NEED(set != NULL);
	html = page_render(set, mem, PAGE_FORM_POST, LANG_EN, &all);
	EXPECT(str_contains(html, ARENA_CAT(mem, S("<script>"), script, S("</script>"))));
	EXPECT(str_contains(html, S("action=\"https://app.example/cb\"")));
	SHA256(digest, script);
	EXPECT_STR(directive(PAGE_FORM_POST, "script-src"),
	    ARENA_CAT(mem, S("'sha256-"), b64_encode(mem, str_span(digest, sizeof digest)), S("'")));
	EXPECT(!str_given(directive(PAGE_FORM_POST, "form-action")));
	page_set_free(set);
}

/* A page that asks for a passkey runs the part's script, which is the one that is named; without one there is neither. */
TEST(the_script_of_a_passkey_is_named_by_its_hash)
{
	struct page_var vars[] = { { .name = "passkey", .value = S("get") }, { .name = "action", .value = S("/login") } };
	struct page_vars all = { vars, 2 }, none = { vars + 1, 1 };
	struct str why, html, script;
	struct page_set *set = page_set_load(STR_ABSENT, NULL, 0, mem, &why);
	const char *from, *to;
	uint8_t digest[DIGEST_SIZE];

	NEED(set != NULL);
	html = page_render(set, mem, PAGE_LOGIN, LANG_EN, &all);
	from = memmem(html.p, html.n, "<script>", 8);
	NEED(from != NULL);
	to = memmem(from, (size_t)(html.p + html.n - from), "</script>", 9);
	NEED(to != NULL);
	script = str_span(from + 8, (size_t)(to - from - 8));
	EXPECT(str_contains(script, S("navigator.credentials")));
	SHA256(digest, script);
	EXPECT_STR(page_passkey_csp(),
	    ARENA_CAT(mem, S("; script-src 'sha256-"), b64_encode(mem, str_span(digest, sizeof digest)), S("'")));
	EXPECT(str_contains(html, S("autocomplete=\"username webauthn\"")));
	html = page_render(set, mem, PAGE_LOGIN, LANG_EN, &none);
	EXPECT(!str_contains(html, S("<script")) && str_contains(html, S("autocomplete=\"username\"")));
	page_set_free(set);
}
