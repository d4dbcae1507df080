/* tests/unit/base/html_test.c - nothing in a text can become markup. */
#include "../test.h"

TEST(entities)
{
	struct buf b;

	buf_init(&b, mem, 4096);
	html_put(&b, S("<a href=\"x\" id='y'>T&C \xE4\xB8\xAD</a>"));
	EXPECT_STR(buf_str(&b), S("&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;T&amp;C \xE4\xB8\xAD&lt;/a&gt;"));
	html_put(&b, STR_ABSENT);
	EXPECT(!b.full);
}
