/* tests/unit/upstream/upstream_test.c - the rows of kinds.def (U1), values and templates, answers (U2), and what is said of a failure (U3). */
#include "../test.h"
#include "upstream/upstream.h"

static json_t *
json(struct arena *mem, const char *text)
{
	return json_read(mem, str_of(text));
}

static const struct upstream_kind *
kind(const char *name)
{
	const struct upstream_kind *k = upstream_kinds;

	while (k->name != NULL && strcmp(k->name, name) != 0)
		k++;
	return k->name != NULL ? k : NULL;
}

static struct upstream
provider(const char *name)
{
	static _Atomic int64_t rests;

	return (struct upstream){ .name = S("p"), .what = *kind(name), .client_id = S("cid"), .client_secret = S("s&c"), .scope = S("a b"), .rests_until_ms = &rests };
}

/* U1: every row says all that is needed, and no template is broken. */
TEST(rows_are_whole)
{
	int n = 0;

	for (const struct upstream_kind *k = upstream_kinds; k->name != NULL; k++, n++) {
		const char *all[] = { k->authorize_url, k->authorize, k->subject, k->person, k->email, k->email_verified, k->shown };

		for (size_t i = 0; i < COUNT(all); i++)
			EXPECT(all[i] == NULL || upstream_template_wrong(str_of(all[i])) == NULL);
		if (strcmp(k->name, "oauth2") == 0)
			continue;
		EXPECT(k->authorize_url != NULL && k->subject != NULL && k->steps[0].url != NULL && k->shown != NULL);
		EXPECT(k->email == NULL || k->email_verified != NULL || strcmp(k->name, "dingtalk") == 0 || strcmp(k->name, "feishu") == 0);
		for (size_t i = 0; i < UPSTREAM_STEPS_MAX && k->steps[i].name != NULL; i++)
			EXPECT(k->steps[i].error != NULL || strcmp(k->name, "github") == 0);
	}
	EXPECT_INT(n, 12);
}

TEST(a_value_is_found_by_its_path)
{
	json_t *k = json(mem, "{\"a\":\"in\",\"token\":{\"x\":7,\"f\":true,\"o\":{\"p\":\"deep\"}},"
	    "\"mails\":[{\"m\":\"one\",\"main\":false},{\"m\":\"two\",\"main\":true}],\"user\":{\"x\":8,\"y\":\"\",\"n\":null}}");

	EXPECT_STR(upstream_value(mem, k, S("a")), S("in"));
	EXPECT_STR(upstream_value(mem, k, S("token.x")), S("7"));
	EXPECT_STR(upstream_value(mem, k, S("x")), S("7"));             /* the first answer that has it */
	EXPECT_STR(upstream_value(mem, k, S("user.x")), S("8"));
	EXPECT_STR(upstream_value(mem, k, S("token.f")), S("true"));
	EXPECT_STR(upstream_value(mem, k, S("token.o.p")), S("deep"));
	EXPECT_STR(upstream_value(mem, k, S("mails.[main].m")), S("two"));
	EXPECT_STR(upstream_value(mem, k, S("mails.[].m")), S("one"));
	EXPECT_STR(upstream_value(mem, k, S("user.y|user.n|a")), S("in"));
	EXPECT(!str_given(upstream_value(mem, k, S("user.n"))) && !str_given(upstream_value(mem, k, S("token.o"))));
	EXPECT(!str_given(upstream_value(mem, k, S("mails.[nobody].m"))) && !str_given(upstream_value(mem, k, S(""))));
}

TEST(a_template_is_filled_in)
{
	json_t *k = json(mem, "{\"a\":\"1\",\"b\":\"x y&z\",\"e\":\"\"}");
	struct buf b;

	EXPECT_STR(upstream_fill(mem, k, "<{a}{none}{b}>"), S("<1x y&z>"));
	EXPECT_STR(upstream_fill_whole(mem, k, "{a}:{b}"), S("1:x y&z"));
	EXPECT(!str_given(upstream_fill_whole(mem, k, "{a}:{e}")) && !str_given(upstream_fill_whole(mem, k, "{none}")));
	EXPECT(!str_given(upstream_fill(mem, k, NULL)));
	buf_init(&b, mem, 1000);
	EXPECT(upstream_pairs_put(&b, mem, k, "p={a}&q={e}&r={b}&s=t u"));
	EXPECT_STR(buf_str(&b), S("p=1&r=x%20y%26z&s=t%20u"));
	EXPECT(upstream_template_wrong(S("{a} {b|c}")) == NULL);
	EXPECT(upstream_template_wrong(S("{a")) != NULL && upstream_template_wrong(S("a}")) != NULL && upstream_template_wrong(S("{}")) != NULL
	    && upstream_template_wrong(S("{a{b}}")) != NULL);
}

/* U2 */
TEST(an_answer_is_json_a_call_or_pairs)
{
	EXPECT_STR(json_member_str(upstream_read(mem, S(" {\"a\":\"b\"} ")), "a"), S("b"));
	EXPECT_STR(json_member_str(upstream_read(mem, S("callback( {\"a\":\"b\"} );\n")), "a"), S("b"));
	EXPECT_STR(json_member_str(upstream_read(mem, S("a=b%20c&d=e")), "a"), S("b c"));
	EXPECT(json_is_array(upstream_read(mem, S("[1]"))));
	EXPECT(upstream_read(mem, S("")) == NULL && upstream_read(mem, S("<html><a=b></html>")) == NULL && upstream_read(mem, S("callback(a=b)")) == NULL);
	EXPECT(upstream_read(mem, S("{\"a\":1,\"a\":2}")) == NULL && upstream_read(mem, S("a=1&a=2")) == NULL && upstream_read(mem, S("{")) == NULL);
}

/* U3: of an error only a word is repeated. */
TEST(an_error_is_what_the_row_says)
{
	const struct upstream_step *token = &kind("wechat")->steps[0];
	struct outbound_answer a = { .status = 200, .body = S("{\"errcode\":0,\"access_token\":\"t\"}") };
	struct str why = STR_ABSENT;
	json_t *v = NULL;

	EXPECT_INT(upstream_answer(mem, token, &a, &v, &why), UPSTREAM_OK);
	a.body = S("{\"errcode\":40029,\"errmsg\":\"invalid code\"}");
	EXPECT_INT(upstream_answer(mem, token, &a, &v, &why), UPSTREAM_EXPIRED);
	a.body = S("{\"errcode\":40125}");
	EXPECT_INT(upstream_answer(mem, token, &a, &v, &why), UPSTREAM_DOWN);
	EXPECT(str_contains(why, S("40125")));
	a.body = S("{\"errcode\":\"two words of a secret\"}");
	EXPECT(upstream_answer(mem, token, &a, &v, &why) == UPSTREAM_DOWN && !str_contains(why, S("secret")));
	a = (struct outbound_answer){ .status = 302, .body = S("{}") };
	EXPECT_INT(upstream_answer(mem, token, &a, &v, &why), UPSTREAM_DOWN);
}

TEST(a_request_is_made_of_its_row)
{
	struct upstream u = provider("github");
	struct upstream_pair moved = { S("https://github.com"), S("http://127.0.0.1:9/g") };
	json_t *known = upstream_known(mem, &u);
	struct outbound_ask ask;

	u.addresses = &moved;
	u.n_addresses = 1;
	EXPECT(upstream_know(known, "code", S("c/1")) && upstream_know(known, "state", S("st")));
	EXPECT_STR(upstream_authorize_url(mem, &u, known), S("http://127.0.0.1:9/g/login/oauth/authorize?client_id=cid&scope=a%20b&state=st"));
	EXPECT(upstream_request(mem, &u, &u.what.steps[0], known, &ask));
	EXPECT_STR(ask.url, S("http://127.0.0.1:9/g/login/oauth/access_token"));
	EXPECT_STR(ask.body, S("client_id=cid&client_secret=s%26c&code=c%2F1"));
	EXPECT(str_is(ask.method, "POST") && str_is(ask.headers[0], "Accept: application/json"));
	u = provider("dingtalk");
	EXPECT(upstream_request(mem, &u, &u.what.steps[0], known, &ask));
	EXPECT_STR(ask.body, S("{\"clientId\":\"cid\",\"clientSecret\":\"s&c\",\"code\":\"c/1\",\"grantType\":\"authorization_code\"}"));
	u = provider("alipay");                                         /* without its key nothing is sent */
	EXPECT(!upstream_request(mem, &u, &u.what.steps[0], known, &ask));
	EXPECT_STR(upstream_address(mem, &u, S("https://github.com.evil.example/x")), S("https://github.com.evil.example/x"));
}

/* U4: a part is what stands there, byte for byte. */
TEST(a_part_of_an_answer_is_its_text)
{
	struct str body = S(" {\"x\":[1,{\"a_response\":9}], \"a_response\" : {\"u\":\"https:\\/\\/b\\\"}{\", \"n\":{\"m\":[]}} ,\"sign\":\"s\"}\n");

	NEED(upstream_read(mem, body) != NULL);
	EXPECT_STR(upstream_part(body, S("a_response")), S("{\"u\":\"https:\\/\\/b\\\"}{\", \"n\":{\"m\":[]}}"));
	EXPECT_STR(upstream_part(body, S("x")), S("[1,{\"a_response\":9}]"));
	EXPECT_STR(upstream_part(body, S("sign")), S("\"s\""));
	EXPECT(!str_given(upstream_part(body, S("n"))) && !str_given(upstream_part(body, S("none"))));
	EXPECT(!str_given(upstream_part(S("[1]"), S("a"))) && !str_given(upstream_part(S("{}"), S("a"))) && !str_given(upstream_part(S(""), S("a"))));
	EXPECT(!str_given(upstream_part(S("{\"\\u0061\":1}"), S("a"))));     /* a name that is written otherwise is another one */
}

/* U4: one row at most keeps its answer, and whoever may refuse what was kept says by which words. */
TEST(what_is_kept_is_one_answer)
{
	for (const struct upstream_kind *k = upstream_kinds; k->name != NULL; k++) {
		int keeps = 0, stale = 0;

		for (size_t i = 0; i < UPSTREAM_STEPS_MAX && k->steps[i].name != NULL; i++) {
			keeps += k->steps[i].keeps != NULL;
			stale += k->steps[i].stale != NULL;
		}
		EXPECT(keeps <= 1 && (keeps == 0) == (stale == 0));
	}
}

TEST(a_refusal_of_what_was_kept_is_told_apart)
{
	const struct upstream_step *user = &kind("wecom")->steps[1];
	struct outbound_answer a = { .status = 200, .body = S("{\"errcode\":42001}") };
	struct str why = STR_ABSENT;
	json_t *v = NULL;

	EXPECT_INT(upstream_answer(mem, user, &a, &v, &why), UPSTREAM_STALE);
	a.body = S("{\"errcode\":40029}");
	EXPECT_INT(upstream_answer(mem, user, &a, &v, &why), UPSTREAM_EXPIRED);
}
