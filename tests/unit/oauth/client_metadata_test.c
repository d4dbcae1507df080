/* What a client registers: every row of oauth/metadata.def is judged, written for the store and read again. */
#include "oauth/client_metadata.h"
#include "world.h"

static const char *
put(struct arena *mem, struct client_metadata *m, const char *member, const char *json)
{
	const struct metadata_row *row = metadata_row(str_of(member));
	json_t *v = json_loads(json, JSON_DECODE_ANY, NULL);
	const char *wrong;

	if (row == NULL || v == NULL)
		return "there is no such row or value";
	arena_defer(mem, (void (*)(void *))json_decref, v);
	wrong = metadata_put(mem, m, row, v);
	return wrong;
}

/* A value that each member takes. */
static const char *
good(const struct metadata_row *row)
{
	static const char *const values[][2] = {
		{ "response_types", "[\"code\",\"code id_token\",\"none\"]" }, { "token_endpoint_auth_method", "\"client_secret_post\"" },
		{ "tls_client_auth_subject_dn", "\"CN=a,O=b\"" }, { "tls_client_auth_san_ip", "\"192.0.2.7\"" },
		{ "tls_client_auth_san_email", "\"a@b.example\"" },
		{ "application_type", "\"native\"" }, { "subject_type", "\"pairwise\"" }, { "pkce", "\"when_sent\"" },
		{ "token_endpoint_auth_signing_alg", "\"PS256\"" },
		{ "request_object_signing_alg", "\"none\"" }, { "request_uris", "[\"https://app.example/object#v1\"]" },
		{ "id_token_signed_response_alg", "\"ES256\"" },
		{ "id_token_encrypted_response_alg", "\"ECDH-ES+A256KW\"" }, { "id_token_encrypted_response_enc", "\"A256GCM\"" },
		{ "userinfo_encrypted_response_alg", "\"RSA-OAEP-256\"" }, { "userinfo_encrypted_response_enc", "\"A128GCM\"" },
		{ "introspection_signed_response_alg", "\"PS256\"" }, { "introspection_encrypted_response_alg", "\"ECDH-ES\"" },
		{ "introspection_encrypted_response_enc", "\"A256GCM\"" },
		{ "userinfo_signed_response_alg", "\"RS256\"" },
		{ "authorization_signed_response_alg", "\"PS256\"" }, { "authorization_encrypted_response_alg", "\"RSA-OAEP\"" },
		{ "authorization_encrypted_response_enc", "\"A256GCM\"" }, { "request_object_encryption_alg", "\"ECDH-ES\"" },
		{ "request_object_encryption_enc", "\"A128GCM\"" },
		{ "jwks", "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}" },
		{ "token_exchange_modes", "[\"delegation\",\"impersonation\"]" },
		{ "token_exchange_types", "[\"jwt\",\"refresh_token\",\"id_token\",\"access_token\"]" },
		{ "id_jag_audiences", "[\"https://login.partner.example\",\"https://chat.example wiki chat.read chat.write\"]" },
		{ "federated_subjects", "[\"repo:octo-org/octo-repo:ref:refs/heads/*\"]" },
		{ "client_names", "[\"zh-TW=商店\",\"de=Laden = gut\"]" },
		{ "post_logout_redirect_uris", "[\"https://app.example/bye\",\"com.example.app:/bye\"]" },
	};

	static const char *const ends[][2] = {
		{ "encrypted_response_alg", "\"RSA-OAEP-256\"" }, { "encryption_alg", "\"ECDH-ES\"" },
		{ "encrypted_response_enc", "\"A128GCM\"" }, { "encryption_enc", "\"A256GCM\"" },
		{ "signed_response_alg", "\"ES256\"" }, { "signing_alg", "\"PS256\"" }, { "delivery_mode", "\"ping\"" },
	};

	for (size_t i = 0; i < COUNT(values); i++)
		if (strcmp(values[i][0], row->member) == 0)
			return values[i][1];
	for (size_t i = 0; i < COUNT(ends); i++)
		if (str_ends(str_of(row->member), str_of(ends[i][0])))
			return ends[i][1];
	switch (row->kind) {
	case MD_TEXT: return "\"https://app.example/x\"";
	case MD_WORDS: return "[\"1\",\"2\"]";
	case MD_LINES: return "[\"a b\",\"c\"]";
	case MD_BOOL: return "true";
	case MD_SECONDS: return "3600";
	case MD_JWKS: return "{}";
	}
	return "null";
}

TEST(every_member_comes_back)
{
#define METADATA(kind, member, check, option, heading, heading_zh, help, help_zh) EXPECT(metadata_row(S(#member)) != NULL);
#include "oauth/metadata.def"
	for (const struct metadata_row *r = metadata_rows; r->member != NULL; r++) {
		struct client_metadata m = { 0 }, again;
		struct str text, second;

		EXPECT(put(mem, &m, r->member, good(r)) == NULL);
		text = metadata_text(mem, &m);
		EXPECT(text.n > 0 && str_contains(text, str_of(r->member)));
		EXPECT(metadata_read(mem, text, &again));
		second = metadata_text(mem, &again);
		EXPECT(str_eq(text, second));
		EXPECT(put(mem, &again, r->member, "null") == NULL && metadata_text(mem, &again).n == 0);
	}
}

TEST(what_a_member_cannot_be_is_told_and_changes_nothing)
{
	static const char *const bad[][2] = {
		{ "response_types", "[\"code none\"]" }, { "response_types", "[\"\"]" }, { "response_types", "\"code\"" },
		{ "token_endpoint_auth_method", "\"magic\"" }, { "application_type", "\"desktop\"" }, { "subject_type", "\"secret\"" },
		{ "client_uri", "\"javascript:alert(1)\"" }, { "client_uri", "\"https://a b\"" }, { "client_uri", "\"https://user@app.example/\"" },
		{ "logo_uri", "\"data:image/png;base64,AA\"" }, { "policy_uri", "\"/policy\"" }, { "tos_uri", "7" },
		{ "backchannel_logout_uri", "\"https://app.example/x#y\"" }, { "initiate_login_uri", "\"http://app.example/login\"" },
		{ "sector_identifier_uri", "\"http://app.example/list\"" }, { "jwks", "[]" }, { "jwks", "{\"keys\":7}" },
		{ "jwks", "{\"keys\":[{\"kty\":\"EC\",\"d\":\"AA\"}]}" }, { "jwks", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AA\"}]}" },
		{ "jwks", "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}]}" },
		{ "jwks", "{\"keys\":[{}]}" }, { "id_token_signed_response_alg", "\"none\"" }, { "id_token_signed_response_alg", "\"HS256\"" },
		{ "id_token_encrypted_response_alg", "\"RSA1_5\"" }, { "id_token_encrypted_response_alg", "\"dir\"" },
		{ "id_token_encrypted_response_enc", "\"A192GCM\"" },
		{ "default_max_age", "-1" }, { "default_max_age", "\"7\"" }, { "require_auth_time", "\"true\"" },
		{ "post_logout_redirect_uris", "[\"javascript:alert(1)\"]" }, { "post_logout_redirect_uris", "[7]" },
		{ "client_names", "[\"商店\"]" }, { "client_names", "[\"de=\"]" }, { "client_names", "[\"d e=x\"]" }, { "client_names", "[\"de=a\\u0007b\"]" },
		{ "contacts", "[\"a\\u0007b\"]" }, { "default_acr_values", "[\"a b\"]" }, { "pkce", "\"never\"" },
		{ "id_jag_audiences", "[\"chat\"]" }, { "id_jag_audiences", "[\"https://chat.example  two\"]" },
		{ "id_jag_audiences", "[\"https://chat.example \"]" }, { "first_party", "\"true\"" },
	};
	struct client_metadata m = { 0 };

	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *wrong = put(mem, &m, bad[i][0], bad[i][1]);

		EXPECT(wrong != NULL && strncmp(wrong, "must ", 5) == 0);
		EXPECT(metadata_text(mem, &m).n == 0);
	}
}

/* Old rows, other programs' rows: what is not understood is left out, and nothing else. */
TEST(what_is_stored_is_read_as_far_as_it_is_understood)
{
	struct client_metadata m;

	EXPECT(metadata_read(mem, S(""), &m) && metadata_text(mem, &m).n == 0);
	EXPECT(metadata_read(mem, S("{\"unknown\":1,\"application_type\":\"x\",\"client_uri\":\"https://app.example\"}"), &m));
	EXPECT(str_is(m.client_uri, "https://app.example") && str_empty(m.application_type));
	EXPECT(!metadata_read(mem, S("[1]"), &m) && !metadata_read(mem, S("{"), &m));
	EXPECT(metadata_keep(mem, S("{")) == NULL && metadata_keep(mem, S("")) == NULL);
	EXPECT(str_is(metadata_keep(mem, S("{\"pkce\":\"nonce\"}"))->pkce, "nonce"));
}
