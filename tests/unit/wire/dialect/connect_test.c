/* Manual 004 over a socket. */
#include "../desk.h"

TEST(errors_are_their_code_alone)
{
	struct desk *d = desk_new(&wire_connect, "http://localhost:8083");
	struct str r = talk(d, mem, "POST /connect/token", "", "grant_type=authorization_code&client_id=app&client_secret=secret");

	EXPECT_INT(status_of_reply(r), 400);
	EXPECT_STR(body_of_reply(r), S("{\"error\":\"invalid_request\"}"));
	EXPECT_STR(field_of_reply(r, "Content-Type"), S("application/json"));
	EXPECT_STR(field_of_reply(r, "Cache-Control"), S("no-store"));
	EXPECT_STR(field_of_reply(r, "Pragma"), S("no-cache"));
	d->mount.style.error_descriptions = true;
	EXPECT(has(talk(d, mem, "POST /connect/token", "", "client_id=app&client_secret=secret"), "\"error_description\":"));
	desk_free(d);
}

TEST(a_challenge_only_for_those_who_tried_the_header)
{
	struct desk *d = desk_new(&wire_connect, "http://localhost:8083");
	struct str r = talk(d, mem, "POST /connect/token", "", "grant_type=password&client_id=app&client_secret=no");

	EXPECT_INT(status_of_reply(r), 400);
	EXPECT_STR(body_of_reply(r), S("{\"error\":\"invalid_client\"}"));
	EXPECT(!str_given(field_of_reply(r, "WWW-Authenticate")));
	r = talk(d, mem, "POST /connect/token", "Authorization: Basic YXBwOm5v\r\n", "grant_type=password");
	EXPECT_INT(status_of_reply(r), 401);
	EXPECT_STR(field_of_reply(r, "WWW-Authenticate"), S("Basic realm=\"connect\""));
	desk_free(d);
}

TEST(an_id_token_with_every_user_grant)
{
	struct desk *d = desk_new(&wire_connect, "http://localhost:8083");
	struct str r = talk(d, mem, "POST /connect/token", "", "grant_type=password&client_id=app&client_secret=secret&username=alice&password=wonder");

	EXPECT_INT(status_of_reply(r), 200);
	EXPECT(has(r, "\"token_type\":\"Bearer\",\"refresh_token\":\"") && has(r, "\"expires_in\":3600,\"id_token\":\"ey"));
	r = talk(d, mem, "POST /connect/token", "", "grant_type=client_credentials&client_id=app&client_secret=secret");
	EXPECT(!has(r, "id_token") && !has(r, "refresh_token"));
	desk_free(d);
}
