/* Where requests may go. */
#include "../test.h"
#include "outbound/outbound.h"

TEST(urls_that_may_be_asked)
{
	struct outbound_rules r = { 0 }, lax = { .allow_private = true, .allow_http = true };

	EXPECT(outbound_url_trouble(S("https://sms.example/x"), &r) == NULL);
	EXPECT(outbound_url_trouble(S("http://127.0.0.1:8000/x"), &r) == NULL
	    && outbound_url_trouble(S("http://[::1]:1/"), &r) == NULL);
	EXPECT(outbound_url_trouble(S("http://sms.example/x"), &r) != NULL
	    && outbound_url_trouble(S("http://sms.example/x"), &lax) == NULL);
	EXPECT(outbound_url_trouble(S("https://10.0.0.1/x"), &r) != NULL
	    && outbound_url_trouble(S("https://10.0.0.1/x"), &lax) == NULL);
	EXPECT(outbound_url_trouble(S("https://[fe80::1]/"), &r) != NULL);
	EXPECT(outbound_url_trouble(S("file:///etc/passwd"), &lax) != NULL
	    && outbound_url_trouble(S("https://"), &lax) != NULL);
	EXPECT(outbound_url_trouble(S("http://127.0.0.1:80@203.0.113.9/"), &lax) != NULL
	    && outbound_url_trouble(S("https://[fec0::1]/"), &r) != NULL);
	EXPECT(outbound_url_trouble(S("https://0x0a.1/"), &r) != NULL
	    && outbound_url_trouble(S("http://[::ffff:127.0.0.1]/"), &r) == NULL);
	EXPECT(outbound_url_trouble(S("https://[64:ff9b:1::1]/"), &r) != NULL
	    && outbound_url_trouble(S("https://[2002:7f00:1::]/"), &r) != NULL);
	EXPECT(outbound_url_trouble(S("https://user@host/"), &lax) != NULL
	    && outbound_url_trouble(S("https://h/\r\nX: y"), &lax) != NULL);
}

TEST(nobody_there)
{
	struct outbound_rules r = { .connect_ms = 1000, .total_ms = 1000, .answer_max = 1024 };
	struct outbound_ask a = { .method = S("GET"), .url = S("http://127.0.0.1:1/") };
	struct outbound_answer out;

	EXPECT(!outbound_do(mem, &r, &a, &out));
	EXPECT(out.trouble != NULL);
}

/* What a client says leads no more to this machine than to a private network, however it is written. */
TEST(a_stranger_leads_to_no_loopback_address)
{
	struct outbound_rules stranger = { .stranger = true }, near = { .stranger = true, .allow_private = true };
	static const char *const urls[] = { "https://127.0.0.1/x", "https://localhost/x", "http://127.0.0.1:1/x", "https://[::1]/",
		"https://[::ffff:127.0.0.1]/", "https://2130706433/", "https://0x7f.1/", "https://0177.0.0.1/", "https://10.0.0.1/",
		"https://169.254.169.254/", "https://[fe80::1]/", "https://[2002:7f00:1::]/" };

	for (size_t i = 0; i < COUNT(urls); i++)
		if (outbound_url_trouble(str_of(urls[i]), &stranger) == NULL)
			test_fail(__FILE__, __LINE__, "%s", urls[i]);
	EXPECT(outbound_url_trouble(S("https://app.example/x"), &stranger) == NULL);
	EXPECT(outbound_url_trouble(S("http://app.example/x"), &near) != NULL);
	EXPECT(outbound_url_trouble(S("http://127.0.0.1:1/x"), &near) == NULL);
}
