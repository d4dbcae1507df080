/* tests/unit/oauth/openid/session_test.c - the name of a session, who was told it, and what tells that it has changed. */
#include "../world.h"
#include "oauth/openid/openid.h"

static const struct claim_row id_claims[] = { { "sub", FROM_SUB_USER_ID, CLAIM_STRING }, { "sid", FROM_SID, CLAIM_STRING }, { NULL } };

static struct world *
provider(void)
{
	struct world *w = world_new();

	w->strict.token.id_claims = id_claims;
	w->strict.logout.tells_clients = true;
	w->strict.session.management = true;
	return w;
}

static struct session
here_of(struct world *w, struct arena *mem, struct call *c)
{
	struct session s;

	c->session_cookie = world_login(w, &w->modern, mem);
	if (!session_find(c, &s))
		fatal("no session for the test");
	c->client = realm_client(w->realm, S("web"));
	return s;
}

static struct str
sid_in(struct arena *mem, const struct authorization *a)
{
	struct authorization_extra x;

	EXPECT(authorization_extra_get(mem, a, &x));
	return x.sid;
}

TEST(a_client_is_told_the_name_of_the_session_once)
{
	struct world *w = provider();
	struct call c = call_at(w, &w->modern, mem);
	struct session s = here_of(w, mem, &c);
	struct authorization a = { .scope = S("openid read"), .extra = S("{\"acr\":\"1\"}") }, b = { .scope = S("openid") };
	struct ops o = { .n = 0 };
	struct authorization_extra x;

	EXPECT(session_is_joined(&c, &s, &a, &o) && session_is_joined(&c, &s, &b, &o));
	EXPECT_INT(o.n, 2);
	EXPECT(o.at[0].kind == OP_SESSION_CLIENT_ADD && str_eq(o.at[0].session_client->client, S("web")));
	EXPECT(str_eq(sid_in(mem, &a), sid_in(mem, &b)) && sid_in(mem, &a).n == 32);
	EXPECT(authorization_extra_get(mem, &a, &x) && str_is(x.acr, "1"));
	EXPECT(session_is_called(&c, &s, S("web"), sid_in(mem, &a)));
	EXPECT(!session_is_called(&c, &s, S("web"), S("00000000000000000000000000000000")));
	world_free(w);
}

TEST(nobody_is_told_where_it_is_not_wanted)
{
	struct world *w = provider();
	struct call c = call_at(w, &w->modern, mem);
	struct session s = here_of(w, mem, &c);
	struct authorization plain = { .scope = S("read") }, openid = { .scope = S("openid") };
	struct ops o = { .n = 0 };

	EXPECT(session_is_joined(&c, &s, &plain, &o) && o.n == 0 && str_empty(plain.extra));
	w->strict.logout.tells_clients = false;
	EXPECT(session_is_joined(&c, &s, &openid, &o) && o.n == 0 && str_empty(openid.extra));
	world_free(w);
}

/* Before a login of the same user the client knew the session by another name. */
TEST(a_name_of_before_is_still_one_of_the_session)
{
	struct world *w = provider();
	struct call c = call_at(w, &w->modern, mem);
	struct session s = here_of(w, mem, &c);
	struct session_client row = { .id = id_new(), .session = s.digest, .issuer = s.issuer, .client = S("web"),
		.user = s.user, .sid = S("former") };
	struct store_op op = { .kind = OP_SESSION_CLIENT_ADD, .session_client = &row };

	EXPECT(!session_is_called(&c, &s, S("web"), S("former")));
	EXPECT_INT(store_commit(w->store, &op, 1, NULL), STORE_DONE);
	EXPECT(session_is_called(&c, &s, S("web"), S("former")) && !session_is_called(&c, &s, S("other"), S("former")));
	world_free(w);
}

TEST(session_state_is_of_client_origin_and_session)
{
	static const struct { const char *uri; const char *origin; } uris[] = {
		{ "https://App.Example/cb", "https://app.example" }, { "https://app.example:443/cb", "https://app.example" },
		{ "http://app.example:8080/", "http://app.example:8080" }, { "http://[::1]:90/x", "http://[::1]:90" },
		{ "http://127.0.0.1:80", "http://127.0.0.1" },
	};
	struct world *w = provider();
	struct call c = call_at(w, &w->modern, mem);

	here_of(w, mem, &c);
	for (size_t i = 0; i < COUNT(uris); i++) {
		struct str rest = session_state(&c, S("web"), str_of(uris[i].uri), S("openid")), hash = str_cut(&rest, '.');
		uint8_t want[DIGEST_SIZE];

		SHA256(want, S("web "), str_of(uris[i].origin), S(" "), browser_state(&c), S(" "), rest);
		EXPECT_STR(hash, hex_encode(mem, str_span(want, sizeof want)));
	}
	EXPECT(!str_given(session_state(&c, S("web"), S("com.example.app:/cb"), S("openid"))));
	EXPECT(!str_given(session_state(&c, S("web"), S("https://app.example/cb"), S("read"))));
	w->strict.session.management = false;
	EXPECT(!str_given(session_state(&c, S("web"), S("https://app.example/cb"), S("openid"))));
	world_free(w);
}

TEST(the_client_of_an_id_token)
{
	static const struct { const char *claims, *client; } tokens[] = {
		{ "{\"aud\":\"a\"}", "a" }, { "{\"aud\":[\"a\"]}", "a" }, { "{\"aud\":[\"a\",\"b\"],\"azp\":\"b\"}", "b" },
		{ "{\"aud\":[\"a\",\"b\"]}", NULL }, { "{\"aud\":1}", NULL }, { "{}", NULL },
	};

	for (size_t i = 0; i < COUNT(tokens); i++) {
		struct jwt t = { .claims = json_read(mem, str_of(tokens[i].claims)) };
		struct str client = id_token_client(&t);

		EXPECT(tokens[i].client == NULL ? !str_given(client) : str_is(client, tokens[i].client));
	}
}
