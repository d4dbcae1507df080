/* P1: a value stands only where escaping helps. */
#include "page/page_int.h"
#include "../test.h"

static enum html_fit
fit_after(const char *html)
{
	struct html_at at = { 0 };
	const char *why;

	html_scan(&at, str_of(html));
	return html_fit(&at, &why);
}

TEST(text_and_quoted_values_fit)
{
	EXPECT_INT(fit_after(""), FIT_TEXT);
	EXPECT_INT(fit_after("<p class=x>"), FIT_TEXT);
	EXPECT_INT(fit_after("<p title=\"a > b "), FIT_TEXT);
	EXPECT_INT(fit_after("<p title='it is \" "), FIT_TEXT);
	EXPECT_INT(fit_after("1 < 2 "), FIT_TEXT);
	EXPECT_INT(fit_after("<!-- <p title= --> "), FIT_TEXT);
	EXPECT_INT(fit_after("<!DOCTYPE html><html>"), FIT_TEXT);
	EXPECT_INT(fit_after("<title>"), FIT_TEXT);
	EXPECT_INT(fit_after("<script>x = '</p>' </script>"), FIT_TEXT);
	EXPECT_INT(fit_after("<STYLE>a{}</Style >"), FIT_TEXT);
}

TEST(urls_are_told_apart)
{
	EXPECT_INT(fit_after("<a href=\""), FIT_URL);
	EXPECT_INT(fit_after("<form method=post ACTION='"), FIT_URL);
	EXPECT_INT(fit_after("<a href = \""), FIT_URL);
	EXPECT_INT(fit_after("<a href=\"/x?y="), FIT_TEXT);
	EXPECT_INT(fit_after("<a hrefs=\""), FIT_TEXT);
}

TEST(other_places_do_not_fit)
{
	static const char *const refused[] = {
		"<", "<a", "<a ", "<a href", "<a href=", "<a href=x", "<a href= ", "</a", "<!", "<!-", "<!--", "<!-- -", "<!-- --x", "<!DOCTYPE ", "<?xml ",
		"<script>", "<style>", "<script>\"", "<script></scrip>", "<style></style", "<a onclick=\"", "<a STYLE='", "<iframe srcdoc=\"", "<script>a</script",
	};

	for (size_t i = 0; i < COUNT(refused); i++)
		if (fit_after(refused[i]) != FIT_NOT)
			test_fail(__FILE__, __LINE__, "a value after %s", refused[i]);
}

TEST(title_content_is_no_markup)
{
	EXPECT_INT(fit_after("<title><a href=\""), FIT_TEXT);
	EXPECT_INT(fit_after("<textarea><a href=</textarea>"), FIT_TEXT);
}
