/* tests/unit/http/method_test.c - methods by name. */
#include "../test.h"
#include "http/http.h"

TEST(names)
{
	enum http_method m = M_OTHER;

	EXPECT(http_method_read(S("GET"), &m));
	EXPECT_INT(m, M_GET);
	EXPECT(http_method_read(S("DELETE"), &m));
	EXPECT_INT(m, M_DELETE);
	EXPECT(!http_method_read(S("get"), &m));
	EXPECT(!http_method_read(S("TRACE"), &m));
	EXPECT(!http_method_read(S(""), &m));
	EXPECT_INT(m, M_DELETE);
}
