/* tests/unit/http/target_test.c - request targets and hosts, as text. */
#include "../test.h"
#include "http/http_int.h"

TEST(forms)
{
	static const struct { const char *text, *host, *path, *query; } rows[] = {
		{ "/", NULL, "/", NULL }, { "/a?b?c", NULL, "/a", "b?c" }, { "//a/b", NULL, "//a/b", NULL }, { "/?", NULL, "/", "" },
		{ "http://h", "h", "/", NULL }, { "hTTps://h:/p", "h:", "/p", NULL }, { "http://h?", "h", "/", "" },
		{ "http://[2001:db8::1]:8080//x?y", "[2001:db8::1]:8080", "//x", "y" }, { "http://a.b-c_d:65535/?/", "a.b-c_d:65535", "/", "/" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct target t;

		EXPECT(target_read(str_of(rows[i].text), &t));
		EXPECT_STR(t.host, str_of(rows[i].host));
		EXPECT_STR(t.path, str_of(rows[i].path));
		EXPECT_STR(t.query, str_of(rows[i].query));
		EXPECT(str_given(t.query) == (rows[i].query != NULL));
		EXPECT(str_given(t.host) == (rows[i].host != NULL));
	}
	(void)mem;
}

TEST(no_forms)
{
	static const char *const bad[] = { "", "*", "a", "a:80", "http:", "http://", "http:///", "http://?", "http://:80/", "http://u@h/", "http://h:a/",
		"http://h:65536/", "http://h:123456/", "http://[]/", "http://[::1/", "http://[::1]x/", "http://[::1]:x/", "ftp://h/", "https:/h", "/a b", "/#", "http://h/#",
		"http://h\\/" };

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct target t;

		if (target_read(str_of(bad[i]), &t))
			test_fail(__FILE__, __LINE__, "\"%s\" was taken", bad[i]);
	}
	(void)mem;
}

TEST(hosts)
{
	static const char *const good[] = { "", "h", "h:", "h:0", "1.2.3.4:80", "[::1]", "[::1]:443", "xn--fiq.example", "a_b" };
	static const char *const bad[] = { ":80", "h:80:80", "a b", "a@b", "a/b", "h:8o", "[::1", "::1", "[", "[]", "a\"b", "\xe4\xb8\xad" };

	for (size_t i = 0; i < COUNT(good); i++)
		if (!host_is_sound(str_of(good[i])))
			test_fail(__FILE__, __LINE__, "\"%s\" was refused", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (host_is_sound(str_of(bad[i])))
			test_fail(__FILE__, __LINE__, "\"%s\" was taken", bad[i]);
	(void)mem;
}
