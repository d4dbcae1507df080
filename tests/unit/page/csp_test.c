#include "page/page.h"
#include "../test.h"

/* What the policy says of one thing. */
static struct str
directive(const char *name)
{
	struct str rest = page_csp();

	while (str_given(rest)) {
		struct str one = str_trim(str_cut(&rest, ';'));

		if (str_eq(str_cut(&one, ' '), str_of(name)))
			return one;
	}
	return STR_ABSENT;
}

TEST(w3_a_form_leads_nowhere_but_home)
{
	EXPECT_STR(directive("form-action"), S("'self'"));
	EXPECT_STR(directive("base-uri"), S("'none'"));
}

TEST(nothing_runs_and_nothing_frames)
{
	EXPECT_STR(directive("default-src"), S("'none'"));
	EXPECT_STR(directive("style-src"), S("'self'"));
	EXPECT_STR(directive("frame-ancestors"), S("'none'"));
	EXPECT(!str_given(directive("script-src")) && !str_given(directive("frame-src")));
}
