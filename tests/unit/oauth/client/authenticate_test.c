/* tests/unit/oauth/client/authenticate_test.c - who the client is, what wrong secrets cost, and in which lane secrets are hashed. */
#include "../world.h"

static struct call
service(struct world *w, const struct issuer *i, struct arena *mem, struct str id, struct str secret)
{
	struct call c = call_at(w, i, mem);

	call_basic(&c, id, secret);
	c.grant = &grant_client_credentials;
	call_set(&c, P_GRANT_TYPE, S("client_credentials"));
	return c;
}

static struct world *
counting(void)
{
	struct world *w = world_new();

	w->svc.guesses = guess_book_new(64);
	w->svc.throttle.client_free = 10;
	w->svc.throttle.client_per_minute = 300;
	return w;
}

static void
counted(struct world *w)
{
	guess_book_free(w->svc.guesses);
	world_free(w);
}

static enum reason
ask(struct world *w, struct arena *mem, struct str id, struct str secret, struct str peer)
{
	struct call c = service(w, &w->modern, mem, id, secret);

	c.peer = peer;
	return token_endpoint(&c).why;
}

TEST(wrong_secrets_make_their_address_wait)
{
	struct world *w = counting();
	struct call c;

	for (int i = 0; i < 11; i++)
		EXPECT_INT(ask(w, mem, S("web"), S("nope"), S("192.0.2.66")), R_CLIENT_SECRET);
	EXPECT_INT(ask(w, mem, S("web"), S("nope"), S("192.0.2.66")), R_CLIENT_WAIT);
	EXPECT_INT(ask(w, mem, S("web"), S("secret"), S("192.0.2.66")), R_CLIENT_WAIT);         /* or it would be an oracle */
	EXPECT_INT(ask(w, mem, S("web"), S("secret"), S("192.0.2.1")), R_NONE);                 /* G1 */
	EXPECT_INT(ask(w, mem, S("web"), S("secret"), S("192.0.2.66")), R_CLIENT_WAIT);         /* remembered now, and still no oracle */
	EXPECT_INT(ask(w, mem, S("api"), S("secret"), S("192.0.2.66")), R_NONE);
	c = service(w, &w->modern, mem, S("web"), S("nope"));
	c.peer = S("192.0.2.66");
	token_endpoint(&c);
	EXPECT_INT(c.retry_after_s, 1);
	EXPECT(c.client == NULL);
	clock_turn_ms(1001);
	EXPECT_INT(ask(w, mem, S("web"), S("secret"), S("192.0.2.66")), R_NONE);
	EXPECT_INT(ask(w, mem, S("web"), S("nope"), S("192.0.2.66")), R_CLIENT_SECRET);         /* the row of failures began anew */
	EXPECT_INT(ask(w, mem, S("web"), S("secret"), S("192.0.2.66")), R_NONE);
	clock_turn_ms(-1001);
	counted(w);
}

TEST(unknown_and_public_clients_have_nothing_to_guess)
{
	struct world *w = counting();
	struct call c;

	for (int i = 0; i < 60; i++) {
		EXPECT_INT(ask(w, mem, S("nobody"), S("nope"), S("192.0.2.66")), R_CLIENT_UNKNOWN);
		EXPECT_INT(ask(w, mem, S("spa"), S("nope"), S("192.0.2.66")), R_CLIENT_SECRET);
	}
	c = call_at(w, &w->modern, mem);
	c.peer = S("192.0.2.66");
	call_set(&c, P_CLIENT_ID, S("spa"));
	EXPECT(client_authenticate(&c));
	counted(w);
}

/* RFC 6749 3.1: a parameter without a value is omitted. */
TEST(an_empty_value_is_none)
{
	struct world *w = world_new();
	struct call c = service(w, &w->modern, mem, S("web"), S("secret"));

	call_set(&c, P_CLIENT_ID, S(""));
	call_set(&c, P_CLIENT_SECRET, S(""));
	EXPECT_INT(token_endpoint(&c).why, R_NONE);
	c = call_at(w, &w->modern, mem);
	call_set(&c, P_CLIENT_ID, S(""));
	EXPECT(!client_authenticate(&c));
	EXPECT_INT(c.why, R_CLIENT_NONE);
	w->strict.client.public_at_token = false;
	c = call_at(w, &w->modern, mem);
	call_set(&c, P_CLIENT_ID, S("spa"));
	call_set(&c, P_CLIENT_SECRET, S(""));
	EXPECT(!client_authenticate(&c));       /* an empty secret is no way round the rule */
	EXPECT_INT(c.why, R_CLIENT_NONE);
	world_free(w);
}

TEST(a_public_id_authenticates_nobody_where_that_is_asked)
{
	struct world *w = world_new();
	struct call c;

	for (int open = 0; open < 2; open++) {
		w->old.client.introspect_open = open;
		c = call_at(w, &w->legacy, mem);
		call_set(&c, P_CLIENT_ID, S("spa"));
		call_set(&c, P_TOKEN, S("nothing"));
		EXPECT_INT(check_token_endpoint(&c).why, open ? R_TOKEN_UNKNOWN : R_CLIENT_NONE);
		c = call_at(w, &w->legacy, mem);
		call_basic(&c, S("spa"), S(""));
		call_set(&c, P_TOKEN, S("nothing"));
		EXPECT_INT(check_token_endpoint(&c).why, open ? R_TOKEN_UNKNOWN : R_CLIENT_NONE);
		c = call_at(w, &w->legacy, mem);
		call_basic(&c, S("web"), S("secret"));
		call_set(&c, P_TOKEN, S("nothing"));
		EXPECT_INT(check_token_endpoint(&c).why, R_TOKEN_UNKNOWN);
	}
	c = call_at(w, &w->modern, mem);
	call_set(&c, P_CLIENT_ID, S("spa"));
	call_set(&c, P_TOKEN, S("nothing"));
	EXPECT_INT(introspect_endpoint(&c).why, R_CLIENT_NONE);
	c = call_at(w, &w->modern, mem);
	call_set(&c, P_CLIENT_ID, S("spa"));
	call_set(&c, P_PHONE, S("13812345678"));
	EXPECT_INT(sms_code_endpoint(&c, true).why, R_CLIENT_NONE);
	c = call_at(w, &w->modern, mem);        /* RFC 7009 2.1: its own tokens */
	call_set(&c, P_CLIENT_ID, S("spa"));
	call_set(&c, P_TOKEN, S("nothing"));
	EXPECT_INT(revoke_endpoint(&c).kind, ANS_EMPTY);
	world_free(w);
}

/* --- lanes ------------------------------------------------------------------------------------------------------------------------ */

TEST(a_slow_secret_is_hashed_in_its_own_lane_only)
{
	struct world *w = counting();
	struct call c = service(w, &w->modern, mem, S("slow"), S("slow-secret"));

	EXPECT_INT(call_lane(&c, OE_TOKEN), LANE_CLIENT);
	EXPECT(!c.proof.asked);
	client_prove(&c);
	EXPECT(c.proof.asked && c.proof.ok);
	EXPECT_INT(call_lane(&c, OE_TOKEN), LANE_WRITER);
	EXPECT_INT(token_endpoint(&c).why, R_NONE);
	c = service(w, &w->modern, mem, S("slow"), S("slow-secret"));
	EXPECT_INT(call_lane(&c, OE_TOKEN), LANE_WRITER);       /* remembered */
	c = service(w, &w->modern, mem, S("slow"), S("wrong"));
	EXPECT_INT(call_lane(&c, OE_REVOKE), LANE_CLIENT);
	client_prove(&c);
	EXPECT_INT(call_lane(&c, OE_REVOKE), LANE_INLINE);      /* nothing more is done for it */
	EXPECT_INT(revoke_endpoint(&c).why, R_CLIENT_SECRET);
	counted(w);
}

TEST(who_has_to_wait_takes_no_place_in_any_lane)
{
	struct world *w = counting();
	struct call c;

	for (int i = 0; i < 11; i++) {
		c = service(w, &w->modern, mem, S("slow"), S("wrong"));
		EXPECT_INT(call_lane(&c, OE_TOKEN), LANE_CLIENT);
		client_prove(&c);
	}
	c = service(w, &w->modern, mem, S("slow"), S("wrong"));
	EXPECT_INT(call_lane(&c, OE_TOKEN), LANE_INLINE);
	EXPECT_INT(token_endpoint(&c).why, R_CLIENT_WAIT);
	counted(w);
}

/* Other servers' lanes and the users' one get only what a proven client asks for, and hash no secret of any client. */
TEST(only_a_proven_client_reaches_a_lane_of_others)
{
	static const struct grant *const remote[] = { &grant_directory, &grant_wechat, &grant_password };
	static const enum lane lanes[] = { LANE_DIRECTORY, LANE_WECHAT, LANE_PASSWORD };
	struct world *w = world_new();
	struct call c;

	w->old.grant.offered |= BIT(GI_directory) | BIT(GI_wechat);
	for (size_t i = 0; i < COUNT(remote); i++) {
		secret_memory_free(w->svc.secrets);
		w->svc.secrets = secret_memory_new(64);
		c = service(w, &w->legacy, mem, S("slow"), S("slow-secret"));
		c.grant = remote[i];
		EXPECT_INT(call_lane(&c, OE_TOKEN), LANE_CLIENT);
		client_prove(&c);
		EXPECT_INT(call_lane(&c, OE_TOKEN), lanes[i]);
		c = service(w, &w->legacy, mem, S("web"), S("wrong"));
		c.grant = remote[i];
		EXPECT_INT(call_lane(&c, OE_TOKEN), LANE_INLINE);
	}
	world_free(w);
}

TEST(pages_authenticate_no_client)
{
	static const enum oauth_endpoint pages[] = { OE_AUTHORIZE, OE_CONSENT, OE_LOGOUT, OE_REMOVE_TOKEN, OE_SMS, OE_LOGIN_PAGE, OE_BEARER, OE_TOKEN_KEY, OE_JWKS };
	struct world *w = world_new();

	for (size_t i = 0; i < COUNT(pages); i++) {
		struct call c = call_at(w, &w->legacy, mem);
		enum lane lane;

		call_set(&c, P_CLIENT_ID, S("slow"));
		call_set(&c, P_CLIENT_SECRET, S("whatever"));
		lane = call_lane(&c, pages[i]);
		EXPECT(lane == LANE_INLINE || lane == LANE_WRITER || lane == LANE_COMMIT);
		EXPECT(!c.proof.asked);
	}
	world_free(w);
}

TEST(check_token_asks_when_the_issuer_does_or_credentials_are_there)
{
	struct world *w = world_new();
	struct call c = call_at(w, &w->legacy, mem);

	EXPECT_INT(call_lane(&c, OE_CHECK_TOKEN), LANE_INLINE);
	EXPECT(!c.proof.asked);
	call_basic(&c, S("slow"), S("slow-secret"));
	EXPECT_INT(call_lane(&c, OE_CHECK_TOKEN), LANE_CLIENT);
	world_free(w);
}

/* RFC 6749 2.3.1 or as it is: two readings of one field are one attempt, and cost a second hash only when the first is wrong. */
TEST(two_readings_of_a_secret_are_one_guess)
{
	struct world *w = counting();
	struct call c;
	int64_t before;

	for (int i = 0; i < 11; i++) {
		c = service(w, &w->modern, mem, S("web"), S("no pe"));
		c.evidence.other_id = S("web");
		c.evidence.other_secret = S("no+pe");
		c.peer = S("192.0.2.66");
		EXPECT_INT(token_endpoint(&c).why, R_CLIENT_SECRET);            /* ten are free, as of any others */
	}
	EXPECT_INT(token_endpoint(&c).why, R_CLIENT_SECRET);
	c = service(w, &w->modern, mem, S("web"), S("sec+ret"));
	c.evidence.other_id = S("web");
	c.evidence.other_secret = S("secret");
	c.peer = S("192.0.2.1");
	EXPECT_INT(token_endpoint(&c).why, R_NONE);
	before = login_work_us();
	c = service(w, &w->modern, mem, S("slow"), S("slow-secret"));
	EXPECT_INT(token_endpoint(&c).why, R_NONE);
	EXPECT(login_work_us() > before);
	before = login_work_us();
	c = service(w, &w->modern, mem, S("slow"), S("other"));
	c.evidence.other_id = S("slow");
	c.evidence.other_secret = S("slow-secret");
	EXPECT_INT(token_endpoint(&c).why, R_NONE);
	EXPECT(login_work_us() == before);                                      /* remembered, whichever reading it is */
	counted(w);
}

TEST(two_readings_of_an_id_mean_the_client_that_there_is)
{
	struct world *w = world_new();
	struct call c = service(w, &w->modern, mem, S("w%65b"), S("x"));

	c.evidence.other_id = S("web");
	c.evidence.other_secret = S("secret");
	EXPECT_STR(basic_names(&c), S("web"));
	EXPECT_INT(token_endpoint(&c).why, R_NONE);
	c = service(w, &w->modern, mem, S("web"), S("secret"));
	c.evidence.other_id = S("nobody");
	c.evidence.other_secret = S("x");
	EXPECT_STR(basic_names(&c), S("web"));
	world_free(w);
}

TEST(lanes_are_shared_by_realm_network_and_client)
{
	struct world *w = world_new();
	struct call a = service(w, &w->modern, mem, S("slow"), S("x")), b = a, o = a;
	struct realm *other = realm_new(S("other"), NULL, 0, 1);
	struct issuer elsewhere = *a.issuer;
	uint64_t x[CALL_SHARES], y[CALL_SHARES], z[CALL_SHARES];

	a.peer = S("2001:db8::1");
	b.peer = S("2001:db8::2");
	o.peer = S("192.0.2.9");
	o.evidence.basic_id = S("web");
	call_shares(&a, LANE_PASSWORD, x);
	call_shares(&b, LANE_PASSWORD, y);
	call_shares(&o, LANE_PASSWORD, z);
	EXPECT(x[0] == y[0] && x[1] == y[1] && x[2] == y[2]);
	EXPECT(x[0] == z[0] && x[1] != z[1] && x[2] != z[2]);
	call_shares(&a, LANE_CLIENT, y);
	EXPECT(y[0] == x[0] && y[1] == x[2] && y[2] == x[1]);
	call_shares_unread(&a, y);
	EXPECT(y[0] == x[0] && y[1] == x[1] && y[2] == 0);
	o.evidence.basic_id = S("nobody");
	o.peer = S("");
	call_shares(&o, LANE_COMMIT, z);
	EXPECT(z[0] == x[0] && z[1] == 0 && z[2] == 0);
	elsewhere.realm = other;
	o.issuer = &elsewhere;
	call_shares(&o, LANE_COMMIT, z);
	EXPECT(z[0] != x[0] && z[0] != 0);
	realm_free(other);
	world_free(w);
}
