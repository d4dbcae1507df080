/* Each row of authorize/checks.def: a request that fails it, and none before it; the first failure is what is told (O1). */
#include "../world.h"

#define CB S("https://app.example/cb")

struct broken { const char *check, *client; enum param p; const char *value; enum reason why; };
/* One that is fine but for one parameter. NULL: not sent. */
static const struct broken requests[] = {
	{ "client_is_known",           "ghost", P_STATE,          "s1",                    R_AUTHZ_CLIENT },
	{ "it_came_as_it_should",      "pusher", P_STATE,         "s1",                    R_PUSHED_REQUIRED },
	{ "request_object_is_taken",   "web",   P_REQUEST,        "x.y.z",                 R_REQUEST_OBJECT_BAD },
	{ "signed_object_is_there",    "signer", P_STATE,         "s1",                    R_REQUEST_OBJECT_REQUIRED },
	{ "redirect_is_registered",    "web",   P_REDIRECT_URI,   "https://evil.example/", R_REDIRECT_UNREGISTERED },
	{ "response_type_is_known",    "web",   P_RESPONSE_TYPE,  "bogus",                 R_RESPONSE_TYPE },
	{ "extensions_are_known",      "web",   P_RESPONSE_MODE,  "web_message",           R_RESPONSE_MODE },
	{ "prompt_is_known",           "web",   P_PROMPT,         "dance",                 R_PROMPT },
	{ "max_age_is_a_number",       "web",   P_MAX_AGE,        "soon",                  R_MAX_AGE },
	{ "hint_is_ours",              "web",   P_ID_TOKEN_HINT,  "x.y.z",                 R_ID_TOKEN_HINT },
	{ "claims_are_sound",          "web",   P_CLAIMS,         "[]",                    R_CLAIMS },
	{ "acr_values_are_reached",    "web",   P_ACR_VALUES,     "2 3",                   R_ACR },
	{ "scope_is_allowed",          "web",   P_SCOPE,          "nope",                  R_SCOPE_UNKNOWN },
	{ "id_token_can_come",         "web",   P_RESPONSE_TYPE,  "code id_token",         R_OPENID_MISSING },
	{ "resources_are_known",       "web",   P_RESOURCE,       "https://evil.example",  R_RESOURCE_UNKNOWN },
	{ "details_are_sound",         "web",   P_AUTHORIZATION_DETAILS, "[]",             R_DETAILS },
	{ "response_type_is_allowed",  "api2",  P_STATE,          "s1",                    R_RESPONSE_FORBIDDEN },
	{ "pkce_is_sound",             "web",   P_CODE_CHALLENGE, NULL,                    R_PKCE_REQUIRED },
	{ "key_is_named",              "web",   P_DPOP_JKT,       "short",                 R_DPOP_JKT },
};

static const char *const rows[] = {
#define CHECK(function, stages) #function,
#include "oauth/authorize/checks.def"
#undef CHECK
};

static const struct detail_type detail_types[] = { { .type = { NULL, 0 } } };
static const struct claim_row id_claims[] = { { "sub", FROM_SUB_USER_ID, CLAIM_STRING }, { NULL } };

/* Every response type is offered; one client may only use the implicit grant. */
static void
only_implicit(struct world *w)
{
	struct client c = { .realm = S("r"), .id = S("api2"), .name = S("api2"), .secret = S("{noop}secret"), .grants = S("implicit"), .scopes = S("read"),
		.redirect_uris = CB, .auto_approve = S("*"), .authorities = S(""), .resource_ids = S(""), .origins = S(""), .acts_for = S(""), .legacy = S(""),
		.introspects = S(""), .info = S("{}"), .access_ttl_s = -1, .refresh_ttl_s = -1, .enabled = true };
	struct client pusher = c, signer;
	struct store_op op[] = { { .kind = OP_CLIENT_PUT, .client = &c }, { .kind = OP_CLIENT_PUT, .client = &pusher },
		{ .kind = OP_CLIENT_PUT, .client = &signer } };

	pusher.id = pusher.name = S("pusher");
	pusher.grants = S("authorization_code");
	pusher.metadata = S("{\"require_pushed_authorization_requests\":true}");
	signer = pusher;
	signer.id = signer.name = S("signer");
	signer.metadata = S("{\"require_signed_request_object\":true}");
	w->strict.authorize.par_ttl_s = 60;
	w->strict.authorize.responses = RESPONSES_ALL;
	w->strict.authorize.claims_are_read = true;
	w->strict.authorize.needs_acr_values = true;
	w->strict.token.id_claims = id_claims;
	w->strict.token.dpop = DPOP_ALLOWED;
	w->strict.token.detail_types = detail_types;
	EXPECT_INT(store_commit(w->store, op, 3, NULL), STORE_DONE);
	realm_free(w->realm);
	world_realm(w);
}

static struct call
asking(struct world *w, const struct issuer *i, struct arena *mem, const char *client)
{
	struct call c = call_at(w, i, mem);

	c.session_cookie = world_login(w, i, mem);
	call_set(&c, P_CLIENT_ID, str_of(client));
	call_set(&c, P_RESPONSE_TYPE, S("code"));
	call_set(&c, P_REDIRECT_URI, CB);
	call_set(&c, P_SCOPE, S("read"));
	call_set(&c, P_CODE_CHALLENGE, CHALLENGE);
	call_set(&c, P_CODE_CHALLENGE_METHOD, S("S256"));
	return c;
}

static void
break_it(struct call *c, const struct broken *b)
{
	if (param_flags[b->p] & PF_REPEATS)
		call_add(c, b->p, str_of(b->value));
	else if (b->value != NULL)
		call_set(c, b->p, str_of(b->value));
	else
		c->arg[b->p] = STR_ABSENT;
}

TEST(every_check_fails_by_itself)
{
	struct world *w = world_new();

	only_implicit(w);
	for (size_t i = 0; i < COUNT(requests); i++) {
		struct call c = asking(w, &w->modern, mem, requests[i].client);

		break_it(&c, &requests[i]);
		EXPECT_INT(authorize_endpoint(&c).why, requests[i].why);
	}
	world_free(w);
}

/* A request with two faults is told of the one whose check stands first, whichever they are. */
TEST(the_first_failure_is_told)
{
	struct world *w = world_new();

	only_implicit(w);
	for (size_t i = 0; i < COUNT(requests); i++)
		for (size_t k = i + 1; k < COUNT(requests); k++) {
			struct call c;

			if (requests[i].p == requests[k].p && requests[i].value && requests[k].value)
				continue;               /* one value cannot be wrong in two ways */
			c = asking(w, &w->modern, mem, strcmp(requests[i].client, "web") ? requests[i].client : requests[k].client);

			break_it(&c, &requests[i]);
			break_it(&c, &requests[k]);
			EXPECT_INT(authorize_endpoint(&c).why, requests[i].why);
		}
	world_free(w);
}

/* Where the policy says so, response_type is looked at before the redirect URI. */
TEST(response_type_comes_first)
{
	struct world *w = world_new();
	struct call c = asking(w, &w->legacy, mem, "web"), d = asking(w, &w->modern, mem, "web");

	EXPECT(w->old.authorize.response_type_before_redirect && !w->strict.authorize.response_type_before_redirect);
	call_set(&c, P_RESPONSE_TYPE, S("bogus"));
	call_set(&c, P_REDIRECT_URI, S("https://evil.example/"));
	EXPECT_INT(authorize_endpoint(&c).why, R_RESPONSE_TYPE);
	call_set(&d, P_RESPONSE_TYPE, S("bogus"));
	call_set(&d, P_REDIRECT_URI, S("https://evil.example/"));
	EXPECT_INT(authorize_endpoint(&d).why, R_REDIRECT_UNREGISTERED);
	world_free(w);
}

/* Every row of the list is in the table above, in the list's order. */
TEST(every_row_has_a_request)
{
	size_t at = 0;

	for (size_t i = 0; i < COUNT(rows); i++) {
		if (strcmp(rows[i], "response_type_comes_first") == 0)
			continue;
		NEED(at < COUNT(requests));
		EXPECT(strcmp(rows[i], requests[at++].check) == 0);
	}
	EXPECT_INT(at, COUNT(requests));
}
