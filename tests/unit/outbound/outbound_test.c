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
