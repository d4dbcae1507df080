/* CORS: never the authorize endpoint; tokens only for origins of the client. */
#include "desk.h"

#define FROM_APP "Origin: https://app.example\r\n"
#define FROM_EVIL "Origin: https://evil.example\r\n"

TEST(preflight)
{
	struct desk *d = desk_new(&wire_modern, "https://id.example");
	struct str r = talk(d, mem, "OPTIONS /token", FROM_APP "Access-Control-Request-Method: POST\r\n", NULL);

	EXPECT_INT(status_of_reply(r), 204);
	EXPECT_STR(field_of_reply(r, "Access-Control-Allow-Origin"), S("https://app.example"));
	EXPECT_STR(field_of_reply(r, "Access-Control-Allow-Methods"), S("POST"));
	EXPECT(!str_given(field_of_reply(r, "Access-Control-Allow-Credentials")));
	r = talk(d, mem, "OPTIONS /authorize", FROM_APP "Access-Control-Request-Method: GET\r\n", NULL);
	EXPECT_INT(status_of_reply(r), 405);
	EXPECT(!str_given(field_of_reply(r, "Access-Control-Allow-Origin")));
	r = talk(d, mem, "OPTIONS /jwks", FROM_EVIL "Access-Control-Request-Method: GET\r\n", NULL);
	EXPECT_STR(field_of_reply(r, "Access-Control-Allow-Origin"), S("*"));
	desk_free(d);
}

TEST(a_token_can_be_read_by_an_origin_of_its_client_only)
{
	struct desk *d = desk_new(&wire_modern, "https://id.example");
	const char *body = "grant_type=client_credentials&client_id=app&client_secret=secret", *other = "grant_type=client_credentials&client_id=cc&client_secret=secret";

	EXPECT_STR(field_of_reply(talk(d, mem, "POST /token", FROM_APP, body), "Access-Control-Allow-Origin"), S("https://app.example"));
	EXPECT(!str_given(field_of_reply(talk(d, mem, "POST /token", FROM_EVIL, body), "Access-Control-Allow-Origin")));
	EXPECT(!str_given(field_of_reply(talk(d, mem, "POST /token", FROM_APP, other), "Access-Control-Allow-Origin")));
	EXPECT(!str_given(field_of_reply(talk(d, mem, "POST /token", "", body), "Access-Control-Allow-Origin")));
	EXPECT_STR(field_of_reply(talk(d, mem, "GET /.well-known/oauth-authorization-server", FROM_EVIL, NULL), "Access-Control-Allow-Origin"), S("*"));
	desk_free(d);
}

/* Old servers stood behind a filter that let scripts in; here it is those that a client registered, at what works without cookies. */
TEST(old_dialects_answer_registered_origins)
{
	static const struct { const struct wire *w; const char *target; } asked[] = {
		{ &wire_spring, "OPTIONS /oauth/token" }, { &wire_taroco, "OPTIONS /oauth/token" }, { &wire_zlt, "OPTIONS /oauth/check_token" },
		{ &wire_zlt, "OPTIONS /oauth/remove/token" }, { &wire_taroco, "OPTIONS /oauth/mobile" },
	};
	static const char *const never[] = { "OPTIONS /oauth/authorize", "OPTIONS /login", "OPTIONS /user", "OPTIONS /oauth/custom_authorize" };

	for (size_t i = 0; i < COUNT(asked); i++) {
		struct desk *d = desk_new(asked[i].w, "http://localhost");
		struct str r = talk(d, mem, asked[i].target, FROM_APP "Access-Control-Request-Method: POST\r\n", NULL);

		EXPECT_INT(status_of_reply(r), 204);
		EXPECT_STR(field_of_reply(r, "Access-Control-Allow-Origin"), S("https://app.example"));
		EXPECT_STR(field_of_reply(r, "Access-Control-Allow-Headers"), S("Authorization, Content-Type, X-Requested-With, DPoP, traceparent, tracestate"));
		EXPECT(!str_given(field_of_reply(r, "Access-Control-Allow-Credentials")));
		r = talk(d, mem, asked[i].target, FROM_EVIL "Access-Control-Request-Method: POST\r\n", NULL);
		EXPECT(status_of_reply(r) != 204);
		EXPECT(!str_given(field_of_reply(r, "Access-Control-Allow-Origin")));
		desk_free(d);
	}
	for (size_t i = 0; i < COUNT(never); i++) {
		struct desk *d = desk_new(&wire_taroco, "http://localhost");
		struct str r = talk(d, mem, never[i], FROM_APP "Access-Control-Request-Method: POST\r\n", NULL);

		EXPECT(!str_given(field_of_reply(r, "Access-Control-Allow-Origin")));
		desk_free(d);
	}
}

TEST(a_refusal_can_be_read_by_a_registered_origin)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost");
	struct str r = talk(d, mem, "POST /oauth/token", FROM_APP, "grant_type=client_credentials&client_id=app&client_secret=wrong");

	EXPECT_INT(status_of_reply(r), 401);
	EXPECT_STR(field_of_reply(r, "Access-Control-Allow-Origin"), S("https://app.example"));
	r = talk(d, mem, "POST /oauth/token", FROM_EVIL, "grant_type=client_credentials&client_id=app&client_secret=wrong");
	EXPECT(!str_given(field_of_reply(r, "Access-Control-Allow-Origin")));
	r = talk(d, mem, "POST /oauth/token", "", "grant_type=client_credentials&client_id=app&client_secret=secret");
	EXPECT(!str_given(field_of_reply(r, "Vary")));           /* as recorded */
	desk_free(d);
}
