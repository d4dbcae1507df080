/* A Keycloak export as older releases and people's hands write it: credentials, roles in circles, what is no export. */
#include <unistd.h>

#include "../test.h"
#include "import/keycloak.h"
#include "import/user.h"
#include "rows.h"

static bool
export_read(struct arena *mem, const char *json, struct spring_plan *plan, struct str *why)
{
	struct spring_options o = { 0 };
	char path[] = "/tmp/hufu-keycloak-XXXXXX";
	int fd = mkstemp(path);
	bool ok = fd >= 0 && write(fd, json, strlen(json)) == (ssize_t)strlen(json) && keycloak_read(mem, str_of(path), STR_ABSENT, &o, plan, why);

	if (fd >= 0)
		close(fd);
	unlink(path);
	return ok;
}

#define REALM(users) "{\"realm\":\"r\",\"clients\":[],\"users\":[" users "]}"

static const struct { const char *json, *member, *value; enum finding says; const char *what; } passwords[] = {
	{ "{\"type\":\"password\",\"hashedSaltedValue\":\"c2l4dGVlbiBieXRlcyEhIXNpeHRlZW4gYnl0ZXMhISE=\",\"salt\":\"ZWlnaHQgYnl0ZXM=\",\"hashIterations\":27500,"
	    "\"algorithm\":\"pbkdf2-sha256\"}", "password_encoded", "{keycloak}pbkdf2-sha256$27500$ZWlnaHQgYnl0ZXM=$c2l4dGVlbiBieXRlcyEhIXNpeHRlZW4gYnl0ZXMhISE=", FIND_COUNT, "" },
	{ "{\"type\":\"password\",\"value\":\"in clear\"}", "password", "in clear", FIND_CLEAR_PASSWORD, "" },
	{ "{\"type\":\"password\",\"secretData\":\"{}\",\"credentialData\":\"{}\"}", "password_encoded", NULL, FIND_PASSWORD_UNKNOWN, "?" },
	{ "{\"type\":\"password\",\"secretData\":\"rubbish\",\"credentialData\":\"[1]\"}", "password_encoded", NULL, FIND_PASSWORD_UNKNOWN, "?" },
	{ "{\"type\":\"password\",\"value\":\"$1$\",\"algorithm\":\"mine\"}", "password_encoded", NULL, FIND_PASSWORD_UNKNOWN, "mine" },
	{ "{\"type\":\"password\",\"secretData\":\"{\\\"value\\\":\\\"c2l4dGVlbiBieXRlcyEhIXNpeHRlZW4gYnl0ZXMhISE=\\\",\\\"salt\\\":\\\"ZWlnaHQgYnl0ZXM=\\\"}\","
	    "\"credentialData\":\"{\\\"hashIterations\\\":2000000000,\\\"algorithm\\\":\\\"pbkdf2-sha512\\\"}\"}", "password_encoded", NULL,
	    FIND_PASSWORD_UNKNOWN, "pbkdf2-sha512" },
	{ "{\"type\":\"password\",\"secretData\":\"{\\\"value\\\":\\\"7PCw6lTrVcqZB4uvMkl7NOUjxGtvALJ5SyYrIQAEWsc=\\\",\\\"salt\\\":\\\"c2FsdHNhbHRzYWx0c2FsdA==\\\"}\","
	    "\"credentialData\":\"{\\\"hashIterations\\\":5,\\\"algorithm\\\":\\\"argon2\\\",\\\"additionalParameters\\\":{\\\"version\\\":[\\\"1.0\\\"],"
	    "\\\"type\\\":[\\\"id\\\"],\\\"memory\\\":[\\\"7168\\\"],\\\"parallelism\\\":[\\\"1\\\"]}}\"}", "password_encoded", NULL, FIND_PASSWORD_UNKNOWN, "argon2" },
};

TEST(passwords_of_every_release)
{
	for (size_t i = 0; i < COUNT(passwords); i++) {
		struct str json = ARENA_CAT(mem, S("{\"username\":\"u\",\"credentials\":["), str_of(passwords[i].json), S("]}")), why = STR_ABSENT;
		struct spring_plan p;
		const json_t *user;

		NEED(export_read(mem, arena_z(mem, ARENA_CAT(mem, S("{\"realm\":\"r\",\"clients\":[],\"users\":["), json, S("]}"))), &p, &why));
		user = json_array_get(p.users, 0);
		EXPECT_STR(json_member_str(user, passwords[i].member), passwords[i].value ? str_of(passwords[i].value) : SECRET_OF_NOBODY);
		if (passwords[i].says != FIND_COUNT)
			EXPECT(rows_say(&p, passwords[i].says, "user u", passwords[i].what));
	}
}

TEST(a_temporary_password_is_locked_and_nobody_comes_twice)
{
	struct str why = STR_ABSENT;
	struct spring_plan p;

	NEED(export_read(mem, REALM("{\"username\":\"u\",\"credentials\":[{\"type\":\"password\",\"value\":\"x\",\"temporary\":true}]},{\"username\":\"u\"},{\"id\":\"1\"}"),
	    &p, &why));
	EXPECT_INT(json_array_size(p.users), 1);
	EXPECT(json_is_true(json_object_get(json_array_get(p.users, 0), "locked")));
	EXPECT(json_object_get(json_array_get(p.users, 0), "id") == NULL);
	EXPECT(rows_say(&p, FIND_TWICE, "user u", ""));
	EXPECT(rows_say(&p, FIND_NO_ID, "table users", ""));
}

TEST(roles_in_circles_end)
{
	struct str why = STR_ABSENT;
	struct spring_plan p;

	NEED(export_read(mem, "{\"realm\":\"r\",\"clients\":[],\"roles\":{\"realm\":[{\"name\":\"a\",\"composites\":{\"realm\":[\"b\"]}},"
	    "{\"name\":\"b\",\"composites\":{\"realm\":[\"a\",\"b\",\"c\"],\"client\":{\"app\":[\"a\"],\"account\":[\"view\"]}}}]},"
	    "\"groups\":[{\"path\":\"/g\",\"realmRoles\":[\"top\"],\"subGroups\":[{\"path\":\"/g/h\",\"clientRoles\":{\"app\":[\"below\"]}}]}],"
	    "\"users\":[{\"username\":\"u\",\"realmRoles\":[\"a\",7,\"\"],\"groups\":[\"/g/h\",\"/nowhere\"],\"clientRoles\":{\"app\":[\"\xe7\xae\xa1\"]}}]}", &p, &why));
	EXPECT_STR(rows_text(json_object_get(json_array_get(p.users, 0), "authorities")), S("[\"a\",\"top\",\"app:below\",\"b\",\"c\",\"app:a\"]"));
	EXPECT(rows_say(&p, FIND_ROLE, "user u", "app:\xe7\xae\xa1"));
	EXPECT(rows_say(&p, FIND_OWN_ROLES, "realm r", ""));
}

TEST(what_is_no_export_is_said)
{
	static const struct { const char *json, *why; } wrong[] = {
		{ "{\"tables\":{}}", "no realm export of Keycloak: there is no list of clients" }, { "[]", "there is no realm" }, { "\"x\"", "no JSON" },
		{ "{", "no JSON" }, { "[{\"realm\":\"a\"},{\"realm\":\"b\"}]", "name one realm with --old-realm; there are: a, b" },
	};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct str why = STR_ABSENT;
		struct spring_plan p;

		EXPECT(!export_read(mem, wrong[i].json, &p, &why));
		EXPECT(str_contains(why, str_of(wrong[i].why)));
	}
}

/* What a realm had and this server has elsewhere, or not at all, is said once each. */
TEST(what_does_not_come_along_is_said)
{
	struct str why = STR_ABSENT;
	struct spring_plan p;

	NEED(export_read(mem, "{\"realm\":\"r\",\"bruteForceProtected\":true,\"clients\":[{\"clientId\":\"c\",\"optionalClientScopes\":[\"phone\"]}],"
	    "\"users\":[{\"username\":\"u\",\"clientConsents\":[{\"clientId\":\"c\",\"grantedClientScopes\":[\"read\"]}]}]}", &p, &why));
	EXPECT(rows_say(&p, FIND_OPTIONAL_SCOPES, "realm r", ""));
	EXPECT(rows_say(&p, FIND_NO_PASSWORD, "user u", ""));
	EXPECT(rows_say(&p, FIND_NO_ISSUER, "consents of u", ""));
	EXPECT(rows_say(&p, FIND_REALM_SETTING, "realm r", "bruteForceProtected"));
}

/* --- claims ------------------------------------------------------------------------------------ */

TEST(attributes_become_claims)
{
	struct str why = STR_ABSENT;
	struct spring_plan p;

	NEED(export_read(mem, REALM("{\"username\":\"u\",\"email\":\"u@x.example\",\"emailVerified\":true,\"firstName\":\"Ada\",\"lastName\":\"L\",\"attributes\":{"
	    "\"locale\":[\"de\"],\"phoneNumber\":[\"+441\"],\"phoneNumberVerified\":[\"true\"],\"locality\":[\"Ulm\"],\"street\":[\"Weg 1\"],"
	    "\"birthdate\":[\"1.2.1990\"],\"department\":[\"mills\"],\"groups\":[\"a\",\"b\"],\"email\":[\"other@x.example\"],\"bad name\":[\"x\"],"
	    "\"nickname\":[\"a\",\"b\"],\"empty\":[],\"odd\":[7],\"bell\":[\"\\u0007\"]}},"
	    "{\"username\":\"v\",\"emailVerified\":true},{\"username\":\"w\",\"email\":\"w@x.example\",\"emailVerified\":false}"), &p, &why));
	users_judge(&p);
	EXPECT_STR(rows_text(json_object_get(json_array_get(p.users, 0), "claims")),
	    S("{\"address\":{\"locality\":\"Ulm\",\"street_address\":\"Weg 1\"},\"department\":\"mills\",\"email_verified\":true,\"family_name\":\"L\","
	    "\"given_name\":\"Ada\",\"groups\":[\"a\",\"b\"],\"locale\":\"de\",\"nickname\":\"a\",\"phone_number_verified\":true}"));
	EXPECT_STR(json_member_str(json_array_get(p.users, 0), "email"), S("u@x.example"));
	EXPECT_STR(json_member_str(json_array_get(p.users, 0), "phone"), S("+441"));
	EXPECT(rows_say(&p, FIND_VALUE, "user u", "birthdate \"1.2.1990\": must be a date as YYYY-MM-DD, 0000-MM-DD without the year, or YYYY"));
	EXPECT(rows_say(&p, FIND_VALUE, "user u", "bell \"\a\": must not contain control characters"));
	EXPECT(!json_object_get(json_array_get(p.users, 1), "claims"));
	EXPECT_STR(rows_text(json_object_get(json_array_get(p.users, 2), "claims")), S("{\"email_verified\":false}"));
}

/* Together they would not fit a record: none of them, and the user all the same. */
TEST(too_many_claims_are_left_out)
{
	struct str why = STR_ABSENT;
	struct spring_plan p;
	struct buf b;

	buf_init(&b, mem, 32 * 1024);
	buf_put(&b, S("{\"realm\":\"r\",\"clients\":[],\"users\":[{\"username\":\"u\",\"attributes\":{\"a\":[\"x\"]"));
	for (int i = 0; i < 9; i++)
		buf_printf(&b, ",\"a%d\":[\"%01000d\"]", i, i);
	buf_put(&b, S("}}]}"));
	NEED(export_read(mem, arena_z(mem, buf_str(&b)), &p, &why));
	users_judge(&p);
	EXPECT_INT(json_array_size(p.users), 1);
	EXPECT(!json_object_get(json_array_get(p.users, 0), "claims"));
	EXPECT(rows_say(&p, FIND_VALUE, "user u", "claims: together they have more than 8192 bytes"));
}
