/* Tables of Spring Authorization Server: what a client and a live token become where rows are not as the server wrote them. */
#include "../test.h"
#include "import/authserver.h"
#include "rows.h"

#define ROW(more) "{\"oauth2_registered_client\":[{\"id\":\"1\",\"client_id\":\"c\",\"client_authentication_methods\":\"client_secret_basic\"," \
	"\"authorization_grant_types\":\"authorization_code,refresh_token\",\"scopes\":\"openid,read\"," more "}]"
#define SETTINGS "\"client_settings\":\"{}\",\"token_settings\":\"{}\""

static const json_t *
client_in(struct arena *mem, const char *json, struct spring_plan *plan)
{
	struct spring_options o = { 0 };
	struct str why = STR_ABSENT;

	if (!rows_read(mem, json, authserver_read, &o, plan, &why))
		return NULL;
	return json_array_get(plan->clients, 0);
}

TEST(settings_that_are_no_json_let_nobody_in_unasked)
{
	struct spring_plan p;
	const json_t *c = client_in(mem, ROW("\"client_secret\":\"{noop}x\",\"client_settings\":\"rubbish\",\"token_settings\":\"[1]\"") "}", &p);

	NEED(c != NULL);
	EXPECT(rows_say(&p, FIND_SETTINGS, "client c", "client_settings"));
	EXPECT(rows_say(&p, FIND_SETTINGS, "client c", "token_settings"));
	EXPECT(!json_is_true(json_object_get(c, "auto_approve")));
	EXPECT(json_object_get(c, "access_ttl_s") == NULL);
}

TEST(settings_of_ones_own_are_named)
{
	struct spring_plan p;
	const json_t *c = client_in(mem, ROW("\"client_secret\":\"{noop}x\",\"client_settings\":\"{\\\"tenant\\\":\\\"a\\\"}\",\"token_settings\":"
	    "\"{\\\"settings.token.access-token-format\\\":{\\\"@class\\\":\\\"x.F\\\",\\\"value\\\":\\\"reference\\\"},"
	    "\\\"settings.token.authorization-code-time-to-live\\\":[\\\"java.time.Duration\\\",600.0],"
	    "\\\"settings.token.device-code-time-to-live\\\":[\\\"java.time.Duration\\\",300.0],"
	    "\\\"settings.token.access-token-time-to-live\\\":\\\"soon\\\"}\"") "}", &p);

	NEED(c != NULL);
	EXPECT(rows_say(&p, FIND_SETTING, "client c", "tenant"));
	EXPECT(rows_say(&p, FIND_SETTING, "client c", "settings.token.access-token-format"));
	EXPECT(rows_say(&p, FIND_SETTING, "client c", "settings.token.authorization-code-time-to-live"));
	EXPECT(!rows_say(&p, FIND_SETTING, "client c", "settings.token.device-code-time-to-live"));
	EXPECT(rows_say(&p, FIND_NUMBER, "client c", "settings.token.access-token-time-to-live"));
	EXPECT(json_is_true(json_object_get(c, "auto_approve")));       /* the server asks nobody unless it is told to */
}

TEST(no_client_becomes_public_by_the_import)
{
	static const char *const rows[] = {
		ROW("\"client_secret\":null," SETTINGS) "}", ROW("\"client_secret\":\"\"," SETTINGS) "}",
		ROW("\"client_secret\":\"{noop}x\",\"client_secret_expires_at\":\"2020-01-01 00:00:00\"," SETTINGS) "}",
		ROW("\"client_secret\":\"{noop}x\",\"client_secret_expires_at\":\"one day\"," SETTINGS) "}",
		"{\"oauth2_registered_client\":[{\"id\":\"1\",\"client_id\":\"c\",\"client_authentication_methods\":\"tls_client_auth\",\"scopes\":\"\"," SETTINGS "}]}",
		"{\"oauth2_registered_client\":[{\"id\":\"1\",\"client_id\":\"c\",\"client_authentication_methods\":\"\",\"scopes\":\"\"," SETTINGS "}]}",
	};
	struct spring_plan p;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const json_t *c = client_in(mem, rows[i], &p);

		NEED(c != NULL);
		EXPECT(str_starts(json_member_str(c, "secret_encoded"), S("{SHA-256}000")));
		EXPECT(json_object_get(c, "secret") == NULL);
	}
}

TEST(without_its_table_there_is_nothing_to_import)
{
	EXPECT(rows_refused(mem, "{\"users\":[]}", authserver_read, "there is no table oauth2_registered_client"));
}

/* Bytes of a binary column come as hex digits; times without a zone are of the zone that was said. */
TEST(a_live_token)
{
	struct spring_options o = { .issuer = S("i"), .tokens = true, .zone_s = 28800 };
	struct str why = STR_ABSENT;
	struct spring_plan p;

	NEED(rows_read(mem, ROW("\"client_secret\":\"{noop}x\"," SETTINGS) ",\"oauth2_authorization\":["
	    "{\"registered_client_id\":\"1\",\"principal_name\":\"li\",\"authorization_grant_type\":\"authorization_code\",\"authorized_scopes\":\"read, openid\","
	    "\"refresh_token_value\":\"\\\\x746f6b656e2d6f6e65\",\"refresh_token_expires_at\":\"2100-01-01 08:00:00\"},"
	    "{\"registered_client_id\":\"1\",\"principal_name\":\"li\",\"refresh_token_value\":\"token-two\",\"refresh_token_expires_at\":\"for ever\"},"
	    "{\"registered_client_id\":\"1\",\"principal_name\":\"\",\"refresh_token_value\":\"token-three\"}]}", authserver_read, &o, &p, &why));
	NEED(json_array_size(p.tokens) == 1);
	EXPECT_STR(rows_text(json_array_get(p.tokens, 0)), S("{\"client\":\"c\",\"issuer\":\"i\","
	    "\"refresh\":\"" "34683e5bb1d4bcc8fc3fdc76ea4a6e56d77f41c4a1952fa1233ba966a997a410" "\",\"refresh_expires_s\":4102444800,\"scope\":\"read openid\",\"user\":\"li\"}"));
	EXPECT(rows_say(&p, FIND_LIVE_ENDED, "table oauth2_authorization", "1"));
	EXPECT(rows_say(&p, FIND_LIVE_ORPHAN, "table oauth2_authorization", "1"));
	EXPECT(rows_say(&p, FIND_ZONE, "table oauth2_authorization", "UTC+08:00"));
	EXPECT(rows_say(&p, FIND_USER, "token of client c", "li"));
}
