/* Whose an address is: the first and the last of each special network, and the neighbours on both sides. */
#include "../test.h"

TEST(each_network_to_its_ends)
{
	static const struct { const char *before, *first, *last, *after; } rows[] = {
		{ NULL, "0.0.0.0", "0.255.255.255", "1.0.0.0" },
		{ "9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0" },
		{ "100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0" },
		{ "169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0" },
		{ "172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0" },
		{ "191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0" },
		{ "192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0" },
		{ "192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0" },
		{ "192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0" },
		{ "198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0" },
		{ "198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0" },
		{ "203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0" },
		{ "223.255.255.255", "224.0.0.0", "255.255.255.255", NULL },
		{ NULL, "::", "::", NULL },
		{ NULL, "::2", "::255.255.255.255", "::1:0:0" },
		{ "64:ff9b:0:ffff::", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "64:ff9b:2::" },
		{ "ff:ffff::", "100::", "100::ffff:ffff:ffff:ffff", "100:0:0:1::" },
		{ "2000:ffff::", "2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::" },
		{ "2001:db7:ffff::", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::" },
		{ "2001:ffff::", "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::" },
		{ "3ffe:ffff::", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::" },
		{ "5eff:ffff::", "5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "5f01::" },
		{ "fbff:ffff::", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe00::" },
		{ "fe7f:ffff::", "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL },
		{ NULL, "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL },
		{ NULL, "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL },
		{ "::ffff:9.255.255.255", "::ffff:10.0.0.0", "::ffff:10.255.255.255", "::ffff:11.0.0.0" },
		{ "64:ff9b::9.255.255.255", "64:ff9b::10.0.0.0", "64:ff9b::a9fe:a9fe", "64:ff9b::8.8.8.8" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		if (address_kind(str_of(rows[i].first)) != ADDRESS_PRIVATE
		    || address_kind(str_of(rows[i].last)) != ADDRESS_PRIVATE)
			test_fail(__FILE__, __LINE__, "%s to %s are not private", rows[i].first, rows[i].last);
		if ((rows[i].before && address_kind(str_of(rows[i].before)) != ADDRESS_PUBLIC)
		    || (rows[i].after && address_kind(str_of(rows[i].after)) != ADDRESS_PUBLIC))
			test_fail(__FILE__, __LINE__, "beside %s: not public", rows[i].first);
	}
}

TEST(loopback_in_each_form_and_what_is_none)
{
	static const char *const own[] = { "127.0.0.1", "127.0.0.0", "127.255.255.255", "::1",
	    "::ffff:127.0.0.1", "64:ff9b::127.0.0.1" };
	static const char *const none[] = { "", "localhost", "127.1", "0x7f.0.0.1", "[::1]",
	    "::1%lo", "1.2.3", "1.2.3.4 ", "::ffff:1.2.3.4.5", "a.example",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb" };

	for (size_t i = 0; i < COUNT(own); i++)
		EXPECT_INT(address_kind(str_of(own[i])), ADDRESS_LOOPBACK);
	for (size_t i = 0; i < COUNT(none); i++)
		EXPECT_INT(address_kind(str_of(none[i])), ADDRESS_NONE);
	EXPECT_INT(address_kind(str_span("1.2.3.4\0", 8)), ADDRESS_NONE);
}
