/* tests/unit/login/ldap_map_test.c - entries of a directory as users. */
#include "../test.h"
#include "login/ldap.h"

static const struct directory plain = {
	.name_attr = "sAMAccountName", .display_name_attr = "displayName", .mail_attr = "mail", .phone_attr = "mobile", .number_attr = "employeeNumber",
	.group_attr = "memberOf", .authority_prefix = { "ROLE_", 5 }, .authorities = { "ROLE_USER", 9 },
};
#define ONE(name, value) { name, &(const struct str){ value, sizeof(value) - 1 }, 1, true }

TEST(attributes_become_fields)
{
	const struct ldap_attribute a[] = { ONE("samaccountname", "carol"), ONE("displayName", "\xe5\xbc\xa0"), ONE("MAIL", "c@x"), ONE("mobile", "188"), ONE("employeeNumber", "42") };
	struct directory_person p;
	struct str why;

	NEED(ldap_person_read(mem, &plain, a, COUNT(a), NULL, &p, &why));
	EXPECT_STR(p.name, S("carol"));
	EXPECT_STR(p.display_name, S("\xe5\xbc\xa0"));
	EXPECT_STR(p.mail, S("c@x"));
	EXPECT_STR(p.phone, S("188"));
	EXPECT_INT(p.number, 42);
	EXPECT_STR(p.authorities, S("ROLE_USER"));
}

TEST(a_password_that_must_be_changed_shuts_nobody_out)
{
	const struct ldap_attribute a[] = { ONE("sAMAccountName", "carol"), ONE("pwdReset", "TRUE"), ONE("userAccountControl", "512") };
	const struct ldap_attribute b[] = { ONE("sAMAccountName", "carol"), ONE("pwdReset", "TRUE"), ONE("userAccountControl", "514") };
	struct directory_person p;
	struct str why;

	NEED(ldap_person_read(mem, &plain, a, COUNT(a), NULL, &p, &why));
	EXPECT(p.must_change && p.state == STATE_FINE && p.has_number && p.number == 0);
	NEED(ldap_person_read(mem, &plain, b, COUNT(b), NULL, &p, &why));
	EXPECT(!p.must_change && p.state == STATE_DISABLED);
	NEED(ldap_person_read(mem, &plain, a, 1, NULL, &p, &why));
	EXPECT(!p.must_change);
	EXPECT_INT(state_of_attribute(S("msDS-User-Account-Control-Computed"), S("8388608"), 0), STATE_STALE);
}

TEST(what_is_no_text_is_not_taken)
{
	const struct ldap_attribute a[] = { ONE("sAMAccountName", "carol"), ONE("displayName", "a\nb"), ONE("mail", "\xff"), ONE("mobile", ""), ONE("employeeNumber", "4x") };
	const struct ldap_attribute nameless[] = { ONE("sAMAccountName", "a\0b"), ONE("mail", "c@x") };
	struct directory silent = plain;
	struct directory_person p;
	struct str why;

	NEED(ldap_person_read(mem, &plain, a, COUNT(a), NULL, &p, &why));
	EXPECT_STR(p.display_name, S(""));
	EXPECT_STR(p.mail, S(""));
	EXPECT_STR(p.phone, S(""));
	EXPECT_INT(p.number, 0);
	EXPECT(!ldap_person_read(mem, &plain, nameless, COUNT(nameless), NULL, &p, &why));
	silent.mail_attr = silent.group_attr = "";
	NEED(ldap_person_read(mem, &silent, a, COUNT(a), NULL, &p, &why));
	EXPECT_STR(p.mail, STR_ABSENT);         /* nobody asked: what the realm knows stays */
	EXPECT_STR(p.authorities, STR_ABSENT);
}

static struct str
authorities(struct arena *mem, const struct directory *d, const struct str *groups, size_t n)
{
	const struct ldap_attribute a[] = { ONE("sAMAccountName", "carol"), { "memberOf", groups, n, true } };
	struct directory_person p = { .name = STR_ABSENT };
	struct str why;

	return ldap_person_read(mem, d, a, COUNT(a), NULL, &p, &why) ? p.authorities : why;
}

TEST(groups_become_authorities)
{
	const struct str groups[] = { S("CN=Domain Admins,OU=g,DC=x"), S("cn=staff,dc=x"), S("plain"), S("CN=a\\,b ROLE_ROOT,DC=x"), S("CN=Staff, DC=x"), S(""), S("cn="), S("cn=--,dc=x") };

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

TEST(two_groups_never_give_one_authority)
{
	const struct str groups[] = { S("cn=domain-admins,ou=teams,dc=x"), S("cn=staff,dc=x"), S("cn=staff,ou=other,dc=x"), S("cn=ops,dc=x") };
	struct str others[] = { S("CN=Domain Admins,OU=groups,DC=x"), S("cn=ops,dc=X") };
	const struct ldap_attribute a[] = { ONE("sAMAccountName", "carol") };
	struct ldap_group_set set = { .dns = (struct str *)(uintptr_t)groups, .n = COUNT(groups), .others = others, .n_others = COUNT(others) };
	const struct str map[] = { S("domain_admins=ROLE_ROOT"), S("staff=ROLE_STAFF"), S("cn=staff,ou=other,dc=x=ROLE_OTHER"), S("ops=ROLE_OPS") };
	struct directory mapped = plain;
	struct directory_person p;
	struct str why;

	NEED(ldap_person_read(mem, &plain, a, COUNT(a), &set, &p, &why));        /* L17 */
	EXPECT_STR(p.authorities, S("ROLE_USER ROLE_OPS"));
	mapped.groups = map;
	mapped.n_groups = COUNT(map);
	NEED(ldap_person_read(mem, &mapped, a, COUNT(a), &set, &p, &why));
	EXPECT_STR(p.authorities, S("ROLE_USER ROLE_STAFF ROLE_OTHER ROLE_OPS"));        /* a whole name leaves the short one to the other group */
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

static enum state
state_with(struct arena *mem, const char *name, const char *value)
{
	struct str v = str_of(value);
	const struct ldap_attribute a[] = { ONE("sAMAccountName", "carol"), { name, &v, 1, true } };
	struct directory_person p = { .state = STATE_UNKNOWN };
	struct str why;

	ldap_person_read(mem, &plain, a, COUNT(a), NULL, &p, &why);
	return p.state;
}

TEST(what_is_said_against_an_entry)
{
	static const struct { const char *name, *value; enum state state; } rows[] = {
		{ "userAccountControl", "512", STATE_FINE }, { "useraccountcontrol", "514", STATE_DISABLED }, { "userAccountControl", "x", STATE_UNKNOWN },
		{ "accountExpires", "0", STATE_FINE }, { "accountExpires", "9223372036854775807", STATE_FINE }, { "accountExpires", "132223104000000000", STATE_EXPIRED },
		{ "accountExpires", "253000000000000000", STATE_FINE }, { "lockoutTime", "0", STATE_FINE }, { "lockoutTime", "132223104000000000", STATE_LOCKED },
		{ "pwdAccountLockedTime", "000001010000Z", STATE_LOCKED }, { "nsAccountLock", "TRUE", STATE_DISABLED }, { "nsAccountLock", "false", STATE_FINE },
		{ "shadowExpire", "-1", STATE_FINE }, { "shadowExpire", "1", STATE_EXPIRED }, { "shadowExpire", "99999", STATE_FINE },
		{ "krbPrincipalExpiration", "20200101000000Z", STATE_EXPIRED }, { "krbPrincipalExpiration", "29991231235959Z", STATE_FINE },
		{ "pwdStartTime", "2999010100Z", STATE_DISABLED }, { "pwdEndTime", "soon", STATE_UNKNOWN },
		{ "msDS-User-Account-Control-Computed", "8388608", STATE_FINE }, { "msDS-User-Account-Control-Computed", "8388624", STATE_LOCKED }, { "inetUserStatus", "deleted", STATE_DELETED },
		{ "inetUserStatus", "active", STATE_FINE }, { "sambaAcctFlags", "[DU         ]", STATE_DISABLED }, { "sambaAcctFlags", "[U          ]", STATE_FINE },
		{ "loginDisabled", "TRUE", STATE_DISABLED }, { "mail", "514", STATE_FINE },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT_INT(state_with(mem, rows[i].name, rows[i].value), rows[i].state);
}

TEST(a_lock_that_is_computed_counts_before_its_time)
{
	const struct ldap_attribute a[] = { ONE("sAMAccountName", "carol"), ONE("lockoutTime", "132223104000000000"), ONE("msDS-User-Account-Control-Computed", "0") };
	struct directory_person p;
	struct str why;

	NEED(ldap_person_read(mem, &plain, a, COUNT(a), NULL, &p, &why));
	EXPECT_INT(p.state, STATE_FINE);
}

TEST(what_names_an_entry_for_ever)
{
	const struct ldap_attribute a[] = { ONE("sAMAccountName", "carol"), ONE("objectguid", "\x01\xff") };
	struct directory_person p;
	struct str why;

	NEED(ldap_person_read(mem, &plain, a, COUNT(a), NULL, &p, &why));
	EXPECT_STR(p.key, S("objectGUID=01ff"));
}
