/* tests/unit/login/ldap_filter_test.c - L5: what users type, in filters; and names without their domains. */
#include "../test.h"
#include "login/ldap.h"

static struct str
escaped(struct arena *mem, struct str value)
{
	struct buf b;

	buf_init(&b, mem, 1024);
	ldap_filter_put(&b, value);
	return buf_str(&b);
}

TEST(a_filter_value_is_escaped)
{
	EXPECT_STR(escaped(mem, S("alice")), S("alice"));
	EXPECT_STR(escaped(mem, S("*)(uid=*")), S("\\2a\\29\\28uid=\\2a"));
	EXPECT_STR(escaped(mem, S("a\\b\0c")), S("a\\5cb\\00c"));
	EXPECT_STR(escaped(mem, S("\x7f\xe5\xbc\xa0")), S("\\7f\\e5\\bc\\a0"));
	EXPECT_STR(escaped(mem, S("Lu\xc4\x8di\xc4\x87")), S("Lu\\c4\\8di\\c4\\87"));      /* RFC 4515 section 4 */
	EXPECT_STR(escaped(mem, S("Parens R Us (for all your parenthetical needs)")), S("Parens R Us \\28for all your parenthetical needs\\29"));
}

TEST(a_filter_takes_user_and_login)
{
	EXPECT_STR(ldap_filter_make(mem, S("(&(objectClass=person)(|(uid={user})(mail={login})))"), S("a*"), S("a@b")), S("(&(objectClass=person)(|(uid=a\\2a)(mail=a@b)))"));
	EXPECT_STR(ldap_filter_make(mem, S("(cn={user})"), S("{login}"), S("x")), S("(cn={login})"));     /* what was put in is not read again */
	EXPECT_STR(ldap_filter_make(mem, S("(cn={use)"), S("a"), S("b")), S("(cn={use)"));
	EXPECT(!str_given(ldap_filter_make(mem, S("(cn={user})"), str_span(arena_alloc(mem, 9000), 9000), S(""))));
}

static struct str
read_as(enum directory_bind bind, const char *domain, struct str typed)
{
	struct directory d = { .bind = bind, .domain = str_of(domain) };
	struct str user = STR_ABSENT;

	return ldap_user_read(&d, typed, &user) ? user : STR_ABSENT;
}

TEST(a_name_loses_its_own_domain_only)
{
	EXPECT_STR(read_as(DIRECTORY_UPN, "corp.example", S(" alice ")), S("alice"));
	EXPECT_STR(read_as(DIRECTORY_UPN, "corp.example", S("alice@Corp.Example")), S("alice"));
	EXPECT_STR(read_as(DIRECTORY_UPN, "corp.example", S("alice@evil.example")), STR_ABSENT);
	EXPECT_STR(read_as(DIRECTORY_UPN, "corp.example", S("a@evil.example@corp.example")), STR_ABSENT);
	EXPECT_STR(read_as(DIRECTORY_UPN, "corp.example", S("OTHER\\alice")), STR_ABSENT);
	EXPECT_STR(read_as(DIRECTORY_UPN, "corp.example", S("@corp.example")), STR_ABSENT);
	EXPECT_STR(read_as(DIRECTORY_DOMAIN, "CORP", S("corp\\alice")), S("alice"));
	EXPECT_STR(read_as(DIRECTORY_DOMAIN, "CORP", S("alice")), S("alice"));
	EXPECT_STR(read_as(DIRECTORY_DOMAIN, "CORP", S("OTHER\\alice")), STR_ABSENT);
	EXPECT_STR(read_as(DIRECTORY_DOMAIN, "CORP", S("alice@corp.example")), STR_ABSENT);
	EXPECT_STR(read_as(DIRECTORY_SEARCH, "", S("alice@corp.example")), S("alice@corp.example"));
	EXPECT_STR(read_as(DIRECTORY_SEARCH, "", S("")), STR_ABSENT);
	EXPECT_STR(read_as(DIRECTORY_SEARCH, "", S("a\nb")), STR_ABSENT);
	EXPECT_STR(read_as(DIRECTORY_SEARCH, "", S("a\xff")), STR_ABSENT);
}

TEST(every_spelling_of_a_name_is_counted_as_one)
{
	static const char *const same[] = { "alice", "ALICE", "\xef\xbd\x81lice", "al\xc3\xad" "ce", "ali\xcc\x81" "ce", " alice", "al ice", "alic\xe2\x80\x8b" "e", "x" };

	for (size_t i = 0; i < COUNT(same) - 1; i++)
		EXPECT_STR(ldap_name_folded(mem, str_of(same[i])), S("alice"));                /* L16 */
	EXPECT_STR(ldap_name_folded(mem, S("\xff")), S("\xff"));
	EXPECT_STR(ldap_name_folded(mem, S("  ")), S("  "));
	EXPECT(!str_eq(ldap_name_folded(mem, S("\xe5\xbc\xa0")), ldap_name_folded(mem, S("\xe6\x9d\x8e"))));
}
