/* tests/unit/login/ldap_map_test.c - entries of a directory as users. */
#include "../test.h"
#include "login/ldap.h"

static const struct directory plain = {
	.name_attr = "sAMAccountName", .display_name_attr = "displayName", .mail_attr = "mail", .phone_attr = "mobile", .number_attr = "employeeNumber",
	.group_attr = "memberOf", .authority_prefix = { "ROLE_", 5 }, .authorities = { "ROLE_USER", 9 },
};
#define ONE(name, value) { name, &(const struct str){ value, sizeof(value) - 1 }, 1 }

TEST(attributes_become_fields)
{
	const struct ldap_attribute a[] = { ONE("samaccountname", "carol"), ONE("displayName", "\xe5\xbc\xa0"), ONE("MAIL", "c@x"), ONE("mobile", "188"), ONE("employeeNumber", "42") };
	struct directory_person p;
	struct str why;

	NEED(ldap_person_read(mem, &plain, a, COUNT(a), &p, &why));
	EXPECT_STR(p.name, S("carol"));
	EXPECT_STR(p.display_name, S("\xe5\xbc\xa0"));
	EXPECT_STR(p.mail, S("c@x"));
	EXPECT_STR(p.phone, S("188"));
	EXPECT_INT(p.number, 42);
	EXPECT_STR(p.authorities, S("ROLE_USER"));
}

TEST(what_is_no_text_is_not_taken)
{
	const struct ldap_attribute a[] = { ONE("sAMAccountName", "carol"), ONE("displayName", "a\nb"), ONE("mail", "\xff"), ONE("mobile", ""), ONE("employeeNumber", "4x") };
	const struct ldap_attribute nameless[] = { ONE("sAMAccountName", "a\0b"), ONE("mail", "c@x") };
	struct directory silent = plain;
	struct directory_person p;
	struct str why;

	NEED(ldap_person_read(mem, &plain, a, COUNT(a), &p, &why));
	EXPECT_STR(p.display_name, S(""));
	EXPECT_STR(p.mail, S(""));
	EXPECT_STR(p.phone, S(""));
	EXPECT_INT(p.number, 0);
	EXPECT(!ldap_person_read(mem, &plain, nameless, COUNT(nameless), &p, &why));
	silent.mail_attr = silent.group_attr = "";
	NEED(ldap_person_read(mem, &silent, a, COUNT(a), &p, &why));
	EXPECT_STR(p.mail, STR_ABSENT);         /* nobody asked: what the realm knows stays */
	EXPECT_STR(p.authorities, STR_ABSENT);
}

static struct str
authorities(struct arena *mem, const struct directory *d, const struct str *groups, size_t n)
{
	const struct ldap_attribute a[] = { ONE("sAMAccountName", "carol"), { "memberOf", groups, n } };
	struct directory_person p = { .name = STR_ABSENT };
	struct str why;

	return ldap_person_read(mem, d, a, COUNT(a), &p, &why) ? p.authorities : why;
}

TEST(groups_become_authorities)
{
	const struct str groups[] = { S("CN=Domain Admins,OU=g,DC=x"), S("cn=staff,dc=x"), S("plain"), S("CN=a\\,b ROLE_ROOT,DC=x"), S("CN=staff,OU=other,DC=x"), S(""), S("cn=") };

	EXPECT_STR(authorities(mem, &plain, groups, COUNT(groups)), S("ROLE_USER ROLE_DOMAIN_ADMINS ROLE_STAFF ROLE_PLAIN ROLE_A__B_ROLE_ROOT"));
}

TEST(groups_are_mapped_by_name)
{
	const struct str groups[] = { S("CN=Domain Admins,OU=g,DC=x"), S("cn=staff,dc=x"), S("cn=others,dc=x") };
	const struct str map[] = { S("domain_admins=ROLE_ROOT"), S("cn=staff,dc=x=OP_READ"), S("cn=staff,dc=y=OP_WRITE"), S("broken") };
	struct directory d = plain;

	d.groups = map;
	d.n_groups = COUNT(map);
	EXPECT_STR(authorities(mem, &d, groups, COUNT(groups)), S("ROLE_USER ROLE_ROOT OP_READ"));
}

/* Whatever a user is in is said, or he is refused: a shorter truth opens the wrong doors. */
TEST(groups_are_said_whole_or_not_at_all)
{
	static struct str groups[2000];
	char *text = arena_alloc(mem, 2000 * 8);

	for (size_t i = 0; i < COUNT(groups); i++)
		groups[i] = str_span(text + 8 * i, (size_t)snprintf(text + 8 * i, 8, "G%04zu", i));
	EXPECT_INT(str_words(authorities(mem, &plain, groups, 700), ' ', NULL), 701);
	EXPECT(str_contains(authorities(mem, &plain, groups, COUNT(groups)), S("more groups than a token can say")));
	EXPECT(str_contains(authorities(mem, &plain, &S("a\nb"), 1), S("no text")));
}
