/* Reading: sources, repeats, names, media types, malformed input. W1; RFC 6749 sections 2.3.1, 3.1, 3.2. */
#include "desk.h"

#define CREDENTIALS "client_id=app&client_secret=secret"

TEST(query_wins_over_form_in_a_lax_dialect)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost");
	struct str r = talk(d, mem, "POST /oauth/token?scope=read", "", "grant_type=client_credentials&" CREDENTIALS "&scope=write");

	EXPECT_INT(status_of_reply(r), 200);
	EXPECT(has(r, "\"scope\":\"read\"}"));
	desk_free(d);
}

TEST(a_body_of_another_type_is_not_read_by_a_lax_dialect)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost");
	struct str r = talk(d, mem, "POST /oauth/token?" CREDENTIALS, "Content-Type: application/json\r\n", "{\"grant_type\":\"client_credentials\"}");

	EXPECT_STR(body_of_reply(r), S("{\"error\":\"invalid_request\",\"error_description\":\"Missing grant type\"}"));
	r = talk(d, mem, "POST /oauth/token?grant_type=client_credentials&" CREDENTIALS, "Content-Length: 0\r\n", NULL);
	EXPECT_INT(status_of_reply(r), 200);
	r = talk(d, mem, "POST /oauth/token", "Content-Type: multipart/form-data; boundary=b\r\n",
		"--b\r\nContent-Disposition: form-data; name=\"client_id\"\r\n\r\napp\r\n--b\r\nContent-Disposition: form-data; name=\"client_secret\"\r\n\r\nsecret\r\n"
		"--b\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\nclient_credentials\r\n--b--\r\n");
	EXPECT_INT(status_of_reply(r), 200);
	desk_free(d);
}

TEST(a_strict_dialect_reads_the_form_body_once)
{
	struct desk *d = desk_new(&wire_modern, "https://id.example");
	struct str r = talk(d, mem, "POST /token", "", "grant_type=client_credentials&" CREDENTIALS);

	EXPECT_INT(status_of_reply(r), 200);
	r = talk(d, mem, "POST /token", "", "grant_type=client_credentials&scope=read&scope=write&" CREDENTIALS);
	EXPECT_INT(status_of_reply(r), 400);
	EXPECT(has(r, "a parameter is repeated"));
	r = talk(d, mem, "POST /token?" CREDENTIALS, "", "grant_type=client_credentials");
	EXPECT_INT(status_of_reply(r), 400);
	EXPECT(has(r, "not in the URL"));
	r = talk(d, mem, "POST /token", "Content-Type: application/json\r\n", "{}");
	EXPECT_INT(status_of_reply(r), 415);
	r = talk(d, mem, "POST /token", "Content-Type: text/plain\r\n", "grant_type=client_credentials&" CREDENTIALS);
	EXPECT_INT(status_of_reply(r), 415);
	r = talk(d, mem, "GET /token", "", NULL);
	EXPECT_INT(status_of_reply(r), 405);
	EXPECT_STR(field_of_reply(r, "Allow"), S("POST"));
	desk_free(d);
}

TEST(malformed_input_is_a_clear_error_in_every_dialect)
{
	static const char *const paths[] = { "/token", "/oauth/token", "/oauth/token", "/oauth/token", "/oauth2/password", "/connect/token" };

	for (size_t i = 0; wires[i] != NULL; i++) {
		struct desk *d = desk_new(wires[i], "http://localhost");
		char line[64];
		struct str r;

		snprintf(line, sizeof line, "POST %s", paths[i]);
		r = talk(d, mem, line, "", "grant_type=%zz");
		EXPECT_INT(status_of_reply(r), wires[i]->envelope_always_200 ? 200 : 400);
		EXPECT(body_of_reply(r).n > 0 && body_of_reply(r).p[0] == '{');
		r = talk(d, mem, line, "", "grant_type=%ff%fe");
		EXPECT_INT(status_of_reply(r), wires[i]->envelope_always_200 ? 200 : 400);
		r = talk(d, mem, line, "", "username=a%00b");
		EXPECT_INT(status_of_reply(r), wires[i]->envelope_always_200 ? 200 : 400);
		EXPECT_INT(d->why, R_PARAM_ENCODING);
		desk_free(d);
	}
}

TEST(a_path_may_imply_its_grant_and_json_is_read_where_the_table_says)
{
	struct desk *d = desk_new(&wire_rageframe, "http://localhost");
	struct str r = talk(d, mem, "POST /oauth2/client-credentials", "Content-Type: application/json\r\n",
		"{\"grant_type\":\"client_credentials\",\"client_id\":\"cc\",\"client_secret\":\"secret\",\"scope\":\"read\"}");

	EXPECT(has(r, "{\"code\":200,\"message\":\"OK\",\"data\":{\"token_type\":\"Bearer\",\"expires_in\":172800,\"access_token\":\""));
	r = talk(d, mem, "POST /oauth2/password", "", "grant_type=client_credentials&client_id=cc&client_secret=secret");
	EXPECT(has(r, "{\"code\":422,\"message\":\"The authorization grant type is not supported by the authorization server.\",\"data\":[],"));
	r = talk(d, mem, "POST /oauth2/password", "Content-Type: application/json\r\n", "{\"a\":{}}");
	EXPECT(has(r, "{\"code\":422,"));
	desk_free(d);
}

TEST(an_alias_means_a_parameter_on_its_path_only)
{
	struct desk *d = desk_new(&wire_zlt, "http://localhost");
	struct exchange *x = desk_begin(d, mem, M_POST, "/oauth/remove/token?access_token=abc");

	EXPECT_STR(x->c.arg[P_TOKEN], S("abc"));
	x = desk_begin(d, mem, M_POST, "/oauth/check_token?access_token=abc");
	EXPECT(!str_given(x->c.arg[P_TOKEN]));
	x = desk_begin(d, mem, M_POST, "/oauth/remove/token?token=t&access_token=abc");
	EXPECT_STR(x->c.arg[P_TOKEN], S("t"));
	desk_free(d);
}

TEST(ticked_scopes_are_told_from_refused_ones)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost");
	struct exchange *x = desk_begin(d, mem, M_POST, "/oauth/authorize?user_oauth_approval=true&scope.read=true&scope.write=false&scope.x=Approve&scope.y=");

	EXPECT_STR(x->c.approved, S("read x"));
	EXPECT_STR(x->c.denied, S("write y"));
	x = desk_begin(d, mem, M_POST, "/oauth/authorize?user_oauth_approval=true&scope.read=true&decision=deny");
	EXPECT(str_empty(x->c.approved));
	desk_free(d);
}

TEST(a_path_serves_its_response_type_only)
{
	struct desk *d = desk_new(&wire_rageframe, "http://localhost");

	EXPECT_STR(desk_begin(d, mem, M_GET, "/open/implicit?response_type=token")->c.arg[P_RESPONSE_TYPE], S("token"));
	EXPECT_STR(desk_begin(d, mem, M_GET, "/open/implicit?response_type=code")->c.arg[P_RESPONSE_TYPE], S(""));
	EXPECT_STR(desk_begin(d, mem, M_GET, "/open/authorize/index?response_type=code")->c.arg[P_RESPONSE_TYPE], S("code"));
	desk_free(d);
}

TEST(the_secret_in_a_query_is_noted)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost");

	EXPECT(desk_begin(d, mem, M_POST, "/oauth/token?client_secret=x")->c.evidence.secret_in_query);
	EXPECT(!desk_begin(d, mem, M_POST, "/oauth/token?client_id=x")->c.evidence.secret_in_query);
	EXPECT(desk_begin(d, mem, M_POST, "/oauth/token?grant_type=implicit")->c.grant_is_implicit);
	EXPECT(desk_begin(d, mem, M_POST, "/oauth/token?grant_type=PASSWORD")->c.grant == NULL);
	desk_free(d);
}

static bool
values_are(const struct call *c, enum param p, const char *all)
{
	const struct param_value *v = NULL;
	char got[256] = "";

	while ((v = call_next(c, p, v)) != NULL)
		snprintf(got + strlen(got), sizeof got - strlen(got), "%.*s ", STR_ARG(v->value));
	if (strcmp(got, all) != 0)
		test_fail(__FILE__, __LINE__, "%s: \"%s\", not \"%s\"", param_names[p], got, all);
	return strcmp(got, all) == 0;
}

/* RFC 8707 section 2, RFC 8693 section 2.1: all values count, in order; the first is what a single one would be. */
TEST(what_may_be_repeated_is_kept_whole)
{
	static const struct wire *const both[] = { &wire_modern, &wire_spring };
	static const char *const lines[] = { "/authorize", "/oauth/authorize" };

	for (size_t i = 0; i < COUNT(both); i++) {
		struct desk *d = desk_new(both[i], "http://localhost");
		struct exchange *x = desk_begin(d, mem, M_GET, arena_z(mem, arena_printf(mem,
		    "%s?resource=a%%20b&client_id=app&audience=one&resource=c&scope=read&resource=a%%20b", lines[i])));

		EXPECT_INT(x->early, R_NONE);
		EXPECT(values_are(&x->c, P_RESOURCE, "a b c a b "));
		EXPECT(values_are(&x->c, P_AUDIENCE, "one "));
		EXPECT(values_are(&x->c, P_SCOPE, ""));
		EXPECT_STR(x->c.arg[P_RESOURCE], S("a b"));
		EXPECT_STR(x->c.arg[P_AUDIENCE], S("one"));
		x = desk_begin(d, mem, M_GET, arena_z(mem, arena_printf(mem, "%s?resource=a&resource=b&state=1&state=2", lines[i])));
		EXPECT_INT(x->early, both[i]->strict ? R_PARAM_REPEATED : R_NONE);
		desk_free(d);
	}
}

/* RFC 6749 section 3.1: sent without a value is not sent; but for state, which comes back as it was. */
TEST(an_empty_value_is_an_omitted_one_at_a_strict_issuer)
{
	struct desk *d = desk_new(&wire_modern, "https://id.example");
	struct exchange *x = desk_begin(d, mem, M_GET, "/authorize?client_id=app&scope=&redirect_uri&code_challenge=&prompt=&nonce=&state=");
	struct str r;

	for (int p = 0; p < P_COUNT; p++)
		EXPECT(call_has(&x->c, (enum param)p) == (p == P_CLIENT_ID || p == P_STATE));
	EXPECT(!str_given(x->c.arg[P_SCOPE]) && !str_given(x->c.arg[P_REDIRECT_URI]));
	r = talk(d, mem, "POST /token", "", "grant_type=client_credentials&scope=&" CREDENTIALS);
	EXPECT_INT(status_of_reply(r), 200);
	EXPECT(has(r, "\"scope\":\"read write\""));
	r = talk(d, mem, "POST /token", "", "grant_type=authorization_code&code=&" CREDENTIALS);
	EXPECT(has(r, "code is missing"));
	r = talk(d, mem, "POST /token", "", "grant_type=&" CREDENTIALS);
	EXPECT(has(r, "grant_type is missing"));
	desk_free(d);
}

TEST(a_repeated_parameter_is_first_or_refused_by_the_setting)
{
	for (size_t i = 0; wires[i] != NULL; i++)
		for (int refuse = 0; refuse < 2; refuse++) {
			struct desk *d = desk_new(wires[i], "http://localhost");
			const struct route *r = route_of_endpoint(wires[i], EP_AUTHORIZE);
			struct exchange *x;

			d->mount.style.duplicate_parameters = refuse ? DUPLICATES_REFUSED : DUPLICATES_FIRST;
			x = desk_begin(d, mem, M_GET, arena_z(mem, arena_printf(mem, "%s?scope=one&scope=two", r->path)));
			EXPECT_STR(x->c.arg[P_SCOPE], S("one"));
			EXPECT_INT(x->early, refuse ? R_PARAM_REPEATED : R_NONE);
			desk_free(d);
		}
}
