/* Token answers of each dialect, byte for byte. RFC 6749 section 5.1, RFC 7662 section 2.2. */
#include "desk.h"

static const struct user alice = { .name = { "alice", 5 }, .number = 7, .authorities = { "ROLE_USER", 9 }, .enabled = true };
static const struct tokens full = {
	.access = { "AT", 2 }, .refresh = { "RT", 2 }, .id_token = { "ID", 2 }, .scope = { "read write", 10 }, .expires_in_s = 3600, .jti = { "J", 1 },
	.user = &alice, .account_type = { "admin", 5 },
};

static struct str
spoken(const struct wire *w, struct arena *mem, const char *target, const struct tokens *t)
{
	struct desk *d = desk_new(w, "http://localhost");
	struct exchange *x = desk_begin(d, mem, M_POST, target);
	struct answer a = { .kind = ANS_TOKENS, .tokens = *t };
	struct http_reply r = { 0 };
	struct str body;

	x->c.now_s = 1700000000;
	speak(x, &a, &r);
	body = arena_dup(mem, r.body);
	desk_free(d);
	return body;
}

TEST(modern)
{
	EXPECT_STR(spoken(&wire_modern, mem, "/token", &full),
		S("{\"access_token\":\"AT\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"refresh_token\":\"RT\",\"scope\":\"read write\",\"id_token\":\"ID\"}"));
}

TEST(manual_003_and_with_jwts)
{
	struct tokens t = full;

	EXPECT_STR(spoken(&wire_spring, mem, "/oauth/token", &t),
		S("{\"access_token\":\"AT\",\"token_type\":\"bearer\",\"refresh_token\":\"RT\",\"expires_in\":3599,\"scope\":\"read write\",\"jti\":\"J\"}"));
	t.jti = STR_ABSENT;             /* opaque tokens have none */
	EXPECT_STR(spoken(&wire_spring, mem, "/oauth/token", &t),
		S("{\"access_token\":\"AT\",\"token_type\":\"bearer\",\"refresh_token\":\"RT\",\"expires_in\":3599,\"scope\":\"read write\"}"));
}

TEST(a_token_for_ever_has_no_expires_in_and_one_second_left_prints_zero)
{
	struct tokens t = full;

	t.expires_in_s = 0;
	EXPECT(!has(spoken(&wire_spring, mem, "/oauth/token", &t), "expires_in"));
	t.expires_in_s = 1;
	EXPECT(has(spoken(&wire_spring, mem, "/oauth/token", &t), "\"expires_in\":0,"));
}

TEST(manual_000_with_and_without_a_user)
{
	struct tokens t = full;

	EXPECT_STR(spoken(&wire_taroco, mem, "/oauth/token", &t),
		S("{\"access_token\":\"AT\",\"token_type\":\"bearer\",\"refresh_token\":\"RT\",\"expires_in\":3599,\"scope\":\"read write\",\"jti\":\"J\","
		  "\"license\":\"made by taroco\",\"x-user-name\":\"alice\",\"x-user-id\":7}"));
	t.user = NULL;
	t.refresh = STR_ABSENT;
	EXPECT_STR(spoken(&wire_taroco, mem, "/oauth/token", &t),
		S("{\"access_token\":\"AT\",\"token_type\":\"bearer\",\"expires_in\":3599,\"scope\":\"read write\",\"jti\":\"J\"}"));
}

TEST(manual_002_wraps_all_grants_but_one)
{
	struct tokens t = full;

	t.jti = STR_ABSENT;
	EXPECT_STR(spoken(&wire_zlt, mem, "/oauth/token?grant_type=password", &t),
		S("{\"resp_code\":200,\"resp_msg\":\"ok\",\"datas\":{\"access_token\":\"AT\",\"token_type\":\"bearer\",\"refresh_token\":\"RT\",\"expires_in\":3599,"
		  "\"scope\":\"read write\",\"account_type\":\"admin\"}}"));
	EXPECT_STR(spoken(&wire_zlt, mem, "/oauth/token?grant_type=authorization_code", &t),
		S("{\"access_token\":\"AT\",\"token_type\":\"bearer\",\"refresh_token\":\"RT\",\"expires_in\":3599,\"scope\":\"read write\",\"account_type\":\"admin\"}"));
}

TEST(manual_002_as_recorded)
{
	struct desk *d = desk_new(&wire_zlt, "http://localhost");
	struct exchange *x = desk_begin(d, mem, M_POST, "/oauth/token?grant_type=client_credentials");
	struct tokens t = { .access = S("AT"), .scope = S("app"), .expires_in_s = 3600 };

	d->mount.style.envelope_ok_code = 0;
	d->mount.style.envelope_ok_msg = S("");
	EXPECT_STR(wire_zlt.wrap(x, &t), S("{\"datas\":{\"access_token\":\"AT\",\"token_type\":\"bearer\",\"expires_in\":3599,\"scope\":\"app\"},\"resp_code\":0,\"resp_msg\":\"\"}"));
	desk_free(d);
}

TEST(manual_001)
{
	EXPECT_STR(spoken(&wire_rageframe, mem, "/oauth2/password", &full),
		S("{\"code\":200,\"message\":\"OK\",\"data\":{\"token_type\":\"Bearer\",\"expires_in\":3600,\"access_token\":\"AT\",\"refresh_token\":\"RT\"},\"timestamp\":1700000000}"));
}

TEST(manual_004)
{
	EXPECT_STR(spoken(&wire_connect, mem, "/connect/token", &full),
		S("{\"access_token\":\"AT\",\"token_type\":\"Bearer\",\"refresh_token\":\"RT\",\"expires_in\":3600,\"id_token\":\"ID\"}"));
}

TEST(values_are_escaped)
{
	struct tokens t = full;

	t.scope = S("a\"b\\c");
	EXPECT(has(spoken(&wire_modern, mem, "/token", &t), "\"scope\":\"a\\\"b\\\\c\""));
}

TEST(introspection_says_what_it_knows)
{
	struct desk *d = desk_new(&wire_modern, "https://id.example");
	struct exchange *x = desk_begin(d, mem, M_POST, "/introspect");
	struct token_facts f = { .active = true, .scope = S("read"), .client_id = S("app"), .user_name = S("alice"), .sub = S("s"), .exp_s = 20, .iat_s = 10, .jti = S("j"),
		.aud = S("orders") };

	EXPECT_STR(facts_introspection(x, &f), S("{\"active\":true,\"scope\":\"read\",\"client_id\":\"app\",\"username\":\"alice\",\"token_type\":\"Bearer\",\"exp\":20,\"iat\":10,"
		"\"sub\":\"s\",\"aud\":\"orders\",\"iss\":\"https://id.example\",\"jti\":\"j\"}"));
	f.aud = S("orders stock");
	EXPECT(has(facts_introspection(x, &f), "\"aud\":[\"orders\",\"stock\"]"));
	f.is_refresh = true;
	EXPECT(!has(facts_introspection(x, &f), "token_type"));
	f = (struct token_facts){ .active = false, .scope = S("read") };
	EXPECT_STR(facts_introspection(x, &f), S("{\"active\":false}"));
	desk_free(d);
}

TEST(an_unknown_token_is_inactive_and_no_error)
{
	struct desk *d = desk_new(&wire_modern, "https://id.example");
	struct str r = talk(d, mem, "POST /introspect", "", "token=nonsense&client_id=app&client_secret=secret");

	EXPECT_INT(status_of_reply(r), 200);
	EXPECT_STR(body_of_reply(r), S("{\"active\":false}"));
	r = talk(d, mem, "POST /introspect", "", "token=nonsense");
	EXPECT_INT(status_of_reply(r), 401);
	desk_free(d);
}
