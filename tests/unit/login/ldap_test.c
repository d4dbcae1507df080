/* tests/unit/login/ldap_test.c - settings of a directory that cannot work, and servers that are remembered as dead. */
#include "../test.h"
#include "login/ldap.h"

/* All that is wrong, "setting: sentence" each; absent: nothing. */
static struct str
fault_of(struct arena *mem, const char *url, bool starttls, enum directory_bind bind, const char *domain, const char *dn, const char *base)
{
	const char *urls[] = { url };
	struct findings f;
	struct directory d = { .urls = urls, .n_urls = 1, .starttls = starttls, .bind = bind, .domain = str_of(domain), .bind_dn = dn, .bind_password = str_of(dn), .base = base };

	findings_init(&f, mem);
	directory_judge(&d, &f);
	return f.n > 0 ? findings_lines(&f, FINDING_ERROR) : STR_ABSENT;
}

TEST(a_directory_that_cannot_work_is_named)
{
	EXPECT_STR(fault_of(mem, "ldaps://dc1", false, DIRECTORY_UPN, "corp.example", "", ""), STR_ABSENT);
	EXPECT_STR(fault_of(mem, "ldap://dc1:389", true, DIRECTORY_DOMAIN, "CORP", "", ""), STR_ABSENT);
	EXPECT_STR(fault_of(mem, "ldaps://dc1", false, DIRECTORY_SEARCH, "", "cn=x", "dc=x"), STR_ABSENT);
	EXPECT(str_contains(fault_of(mem, "ldap://dc1", false, DIRECTORY_UPN, "x", "", ""), S("in the clear")));        /* L6 */
	EXPECT(str_contains(fault_of(mem, "http://dc1", false, DIRECTORY_UPN, "x", "", ""), S("no LDAP URL")));
	EXPECT(str_contains(fault_of(mem, "ldapi:///x", true, DIRECTORY_UPN, "x", "", ""), S("no LDAP URL")));
	EXPECT(str_contains(fault_of(mem, "ldaps://dc1/dc=x", false, DIRECTORY_UPN, "x", "", ""), S("nothing else")));
	EXPECT(str_contains(fault_of(mem, "ldaps://", false, DIRECTORY_UPN, "x", "", ""), S("nothing else")));
	EXPECT(str_contains(fault_of(mem, "ldaps://dc1", false, DIRECTORY_UPN, "", "", ""), S("domain")));
	EXPECT(str_contains(fault_of(mem, "ldaps://dc1", false, DIRECTORY_SEARCH, "", "", "dc=x"), S("bind_dn")));
}

TEST(a_directory_is_told_all_that_is_wrong)
{
	const char *urls[] = { "ldaps://fine", "ldap://clear/dc=x", "http://web" };
	struct directory d = { .urls = urls, .n_urls = 3, .bind = DIRECTORY_SEARCH, .bind_dn = "", .base = "" };
	struct findings f;

	findings_init(&f, mem);
	directory_judge(&d, &f);
	EXPECT_INT(f.n_errors, 4);
	EXPECT_STR(f.at[0].where, S("urls"));
	EXPECT(str_contains(f.at[0].said, S("nothing else")) && str_contains(f.at[1].said, S("in the clear")));
	EXPECT(str_contains(f.at[2].said, S("no LDAP URL")));
	EXPECT_STR(f.at[3].where, S("bind"));
}

TEST(a_dead_server_is_left_out_for_a_moment)
{
	const char *urls[] = { "ldaps://127.0.0.1:1" };
	_Atomic int64_t dead[1] = { 0 };
	struct directory d = { .name = S("d"), .urls = urls, .dead_until_ms = dead, .n_urls = 1, .ca_file = "/dev/null", .domain = S("x"), .base = "", .bind_dn = "",
		.connect_ms = 1000, .operation_ms = 1000 };
	struct directory_try try = { .name = S("alice"), .password = S("secret") };
	struct directory_person p;
	struct str why = STR_ABSENT;
	int64_t first;

	NEED(directory_library_load(mem, &why));
	EXPECT_INT(directory_ask(mem, &d, &try, &p), DIRECTORY_DOWN);
	first = atomic_load(&dead[0]);
	EXPECT(first > clock_now_ms());
	EXPECT_INT(directory_ask(mem, &d, &try, &p), DIRECTORY_DOWN);
	EXPECT_INT(atomic_load(&dead[0]), first);       /* it was not asked */
	clock_turn_ms(6000);
	EXPECT_INT(directory_ask(mem, &d, &try, &p), DIRECTORY_DOWN);
	EXPECT(atomic_load(&dead[0]) > first);
	clock_turn_ms(-6000);
}
