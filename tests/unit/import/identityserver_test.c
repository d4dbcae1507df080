/* Tables of IdentityServer: keys in both spellings, rows that lack what they should have, secrets of other shapes. */
#include "../test.h"
#include "import/identityserver.h"
#include "rows.h"

#define CLIENT(more, secrets) "{\"Clients\":[{\"Id\":1,\"ClientId\":\"c\",\"Enabled\":\"True\"" more "}],\"ClientSecrets\":[" secrets "]}"

static const struct { const char *json, *member, *value; enum finding says; } secrets[] = {
	{ CLIENT("", "{\"ClientId\":1,\"Value\":\"K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=\",\"Type\":\"SharedSecret\"}"), "secret_encoded",
	    "{SHA-256}K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=", FIND_COUNT },
	{ CLIENT("", "{\"ClientId\":1,\"Value\":\"no digest\"}"), "secret_encoded", "{unknown}", FIND_ENCODING },
	{ CLIENT("", ""), "secret_encoded", NULL, FIND_SECRET_MISSING },
	{ CLIENT("", "{\"ClientId\":2,\"Value\":\"K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=\"}"), "secret_encoded", NULL, FIND_SECRET_MISSING },
	{ CLIENT("", "{\"ClientId\":1,\"Value\":\"x\",\"Expiration\":\"one day\"}"), "secret_encoded", NULL, FIND_SECRET_EXPIRED },
	{ CLIENT("", "{\"ClientId\":1,\"Value\":\"{}\",\"Type\":\"JWK\"}"), "secret_encoded", NULL, FIND_METHOD },
};

TEST(secrets_of_every_shape)
{
	struct spring_options o = { 0 };

	for (size_t i = 0; i < COUNT(secrets); i++) {
		struct str why = STR_ABSENT;
		struct spring_plan p;
		const json_t *c;
		bool said = secrets[i].says == FIND_COUNT;

		NEED(rows_read(mem, secrets[i].json, identityserver_read, &o, &p, &why));
		c = json_array_get(p.clients, 0);
		EXPECT_STR(json_member_str(c, secrets[i].member), secrets[i].value ? str_of(secrets[i].value) : SECRET_OF_NOBODY);
		for (size_t k = 0; k < json_array_size(p.findings); k++)
			said = said || json_integer_value(json_object_get(json_array_get(p.findings, k), "finding")) == (int)secrets[i].says;
		EXPECT(said);
	}
}

#define GRANTS(rows) "{\"clients\":[{\"id\":1,\"clientid\":\"c\",\"requireclientsecret\":0}],\"persistedgrants\":[" rows "]}"
#define ROW(key, data, more) "{\"Key\":\"" key "\",\"Type\":\"refresh_token\",\"ClientId\":\"c\",\"SubjectId\":\"li\",\"Expiration\":\"2100-01-01T00:00:00\",\"Data\":\"" data "\"" more "}"
#define SCOPES "{\\\"AccessTokens\\\":{\\\"\\\":{\\\"Claims\\\":[{\\\"Type\\\":\\\"scope\\\",\\\"Value\\\":\\\"api\\\"},{\\\"Type\\\":\\\"sub\\\",\\\"Value\\\":\\\"1\\\"}]}}}"
#define HEX    "99FA1FC04E055967DC547468714231AD7C6713F4B1CA7C8BAFA1925636710F79"
#define BASE64 "mfofwE4FWWfcVHRocUIxrXxnE/SxynyLr6GSVjZxD3k="

TEST(a_key_in_both_spellings)
{
	static const char *const keys[] = { GRANTS(ROW(HEX, SCOPES, "")), GRANTS(ROW(BASE64, SCOPES, "")) };
	struct spring_options o = { .issuer = S("i"), .tokens = true };

	for (size_t i = 0; i < COUNT(keys); i++) {
		struct str why = STR_ABSENT;
		struct spring_plan p;

		NEED(rows_read(mem, keys[i], identityserver_read, &o, &p, &why));
		NEED(json_array_size(p.tokens) == 1);
		EXPECT_STR(rows_text(json_array_get(p.tokens, 0)), S("{\"client\":\"c\",\"issuer\":\"i\",\"refresh\":\"4412dcb85018d1b7098400147f3929f775e1224f948c43a2b0ea493860ad5615\","
		    "\"refresh_expires_s\":4102444800,\"scope\":\"api\",\"user\":\"li\"}"));
	}
}

TEST(what_cannot_live_is_counted)
{
	struct spring_options o = { .issuer = S("i"), .tokens = true };
	struct str why = STR_ABSENT;
	struct spring_plan p;

	NEED(rows_read(mem, GRANTS(ROW("", SCOPES, "") "," ROW("abc", SCOPES, "") "," ROW(HEX, "rubbish", "") "," ROW(HEX, SCOPES, ",\"ConsumedTime\":\"x\"") ","
	    ROW(HEX, "{\\\"PersistentGrantDataContainerVersion\\\":1,\\\"DataProtected\\\":true}", "") ","
	    ROW(HEX, "{\\\"PersistentGrantDataContainerVersion\\\":1}", "")), identityserver_read, &o, &p, &why));
	EXPECT_INT(json_array_size(p.tokens), 0);
	EXPECT(rows_say(&p, FIND_LIVE_ENDED, "table PersistedGrants", "5"));
	EXPECT(rows_say(&p, FIND_LIVE_SEALED, "table PersistedGrants", "1"));
}

TEST(a_table_of_clients_is_needed)
{
	EXPECT(rows_refused(mem, "{\"AspNetUsers\":[]}", identityserver_read, "there is no table Clients"));
}

/* --- claims of users --------------------------------------------------------------------------- */

TEST(claims_of_users_come_along)
{
	static const char json[] = "{\"Clients\":[{\"Id\":1,\"ClientId\":\"c\",\"RequireClientSecret\":0}],\"AspNetUsers\":["
	    "{\"Id\":\"7\",\"UserName\":\"u\",\"PasswordHash\":\"\",\"Email\":\"u@x.example\",\"EmailConfirmed\":\"True\",\"PhoneNumber\":\"1\",\"PhoneNumberConfirmed\":\"0\"},"
	    "{\"Id\":\"8\",\"UserName\":\"v\",\"PasswordHash\":\"\",\"EmailConfirmed\":\"True\"}],\"AspNetUserClaims\":["
	    "{\"UserId\":\"7\",\"ClaimType\":\"name\",\"ClaimValue\":\"Ada L\"},"
	    "{\"UserId\":\"7\",\"ClaimType\":\"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname\",\"ClaimValue\":\"Ada\"},"
	    "{\"UserId\":\"7\",\"ClaimType\":\"birthdate\",\"ClaimValue\":\"1990-02-01T00:00:00\"},"
	    "{\"UserId\":\"7\",\"ClaimType\":\"address\",\"ClaimValue\":\"{\\\"country\\\":\\\"DE\\\"}\"},"
	    "{\"UserId\":\"7\",\"ClaimType\":\"department\",\"ClaimValue\":\"a\"},{\"UserId\":\"7\",\"ClaimType\":\"department\",\"ClaimValue\":\"b\"},"
	    "{\"UserId\":\"7\",\"ClaimType\":\"email_verified\",\"ClaimValue\":\"false\"},"
	    "{\"UserId\":\"9\",\"ClaimType\":\"nickname\",\"ClaimValue\":\"nobody\"},{\"UserId\":\"8\",\"ClaimType\":\"address\",\"ClaimValue\":\"Ulm\"}]}";
	struct spring_options o = { 0 };
	struct str why = STR_ABSENT;
	struct spring_plan p;

	NEED(rows_read(mem, json, identityserver_read, &o, &p, &why));
	NEED(json_array_size(p.users) == 2);
	EXPECT_STR(json_member_str(json_array_get(p.users, 0), "display_name"), S("Ada L"));
	EXPECT_STR(rows_text(json_object_get(json_array_get(p.users, 0), "claims")), S("{\"address\":{\"country\":\"DE\"},\"birthdate\":\"1990-02-01\","
	    "\"department\":[\"a\",\"b\"],\"email_verified\":true,\"given_name\":\"Ada\",\"phone_number_verified\":false}"));
	EXPECT_STR(rows_text(json_object_get(json_array_get(p.users, 1), "claims")), S("{\"address\":{\"formatted\":\"Ulm\"}}"));
}
