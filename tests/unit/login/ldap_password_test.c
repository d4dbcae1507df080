/* tests/unit/login/ldap_password_test.c - a password as Active Directory takes it. */
#include "../test.h"
#include "login/ldap.h"

TEST(a_password_is_written_in_quotes_and_in_utf_16)
{
	EXPECT_STR(hex_encode(mem, ldap_unicode_pwd(mem, S("a"))), S("220061002200"));
	EXPECT_STR(hex_encode(mem, ldap_unicode_pwd(mem, S(""))), S("22002200"));
	EXPECT_STR(hex_encode(mem, ldap_unicode_pwd(mem, S("\xc3\xa4\xe6\x96\xb0"))), S("2200e400b0652200"));
	EXPECT_STR(hex_encode(mem, ldap_unicode_pwd(mem, S("\xf0\x9d\x84\x9e"))), S("220034d81edd2200"));       /* a surrogate pair */
	EXPECT(!str_given(ldap_unicode_pwd(mem, S("a\xff"))));
}
