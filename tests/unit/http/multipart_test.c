/* tests/unit/http/multipart_test.c - multipart/form-data bodies, well-formed and not. */
#include "../test.h"
#include "http/http.h"

#define TYPE S("multipart/form-data; boundary=xx")
#define PART(name) "Content-Disposition: form-data; name=\"" name "\"\r\n\r\n"

TEST(fields)
{
	struct pairs p = { .n = 0 };
	struct str body = S("--xx\r\n" PART("grant_type") "password\r\n--xx\r\nContent-Type: text/plain; charset=UTF-8\r\n" PART("username") "\xe4\xb8\xad+%41 \r\n"
		"--xx\r\n" PART("empty") "\r\n--xx--\r\n");

	EXPECT_INT(form_read_multipart(mem, TYPE, body, &p), FORM_OK);
	EXPECT_INT(p.n, 3);
	EXPECT_STR(pair_first(&p, S("grant_type")), S("password"));
	EXPECT_STR(pair_first(&p, S("username")), S("\xe4\xb8\xad+%41 "));
	EXPECT_STR(pair_first(&p, S("empty")), S(""));
	EXPECT(!p.at[0].from_query);
}

TEST(file_is_skipped)
{
	struct pairs p = { .n = 0 };
	struct str body = S("preamble\r\n--xx\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a;b.txt\"\r\n\r\n\0\xff\r\n-\r\n--xx  \r\n" PART("a")
		"1\r\n--xx--epilogue");

	EXPECT_INT(form_read_multipart(mem, TYPE, body, &p), FORM_OK);
	EXPECT_INT(p.n, 1);
	EXPECT_STR(pair_first(&p, S("a")), S("1"));
}

TEST(quoted_words)
{
	struct pairs p = { .n = 0 };

	EXPECT_INT(form_read_multipart(mem, S("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\""),
		S("--a b\r\ncontent-disposition: FORM-DATA; name=\"q\\\"w;x\"\r\n\r\nv\r\n--a b--"), &p), FORM_OK);
	EXPECT_STR(pair_first(&p, S("q\"w;x")), S("v"));
	EXPECT_INT(form_read_multipart(mem, TYPE, S("--xx\r\nContent-Disposition: form-data; name=plain\r\n\r\nv\r\n--xx--"), &p), FORM_OK);
	EXPECT_STR(pair_first(&p, S("plain")), S("v"));
}

TEST(nothing_but_the_end)
{
	struct pairs p = { .n = 0 };

	EXPECT_INT(form_read_multipart(mem, TYPE, S("--xx--\r\n"), &p), FORM_OK);
	EXPECT_INT(p.n, 0);
}

TEST(malformed)
{
	static const char *const bad[] = {
		"", "--xx", "--xx\r\n", "--xx\r\n" PART("a") "1", "--xx\r\n" PART("a") "1\r\n--xx", "--xx\r\n" PART("a") "1\r\n--xxy\r\n",
		"--xx\r\n\r\n1\r\n--xx--", "--xx\r\nX: y\r\n\r\n1\r\n--xx--", "--xx\r\nContent-Disposition: form-data\r\n\r\n1\r\n--xx--",
		"--xx\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--xx--", "--xx\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n1\r\n--xx--",
		"--xx\r\nContent-Disposition: form-data; name=\"a\"\r\n1\r\n--xx--", "--xx\n" PART("a") "1\r\n--xx--",
		"--xx\r\nContent-Transfer-Encoding: base64\r\n" PART("a") "MQ==\r\n--xx--", "--xx\r\nno colon\r\n" PART("a") "1\r\n--xx--",
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct pairs p = { .n = 0 };

		if (form_read_multipart(mem, TYPE, str_of(bad[i]), &p) == FORM_OK)
			test_fail(__FILE__, __LINE__, "row %zu accepted", i);
	}
}

TEST(values_are_text)
{
	struct pairs p = { .n = 0 };

	EXPECT_INT(form_read_multipart(mem, TYPE, S("--xx\r\n" PART("a") "b\nc\r\n--xx--"), &p), FORM_BAD_BYTE);
	EXPECT_INT(form_read_multipart(mem, TYPE, S("--xx\r\n" PART("a") "b\0c\r\n--xx--"), &p), FORM_BAD_BYTE);
	EXPECT_INT(form_read_multipart(mem, TYPE, S("--xx\r\n" PART("a") "\xff\r\n--xx--"), &p), FORM_BAD_UTF8);
	EXPECT_INT(p.n, 0);
}

TEST(boundary_is_needed)
{
	static const char *const types[] = { "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
		"multipart/form-data; boundary=\"a", "multipart/form-data; boundary=12345678901234567890123456789012345678901234567890123456789012345678901" };

	for (size_t i = 0; i < COUNT(types); i++) {
		struct pairs p = { .n = 0 };

		if (form_read_multipart(mem, str_of(types[i]), S("--\r\n" PART("a") "1\r\n----"), &p) == FORM_OK)
			test_fail(__FILE__, __LINE__, "accepted: %s", types[i]);
	}
}

TEST(too_many_parts)
{
	struct pairs p = { .n = 0 };
	struct buf b;

	buf_init(&b, mem, 64 * 1024);
	for (int i = 0; i <= PAIRS_MAX; i++)
		buf_put(&b, S("--xx\r\n" PART("a") "1\r\n"));
	buf_put(&b, S("--xx--"));
	EXPECT_INT(form_read_multipart(mem, TYPE, buf_str(&b), &p), FORM_TOO_MANY);
}
