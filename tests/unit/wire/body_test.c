/* tests/unit/wire/body_test.c - bodies of a custom dialect, byte for byte: types, what is left out, what is escaped. */
#include "desk.h"

#define TEXT(name_, text_) { .kind = TREE_TEXT, .name = { name_, sizeof(name_) - 1 }, .text = { text_, sizeof(text_) - 1 } }
#define NUMBER(name_, text_) { .kind = TREE_NUMBER, .name = { name_, sizeof(name_) - 1 }, .text = { text_, sizeof(text_) - 1 } }
#define MAP(kids) { .kind = TREE_MAP, .at = kids, .n = COUNT(kids) }

static const struct user alice = { .name = { "al\"ice", 6 }, .number = 7, .authorities = { "ROLE_USER", 9 }, .enabled = true };

static const struct wire *
derived(struct arena *mem, struct wire_spec spec)
{
	const struct wire *w;
	struct findings f;

	findings_init(&f, mem);
	spec.name = S("mine");
	spec.where = S("f.yaml:1");
	if (!str_given(spec.based_on))
		spec.based_on = S("spring");
	w = wire_derive(&spec, mem, &f);
	if (w == NULL)
		fatal("%.*s", STR_ARG(findings_lines(&f, FINDING_ERROR)));
	return w;
}

TEST(a_placeholder_is_a_word_in_braces)
{
	struct str name;
	bool or_null;

	EXPECT(body_placeholder(S("{text}"), &name, &or_null) && str_is(name, "text") && !or_null);
	EXPECT(body_placeholder(S("{a_b?}"), &name, &or_null) && str_is(name, "a_b") && or_null);
	EXPECT(!body_placeholder(S(""), &name, &or_null) && !body_placeholder(S("{}"), &name, &or_null) && !body_placeholder(S("{?}"), &name, &or_null));
	EXPECT(!body_placeholder(S("{a"), &name, &or_null) && !body_placeholder(S("{a b}"), &name, &or_null) && !body_placeholder(S("{a} "), &name, &or_null));
	EXPECT(body_knows(BODY_FAILURE, S("code")) && !body_knows(BODY_FAILURE, S("tokens")) && body_knows(BODY_DONE, S("now")));
}

TEST(tokens_in_an_envelope)
{
	static const struct tree members[] = { TEXT("at", "{access_token}"), TEXT("rt", "{refresh_token?}"), TEXT("id", "{id_token}"), NUMBER("v", "2"), TEXT("exp", "{expires_in}"), TEXT("sc", "{scope}") };
	static const struct tree envelope[] = { NUMBER("code", "0"), TEXT("data", "{tokens}"), TEXT("who", "user {user_name}!"), TEXT("n", "{user_number}"), TEXT("none", "{jti}") };
	static const struct tree answer = MAP(members), success = MAP(envelope);
	const struct wire *w = derived(mem, (struct wire_spec){ .token_answer = &answer, .success = &success, .scope_separator = S(",") });
	struct desk *d = desk_new(w, "http://localhost");
	struct exchange *x = desk_begin(d, mem, M_POST, "/oauth/token");
	struct tokens t = { .access = S("A"), .scope = S("read write"), .expires_in_s = 60, .user = &alice };

	EXPECT_STR(body_success(x, &t), S("{\"code\":0,\"data\":{\"at\":\"A\",\"rt\":null,\"v\":2,\"exp\":59,\"sc\":\"read,write\"},\"who\":\"user al\\\"ice!\",\"n\":7}"));
	t.user = NULL;
	EXPECT_STR(body_success(x, &t), S("{\"code\":0,\"data\":{\"at\":\"A\",\"rt\":null,\"v\":2,\"exp\":59,\"sc\":\"read,write\"},\"who\":\"user !\"}"));
	desk_free(d);
}

TEST(failures_have_the_code_that_was_said_for_the_reason)
{
	static const struct tree members[] = { TEXT("c", "{code}"), TEXT("t", "[{code}] {text}"), TEXT("a", "{allowed}"), TEXT("p", "{path}") };
	static const struct tree grant[] = { NUMBER("code", "12"), TEXT("text", "no \\ {x}") }, replayed[] = { TEXT("code", "R") };
	static const struct tree keys[] = {
		{ .kind = TREE_MAP, .name = { "invalid_grant", 13 }, .at = grant, .n = 2 }, { .kind = TREE_MAP, .name = { "code_replayed", 13 }, .at = replayed, .n = 1 },
	};
	static const struct tree failure = MAP(members), errors = MAP(keys);
	struct desk *d = desk_new(derived(mem, (struct wire_spec){ .failure = &failure, .errors = &errors }), "http://localhost");
	struct exchange *x = desk_begin(d, mem, M_POST, "/oauth/token");
	struct wording s = phrase_of(x, R_CODE_UNKNOWN);

	EXPECT_STR(body_failure(x, &s), S("{\"c\":12,\"t\":\"[12] no \\\\ {x}\",\"p\":\"/oauth/token\"}"));
	s = phrase_of(x, R_CODE_REPLAYED);
	EXPECT_STR(body_failure(x, &s), S("{\"c\":\"R\",\"t\":\"[R] no \\\\ {x}\",\"p\":\"/oauth/token\"}"));
	s = phrase_of(x, R_NOT_FOUND);
	EXPECT_INT(s.status, 404);
	x->c.allowed = S("a b");
	s = phrase_of(x, R_SCOPE_UNKNOWN);
	EXPECT_STR(body_failure(x, &s), S("{\"c\":400,\"t\":\"[400] Invalid scope\",\"a\":\"a b\",\"p\":\"/oauth/token\"}"));
	desk_free(d);
}

TEST(nothing_of_a_derived_dialect_touches_its_base)
{
	static const struct tree paths_at[] = { TEXT("token", "/t") }, names[] = { TEXT("client_id", "id") }, grants_at[] = { TEXT("password", "none") };
	static const struct tree paths = MAP(paths_at), parameters = MAP(names), grants_map = MAP(grants_at);
	const struct wire before = wire_spring, *w = derived(mem, (struct wire_spec){ .paths = &paths, .parameters = &parameters, .grants = &grants_map });

	EXPECT(memcmp(&before, &wire_spring, sizeof before) == 0);
	EXPECT(route_find(w, S("/t"), M_POST)->endpoint == EP_TOKEN && route_find(w, S("/oauth/token"), M_POST) == NULL);
	EXPECT(route_find(&wire_spring, S("/oauth/token"), M_POST)->endpoint == EP_TOKEN);
	EXPECT_INT(wire_param(w, S("id")), P_CLIENT_ID);
	EXPECT_INT(wire_param(w, S("client_id")), -1);
	EXPECT_INT(wire_param(&wire_spring, S("client_id")), P_CLIENT_ID);
	EXPECT(!(w->policy.grant.offered & BIT(GI_password)) && (wire_spring.policy.grant.offered & BIT(GI_password)));
}
