/* The Location of authorization responses. RFC 6749 sections 4.1.2, 4.2.2; RFC 9207. */
#include "desk.h"

static struct str
located(const struct wire *w, struct arena *mem, const char *target, const struct answer *a)
{
	struct desk *d = desk_new(w, "https://id.example");
	struct exchange *x = desk_begin(d, mem, M_GET, target);
	struct str out;

	x->c.allowed = S("read write");
	out = arena_dup(mem, redirect_location(x, a));
	desk_free(d);
	return out;
}

static struct answer
code_to(const char *uri, struct str state)
{
	struct answer a = { .kind = ANS_REDIRECT };

	a.redirect.kind = REDIRECT_CODE;
	a.redirect.uri = str_of(uri);
	a.redirect.code = S("W636oE");
	a.redirect.state = state;
	return a;
}

TEST(a_code_is_appended_without_a_slash)
{
	struct answer a = code_to("http://localhost", STR_ABSENT);

	EXPECT_STR(located(&wire_spring, mem, "/oauth/authorize", &a), S("http://localhost?code=W636oE"));
}

TEST(a_query_of_the_uri_is_kept_and_a_fragment_dropped)
{
	struct answer a = code_to("https://app.example/b?x=1#frag", S("s"));

	EXPECT_STR(located(&wire_spring, mem, "/oauth/authorize", &a), S("https://app.example/b?x=1&code=W636oE&state=s"));
}

TEST(state_is_encoded_so_that_it_comes_back_byte_for_byte)
{
	struct answer a = code_to("http://localhost/cb", S("a b&c=d/é中%"));

	EXPECT_STR(located(&wire_spring, mem, "/oauth/authorize", &a), S("http://localhost/cb?code=W636oE&state=a%20b%26c%3Dd/%C3%A9%E4%B8%AD%25"));
	a = code_to("http://localhost/cb", S("a+b#c"));
	EXPECT_STR(located(&wire_spring, mem, "/oauth/authorize", &a), S("http://localhost/cb?code=W636oE&state=a%2Bb%23c"));
	a = code_to("http://localhost/cb", S(""));
	EXPECT_STR(located(&wire_spring, mem, "/oauth/authorize", &a), S("http://localhost/cb?code=W636oE&state="));
}

TEST(the_issuer_is_named_when_asked)
{
	struct answer a = code_to("https://app.example/cb", S("s"));

	a.redirect.iss = true;
	EXPECT_STR(located(&wire_modern, mem, "/authorize", &a), S("https://app.example/cb?code=W636oE&state=s&iss=https://id.example"));
}

static const struct user alice = { .name = { "a&b", 3 }, .number = 7, .enabled = true };

static struct answer
tokens_to(const char *uri, struct str state, bool news)
{
	struct answer a = { .kind = ANS_REDIRECT };

	a.redirect.kind = REDIRECT_TOKENS;
	a.redirect.uri = str_of(uri);
	a.redirect.mode = MODE_FRAGMENT;
	a.redirect.state = state;
	a.tokens = (struct tokens){ .access = S("AT"), .refresh = S("never"), .scope = S("read write"), .expires_in_s = 43200, .scope_is_news = news, .jti = S("J"), .user = &alice };
	return a;
}

TEST(a_fragment_has_its_members_in_order_and_no_refresh_token)
{
	struct answer a = tokens_to("http://localhost", S("s9"), true);

	a.tokens.jti = STR_ABSENT;
	EXPECT_STR(located(&wire_spring, mem, "/oauth/authorize", &a), S("http://localhost#access_token=AT&token_type=bearer&state=s9&expires_in=43199&scope=read%20write"));
	a = tokens_to("http://localhost/cb", STR_ABSENT, false);
	a.tokens.jti = STR_ABSENT;
	EXPECT_STR(located(&wire_spring, mem, "/oauth/authorize", &a), S("http://localhost/cb#access_token=AT&token_type=bearer&expires_in=43199"));
}

TEST(additional_members_follow_encoded)
{
	struct answer a = tokens_to("http://localhost:8080/cb", S("q1 &=#"), false);

	EXPECT_STR(located(&wire_taroco, mem, "/oauth/authorize", &a), S("http://localhost:8080/cb#access_token=AT&token_type=bearer&state=q1%20%26%3D%23&expires_in=43199"
		"&jti=J&license=made%20by%20taroco&x-user-name=a%26b&x-user-id=7"));
	EXPECT_STR(located(&wire_rageframe, mem, "/open/implicit", &a), S("http://localhost:8080/cb#access_token=AT&token_type=Bearer&expires_in=43200&state=q1%20%26%3D%23"));
}

static struct answer
fault_to(const char *uri, enum reason why, bool fragment)
{
	struct answer a = { .kind = ANS_REDIRECT, .why = why };

	a.redirect.kind = REDIRECT_FAULT;
	a.redirect.uri = str_of(uri);
	a.redirect.mode = fragment ? MODE_FRAGMENT : MODE_QUERY;
	a.redirect.state = S("s");
	return a;
}

TEST(errors_carry_text_state_and_more)
{
	struct answer a = fault_to("http://localhost/cb", R_SCOPE_UNKNOWN, true);

	EXPECT_STR(located(&wire_spring, mem, "/oauth/authorize", &a), S("http://localhost/cb#error=invalid_scope&error_description=Invalid%20scope&state=s&scope=read%20write"));
	a = fault_to("http://localhost/cb", R_RESPONSE_FORBIDDEN, true);
	EXPECT_STR(located(&wire_spring, mem, "/oauth/authorize", &a), S("http://localhost/cb#error=invalid_client&error_description=Unauthorized%20grant%20type&state=s"));
	a = fault_to("http://localhost/cb", R_ACCESS_DENIED, false);
	EXPECT_STR(located(&wire_zlt, mem, "/oauth/authorize", &a), S("http://localhost/cb?error=access_denied&error_description=User%20denied%20access&state=s"));
	a = fault_to("http://localhost/cb", R_RESPONSE_TYPE, false);
	EXPECT_STR(located(&wire_zlt, mem, "/oauth/authorize?response_type=b%20a", &a), S("http://localhost/cb?error=unsupported_response_type"
		"&error_description=Unsupported%20response%20types:%20%5Ba,%20b%5D&state=s&resp_code=400&resp_msg=Unsupported%20response%20types:%20%5Ba,%20b%5D"));
}

TEST(an_unknown_client_or_a_foreign_uri_never_redirects)
{
	static const struct { const struct wire *w; const char *path; } at[] = {
		{ &wire_modern, "/authorize" }, { &wire_rageframe, "/open/authorize/index" }, { &wire_connect, "/connect/authorize" },
	};

	for (size_t i = 0; i < COUNT(at); i++) {
		struct desk *d = desk_new(at[i].w, "http://localhost");
		struct str r = talk(d, mem, arena_z(mem, arena_printf(mem, "GET %s?response_type=code&client_id=app&redirect_uri=https://evil.example/", at[i].path)), "", NULL);

		EXPECT(status_of_reply(r) >= 400);
		EXPECT(!str_given(field_of_reply(r, "Location")));
		EXPECT(has(field_of_reply(r, "Content-Type"), "text/html"));
		r = talk(d, mem, arena_z(mem, arena_printf(mem, "GET %s?response_type=code&client_id=ghost&redirect_uri=https://app.example/cb", at[i].path)), "", NULL);
		EXPECT(status_of_reply(r) >= 400);
		EXPECT(!str_given(field_of_reply(r, "Location")));
		desk_free(d);
	}
}
