/* tests/unit/oauth/world.c - see world.h. */
#include <stdlib.h>
#include <unistd.h>

#include "store/store_int.h"
#include "world.h"

static const struct claim_row access_claims[] = {
	{ "iss", FROM_ISS, CLAIM_STRING, NULL, false }, { "sub", FROM_SUB, CLAIM_STRING, NULL, false }, { "aud", FROM_AUD, CLAIM_ONE_OR_ARRAY, NULL, false },
	{ "client_id", FROM_CLIENT_ID, CLAIM_STRING, NULL, false }, { "scope", FROM_SCOPE, CLAIM_STRING, NULL, false },
	{ "jti", FROM_JTI, CLAIM_STRING, NULL, false }, { "iat", FROM_IAT, CLAIM_NUMBER, NULL, false }, { "exp", FROM_EXP, CLAIM_NUMBER, NULL, false }, { 0 },
};
static const enum question strict_order[] = { Q_CLIENT, Q_GRANT_NAMED, Q_GRANT_ALLOWED, Q_PARAMS, Q_RESOLVE, Q_SCOPE, Q_MINT, Q_COMMIT, Q_END };
static const enum question old_order[] = { Q_CLIENT, Q_CLIENT_SAME, Q_SCOPE_KNOWN, Q_GRANT_NAMED, Q_GRANT_ALLOWED, Q_PARAMS, Q_RESOLVE, Q_SCOPE, Q_MINT, Q_COMMIT, Q_END };

#define ALL_GRANTS (BIT(GI_authorization_code) | BIT(GI_refresh_token) | BIT(GI_client_credentials) | BIT(GI_password) | BIT(GI_mobile_password) | BIT(GI_open_id) | BIT(GI_sms))

static void
policies(struct world *w)
{
	w->strict = (struct policy){
		.token = {
			.access_ttl_s = 3600, .access_shape = SHAPE_ROW_ID, .jti_shape = JTI_FAMILY,
			.signing_alg = ALG_ES256, .access_typ = "at+jwt", .kid_in_header = true,
			.access_claims = access_claims, .takes_resource = true
		},
		.refresh = {
			.ttl_s = 86400, .shape = SHAPE_ROW_ID, .rule = REFRESH_ROTATES,
			.grace_ms = 10000, .needs_grant = true
		},
		.grant = {
			.questions = strict_order,
			.offered = ALL_GRANTS & ~(BIT(GI_password) | BIT(GI_mobile_password) | BIT(GI_open_id) | BIT(GI_sms))
		},
		.scope = { .absent_means_all = true },
		.authorize = {
			.code_ttl_s = 60, .code_shape = CODE_LONG, .offers_code = true,
			.pkce = PKCE_REQUIRED, .redirect_loopback_any_port = true,
			.iss_in_response = true, .extensions_are_judged = true, .request_objects = REQUEST_OBJECTS_ANY,
			.response_type_is_exact = true
		},
		.consent = {
			.rule = CONSENT_BY_SCOPE, .memory = MEMORY_APPROVALS,
			.approval_ttl_s = 86400
		},
		.client = { .public_at_token = true },
		.account = { .pages = true, .fresh_s = 300, .profile = { "name nickname", 13 } },
		.session = { .ttl_s = 3600, .csrf_required = true },
		.factor = { .kinds = { "totp", 4 } },
	};
	w->old = (struct policy){
		.token = {
			.access_ttl_s = 43200, .access_shape = SHAPE_B64URL27,
			.live_is_returned = true
		},
		.refresh = {
			.ttl_s = 86400 * 30, .shape = SHAPE_B64URL27, .rule = REFRESH_KEPT,
			.kills_access = true, .needs_grant = true
		},
		.grant = {
			.questions = old_order, .offered = ALL_GRANTS, .code_burns_on_failure = true
		},
		.scope = { .absent_means_all = true, .plus_separates = true, .is_sorted = true },
		.authorize = {
			.code_ttl_s = 600, .code_shape = CODE_6_ALNUM_DASH, .offers_implicit = true,
			.offers_code = true, .pkce = PKCE_WHEN_SENT,
			.redirect_query_may_grow = true, .redirect_may_be_omitted = true,
			.login_before_checks = true, .response_type_before_redirect = true
		},
		.consent = { .rule = CONSENT_BY_SCOPE, .memory = MEMORY_LIVE_TOKENS },
		.client = {
			.auth_repeat = true, .public_at_token = true, .introspect_open = true,
			.introspect_any = true
		},
		.session = { .ttl_s = 3600 },
		.factor = { .kinds = { "totp", 4 } },
	};
}

#define TEXTS(cid, sec) .realm = S("r"), .id = S(cid), .name = S(cid), .secret = S(sec), .authorities = S(""), .resource_ids = S(""), .origins = S(""), \
	.acts_for = S(""), .legacy = S(""), .introspects = S(""), .info = S("{}"), .access_ttl_s = -1, .refresh_ttl_s = -1, .enabled = true, .version = 1

static const struct client clients[] = {
	{ TEXTS("web", "{noop}secret"), .grants = S("authorization_code refresh_token client_credentials password implicit mobile_password open_id sms"), .scopes = S("read write"),
	  .redirect_uris = S("https://app.example/cb\nhttps://app.example/b?x=1"), .auto_approve = S("*") },
	{ TEXTS("other", "{noop}secret"), .grants = S("authorization_code refresh_token client_credentials"), .scopes = S("read"),
	  .redirect_uris = S("https://app.example/cb"), .auto_approve = S("*") },
	{ TEXTS("ask", "{noop}secret"), .grants = S("authorization_code refresh_token implicit"), .scopes = S("read write"),
	  .redirect_uris = S("https://app.example/cb"), .auto_approve = S("read") },
	{ TEXTS("spa", ""), .grants = S("authorization_code refresh_token client_credentials open_id"), .scopes = S("read"), .redirect_uris = S("http://127.0.0.1/cb"), .auto_approve = S("*") },
	{ TEXTS("slow", "{bcrypt}$2a$04$N9qo8uLOickgx2ZMRZoMyetYA1WAxSo/79C6TrpXRAArATK56U74O"), .grants = S("client_credentials password"), .scopes = S("read"),
	  .redirect_uris = S("https://app.example/cb"), .auto_approve = S("*") },
	{ TEXTS("api", "{noop}secret"), .grants = S("client_credentials"), .scopes = S("read"), .redirect_uris = S(""), .auto_approve = S("") },
};

static void
users(struct world *w)
{
	struct store_op op = { .kind = OP_USER_PUT, .user = &w->alice };

	w->alice = (struct user){ .realm = S("r"), .name = S("alice"), .display_name = S("Alice"), .phone = S("13812345678"), .email = S(""), .open_id = S("o-alice"),
		.account_type = S(""), .password = S("{noop}wonderland"), .authorities = S("ROLE_USER"), .number = 7, .enabled = true };
	memset(w->alice.id.b, 0x11, 16);
	store_commit(w->store, &op, 1, NULL);
}

void
world_realm(struct world *w)
{
	uint64_t epoch = store_clients_epoch(w->store);
	struct resource_server servers[16];
	struct client rows[32];
	int n = store_clients(w->store, &w->mem, S("r"), STR_ABSENT, COUNT(rows), rows);

	w->realm = realm_new(S("r"), rows, n > 0 ? (size_t)n : 0, epoch);
	n = store_resource_servers(w->store, &w->mem, S("r"), STR_ABSENT, COUNT(servers), servers);
	if (w->realm == NULL || !realm_put_resources(w->realm, servers, n > 0 ? (size_t)n : 0))
		fatal("world: memory");
	w->modern.realm = w->legacy.realm = w->realm;
}

struct world *
world_new(void)
{
	return world_tuned(NULL);
}

struct world *
world_tuned(const char *tuning)
{
	struct world *w = calloc(1, sizeof *w);
	struct str why = S("");

	arena_init(&w->mem, 1 << 24);
	snprintf(w->dir, sizeof w->dir, "/tmp/hufu-oauth-XXXXXX");
	if (mkdtemp(w->dir) == NULL || (w->store = store_open_with(&(struct store_conf){ .path = str_of(w->dir) }, &w->mem, &why, tuning)) == NULL)
		fatal("world: %.*s", STR_ARG(why));
	w->keys[0] = key_generate(ALG_ES256);
	w->keys[0]->state = KEY_ACTIVE;
	memset(w->token_keys[0].secret, 7, sizeof w->token_keys[0].secret);
	w->ring = (struct keyring){ .keys = w->keys, .n = 1, .token_keys = w->token_keys, .n_token_keys = 1 };
	for (size_t i = 0; i < COUNT(clients); i++)
		store_commit(w->store, &(struct store_op){ .kind = OP_CLIENT_PUT, .client = &clients[i] }, 1, NULL);
	w->svc = (struct services){ .store = w->store, .secrets = secret_memory_new(64),
		.throttle = { .account_free = 5, .account_first_ms = 1000, .account_max_ms = 900000, .address_per_minute = 30, .code_per_minute = 30, .forget_s = 86400 } };
	policies(w);
	w->modern = (struct issuer){ .name = S("modern"), .url = S("https://id.example"), .policy = &w->strict, .keys = &w->ring };
	w->legacy = (struct issuer){ .name = S("legacy"), .url = S("https://old.example"), .policy = &w->old, .keys = &w->ring };
	world_realm(w);
	users(w);
	return w;
}

void
world_free(struct world *w)
{
	char cmd[128];

	store_close(w->store);
	secret_memory_free(w->svc.secrets);
	realm_free(w->realm);
	key_free(w->keys[0]);
	snprintf(cmd, sizeof cmd, "rm -rf %s", w->dir);
	if (system(cmd) != 0)
		perror(w->dir);
	arena_free(&w->mem);
	free(w);
}

struct call
call_at(struct world *w, const struct issuer *i, struct arena *mem)
{
	return (struct call){ .mem = mem, .issuer = i, .svc = &w->svc, .peer = S("192.0.2.1"), .address = S("192.0.2.1"), .now_s = clock_now_s(), .now_ms = clock_now_ms(),
		.self = S("https://id.example/authorize?x"), .site = SITE_SAME };
}

void
call_set(struct call *c, enum param p, struct str value)
{
	c->arg[p] = value;
	if (str_given(value))
		bits_put(c->given, p, true);
}

void
call_basic(struct call *c, struct str id, struct str secret)
{
	c->evidence.basic_sent = true;
	c->evidence.basic_id = id;
	c->evidence.basic_secret = secret;
}

struct str
world_login(struct world *w, const struct issuer *i, struct arena *mem)
{
	struct call page = call_at(w, i, mem), c = call_at(w, i, mem);
	struct answer a = login_page_endpoint(&page);

	c.saved_cookie = page.set_saved;
	call_set(&c, P_CSRF, a.login.csrf);
	call_set(&c, P_USERNAME, S("alice"));
	call_set(&c, P_PASSWORD, S("wonderland"));
	a = login_endpoint(&c);
	return a.kind == ANS_GO && a.go.place != PLACE_LOGIN_FAILED ? c.set_session : STR_ABSENT;
}

struct str
world_code(struct world *w, const struct issuer *i, struct arena *mem, struct str client, struct str redirect_uri, struct str challenge)
{
	struct call c = call_at(w, i, mem);
	struct answer a;

	c.session_cookie = world_login(w, i, mem);
	call_set(&c, P_CLIENT_ID, client);
	call_set(&c, P_RESPONSE_TYPE, S("code"));
	call_set(&c, P_REDIRECT_URI, redirect_uri);
	call_set(&c, P_CODE_CHALLENGE, challenge);
	if (str_given(challenge))
		call_set(&c, P_CODE_CHALLENGE_METHOD, S("S256"));
	a = authorize_endpoint(&c);
	return a.kind == ANS_REDIRECT && a.redirect.kind == REDIRECT_CODE ? a.redirect.code : STR_ABSENT;
}

struct answer
redeem(struct world *w, const struct issuer *i, struct arena *mem, struct str client, struct str secret, struct str code, struct str redirect_uri, struct str verifier)
{
	struct call *c = arena_new(mem, struct call);

	*c = call_at(w, i, mem);
	c->grant = &grant_authorization_code;
	if (str_given(secret))
		call_basic(c, client, secret);
	else
		call_set(c, P_CLIENT_ID, client);
	call_set(c, P_GRANT_TYPE, S("authorization_code"));
	call_set(c, P_CODE, code);
	call_set(c, P_REDIRECT_URI, redirect_uri);
	call_set(c, P_CODE_VERIFIER, verifier);
	return token_endpoint(c);
}

struct answer
refresh(struct world *w, const struct issuer *i, struct arena *mem, struct str client, struct str secret, struct str token)
{
	struct call *c = arena_new(mem, struct call);

	*c = call_at(w, i, mem);
	c->grant = &grant_refresh_token;
	call_basic(c, client, secret);
	call_set(c, P_GRANT_TYPE, S("refresh_token"));
	call_set(c, P_REFRESH_TOKEN, token);
	return token_endpoint(c);
}

bool
is_active(struct world *w, const struct issuer *i, struct arena *mem, struct str token)
{
	struct call c = call_at(w, i, mem);
	struct answer a;

	call_set(&c, P_TOKEN, token);
	a = operator_inspect_endpoint(&c);
	return a.kind == ANS_FACTS && a.facts.active;
}
