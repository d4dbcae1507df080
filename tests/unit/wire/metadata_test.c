/* RFC 8414: what the issuer says is what it does. */
#include "desk.h"

TEST(metadata_names_its_endpoints)
{
	struct desk *d = desk_new(&wire_modern, "https://id.example/one");
	struct str body = body_of_reply(talk(d, mem, "GET /one/.well-known/oauth-authorization-server", "", NULL));
	json_t *j = json_read(mem, body);

	NEED(j != NULL);
	EXPECT_STR(json_member_str(j, "issuer"), S("https://id.example/one"));
	EXPECT_STR(json_member_str(j, "authorization_endpoint"), S("https://id.example/one/authorize"));
	EXPECT_STR(json_member_str(j, "token_endpoint"), S("https://id.example/one/token"));
	EXPECT_STR(json_member_str(j, "jwks_uri"), S("https://id.example/one/jwks"));
	EXPECT(has(body, "\"response_types_supported\":[\"code\",\"token\",\"id_token\",\"id_token token\",\"code id_token\","
		"\"code token\",\"code id_token token\",\"none\"]"));
	EXPECT(has(body, "\"response_modes_supported\":[\"query\",\"fragment\",\"form_post\",\"query.jwt\",\"fragment.jwt\",\"form_post.jwt\",\"jwt\"]"));
	EXPECT(has(body, "\"code_challenge_methods_supported\":[\"S256\"]"));
	EXPECT(has(body, "\"grant_types_supported\":[\"authorization_code\",\"refresh_token\",\"client_credentials\","
		"\"urn:ietf:params:oauth:grant-type:jwt-bearer\",\"urn:ietf:params:oauth:grant-type:token-exchange\","
		"\"urn:ietf:params:oauth:grant-type:device_code\",\"urn:openid:params:grant-type:ciba\",\"implicit\"]"));
	EXPECT(has(body, "\"token_endpoint_auth_methods_supported\":[\"client_secret_basic\",\"client_secret_post\",\"private_key_jwt\",\"client_secret_jwt\",\"none\"]"));
	EXPECT(has(body, "\"authorization_response_iss_parameter_supported\":true"));
	EXPECT_STR(json_member_str(j, "userinfo_endpoint"), S("https://id.example/one/userinfo"));
	EXPECT(has(body, "\"id_token_signing_alg_values_supported\":[\"RS256\",\"ES256\"]") && has(body, "\"scopes_supported\":[\"openid\","));
	desk_free(d);
}

TEST(manual_004_has_the_discovery_of_openid)
{
	struct desk *d = desk_new(&wire_connect, "http://localhost");
	struct str body = body_of_reply(talk(d, mem, "GET /.well-known/openid-configuration", "", NULL));

	EXPECT(has(body, "\"jwks_uri\":\"http://localhost/.well-known/openid-configuration/jwks\""));
	EXPECT(has(body, "\"subject_types_supported\":[\"public\"],\"id_token_signing_alg_values_supported\":[\"ES256\"]"));
	EXPECT(has(body, "\"password\""));
	desk_free(d);
}
