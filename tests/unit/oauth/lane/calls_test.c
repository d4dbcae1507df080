/* Each row of oauth/calls.def: whether a client's secret is looked at, and where the call runs. */
#include "../world.h"

enum client_asked { NEVER, ALWAYS, UNLESS_OPEN };
static const struct { const char *name; enum oauth_endpoint call; enum client_asked client; } rows[] = {
#define CALL(id, client, lane) { #id, OE_##id, client },
#include "oauth/calls.def"
#undef CALL
};

/* Where the call goes with a client that is settled, at an issuer without a user table, a directory or RSA. */
static const enum lane lanes[] = {
	[OE_TOKEN] = LANE_WRITER, [OE_AUTHORIZE] = LANE_WRITER, [OE_CONSENT] = LANE_COMMIT, [OE_LOGIN_PAGE] = LANE_INLINE, [OE_LOGIN] = LANE_PASSWORD, [OE_PASSWORD] = LANE_PASSWORD,
	[OE_LOGOUT] = LANE_COMMIT, [OE_INTROSPECT] = LANE_INLINE, [OE_CHECK_TOKEN] = LANE_INLINE, [OE_REVOKE] = LANE_COMMIT, [OE_REMOVE_TOKEN] = LANE_COMMIT,
	[OE_JWKS] = LANE_INLINE, [OE_STATUS_LIST] = LANE_INLINE, [OE_TOKEN_KEY] = LANE_INLINE, [OE_SMS] = LANE_COMMIT, [OE_SMS_BY_CLIENT] = LANE_COMMIT, [OE_BEARER] = LANE_INLINE,
	[OE_CLIENT] = LANE_INLINE, [OE_SESSION_USER] = LANE_INLINE,
	[OE_BEGIN_DEVICE] = LANE_COMMIT, [OE_BEGIN_CIBA] = LANE_COMMIT, [OE_APPROVE] = LANE_COMMIT, [OE_ACCOUNTS] = LANE_COMMIT,
	[OE_REGISTER] = LANE_COMMIT, [OE_PAR] = LANE_WRITER, [OE_CHALLENGE] = LANE_COMMIT, [OE_LOGO] = LANE_INLINE,
	[OE_FACTOR] = LANE_COMMIT,
	[OE_SELF] = LANE_COMMIT, [OE_ACCOUNT] = LANE_COMMIT,
	[OE_IDENTITIES] = LANE_COMMIT, [OE_LOGIN_WITH] = LANE_INLINE, [OE_LOGIN_BACK] = LANE_INLINE,
};

static struct call
call_by(struct world *w, const struct issuer *i, struct arena *mem, struct str client)
{
	struct call c = call_at(w, i, mem);

	c.grant = &grant_authorization_code;
	call_basic(&c, client, S("secret"));
	return c;
}

TEST(a_secret_is_looked_at_where_the_row_says_so)
{
	struct world *w = world_new();

	EXPECT(w->legacy.policy->client.introspect_open && !w->modern.policy->client.introspect_open);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct call slow = call_by(w, &w->modern, mem, S("slow")), nobody = call_at(w, &w->legacy, mem);

		EXPECT((call_lane(&slow, rows[i].call) == LANE_CLIENT) == (rows[i].client != NEVER));
		nobody.grant = &grant_authorization_code;       /* without credentials nothing is hashed, and nothing is done where they are needed */
		if (rows[i].client == ALWAYS)
			EXPECT_INT(call_lane(&nobody, rows[i].call), LANE_INLINE);
		else
			EXPECT_INT(call_lane(&nobody, rows[i].call), lanes[rows[i].call]);
	}
	world_free(w);
}

/* What the application sends says what it costs. */
TEST(a_challenge_runs_where_its_proof_is_judged)
{
	static const struct { enum param sent; enum lane lane; } sent[] = {
		{ P_SCOPE, LANE_COMMIT }, { P_PASSWORD, LANE_PASSWORD }, { P_PHONE, LANE_COMMIT }, { P_CODE, LANE_COMMIT },
		{ P_WECHAT_CODE, LANE_COMMIT },         /* no app there, so nobody is asked */
	};
	struct world *w = world_new();

	for (size_t i = 0; i < COUNT(sent); i++) {
		struct call c = call_by(w, &w->modern, mem, S("web"));

		call_set(&c, sent[i].sent, S("x"));
		EXPECT_INT(call_lane(&c, OE_CHALLENGE), sent[i].lane);
	}
	world_free(w);
}

TEST(each_runs_in_its_lane)
{
	struct world *w = world_new();

	EXPECT_INT(COUNT(rows), OE_COUNT);
	EXPECT_INT(COUNT(lanes), OE_COUNT);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct call c = call_by(w, &w->modern, mem, S("web"));
		enum lane got = call_lane(&c, rows[i].call);

		if (got != lanes[rows[i].call])
			test_fail(__FILE__, __LINE__, "%s runs in %d, not %d", rows[i].name, got, lanes[rows[i].call]);
	}
	world_free(w);
}

/* A signature is verified where the request is read; a password, whatever came beside it, never is. */
TEST(a_passkey_waits_in_no_queue_and_a_password_always_does)
{
	struct world *w = world_new();
	struct call c = call_at(w, &w->modern, mem), challenge = call_by(w, &w->modern, mem, S("web"));

	call_set(&c, P_PASSKEY, S("{}"));
	EXPECT_INT(call_lane(&c, OE_LOGIN), LANE_PASSWORD);     /* not offered */
	w->strict.passkey.rule = PASSKEYS_LOGIN;
	EXPECT_INT(call_lane(&c, OE_LOGIN), LANE_WRITER);
	EXPECT_INT(call_lane(&c, OE_PASSWORD), LANE_PASSWORD);
	call_set(&challenge, P_PASSKEY, S("{}"));
	call_set(&challenge, P_PASSWORD, S("secret"));
	EXPECT_INT(call_lane(&challenge, OE_CHALLENGE), LANE_PASSWORD);
	world_free(w);
}
