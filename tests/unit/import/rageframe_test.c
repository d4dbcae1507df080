/* Tables of RageFrame: secrets in clear, rows without what they should have, tokens of every state. */
#include "../test.h"
#include "import/rageframe.h"
#include "rows.h"

TEST(secrets_stand_in_clear_and_none_becomes_public)
{
	struct spring_options o = { 0 };
	struct str why = STR_ABSENT;
	struct spring_plan p;

	NEED(rows_read(mem, "{\"rf_oauth2_client\":[{\"client_id\":\"a\",\"client_secret\":\"5f4dcc3b5aa765d61d8327deb882cf99\",\"status\":\"1\"},"
	    "{\"client_id\":\"b\",\"client_secret\":\"\",\"redirect_uri\":\" https://b.example/cb \"},"
	    "{\"client_id\":\"c\",\"client_secret\":\"$2y$10$n4YJ4.LSW74EpLDU9QRSfO/7Od9kLK74AvGHgrcld4/EH400BFPWi\"}]}", rageframe_read, &o, &p, &why));
	EXPECT_STR(json_member_str(json_array_get(p.clients, 0), "secret"), S("5f4dcc3b5aa765d61d8327deb882cf99"));
	EXPECT_STR(json_member_str(json_array_get(p.clients, 1), "secret_encoded"), SECRET_OF_NOBODY);
	EXPECT_STR(rows_text(json_object_get(json_array_get(p.clients, 1), "redirect_uris")), S("[\"https://b.example/cb\"]"));
	EXPECT(str_starts(json_member_str(json_array_get(p.clients, 2), "secret_encoded"), S("$2y$")));
	EXPECT(rows_say(&p, FIND_SECRET_MISSING, "client b", ""));
}

TEST(scopes_are_those_of_tokens_and_what_lives_is_counted)
{
	struct spring_options o = { .tokens = true, .table_prefix = S("x_") };
	struct str why = STR_ABSENT;
	struct spring_plan p;

	NEED(rows_read(mem, "{\"x_oauth2_client\":[{\"client_id\":\"a\",\"client_secret\":\"secret\"}],\"x_oauth2_access_token\":["
	    "{\"client_id\":\"a\",\"expires\":\"2100-01-01 00:00:00\",\"scope\":\"[\\\"order\\\",\\\"two words\\\",7]\",\"status\":\"1\"},"
	    "{\"client_id\":\"a\",\"expires\":\"2000-01-01 00:00:00\",\"scope\":\"rubbish\"},{\"client_id\":\"a\",\"expires\":\"\"},"
	    "{\"client_id\":\"\",\"expires\":\"4102444800\",\"status\":\"-1\"}]}", rageframe_read, &o, &p, &why));
	EXPECT_STR(rows_text(json_object_get(json_array_get(p.clients, 0), "scopes")), S("[\"basic_info\",\"order\"]"));
	EXPECT(rows_say(&p, FIND_LIVE_SIGNED, "table x_oauth2_access_token", "1"));
	EXPECT(rows_say(&p, FIND_LIVE_ENDED, "table x_oauth2_access_token", "1"));
	EXPECT(rows_say(&p, FIND_LIVE_ORPHAN, "table x_oauth2_access_token", "1"));
}

TEST(a_table_of_clients_is_needed_here_too)
{
	EXPECT(rows_refused(mem, "{\"rf_member\":[]}", rageframe_read, "there is no table rf_oauth2_client: if its prefix is another, say --table-prefix"));
}
