/* Every phrase row can be reached, and says what it holds. */
#include "desk.h"

/* Put an exchange into the circumstances of a row. */
static void
arrange(struct desk *d, struct exchange *x, const struct phrase *p)
{
	d->mount.style.client_errors_wrapped = p->when == WHEN_WRAPPED;
	d->mount.style.registered_uris_in_errors = p->when == WHEN_URIS_LISTED;
	d->policy.session.distinct_login_errors = p->when == WHEN_DISTINCT;
	x->c.grant = p->when == WHEN_SMS ? &grant_sms : NULL;
	x->form_tried = p->when == WHEN_FORM || (p->why == R_CLIENT_NONE && p->when != WHEN_NOT_NAMED);
	x->c.evidence.basic_sent = p->when == WHEN_BASIC_SENT;
	x->bare_authorization = p->when == WHEN_BARE;
	x->query_refused = p->when == WHEN_IN_QUERY;
}

static const char *
target_of(const struct wire *w, const struct phrase *p, char *out, size_t size)
{
	const struct route *r = route_of_endpoint(w, p->when == WHEN_AUTHORIZE ? EP_AUTHORIZE : EP_TOKEN);

	snprintf(out, size, "%s?code=VALUE&refresh_token=VALUE&redirect_uri=VALUE&response_type=VALUE&grant_type=VALUE&scope=VALUE", r->path);
	return out;
}

static bool
is_hidden(const struct wire *w, const struct phrase *p)
{
	for (size_t i = 0; w->phrases[i] != NULL; i++)
		for (const struct phrase *o = w->phrases[i]; o->why != R_NONE && o != p; o++)
			if (o->why == p->why && (o->when == ALWAYS || o->when == p->when))
				return true;
	return false;
}

static void
row_is_said(struct desk *d, const struct phrase *p, struct arena *mem)
{
	char target[256];
	struct exchange *x = desk_begin(d, mem, p->when == WHEN_TOKEN_GET ? M_GET : M_POST, target_of(d->mount.wire, p, target, sizeof target));
	struct wording s;

	arrange(d, x, p);
	x->c.offender = S("VALUE");
	d->mount.style.echo_values_in_errors = false;
	s = phrase_of(x, p->why);
	EXPECT_INT(s.status, p->status);
	EXPECT_STR(s.error, str_of(p->error));
	if (strchr(p->text, '{') == NULL)
		EXPECT_STR(s.text, str_of(p->text));
	else
		EXPECT(has(s.text, "VALUE"));
	if (p->echo && strchr(p->echo, '{')) {
		d->mount.style.echo_values_in_errors = true;
		EXPECT(has(phrase_of(x, p->why).text, "VALUE"));
	}
}

TEST(each_row_of_each_dialect)
{
	for (size_t i = 0; wires[i] != NULL; i++) {
		struct desk *d = desk_new(wires[i], "http://localhost");

		for (size_t t = 0; t < COUNT(wires[i]->phrases) && wires[i]->phrases[t] != NULL; t++)
			for (const struct phrase *p = wires[i]->phrases[t]; p->why != R_NONE; p++)
				if (t > 0 ? !is_hidden(wires[i], p) : true)
					row_is_said(d, p, mem);
		desk_free(d);
	}
}

TEST(every_reason_has_words_in_every_dialect)
{
	for (size_t i = 0; wires[i] != NULL; i++) {
		struct desk *d = desk_new(wires[i], "http://localhost");
		struct exchange *x = desk_begin(d, mem, M_POST, "/nowhere");

		for (int why = R_NONE + 1; why < R_COUNT; why++) {
			struct wording s = phrase_of(x, (enum reason)why);

			EXPECT(s.status >= 400 && s.status < 600);
			EXPECT(!str_empty(s.error));
			EXPECT(!str_empty(s.text));
		}
		desk_free(d);
	}
}

TEST(chinese_for_those_who_prefer_it)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost");
	const char *body = "grant_type=password&client_id=app&client_secret=secret&username=alice&password=no";
	struct str r = talk(d, mem, "POST /oauth/token", "Accept-Language: zh-CN,zh;q=0.9\r\n", body);

	EXPECT_STR(body_of_reply(r), S("{\"error\":\"invalid_grant\",\"error_description\":\"用户名或密码错误\"}"));
	r = talk(d, mem, "POST /oauth/token", "Accept-Language: en\r\n", body);
	EXPECT_STR(body_of_reply(r), S("{\"error\":\"invalid_grant\",\"error_description\":\"Bad credentials\"}"));
	desk_free(d);
}

TEST(a_header_cannot_be_broken_by_an_echoed_value)
{
	struct desk *d = desk_new(&wire_zlt, "http://localhost");
	struct str r = talk(d, mem, "POST /oauth/token", "", "grant_type=password&client_id=cc&client_secret=secret&username=a&password=b");

	EXPECT_INT(status_of_reply(r), 401);
	EXPECT_STR(field_of_reply(r, "WWW-Authenticate"), S("Bearer error=\"invalid_client\", error_description=\"Unauthorized grant type: password\""));
	EXPECT_STR(body_of_reply(r), S("{\"error\":\"invalid_client\",\"error_description\":\"Unauthorized grant type: password\",\"resp_code\":\"401\",\"resp_msg\":\"Unauthorized grant type: password\"}"));
	desk_free(d);
}

TEST(which_credentials_failed)
{
	struct desk *d = desk_new(&wire_spring, "http://localhost");
	struct str r = talk(d, mem, "POST /oauth/token", "Authorization: Basic YXBwOnNlY3JldA==\r\n", "grant_type=client_credentials&client_id=app&client_secret=no");

	EXPECT_STR(field_of_reply(r, "WWW-Authenticate"), S("Form realm=\"oauth2/client\", error=\"invalid_client\", error_description=\"Bad client credentials\""));
	EXPECT_STR(body_of_reply(r), S("{\"error\":\"invalid_client\",\"error_description\":\"Bad client credentials\"}"));
	r = talk(d, mem, "POST /oauth/token", "Authorization: Basic YXBwOm5v\r\n", "grant_type=client_credentials");
	EXPECT_STR(field_of_reply(r, "WWW-Authenticate"), S("Basic realm=\"oauth2/client\""));
	EXPECT(has(body_of_reply(r), "\"status\":401,\"error\":\"Unauthorized\",\"path\":\"/oauth/token\"}"));
	r = talk(d, mem, "POST /oauth/token", "Authorization: Basic YXBwOm5v\r\n", "grant_type=client_credentials&client_id=app&client_secret=secret");
	EXPECT_STR(field_of_reply(r, "WWW-Authenticate"), S("Basic realm=\"oauth2/client\""));
	desk_free(d);
}
