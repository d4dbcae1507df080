/* Routes: every path of every dialect answers, none twice for one method; Allow lists what is taken. RFC 9110 section 15.5.6. */
#include "desk.h"

TEST(every_row_is_found_by_its_path_and_methods)
{
	for (size_t i = 0; wires[i] != NULL; i++)
		for (const struct route *r = wires[i]->routes; r->path != NULL; r++)
			for (int m = M_GET; m <= M_OPTIONS; m++)
				if (r->methods & BIT(m))
					EXPECT(route_find(wires[i], str_of(r->path), (enum http_method)m) == r);
}

TEST(head_comes_with_get)
{
	const struct route *r = route_find(&wire_modern, S("/jwks"), M_HEAD);

	NEED(r != NULL);
	EXPECT(route_takes(r, M_HEAD));
	EXPECT(!route_takes(r, M_POST));
}

TEST(unknown_paths_are_not_guessed)
{
	EXPECT(route_find(&wire_spring, S("/oauth/token/"), M_POST) == NULL);
	EXPECT(route_find(&wire_spring, S("/oauth//token"), M_POST) == NULL);
	EXPECT(route_find(&wire_spring, S("/oauth/token;a=b"), M_POST) == NULL);
	EXPECT(route_find(&wire_modern, S("/oauth/token"), M_POST) == NULL);
	EXPECT(route_find(&wire_modern, S("/assets/0000.css"), M_GET) == NULL);
}

TEST(allow_joins_the_rows_of_a_path)
{
	EXPECT_STR(route_allow(mem, &wire_modern, route_find(&wire_modern, S("/login"), M_PUT)), S("GET, HEAD, POST"));
	EXPECT_STR(route_allow(mem, &wire_spring, route_find(&wire_spring, S("/oauth/token"), M_PUT)), S("GET, POST"));
	EXPECT_STR(route_allow(mem, &wire_spring, route_find(&wire_spring, S("/oauth/check_token"), M_GET)), S("POST"));
}

TEST(every_endpoint_has_a_name)
{
	for (int e = 0; e < EP_COUNT; e++)
		EXPECT(endpoint_rows[e].name != NULL);
}

TEST(wires_are_found_by_name)
{
	for (size_t i = 0; wires[i] != NULL; i++)
		EXPECT(wire_named(wire_name(wires[i])) == wires[i]);
	EXPECT(wire_named(S("nobody")) == NULL);
}

TEST(methods_of_the_token_endpoint_as_recorded)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost");
	struct str r = talk(d, mem, "GET /oauth/token?client_id=app&client_secret=secret", "", NULL);

	EXPECT_INT(status_of_reply(r), 405);
	EXPECT_STR(body_of_reply(r), S("{\"error\":\"method_not_allowed\",\"error_description\":\"Request method 'GET' not supported\"}"));
	EXPECT(!str_given(field_of_reply(r, "Allow")));
	r = talk(d, mem, "PATCH /oauth/token?client_id=app&client_secret=secret", "", NULL);
	EXPECT_INT(status_of_reply(r), 405);
	EXPECT_STR(field_of_reply(r, "Allow"), S("GET, POST"));
	EXPECT(has(r, "\"status\":405,\"error\":\"Method Not Allowed\",\"path\":\"/oauth/token\"}"));
	r = talk(d, mem, "OPTIONS /oauth/token?client_id=app&client_secret=secret", "", NULL);
	EXPECT_INT(status_of_reply(r), 200);
	EXPECT_STR(field_of_reply(r, "Allow"), S("GET,HEAD,POST,OPTIONS"));
	r = talk(d, mem, "OPTIONS /oauth/token", "", NULL);
	EXPECT_INT(status_of_reply(r), 401);
	EXPECT_STR(field_of_reply(r, "WWW-Authenticate"), S("Basic realm=\"oauth2/client\""));
	desk_free(d);
}

TEST(the_style_sheet_is_served_under_its_hash)
{
	struct desk *d = desk_new(&wire_modern, "https://id.example");
	struct str r = talk(d, mem, arena_z(mem, arena_printf(mem, "GET /assets/%.*s.css", STR_ARG(page_css_hash()))), "", NULL);

	EXPECT_INT(status_of_reply(r), 200);
	EXPECT_STR(field_of_reply(r, "Content-Type"), S("text/css;charset=UTF-8"));
	EXPECT_INT(status_of_reply(talk(d, mem, "GET /assets/custom.css", "", NULL)), 404);
	desk_free(d);
}

TEST(a_star_stands_for_one_segment)
{
	const struct route *r = route_find(&wire_taroco, S("/smsCode/123"), M_GET);

	NEED(r != NULL);
	EXPECT_INT(r->endpoint, EP_SMS_CODE);
	EXPECT_STR(route_rest(r, S("/smsCode/123")), S("123"));
	EXPECT(route_find(&wire_taroco, S("/smsCode/"), M_GET) == NULL && route_find(&wire_taroco, S("/smsCode"), M_GET) == NULL);
	EXPECT(route_find(&wire_taroco, S("/smsCode/1/2"), M_GET) == NULL);
	r = route_find(&wire_taroco, S("/user"), M_GET);
	EXPECT(r != NULL && !str_given(route_rest(r, S("/user"))));
}
