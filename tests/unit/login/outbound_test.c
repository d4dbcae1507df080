/* Where requests may go. */
#include "../test.h"
#include "login/outbound.h"

static bool
private(const char *address, bool loopback_too)
{
	bool loopback, p = outbound_address_is_private(str_of(address), &loopback);

	return p && loopback == loopback_too;
}

TEST(private_addresses)
{
	EXPECT(private("127.0.0.1", true) && private("::1", true) && private("::ffff:127.0.0.1", true));
	EXPECT(private("10.1.2.3", false) && private("172.16.0.1", false) && private("172.31.255.255", false) && private("192.168.1.1", false));
	EXPECT(private("169.254.169.254", false) && private("100.64.0.1", false) && private("0.0.0.0", false) && private("224.0.0.1", false));
	EXPECT(private("fe80::1", false) && private("fd00::1", false) && private("::ffff:10.0.0.1", false) && private("64:ff9b::a00:1", false) && private("::", false));
	EXPECT(!private("172.32.0.1", false) && !private("8.8.8.8", false) && !private("2001:db8::1", false) && !private("example.com", false));
}

TEST(urls_that_may_be_asked)
{
	struct outbound_rules r = { 0 }, lax = { .allow_private = true, .allow_http = true };

	EXPECT(outbound_url_trouble(S("https://sms.example/x"), &r) == NULL);
	EXPECT(outbound_url_trouble(S("http://127.0.0.1:8000/x"), &r) == NULL && outbound_url_trouble(S("http://[::1]:1/"), &r) == NULL);
	EXPECT(outbound_url_trouble(S("http://sms.example/x"), &r) != NULL && outbound_url_trouble(S("http://sms.example/x"), &lax) == NULL);
	EXPECT(outbound_url_trouble(S("https://10.0.0.1/x"), &r) != NULL && outbound_url_trouble(S("https://10.0.0.1/x"), &lax) == NULL);
	EXPECT(outbound_url_trouble(S("https://[fe80::1]/"), &r) != NULL);
	EXPECT(outbound_url_trouble(S("file:///etc/passwd"), &lax) != NULL && outbound_url_trouble(S("https://"), &lax) != NULL);
	EXPECT(outbound_url_trouble(S("https://user@host/"), &lax) != NULL && outbound_url_trouble(S("https://h/\r\nX: y"), &lax) != NULL);
}

TEST(nobody_there)
{
	struct outbound_rules r = { .connect_ms = 1000, .total_ms = 1000, .answer_max = 1024 };
	struct outbound_ask a = { .method = S("GET"), .url = S("http://127.0.0.1:1/") };
	struct outbound_answer out;
	const char *why;

	if (!outbound_ready(&why))
		return;
	EXPECT(!outbound_do(mem, &r, &a, &out));
	EXPECT(out.trouble != NULL);
}
