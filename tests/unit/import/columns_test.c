/* Tables whose columns have other names: found, mapped, or missed with a sentence; and the values that stand in them. */
#include "../test.h"
#include "plan.h"

/* One client as the plan has it; why not, behind '!'. */
static struct str
client_of(struct arena *mem, const char *row, const char *columns, struct spring_plan *p)
{
	struct spring_options o = { .client_columns = str_of(columns) };
	struct str why = STR_ABSENT, json = ARENA_CAT(mem, S("{\"oauth_client_details\":["), str_of(row), S("]}"));

	if (!read_text(mem, arena_z(mem, json), o, p, &why))
		return ARENA_CAT(mem, S("!"), why);
	return str_of(text_of(json_array_get(p->clients, 0)));
}

#define HAS(part) EXPECT(str_contains(c, S(part)))

TEST(other_names_of_columns)
{
	struct spring_plan p;
	struct str c = client_of(mem, "{\"clientId\":\"c\",\"clientSecret\":\"{noop}x\",\"AUTHORIZATION_GRANT_TYPES\":\"[\\\"authorization_code\\\",\\\"refresh_token\\\"]\","
	    "\"scopes\":[\"read\",\"write\"],\"redirect-uris\":\"https://a.example/cb\\nhttps://b.example/cb\",\"auto_approve\":\"t\","
	    "\"access_token_validity_seconds\":3600.0,\"refreshTokenTimeToLive\":\"7200\",\"authorities\":\"{ROLE_A,\\\"ROLE_B\\\"}\",\"resource_ids\":\"[x, y]\"}", NULL, &p);

	HAS("\"id\":\"c\"");
	HAS("\"secret\":\"x\"");
	HAS("\"grants\":[\"authorization_code\",\"refresh_token\"]");
	HAS("\"scopes\":[\"read\",\"write\"]");
	HAS("\"redirect_uris\":[\"https://a.example/cb\",\"https://b.example/cb\"]");
	HAS("\"auto_approve\":true");
	HAS("\"access_ttl_s\":3600");
	HAS("\"refresh_ttl_s\":7200");
	HAS("\"authorities\":[\"ROLE_A\",\"ROLE_B\"]");
	HAS("\"resource_ids\":[\"x\",\"y\"]");
}

TEST(the_operator_names_columns)
{
	struct spring_plan p;
	const char *row = "{\"client_id\":\"no\",\"key\":\"c\",\"pw\":\"{noop}x\",\"kinds\":\"password\",\"rights\":\"read write\",\"scope\":\"else\",\"status\":\"9\"}";
	struct str c = client_of(mem, row, "id=KEY, secret=pw,grants=kinds,scopes=rights", &p);

	HAS("\"id\":\"c\"");
	HAS("\"secret\":\"x\"");
	HAS("\"grants\":[\"password\"]");
	HAS("\"scopes\":[\"read\",\"write\"]");
	EXPECT(says(&p, FIND_COLUMN, "table oauth_client_details", "client_id") && says(&p, FIND_COLUMN, "table oauth_client_details", "scope"));
	EXPECT_STR(client_of(mem, row, "grants=nowhere", &p),
	    S("!--client-columns: table oauth_client_details has no column nowhere; it has client_id, key, pw, kinds, rights, scope, status"));
	EXPECT(str_starts(client_of(mem, row, "grant=kinds", &p), S("!--client-columns: \"grant\" must be one of id, secret, grants, scopes")));
	EXPECT(str_starts(client_of(mem, row, "grants=", &p), S("!--client-columns: \"grants\" must be")));
}

TEST(a_column_that_must_be_there)
{
	struct spring_plan p;

	EXPECT_STR(client_of(mem, "{\"client_id\":\"c\",\"client_secret\":\"\",\"scope\":\"\",\"kinds\":\"password\"}", NULL, &p),
	    S("!table oauth_client_details: no column is known to be grants; it has client_id, client_secret, scope, kinds: say which with "
	      "--client-columns grants=COLUMN, or grants=- if there is none"));
	EXPECT(str_contains(client_of(mem, "{\"x\":\"c\"}", NULL, &p), S("known to be id; it has x")));
	EXPECT(str_contains(client_of(mem, "{\"client_id\":\"c\",\"grant_type\":\"password\"}", NULL, &p), S("known to be scopes")));
	EXPECT(str_contains(client_of(mem, "{\"client_id\":\"c\",\"grant_type\":\"password\",\"scope\":\"\",\"pw\":\"x\"}", NULL, &p), S("known to be secret")));
	EXPECT(!str_starts(client_of(mem, "{\"client_id\":\"c\",\"grant_type\":\"password\",\"scope\":\"\",\"pw\":\"x\"}", "secret=-", &p), S("!")));
	EXPECT(!str_starts(client_of(mem, "{\"client_id\":\"c\",\"grant_type\":\"password\",\"scope\":\"\"}", NULL, &p), S("!")));
	EXPECT(str_contains(client_of(mem, "{\"client_id\":\"c\",\"secret\":\"\",\"grant_type\":\"authorization_code\",\"scope\":\"\",\"back\":\"x\"}", NULL, &p),
	    S("known to be redirect_uris")));
	EXPECT(!str_starts(client_of(mem, "{\"client_id\":\"c\",\"secret\":\"\",\"grant_type\":\"password\",\"scope\":\"\",\"back\":\"x\"}", NULL, &p), S("!")));
}

/* JSON leaves out what a row has not: the columns are those of all rows. */
TEST(all_rows_decide)
{
	struct spring_options o = { 0 };
	struct str why = STR_ABSENT;
	struct spring_plan p;

	NEED(read_text(mem, "{\"users\":[{\"id\":1,\"username\":\"a\"},{\"id\":2,\"username\":\"b\",\"password\":\"{noop}x\",\"nickname\":\"B\",\"locked\":1}]}", o, &p, &why));
	EXPECT_STR(json_member_str(json_array_get(p.users, 1), "password"), S("x"));
	EXPECT_STR(json_member_str(json_array_get(p.users, 1), "display_name"), S("B"));
	EXPECT(json_is_true(json_object_get(json_array_get(p.users, 1), "locked")));
	EXPECT(!read_text(mem, "{\"users\":[{\"username\":\"a\"},{\"username\":\"b\",\"pass_text\":\"x\"}]}", o, &p, &why));
	EXPECT(str_contains(why, S("no column is known to be password; it has username, pass_text: say which with --user-columns")));
	o.user_columns = S("name=mail");
	EXPECT(!read_text(mem, "{\"users\":[{\"username\":\"a\",\"password\":\"\"}]}", o, &p, &why));
	EXPECT(str_contains(why, S("has no column mail; it has username, password")));
}

TEST(a_bad_value_is_left_out_alone)
{
	struct spring_plan p;
	struct str c = client_of(mem, "{\"client_id\":\"c\",\"client_secret\":\"{noop}x\",\"scope\":\"read,wr\\\\ite,a\\\"b\",\"authorized_grant_types\":\"password,\","
	    "\"authorities\":\"ROLE_A,ROLE B,\",\"resource_ids\":\"api,r\xc3\xa9s\",\"access_token_validity\":\"soon\",\"refresh_token_validity\":\"99999999999999\","
	    "\"additional_information\":\"{broken\",\"autoapprove\":\"1\",\"client_name\":\"a\\u0007b\"}", NULL, &p);

	HAS("\"scopes\":[\"read\"]");
	HAS("\"authorities\":[\"ROLE_A\"]");
	HAS("\"resource_ids\":[\"api\"]");
	HAS("\"auto_approve\":[]");
	HAS("\"refresh_ttl_s\":3153600000");
	EXPECT(!str_contains(c, S("access_ttl")) && !str_contains(c, S("info")) && !str_contains(c, S("name")));
	EXPECT(says(&p, FIND_NUMBER, "client c", "access_token_validity (soon)") && says(&p, FIND_LONG_LIFE, "client c", "refresh_token_validity: 99999999999999"));
	EXPECT(says(&p, FIND_INFO, "client c", "") && says(&p, FIND_APPROVE_PATTERN, "client c", "1"));
	EXPECT(says(&p, FIND_VALUE, "client c", "authorities \"ROLE B\": must be words of visible ASCII characters"));
}

#define CODE_CLIENT(uris, more) "{\"client_id\":\"c\",\"client_secret\":\"{noop}x\",\"scope\":\"read\",\"authorized_grant_types\":\"authorization_code\"," \
	"\"web_server_redirect_uri\":\"" uris "\"" more "}"

/* One URI that cannot be registered is named and left out; the client and its other ones come in. */
TEST(a_redirect_uri_is_judged_alone)
{
	struct spring_plan p;
	struct str c = client_of(mem, CODE_CLIENT("https://a.example/cb, ,www.example.com/cb,https://a.example/x#y,https://a.example/å,javascript:alert(1),"
	    "myapp://cb,mymobileapp:/oauthredirect,urn:ietf:wg:oauth:2.0:oob,com.example.app:/cb", ""), NULL, &p);

	HAS("\"redirect_uris\":[\"https://a.example/cb\",\"myapp://cb\",\"mymobileapp:/oauthredirect\",\"urn:ietf:wg:oauth:2.0:oob\",\"com.example.app:/cb\"]");
	EXPECT(says(&p, FIND_REDIRECT, "client c", "https://a.example/x#y: it must not have a fragment ('#')"));
	EXPECT(says(&p, FIND_REDIRECT, "client c", "www.example.com/cb: it must be an absolute URI such as https://app.example/callback"));
	EXPECT(says(&p, FIND_REDIRECT, "client c", "https://a.example/å: it must be an absolute URI of visible ASCII characters, at most 2000 (percent-encode others)"));
	EXPECT(says(&p, FIND_REDIRECT, "client c", "javascript:alert(1): it must be https, http, or a private-use scheme: this one runs code or has another meaning"));
	EXPECT(says(&p, FIND_OWN_SCHEME, "client c", "myapp://cb") && says(&p, FIND_OWN_SCHEME, "client c", "urn:ietf:wg:oauth:2.0:oob"));
	EXPECT(!says(&p, FIND_OWN_SCHEME, "client c", "com.example.app:/cb") && !says(&p, FIND_NO_REDIRECT, "client c", "authorization_code"));
	c = client_of(mem, CODE_CLIENT("#", ""), NULL, &p);
	HAS("\"redirect_uris\":[]");
	EXPECT(says(&p, FIND_NO_REDIRECT, "client c", "authorization_code"));
}

/* A list without a table's name. */
static bool
lone_is(struct arena *mem, const char *json, struct spring_options o, const char *table)
{
	struct str why = STR_ABSENT;
	struct spring_plan p;
	const json_t *one;
	size_t i;

	if (!read_text(mem, json, o, &p, &why))
		return table == NULL && str_contains(why, S("neither its name nor its columns"));
	json_array_foreach(p.findings, i, one)
		if (json_integer_value(json_object_get(one, "finding")) == FIND_LONE)
			return table != NULL && str_is(json_member_str(one, "value"), table);
	return false;
}

TEST(a_list_without_a_name)
{
	EXPECT(lone_is(mem, "[{\"client_id\":\"c\",\"client_secret\":\"\",\"grantTypes\":\"password\",\"scope\":\"x\"}]", (struct spring_options){ 0 }, "oauth_client_details"));
	EXPECT(lone_is(mem, "[{\"username\":\"a\",\"password\":\"{noop}x\",\"roles\":\"A\"}]", (struct spring_options){ 0 }, "users"));
	EXPECT(lone_is(mem, "[{\"username\":\"a\",\"password\":\"{noop}x\"}]", (struct spring_options){ .users_table = S("people") }, "people"));
	EXPECT(lone_is(mem, "[{\"username\":\"a\",\"authority\":\"ROLE_A\"}]", (struct spring_options){ 0 }, "authorities"));
	EXPECT(lone_is(mem, "[{\"userId\":\"a\",\"clientId\":\"c\",\"scope\":\"x\",\"status\":\"APPROVED\",\"expiresAt\":\"1\"}]", (struct spring_options){ .issuer = S("old") }, "oauth_approvals"));
	EXPECT(lone_is(mem, "[{\"colour\":\"red\"}]", (struct spring_options){ 0 }, NULL));
}

TEST(a_table_of_authorities_has_two_columns)
{
	struct spring_options o = { 0 };
	struct str why = STR_ABSENT;
	struct spring_plan p;
	const char *json = "{\"users\":[{\"username\":\"a\",\"password\":\"{noop}x\"}],\"authorities\":[{\"id\":1,\"role_name\":\"A\"}]}";

	NEED(read_text(mem, json, o, &p, &why));
	EXPECT(says(&p, FIND_NOT_AUTHORITIES, "table authorities", "id role_name"));
	o.authorities_table = S("authorities");
	EXPECT(!read_text(mem, json, o, &p, &why));
	EXPECT(str_contains(why, S("must have the columns username and authority; it has id role_name")));
}

TEST(tables_of_consents_and_tokens_have_their_columns)
{
	struct spring_options o = { .issuer = S("old"), .tokens = true };
	struct str why = STR_ABSENT;
	struct spring_plan p;

	NEED(read_text(mem, "{\"oauth_approvals\":[{\"user_id\":\"a\",\"client_id\":\"c\",\"scope\":\"x\",\"status\":\"APPROVED\",\"expires_at\":\"2030-01-01 00:00:00\"}]}", o, &p, &why));
	EXPECT_INT(json_array_size(p.approvals), 1);
	EXPECT(!read_text(mem, "{\"oauth_approvals\":[{\"who\":\"a\",\"clientId\":\"c\",\"scope\":\"x\",\"status\":\"APPROVED\",\"expiresAt\":\"1\"}]}", o, &p, &why));
	EXPECT_STR(why, S("table oauth_approvals: there is no column userId; it has who, clientid, scope, status, expiresat: import from a view that has it"));
	EXPECT(!read_text(mem, "{\"oauth_access_token\":[{\"token_id\":\"a\",\"value\":\"00\"}]}", o, &p, &why));
	EXPECT(str_contains(why, S("there is no column token; it has token_id, value")));
	EXPECT(!read_text(mem, "{\"oauth_refresh_token\":[{\"token_id\":\"a\",\"token\":\"00\"}]}", o, &p, &why));
	EXPECT(str_contains(why, S("there is no column authentication; it has token_id, token")));
}
