/* URLs as attackers, browsers and old configurations write them: what is judged is what would be asked. */
#include "../test.h"

static bool
reads(const char *text)
{
	struct url u;

	return url_read(str_of(text), &u) == NULL;
}

TEST(urls_taken_apart)
{
	static const struct { const char *text, *authority,
	    *host; int port; bool has_port; const char *path, *query, *fragment; enum address_kind kind; } rows[] = {
		{ "https://a.example", "a.example", "a.example", 443, false, "", NULL, NULL, ADDRESS_NONE },
		{ "HtTpS://A.Example:8443/X/../y?q=1/2?#f?/", "A.Example:8443", "a.example", 8443,
		true, "/X/../y", "q=1/2?", "f?/", ADDRESS_NONE },
		{ "http://a.example?", "a.example", "a.example", 80, false, "", "", NULL, ADDRESS_NONE },
		{ "http://a.example#", "a.example", "a.example", 80, false, "", NULL, "", ADDRESS_NONE },
		{ "http://a.example#@b.example/", "a.example", "a.example", 80, false, "", NULL,
		"@b.example/", ADDRESS_NONE },
		{ "http://a.example?@b.example/", "a.example", "a.example", 80, false, "",
		"@b.example/", NULL, ADDRESS_NONE },
		{ "http://a.example/@b.example:x", "a.example", "a.example", 80, false,
		"/@b.example:x", NULL, NULL, ADDRESS_NONE },
		{ "http://a.example/?x=\\y", "a.example", "a.example", 80, false, "/", "x=\\y", NULL, ADDRESS_NONE },
		{ "http://a.example/%2e%2e/%00", "a.example", "a.example", 80, false, "/%2e%2e/%00",
		NULL, NULL, ADDRESS_NONE },
		{ "http://a_b.xn--fsq.:1/", "a_b.xn--fsq.:1", "a_b.xn--fsq.", 1, true, "/", NULL, NULL, ADDRESS_NONE },
		{ "http://LOCALHOST:65535/", "LOCALHOST:65535", "localhost", 65535, true, "/", NULL,
		NULL, ADDRESS_LOOPBACK },
		{ "http://localhost.evil.example/", "localhost.evil.example",
		"localhost.evil.example", 80, false, "/", NULL, NULL, ADDRESS_NONE },
		{ "http://127.0.0.1.evil.example/", "127.0.0.1.evil.example",
		"127.0.0.1.evil.example", 80, false, "/", NULL, NULL, ADDRESS_NONE },
		{ "http://8.8.8.8/", "8.8.8.8", "8.8.8.8", 80, false, "/", NULL, NULL, ADDRESS_PUBLIC },
		{ "http://2130706433/", "2130706433", "127.0.0.1", 80, false, "/", NULL, NULL, ADDRESS_LOOPBACK },
		{ "http://0x7f.1/", "0x7f.1", "127.0.0.1", 80, false, "/", NULL, NULL, ADDRESS_LOOPBACK },
		{ "http://0X7F000001/", "0X7F000001", "127.0.0.1", 80, false, "/", NULL, NULL, ADDRESS_LOOPBACK },
		{ "http://0177.0.0.01/", "0177.0.0.01", "127.0.0.1", 80, false, "/", NULL, NULL, ADDRESS_LOOPBACK },
		{ "http://10.1/", "10.1", "10.0.0.1", 80, false, "/", NULL, NULL, ADDRESS_PRIVATE },
		{ "http://0/", "0", "0.0.0.0", 80, false, "/", NULL, NULL, ADDRESS_PRIVATE },
		{ "http://[::1]:8080/", "[::1]:8080", "::1", 8080, true, "/", NULL, NULL, ADDRESS_LOOPBACK },
		{ "http://[0:0::0:1]", "[0:0::0:1]", "::1", 80, false, "", NULL, NULL, ADDRESS_LOOPBACK },
		{ "http://[::FFFF:127.0.0.1]/", "[::FFFF:127.0.0.1]", "::ffff:127.0.0.1", 80, false,
		"/", NULL, NULL, ADDRESS_LOOPBACK },
		{ "http://[2606:4700::1111]/", "[2606:4700::1111]", "2606:4700::1111", 80, false,
		"/", NULL, NULL, ADDRESS_PUBLIC },
		{ "com.example.app:/cb?x#y", NULL, "", 0, false, "/cb", "x", "y", ADDRESS_NONE },
		{ "com.example.app:cb", NULL, "", 0, false, "cb", NULL, NULL, ADDRESS_NONE },
		{ "com.example.app:///cb", "", "", 0, false, "/cb", NULL, NULL, ADDRESS_NONE },
		{ "com.example.app://cb:7/x", "cb:7", "cb", 7, true, "/x", NULL, NULL, ADDRESS_NONE },
		{ "ldaps://dc1.example:636", "dc1.example:636", "dc1.example", 636, true, "", NULL,
		NULL, ADDRESS_NONE },
		{ "urn:x:y", NULL, "", 0, false, "x:y", NULL, NULL, ADDRESS_NONE },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct url u;
		const char *why = url_read(str_of(rows[i].text), &u);

		if (why != NULL)
			test_fail(__FILE__, __LINE__, "%s: %s", rows[i].text, why);
		EXPECT_STR(u.authority, str_of(rows[i].authority));
		EXPECT_STR(str_of(u.host), str_of(rows[i].host));
		EXPECT_INT(u.port, rows[i].port);
		EXPECT_INT(u.has_port, rows[i].has_port);
		EXPECT_STR(u.path, str_of(rows[i].path));
		EXPECT_STR(u.query, str_of(rows[i].query));
		EXPECT_STR(u.fragment, str_of(rows[i].fragment));
		EXPECT_INT(u.kind, rows[i].kind);
	}
}

TEST(hostile_urls_are_refused)
{
	static const char *const rows[] = {
		"", "/", "//a.example/", "a.example", "://a.example", ":", "1http://a.example/",
		"ht tp://a.example/", "http", "http:",
		/* no host, or one that only some readers find */
		"http:/a.example/", "http:a.example", "http://", "http:///", "http:///a.example/",
		"http://?x", "http://#x", "http:////a.example/", "https://:443/", "http://:80",
		/* user names */
		"http://127.0.0.1:80@203.0.113.9/", "http://user@a.example/",
		"http://user:pw@a.example/", "http://@a.example/", "http://:@a.example/",
		"http://a.example@", "http://a@b@c/",
		"http://a.example%40b.example/", "http://a%2540b/", "com.example.app://user@host/", "ldap://user@host",
		/* slashes the other way, white space, control characters, other alphabets */
		"http:\\\\a.example/", "http://a.example\\@b.example/",
		"http://a.example\\.b.example/", "http://a.example/\\b", "\\\\a.example\\b", "http:/\\a.example/",
		" http://a.example/", "http://a.example/ ", "http://a.example/\t",
		"http://a.ex\nample/", "ht\ntp://a.example/", "http://a.example/\r\nX: y",
		"http://a\x7f/", "http://a.example/\x01",
		"http://\xe4\xbe\x8b.example/",
		"http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/", "http://a\xe3\x80\x82" "b/",
		"http://a.example/\xff",
		/* hosts that are none */
		"http://a%2eexample/", "http://%31/", "http://a..b/", "http://.a/", "http://./",
		"http://../", "http://a b/", "http://a,b/", "http://a;b/", "http://a*b/",
		"http://a'b/", "http://a(b)/", "http://a{b}/", "http://a|b/", "http://a^b/",
		"http://a\"b/", "http://<a>/", "http://$a/", "http://a!/", "http://a+b/",
		"http://a=b/", "http://a&b/", "http://~a/",
		/* numbers that are no address, or one by another spelling */
		"http://256.1.1.1/", "http://1.2.3.4.5/", "http://08.1.1.1/", "http://127.0.0.1./",
		"http://0x7f000001./", "http://2130706433./", "http://4294967296/",
		"http://99999999999/", "http://a.1/", "http://a.0x1/", "http://1.0x/", "http://0x/",
		"http://1.2.3.0xfff/", "http://a.example.127/",
		"http://[1.2.3.4]/", "http://[::1", "http://::1/", "http://[::1]x/", "http://[]/",
		"http://[v1.fe]/", "http://[::1]]/", "http://[[::1]]/", "http://[g::1]/",
		"http://[1:2:3:4:5:6:7:8:9]/", "http://[::1%25lo]/", "http://[fe80::1%25eth0]/",
		"http://[fe80::1%eth0]/", "http://[::ffff:999.0.0.1]/", "http://x[::1]/",
		/* ports */
		"http://a.example:/", "http://a.example:0/", "http://a.example:65536/",
		"http://a.example:99999999999999999999/", "http://a.example:-1/",
		"http://a.example:+1/", "http://a.example:8 0/", "http://a.example:80:80/",
		"http://a.example:x/", "http://a.example:0x50/", "http://[::1]:/",
		"http://[::1]:0/", "com.example.app://cb:0/",
	};
	char longest[URL_MAX + 2], label[80] = "http://";

	for (size_t i = 0; i < COUNT(rows); i++)
		if (reads(rows[i]))
			test_fail(__FILE__, __LINE__, "\"%s\" passes", rows[i]);
	memset(longest, 'a', sizeof longest);
	memcpy(longest, "http://a/", 9);
	EXPECT(url_read(str_span(longest, URL_MAX), &(struct url){ 0 }) == NULL
	    && url_read(str_span(longest, URL_MAX + 1), &(struct url){ 0 }) != NULL);
	EXPECT(url_read(str_span("http://a\0b/", 11), &(struct url){ 0 }) != NULL
	    && url_read(STR_ABSENT, &(struct url){ 0 }) != NULL);
	memset(label + 7, 'a', 63);
	EXPECT(reads(label));
	label[70] = 'a';
	EXPECT(!reads(label));
	memset(longest, 'a', 400);
	memcpy(longest, "http://", 7);
	for (int i = 57; i < 400; i += 50)
		longest[i] = '.';
	EXPECT(url_read(str_span(longest, 7 + URL_HOST_MAX), &(struct url){ 0 }) == NULL
	    && url_read(str_span(longest, 8 + URL_HOST_MAX), &(struct url){ 0 }) != NULL);
}

static bool
same(const char *a, const char *b)
{
	struct url x, y;

	return url_read(str_of(a), &x) == NULL && url_read(str_of(b), &y) == NULL && url_same_origin(&x, &y);
}

TEST(origins_are_scheme_host_and_port)
{
	EXPECT(same("https://a.example/x?y", "HTTPS://A.EXAMPLE:443") && same("http://127.1:80/",
	    "http://127.0.0.1") && same("http://[::1]:9/", "http://[0::1]:9/x"));
	EXPECT(!same("https://a.example", "http://a.example") && !same("https://a.example",
	    "https://a.example:444") && !same("https://a.example", "https://a.example.b"));
	EXPECT(!same("https://a.example", "https://a.example.") && !same("com.example.app:/x",
	    "com.example.app:/x") && !same("https://a:80", "http://a:80"));
}

TEST(schemes_of_applications)
{
	EXPECT(url_scheme_is_private(S("myapp")) && url_scheme_is_private(S("com.example.app")) && url_scheme_is_private(S("urn")));
	EXPECT(!url_scheme_is_private(S("JavaScript")) && !url_scheme_is_private(S("https")) && !url_scheme_is_private(S("data")));
	EXPECT(!url_scheme_is_private(S("1a")) && !url_scheme_is_private(S("")) && !url_scheme_is_private(S("a b")));
}
