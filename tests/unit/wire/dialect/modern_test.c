/* The modern issuer over a socket: a whole flow with PKCE, and what it refuses. RFC 6749, 7636, 9207, 7009. */
#include "../desk.h"

#define FLOW "GET /authorize?response_type=code&client_id=ask&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&state=s&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

static struct str
decided(struct desk *d, struct arena *mem, const char *cookie, const char *form)
{
	struct str page = talk(d, mem, FLOW, cookie, NULL), csrf = between(page, "name=\"_csrf\" value=\"", "\""), id = between(page, "name=\"request\" value=\"", "\"");

	EXPECT(has(page, "type=\"checkbox\"") && has(page, "action=\"/consent\"") && has(page, "id=\"consent-allow\""));
	return talk(d, mem, "POST /consent", cookie, arena_z(mem, arena_printf(mem, "_csrf=%.*s&pending_request=%.*s&user_oauth_approval=true&%s", STR_ARG(csrf), STR_ARG(id), form)));
}

TEST(a_flow_from_login_to_revocation)
{
	struct desk *d = desk_new(&wire_modern, "http://localhost:8080");
	const char *cookie = desk_login(d, mem, "/login");
	struct str r = decided(d, mem, cookie, "scope.read=true&decision=allow"), rt;

	EXPECT_INT(status_of_reply(r), 303);
	EXPECT(has(field_of_reply(r, "Location"), "&state=s&iss=http://localhost:8080"));
	r = talk(d, mem, "POST /token", "Authorization: Basic YXNrOnNlY3JldA==\r\n", arena_z(mem, arena_printf(mem,
		"grant_type=authorization_code&redirect_uri=https%%3A%%2F%%2Fapp.example%%2Fcb&code_verifier=" VERIFIER "&code=%.*s", STR_ARG(between(r, "?code=", "&state")))));
	EXPECT_INT(status_of_reply(r), 200);
	EXPECT(has(r, "\"token_type\":\"Bearer\",\"expires_in\":3600,\"refresh_token\":\"") && has(r, "\"scope\":\"read\"}"));
	rt = between(r, "\"refresh_token\":\"", "\"");
	r = talk(d, mem, "POST /revoke", "Authorization: Basic YXNrOnNlY3JldA==\r\n", arena_z(mem, arena_printf(mem, "token=%.*s", STR_ARG(rt))));
	EXPECT_INT(status_of_reply(r), 200);
	EXPECT_INT((int)body_of_reply(r).n, 0);
	r = talk(d, mem, "POST /token", "Authorization: Basic YXNrOnNlY3JldA==\r\n", arena_z(mem, arena_printf(mem, "grant_type=refresh_token&refresh_token=%.*s", STR_ARG(rt))));
	EXPECT(has(r, "\"error\":\"invalid_grant\""));
	desk_free(d);
}

TEST(a_denial_goes_back_with_iss)
{
	struct desk *d = desk_new(&wire_modern, "http://localhost:8080");
	struct str r = decided(d, mem, desk_login(d, mem, "/login"), "scope.read=true&decision=deny");

	EXPECT_STR(field_of_reply(r, "Location"), S("https://app.example/cb?error=access_denied&error_description=the%20user%20denied%20access&state=s&iss=http://localhost:8080"));
	desk_free(d);
}

TEST(forms_need_their_token)
{
	struct desk *d = desk_new(&wire_modern, "http://localhost:8080");
	const char *cookie = desk_login(d, mem, "/login");
	struct str r = talk(d, mem, "POST /login", "", "username=alice&password=wonder");

	EXPECT_INT(status_of_reply(r), 403);
	EXPECT(has(r, "id=\"login-error\"") && has(r, "id=\"login-submit\""));     /* an expired form leads on */
	EXPECT(!str_given(between(r, "hufu-desk=", ";")));
	talk(d, mem, FLOW, cookie, NULL);
	EXPECT_INT(status_of_reply(talk(d, mem, "POST /consent", cookie, "user_oauth_approval=true&scope.read=true")), 403);
	EXPECT_INT(status_of_reply(talk(d, mem, "GET /logout", cookie, NULL)), 200);
	EXPECT_INT(status_of_reply(talk(d, mem, "POST /logout", cookie, "")), 403);
	desk_free(d);
}

TEST(weak_requests_are_refused)
{
	struct desk *d = desk_new(&wire_modern, "http://localhost:8080");
	struct str r = talk(d, mem, "POST /token", "", "grant_type=password&client_id=app&client_secret=secret&username=alice&password=wonder");

	EXPECT(has(r, "\"error\":\"unsupported_grant_type\""));
	r = talk(d, mem, "POST /token", "Authorization: Basic YXBwOnNlY3JldA==\r\n", "grant_type=client_credentials&client_id=app&client_secret=secret");
	EXPECT_INT(status_of_reply(r), 400);
	r = talk(d, mem, "POST /token", "Authorization: Basic !!!\r\n", "grant_type=client_credentials");
	EXPECT_INT(status_of_reply(r), 401);
	EXPECT_STR(field_of_reply(r, "WWW-Authenticate"), S("Basic realm=\"hufu\""));
	r = talk(d, mem, "GET /authorize?response_type=token&response_mode=query&client_id=app&redirect_uri=https://app.example/cb&state=s", "", NULL);
	EXPECT(str_starts(field_of_reply(r, "Location"), S("https://app.example/cb#error=invalid_request")));
	r = talk(d, mem, "GET /authorize?response_type=code&client_id=app&client_id=app&redirect_uri=https://app.example/cb&state=s", "", NULL);
	EXPECT_INT(status_of_reply(r), 400);
	EXPECT(!str_given(field_of_reply(r, "Location")));
	desk_free(d);
}

/* RFC 9068 section 2.2.1: auth_time is when a user logged in; a client's own token tells none. */
TEST(a_clients_own_token_tells_of_no_login)
{
	struct desk *d = desk_new(&wire_modern, "http://localhost:8080");
	struct str r, payload, claims;

	d->policy.token.access_shape = SHAPE_JWT;
	r = talk(d, mem, "POST /token", "Authorization: Basic YXBwOnNlY3JldA==\r\n", "grant_type=client_credentials");
	EXPECT_INT(status_of_reply(r), 200);
	payload = between(r, "\"access_token\":\"", "\"");
	str_cut(&payload, '.');
	NEED(b64url_decode(mem, str_cut(&payload, '.'), &claims));
	EXPECT(has(claims, "\"client_id\":\"app\"") && !has(claims, "auth_time"));
	desk_free(d);
}
