/* tests/unit/outbound/mail_message_test.c - addresses and headers of mail: what is none, and that nothing is injected (L21). */
#include "../test.h"
#include "outbound/mail.h"

TEST(mail_addresses)
{
	static const char *const good[] = { "a@b", "first.last+tag@mail.example.org", "x!#$%&'*+-/=?^_`{|}~@example.org",
		"a@127-0-0-1.example",
		"a@xn--fiq228c.cn" };
	static const char *const bad[] = { "", "@", "a@", "@b", "a", ".a@b", "a.@b", "a..b@c", "a b@c", "a@b c", "a@b..c", "a@.b",
		"a@b.", "a@-b", "a@b-", "\"a\"@b", "a@[127.0.0.1]", "a@b\r\nBcc: x@y", "a\r\n@b", "a@b\n", "a@b,c@d", "<a@b>",
		"a@b>", "\xe5\xbc\xa0@example.org", "a@\xe4\xbe\x8b.cn", "a\0@b" };
	char local[80];

	for (size_t i = 0; i < COUNT(good); i++)
		EXPECT(mail_address_ok(str_of(good[i])));
	for (size_t i = 0; i < COUNT(bad); i++)
		EXPECT(!mail_address_ok(str_of(bad[i])));
	EXPECT(!mail_address_ok(str_span("a\0@b", 4)));
	memset(local, 'a', sizeof local);
	memcpy(local + 64, "@b", 2);
	EXPECT(mail_address_ok(str_span(local, 66)));
	memset(local, 'a', sizeof local);
	memcpy(local + 65, "@b", 2);
	EXPECT(!mail_address_ok(str_span(local, 67)));
}

TEST(mail_headers)
{
	struct str wide, rest, word, back, whole = S("");
	static const char *const bad[] = { "a\r\nBcc: x@y", "a\nb", "a\rb", "\x01", "a\x7f", "\xff\xfe" };

	EXPECT_STR(mail_header(mem, S("Reset of Example-7")), S("Reset of Example-7"));
	EXPECT_STR(mail_header(mem, S("a, b")), S("=?UTF-8?B?YSwgYg==?="));
	EXPECT_STR(mail_header(mem, S("=?UTF-8?B?YSwgYg==?=")), S("=?UTF-8?B?PT9VVEYtOD9CP1lTd2dZZz09Pz0=?="));
	for (size_t i = 0; i < COUNT(bad); i++) {
		EXPECT(!str_given(mail_header(mem, str_of(bad[i]))));
		EXPECT(!str_given(mail_mailbox(mem, str_of(bad[i]), S("a@b"))));
	}
	/* RFC 2047 section 2: no word is longer than 75; section 5: each is whole by itself */
	wide = S("\xe4\xb8\x80\xe4\xba\x8c\xe4\xb8\x89\xe5\x9b\x9b\xe4\xba\x94\xe5\x85\xad\xe4\xb8\x83\xe5\x85\xab\xe4\xb9\x9d\xe5\x8d\x81"
		 "a\xe4\xb8\x80\xe4\xba\x8c\xe4\xb8\x89\xe5\x9b\x9b\xe4\xba\x94\xe5\x85\xad\xe4\xb8\x83\xe5\x85\xab\xe4\xb9\x9d\xe5\x8d\x81");
	for (rest = mail_header(mem, wide); str_given(rest) && (word = str_cut(&rest, ' ')).p != NULL;) {
		EXPECT(word.n <= 75 && str_starts(word, S("=?UTF-8?B?")) && str_ends(word, S("?=")));
		EXPECT(b64_decode(mem, str_sub(word, 10, word.n - 12), &back) && str_utf8(back));
		whole = ARENA_CAT(mem, whole, back);
	}
	EXPECT_STR(whole, wide);
	EXPECT_STR(mail_mailbox(mem, S(""), S("a@b")), S("<a@b>"));
	EXPECT_STR(mail_mailbox(mem, S("Hufu"), S("a@b")), S("Hufu <a@b>"));
	EXPECT(!str_given(mail_mailbox(mem, S("Hufu"), S("a@b>\r\n"))));
	EXPECT_STR(mail_date(mem, 1796018400), S("Mon, 30 Nov 2026 06:00:00 +0000"));
	EXPECT_STR(mail_date(mem, 0), S("Thu, 01 Jan 1970 00:00:00 +0000"));
}
