/* What a refusal compares: which address or word is nearest, which part differs, and that no secret is repeated. */
#include "desk.h"

static struct near_miss
missed(struct desk *d, struct arena *mem, const char *target)
{
	struct exchange *x = desk_begin(d, mem, M_GET, target);
	struct wire_facts f;
	struct http_reply r = { 0 };

	wire_finish(x, &r);
	wire_facts(x, &f);
	return f.miss;
}

#define ASK "/oauth/authorize?response_type=code&client_id=app&redirect_uri="

TEST(the_part_of_an_address_that_differs)
{
	static const struct { const char *uri, *differs, *shown; } rows[] = {
		{ "http://app.example/cb", "scheme", "http://app.example/cb" }, { "https://other.example/cb", "host", "https://other.example/cb" },
		{ "https://app.example:8443/cb", "port", "https://app.example:8443/cb" }, { "https://app.example/cb/", "slash", "https://app.example/cb/" },
		{ "https://app.example/CB", "case", "https://app.example/CB" }, { "https://app.example/back", "path", "https://app.example/back" },
		{ "https://app.example/cb?a=1", "query", "https://app.example/cb?a=\xe2\x80\xa6" },
		{ "https://app.example/cb%23x", "fragment", "https://app.example/cb#\xe2\x80\xa6" }, { "odd", "form", "odd" },
	};
	struct desk *d = desk_new(&wire_spring, "http://localhost");

	d->policy.authorize.login_before_checks = false;
	d->policy.authorize.redirect_query_may_grow = false;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct near_miss m = missed(d, mem, arena_z(mem, ARENA_CAT(mem, S(ASK), str_of(rows[i].uri))));

		NEED(m.param != NULL);
		EXPECT_STR(str_of(m.param), S("redirect_uri"));
		EXPECT_STR(str_of(m.differs), str_of(rows[i].differs));
		EXPECT_STR(m.came, str_of(rows[i].shown));
		EXPECT_STR(m.near, S("https://app.example/cb"));
	}
	desk_free(d);
}

TEST(no_secret_is_repeated)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost");
	struct near_miss m;

	d->policy.authorize.login_before_checks = false;
	m = missed(d, mem, ASK "https://user:hunter22@app.example/cb?token=hunter22%26b%23hunter22");
	EXPECT(!str_contains(m.came, S("hunter22")) && str_contains(m.came, S("@app.example/cb?token=")));
	m = missed(d, mem, "/oauth/authorize?response_type=code&client_id=hunter22hunter22hunter22hunter22");
	EXPECT_STR(m.came, S("hunt\xe2\x80\xa6"));
	EXPECT(!str_given(m.near));
	desk_free(d);
}

TEST(the_nearest_word)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost");
	struct near_miss m;

	d->policy.authorize.login_before_checks = false;
	m = missed(d, mem, "/oauth/authorize?response_type=code&client_id=apq");
	EXPECT_STR(m.near, S("app"));
	EXPECT_STR(m.came, S("apq"));
	m = missed(d, mem, "/oauth/authorize?response_type=code&client_id=");
	EXPECT(m.param != NULL && !str_given(m.came) && !str_given(m.near));
	m = missed(d, mem, "/oauth/authorize?response_type=code&client_id=app&scope=raed&redirect_uri=https://app.example/cb");
	EXPECT_STR(m.came, S("raed"));
	EXPECT_STR(m.near, S("read"));
	m = missed(d, mem, "/oauth/authorize?response_type=tokn&client_id=app&redirect_uri=https://app.example/cb");
	EXPECT_STR(m.near, S("code"));
	desk_free(d);
}

TEST(only_a_demo_shows_it_on_the_page)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost");
	struct str page;

	d->policy.authorize.login_before_checks = false;
	page = talk(d, mem, "GET " ASK "https://app.example:1/cb", "Accept: text/html\r\n", NULL);
	EXPECT(has(page, "id=\"error-near\">https://app.example/cb<") && has(page, "id=\"error-differs\">the port<") && has(page, d->error_id));
	page = talk(d, mem, "GET " ASK "https://app.example:1/cb", "Accept: text/html\r\nAccept-Language: zh-CN\r\n", NULL);
	EXPECT(has(page, "id=\"error-differs\">端口<"));
	d->mount.demo = false;
	page = talk(d, mem, "GET " ASK "https://app.example:1/cb", "Accept: text/html\r\n", NULL);
	EXPECT(!has(page, "error-near") && has(page, d->error_id));
	desk_free(d);
}
