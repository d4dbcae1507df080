/* tests/unit/setup/policy_test.c - the dialect's defaults and what the settings change; how long keys must stay. */
#include "../test.h"
#include "setup/setup.h"

static char *no_env[] = { NULL };

static struct conf *
with(struct arena *mem, const char *dialect, const char *more)
{
	struct str why = STR_ABSENT, yaml = arena_printf(mem, "listeners:\n  l:\n    bind: 127.0.0.1:1\nissuers:\n  one:\n    url: http://localhost\n    dialect: %s\n%s", dialect, more);
	struct conf *c = conf_parse(S("test.yaml"), yaml, no_env, &why, mem);

	if (c == NULL)
		printf("%.*s\n", STR_ARG(why));
	return c;
}

TEST(nothing_set_means_the_dialects_own)
{
	struct conf *c = with(mem, "spring", "");
	struct policy policy, own;
	struct style style, own_style;
	struct str why = STR_ABSENT;

	NEED(c != NULL);
	wire_defaults(wire_named(S("spring")), &own, &own_style);
	EXPECT(setup_policy(c, S("one"), &policy, &style, mem, &why));
	EXPECT_INT(policy.token.access_ttl_s, own.token.access_ttl_s);
	EXPECT_INT(policy.authorize.code_shape, own.authorize.code_shape);
	EXPECT_INT(policy.grant.offered, own.grant.offered);
	EXPECT_INT(style.redirect_status, own_style.redirect_status);
	EXPECT_INT(policy.token.live_is_returned, own.token.live_is_returned);
	conf_free(c);
}

TEST(each_kind_of_setting_reaches_its_field)
{
	struct conf *c = with(mem, "spring",
		"    access_ttl_s: 5m\n    code_shape: long\n    live_token_is_returned: false\n    default_scope: read\n    access_typ: x+jwt\n"
		"    grants: password refresh_token\n    refresh_grace_ms: 1234\n    redirect_status: 302\n    generic_error_message: text\n    brand: 商店\n"
		"    signing_alg: EdDSA\n");
	struct policy policy;
	struct style style;
	struct str why = STR_ABSENT;

	NEED(c != NULL);
	EXPECT(setup_policy(c, S("one"), &policy, &style, mem, &why));
	conf_free(c);                                                   /* nothing of the result may point into it */
	EXPECT_INT(policy.token.access_ttl_s, 300);
	EXPECT_INT(policy.authorize.code_shape, CODE_LONG);
	EXPECT(!policy.token.live_is_returned);
	EXPECT_STR(policy.scope.when_absent, S("read"));
	EXPECT(strcmp(policy.token.access_typ, "x+jwt") == 0);
	EXPECT_INT(policy.grant.offered, BIT(GI_password) | BIT(GI_refresh_token));
	EXPECT_INT(policy.refresh.grace_ms, 1234);
	EXPECT_INT(policy.token.signing_alg, ALG_EDDSA);
	EXPECT_INT(style.redirect_status, 302);
	EXPECT_INT(style.generic_error_message, 2);
	EXPECT_STR(style.brand, S("商店"));
}

TEST(algorithms_of_id_tokens_are_words)
{
	struct conf *c = with(mem, "modern", "    signing_alg: ES512\n    id_token_algs: [PS384, EdDSA]\n"), *none = with(mem, "modern", "    signing_alg: ES384\n    id_token_algs: []\n"),
	    *bad = with(mem, "modern", "    id_token_algs: RS256 HS256\n"), *own = with(mem, "modern", "    signing_alg: ES384\n");
	struct policy policy;
	struct style style;
	struct str why = STR_ABSENT;

	NEED(c != NULL && none != NULL && bad != NULL && own != NULL);
	EXPECT(setup_policy(c, S("one"), &policy, &style, mem, &why));
	EXPECT(policy_algs(&policy) == (BIT(ALG_ES512) | BIT(ALG_PS384) | BIT(ALG_EDDSA)));
	EXPECT(setup_key_rules(c, &policy, NULL).alg == ALG_ES512 && setup_key_rules(c, &policy, NULL).algs == policy_algs(&policy));
	EXPECT(setup_policy(none, S("one"), &policy, &style, mem, &why) && policy_algs(&policy) == BIT(ALG_ES384));
	EXPECT(setup_policy(own, S("one"), &policy, &style, mem, &why) && policy_algs(&policy) == (BIT(ALG_ES384) | BIT(ALG_RS256)));
	EXPECT(!setup_policy(bad, S("one"), &policy, &style, mem, &why));
	EXPECT(str_contains(why, S("\"HS256\" is no signature algorithm")));
	conf_free(c);
	conf_free(none);
	conf_free(bad);
	conf_free(own);
}

TEST(words_stand_in_the_order_of_their_enum)
{
	static const struct { const char *setting; int want; size_t at; } rows[] = {
		{ "access_shape: jwt", SHAPE_JWT, offsetof(struct policy, token.access_shape) },
		{ "access_shape: uuid", SHAPE_UUID, offsetof(struct policy, token.access_shape) },
		{ "code_shape: 6_alnum_dash", CODE_6_ALNUM_DASH, offsetof(struct policy, authorize.code_shape) },
		{ "jti_shape: hex80", JTI_HEX80, offsetof(struct policy, token.jti_shape) },
		{ "consent: never", CONSENT_NEVER, offsetof(struct policy, consent.rule) },
		{ "consent_memory: none", MEMORY_NONE, offsetof(struct policy, consent.memory) },
		{ "pkce: when_sent", PKCE_WHEN_SENT, offsetof(struct policy, authorize.pkce) },
		{ "signing_alg: ES256", ALG_ES256, offsetof(struct policy, token.signing_alg) },
		{ "signing_alg: RS384", ALG_RS384, offsetof(struct policy, token.signing_alg) },
		{ "signing_alg: eddsa", ALG_EDDSA, offsetof(struct policy, token.signing_alg) },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct conf *c = with(mem, "taroco", arena_z(mem, arena_printf(mem, "    %s\n", rows[i].setting)));
		struct policy policy;
		struct style style;
		struct str why = STR_ABSENT;
		int got = -1;

		NEED(c != NULL);
		if (!setup_policy(c, S("one"), &policy, &style, mem, &why))
			test_fail(__FILE__, __LINE__, "%s: %.*s", rows[i].setting, STR_ARG(why));
		memcpy(&got, (char *)&policy + rows[i].at, sizeof got);
		EXPECT_INT(got, rows[i].want);
		conf_free(c);
	}
}

TEST(a_retired_key_outlives_its_tokens)
{
	struct conf *c = with(mem, "taroco", "    access_ttl_s: 400d\n    kid_in_header: true\n");
	struct policy policy;
	struct style style;
	struct str why = STR_ABSENT;

	NEED(c != NULL);
	EXPECT(setup_policy(c, S("one"), &policy, &style, mem, &why));
	EXPECT(setup_key_rules(c, &policy, NULL).retire_s >= 400 * 86400);
	EXPECT_INT(setup_key_rules(c, &policy, NULL).rotate_s, 90 * 86400);
	conf_free(c);
}

TEST(a_key_that_its_tokens_do_not_name_does_not_age)
{
	struct conf *c = with(mem, "taroco", "");
	struct policy policy;
	struct style style;
	struct str why = STR_ABSENT;

	NEED(c != NULL);
	EXPECT(setup_policy(c, S("one"), &policy, &style, mem, &why));
	EXPECT_INT(setup_key_rules(c, &policy, NULL).rotate_s, 0);
	conf_free(c);
}

/* The modern issuer has a key for each algorithm that a resource server wants, and keeps it as long as its tokens live. */
TEST(resource_servers_want_keys)
{
	struct resource_server s[] = { { .id = S("https://a.example"), .signing_alg = S("ES256"), .access_ttl_s = 500 * 86400, .enabled = true },
		{ .id = S("https://b.example"), .signing_alg = S("EdDSA"), .access_ttl_s = -1 } };
	struct realm *r = realm_new(S("r"), NULL, 0, 0);
	struct conf *c = with(mem, "modern", ""), *old = with(mem, "taroco", "");
	struct policy policy;
	struct style style;
	struct str why = STR_ABSENT;

	NEED(c != NULL && old != NULL && r != NULL && realm_put_resources(r, s, COUNT(s)));
	EXPECT(setup_policy(c, S("one"), &policy, &style, mem, &why));
	EXPECT(setup_key_rules(c, &policy, r).algs == (BIT(ALG_RS256) | BIT(ALG_ES256) | BIT(ALG_EDDSA)));
	EXPECT(setup_key_rules(c, &policy, r).retire_s >= 500 * 86400);
	EXPECT(setup_policy(old, S("one"), &policy, &style, mem, &why));
	EXPECT((setup_key_rules(old, &policy, r).algs & BIT(ALG_ES256)) == 0);
	realm_free(r);
	conf_free(c);
	conf_free(old);
}

/* A client may have longer lives than its issuer; what never ends keeps the key for ever. */
TEST(a_retired_key_outlives_the_tokens_of_every_client)
{
	struct client k[] = { { .id = S("a"), .access_ttl_s = -1, .refresh_ttl_s = -1 }, { .id = S("b"), .access_ttl_s = 500 * 86400, .refresh_ttl_s = -1 } };
	struct conf *c = with(mem, "taroco", "    kid_in_header: true\n");
	struct realm *r = realm_new(S("r"), k, 1, 0), *longer = realm_new(S("r"), k, 2, 0), *forever;
	struct str why = STR_ABSENT;
	struct policy policy;
	struct style style;

	k[1].refresh_ttl_s = 0;
	forever = realm_new(S("r"), k, 2, 0);
	NEED(c != NULL && setup_policy(c, S("one"), &policy, &style, mem, &why));
	EXPECT(setup_key_rules(c, &policy, r).retire_s < 500 * 86400);
	EXPECT_INT(setup_key_rules(c, &policy, longer).retire_s, 500 * 86400);
	EXPECT_INT(setup_key_rules(c, &policy, longer).token_retire_s, 500 * 86400);
	EXPECT(setup_key_rules(c, &policy, forever).token_retire_s == KEYS_FOR_EVER);
	realm_free(r);
	realm_free(longer);
	realm_free(forever);
	conf_free(c);
}

/* --- claims of an issuer's own ------------------------------------------------------------------ */

TEST(own_claims_of_the_settings)
{
	struct conf *c = with(mem, "modern", "    claims:\n      department: {attribute: unit, scope: profile, in: [id_token, access_token]}\n"
	    "      level:\n      email: {scope: email, in: id_token}\n");
	const struct own_claim *own;
	struct policy policy;
	struct style style;
	struct str why = STR_ABSENT;

	NEED(c != NULL);
	EXPECT(setup_policy(c, S("one"), &policy, &style, mem, &why));
	conf_free(c);                                                   /* nothing of them points into it */
	NEED((own = policy.token.own_claims) != NULL);
	EXPECT_STR(own[0].claim, S("department"));
	EXPECT_STR(own[0].attribute, S("unit"));
	EXPECT_STR(own[0].scope, S("profile"));
	EXPECT_INT(own[0].places, OWN_IN_ID_TOKEN | OWN_IN_ACCESS_TOKEN);
	EXPECT_STR(own[1].attribute, S("level"));
	EXPECT(str_empty(own[1].scope));
	EXPECT_INT(own[1].places, OWN_IN_USERINFO);
	EXPECT_INT(own[2].places, OWN_IN_ID_TOKEN);
	EXPECT(!str_given(own[3].claim));
}

TEST(own_claims_that_cannot_be)
{
	static const char *const rows[][3] = {
		{ "modern", "iss: {in: id_token}", "the protocol gives this name its meaning" },
		{ "modern", "sub:", "the protocol gives this name its meaning" },
		{ "modern", "user_name: {in: access_token}", "the protocol gives this name its meaning" },
		{ "modern", "mail: {attribute: email}", "email is a standard claim: give it under its own name" },
		{ "modern", "email: {attribute: other, in: id_token}", "a standard claim says what OpenID Connect means by it" },
		{ "modern", "nickname:", "userinfo has this standard claim by its scope" },
		{ "modern", "x: {in: [id_token, everywhere]}", "in must be some of" }, { "modern", "x: {in: []}", "in must be some of" },
		{ "modern", "x: {in: {a: b}}", "in must be some of" }, { "modern", "x: {form: y}", "form is no member" },
		{ "modern", "x: {scope: a b}", "scope must be a name" }, { "modern", "x: {attribute: [a]}", "attribute must be a name" },
		{ "modern", "x: text", "write {attribute: NAME" }, { "modern", "\"a b\":", "a claim's name has 1 to 128" },
		{ "spring", "x:", "userinfo of this dialect has a form of its own" }, { "spring", "x: {in: id_token}", "this dialect has no ID tokens" },
		{ "spring", "x: {in: access_token}", "access tokens here are no JWTs" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct conf *c = with(mem, rows[i][0], arena_z(mem, arena_printf(mem, "    claims:\n      %s\n", rows[i][1])));
		struct policy policy;
		struct style style;
		struct str why = STR_ABSENT;

		NEED(c != NULL);
		if (setup_policy(c, S("one"), &policy, &style, mem, &why) || !str_contains(why, str_of(rows[i][2])))
			test_fail(__FILE__, __LINE__, "%s: %s: %.*s", rows[i][0], rows[i][1], STR_ARG(why));
		conf_free(c);
	}
}

TEST(a_claim_of_the_dialect_is_not_said_twice)
{
	struct str yaml = S("listeners:\n  l:\n    bind: 127.0.0.1:1\ndialects:\n  mine:\n    based_on: spring\n    access_claims: {jti: \"{jti}\", exp: \"{exp}\", "
	    "scope: \"{scope}\", client_id: \"{client_id}\", team: blue}\nissuers:\n  one:\n    url: http://localhost\n    dialect: mine\n    access_shape: jwt\n"
	    "    claims:\n      team: {in: access_token}\n"), why = STR_ABSENT;
	struct conf *c = conf_parse(S("test.yaml"), yaml, no_env, &why, mem);
	struct policy policy;
	struct style style;

	NEED(c != NULL);
	EXPECT(!setup_policy(c, S("one"), &policy, &style, mem, &why));
	EXPECT(str_contains(why, S("access tokens of this dialect have a claim of that name")));
	conf_free(c);
}

TEST(there_is_room_for_so_many_own_claims)
{
	struct buf b;
	struct policy policy;
	struct style style;
	struct str why = STR_ABSENT;
	struct conf *c;

	buf_init(&b, mem, 4096);
	buf_put(&b, S("    claims:\n"));
	for (int i = 0; i < 33; i++)
		buf_printf(&b, "      c%d:\n", i);
	NEED((c = with(mem, "modern", arena_z(mem, buf_str(&b)))) != NULL);
	EXPECT(!setup_policy(c, S("one"), &policy, &style, mem, &why) && str_contains(why, S("there are more than 32")));
	conf_free(c);
}

static const char of_realm[] =
    "listeners:\n  main:\n    bind: 127.0.0.1:8080\n"
    "issuers:\n"
    "  one:\n    url: http://localhost:8080\n"
    "  two:\n    url: http://localhost:8090\n    session_ttl_s: 2h\n    dialect: spring\n"
    "  other:\n    url: http://localhost:8091\n    realm: staff\n"
    "realms:\n"
    "  main:\n    session_ttl_s: 1h\n    grants: [authorization_code]\n";

TEST(rules_of_a_realm_hold_where_its_issuers_say_nothing)
{
	struct str why = STR_ABSENT;
	struct conf *c = conf_parse(S("x.yaml"), str_of(of_realm), NULL, &why, mem);
	struct policy one, two, other;
	struct style style;

	NEED(c != NULL);
	EXPECT(setup_policy(c, S("one"), &one, &style, mem, &why));
	EXPECT(setup_policy(c, S("two"), &two, &style, mem, &why));
	EXPECT(setup_policy(c, S("other"), &other, &style, mem, &why));
	EXPECT_INT(one.session.ttl_s, 3600);
	EXPECT_INT(two.session.ttl_s, 7200);
	EXPECT(other.session.ttl_s != 3600);
	EXPECT_INT(one.grant.offered, BIT(GI_authorization_code));
	EXPECT_INT(two.grant.offered, BIT(GI_authorization_code));
	EXPECT(other.grant.offered != BIT(GI_authorization_code));
	conf_free(c);
}

TEST(a_rule_of_a_realm_that_does_not_fit_is_named_where_it_stands)
{
	static const char text[] = "listeners:\n  main:\n    bind: 127.0.0.1:8080\n"
	    "issuers:\n  one:\n    url: http://localhost:8080\n"
	    "realms:\n  main:\n    access_ttl_s: 0\n";
	struct str why = STR_ABSENT;
	struct conf *c = conf_parse(S("x.yaml"), str_of(text), NULL, &why, mem);
	struct policy policy;
	struct style style;

	NEED(c != NULL);
	EXPECT(!setup_policy(c, S("one"), &policy, &style, mem, &why));
	EXPECT(str_starts(why, S("x.yaml:9: ")));
	conf_free(c);
}

/* Passkeys: at a host name, by https or at localhost, for that host or a domain above it. */
TEST(passkeys_where_browsers_make_them)
{
	static const char *const rows[][3] = {
		{ "https://id.example.com", "login", NULL },
		{ "https://id.example.com:8443/t", "second_factor\n    passkey_rp_id: example.com", NULL },
		{ "http://localhost:8080", "login", NULL }, { "http://127.0.0.1:8080", "off", NULL },
		{ "http://127.0.0.1:8080", "login", "browsers make none for the address 127.0.0.1" },
		{ "https://[::1]:8080", "login", "browsers make none for the address" },
		{ "http://id.example.com", "login", "over http browsers make them at localhost alone" },
		{ "https://id.example.com", "login\n    passkey_rp_id: example.org", "\"example.org\" is neither the host id.example.com" },
		{ "https://id.example.com", "login\n    passkey_rp_id: com", "\"com\" is neither the host" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str why = STR_ABSENT, yaml = arena_printf(mem, "listeners:\n  l:\n    bind: 127.0.0.1:1\nissuers:\n  one:\n"
		    "    url: \"%s\"\n    dialect: modern\n    passkeys: %s\n", rows[i][0], rows[i][1]);
		struct conf *c = conf_parse(S("test.yaml"), yaml, no_env, &why, mem);
		struct policy policy;
		struct style style;
		bool ok;

		NEED(c != NULL);
		why = S("");
		ok = setup_policy(c, S("one"), &policy, &style, mem, &why);
		if (ok != (rows[i][2] == NULL) || (!ok && !str_contains(why, str_of(rows[i][2]))))
			test_fail(__FILE__, __LINE__, "%s %s: %.*s", rows[i][0], rows[i][1], STR_ARG(why));
		conf_free(c);
	}
}
