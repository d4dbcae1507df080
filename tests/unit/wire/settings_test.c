/*
 * W3: what an answer gave works at once. For every dialect, the settings of policy.def are set to their values, every one and
 * every pair of them (several pairs in one run): either wire_policy_is_valid names what is wrong, or each grant and response type
 * offered gives, twice, tokens that live, open, and refresh; and a second grant ends the first only where single_login says so.
 */
#include <unistd.h>

#include "desk.h"
#include "oauth/session/session.h"

/* --- a store, a realm, keys; each run is an issuer of its own in it --------------------------------------------------------------- */

struct stage {
	char dir[64];
	struct store *store;
	struct services svc;
	struct realm *realm;
	struct key *keys[ALG_COUNT];
	struct token_key token_key;
	struct keyring ring;
	struct policy policy;
	struct issuer issuer;
	struct user alice;
	int64_t now_s;                          /* stands still: a life of one second is a life */
	int runs;
	const char *wrong;                      /* what failed in this run; NULL: nothing */
	char about[96];
};

#define GRANTS "authorization_code client_credentials password mobile_password open_id implicit"
#define KIND(cid, sec, marks, more) { .realm = S("r"), .id = S(cid), .name = S(cid), .secret = S(sec), .acts_for = S("alice"), .legacy = S(marks), \
	.grants = S(GRANTS more), .scopes = S("openid read"), \
	.redirect_uris = S("https://app.example/cb"), .auto_approve = S("*"), .authorities = S(""), .resource_ids = S(""), .origins = S(""), \
	.introspects = S(""), .info = S("{}"), .access_ttl_s = -1, .refresh_ttl_s = -1, .enabled = true, .version = 1 }
static const struct client people[] = {
	KIND("marked", "{noop}s", "password implicit query_secret refresh_reuse bare_openid loose_redirect", " refresh_token"),
	KIND("plain", "{noop}s", "", " refresh_token"), KIND("public", "", "", " refresh_token"), KIND("brief", "{noop}s", "password implicit refresh_reuse", ""),
};

#define PUBLIC 2

static struct stage *
stage_new(struct arena *mem)
{
	struct stage *s = calloc(1, sizeof *s);
	struct store_op op = { .kind = OP_USER_PUT, .user = &s->alice };
	struct str why = S("");

	s->now_s = clock_now_s();
	snprintf(s->dir, sizeof s->dir, "%s/hufu-settings-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(s->dir) == NULL || (s->store = store_open(&(struct store_conf){ .path = str_of(s->dir) }, mem, &why)) == NULL)
		fatal("stage: %.*s", STR_ARG(why));
	s->alice = (struct user){ .realm = S("r"), .id = { { 1 } }, .name = S("alice"), .display_name = S(""), .phone = S("13812345678"), .email = S(""),
		.open_id = S("o1"), .account_type = S(""), .password = S("{noop}w"), .authorities = S("ROLE_USER"), .number = 7, .enabled = true };
	store_commit(s->store, &op, 1, NULL);
	for (int i = 0; i < ALG_COUNT; i++) {
		s->keys[i] = key_generate((enum jose_alg)i);
		s->keys[i]->state = KEY_ACTIVE;
	}
	s->ring = (struct keyring){ .keys = s->keys, .n = ALG_COUNT, .token_keys = &s->token_key, .n_token_keys = 1 };
	for (size_t i = 0; i < COUNT(people); i++)
		store_commit(s->store, &(struct store_op){ .kind = OP_CLIENT_PUT, .client = &people[i] }, 1, NULL);
	s->realm = realm_new(S("r"), people, COUNT(people), store_clients_epoch(s->store));
	s->svc = (struct services){ .store = s->store, .secrets = secret_memory_new(8), .throttle = { .account_free = 5, .account_first_ms = 1000,
		.account_max_ms = 900000, .address_per_minute = 1 << 30, .code_per_minute = 1 << 30, .forget_s = 86400 } };
	s->issuer = (struct issuer){ .url = S("https://id.example"), .policy = &s->policy, .keys = &s->ring, .realm = s->realm };
	return s;
}

static void
stage_free(struct stage *s)
{
	char cmd[128];

	store_close(s->store);
	secret_memory_free(s->svc.secrets);
	realm_free(s->realm);
	for (size_t i = 0; i < COUNT(s->keys); i++)
		key_free(s->keys[i]);
	snprintf(cmd, sizeof cmd, "rm -rf %s", s->dir);
	if (system(cmd) != 0)
		perror(s->dir);
	free(s);
}

/* --- requests ----------------------------------------------------------------------------------------------------------------------- */

static struct call *
call_new(struct stage *s, struct arena *mem)
{
	struct call *c = arena_new(mem, struct call);

	*c = (struct call){ .mem = mem, .issuer = &s->issuer, .svc = &s->svc, .peer = S("192.0.2.1"), .now_s = s->now_s, .now_ms = s->now_s * 1000,
		.self = S("https://id.example/authorize?x"), .site = SITE_SAME };
	if (s->policy.token.dpop == DPOP_REQUIRED || s->policy.token.bound_only) {            /* it has shown a key: tests/unit/oauth/dpop_test.c */
		c->dpop_judged.asked = true;
		c->dpop_judged.result = DPOP_GOOD;
		c->proven[CONFIRM_DPOP] = S("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
	}
	return c;
}

static void
set(struct call *c, enum param p, struct str value)
{
	c->arg[p] = value;
	bits_put(c->given, p, true);
}

static void
wrong(struct stage *s, const char *what, const char *client, const char *grant)
{
	if (s->wrong != NULL)
		return;
	snprintf(s->about, sizeof s->about, "%s (%s, %s)", what, client, grant);
	s->wrong = s->about;
}

static void
authenticate(struct call *c, const struct client *k)
{
	if (str_empty(k->secret)) {
		set(c, P_CLIENT_ID, k->id);
		return;
	}
	c->evidence = (struct client_evidence){ .basic_sent = true, .basic_id = k->id, .basic_secret = S("s") };
}

/* Every other request names no scope, where the issuer has one for it. */
static void
scope_for(struct stage *s, struct call *c, int turn)
{
	if (turn % 2 == 0 || (!s->policy.scope.absent_means_all && str_empty(s->policy.scope.when_absent)))
		set(c, P_SCOPE, S("openid read"));
}

#define VERIFIER  S("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
#define CHALLENGE S("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")

static struct answer
at_authorize(struct stage *s, struct arena *mem, const struct client *k, struct str type, int turn)
{
	struct call *c = call_new(s, mem);
	struct session row = { .issuer = s->issuer.name, .user = s->alice.id, .user_name = S("alice"), .account_type = S(""), .auth_s = c->now_s, .seen_s = c->now_s,
		.expires_s = c->now_s + 60, .amr = S("pwd otp mfa"), .factor_s = c->now_s };
	struct store_op op = { .kind = OP_SESSION_ADD, .session = &row };

	c->session_cookie = arena_printf(mem, "cookie-%d", s->runs);
	row.digest = session_digest(&s->issuer, c->session_cookie);
	store_commit(s->store, &op, 1, NULL);
	set(c, P_CLIENT_ID, k->id);
	set(c, P_RESPONSE_TYPE, type);
	set(c, P_REDIRECT_URI, k->redirect_uris);
	set(c, P_CODE_CHALLENGE, CHALLENGE);
	set(c, P_CODE_CHALLENGE_METHOD, S("S256"));
	scope_for(s, c, turn);
	return authorize_endpoint(c);
}

/* What the grant wants to see; false: this client gets no code. */
static bool
evidence(struct stage *s, struct arena *mem, struct call *c, const struct client *k, int turn)
{
	struct answer a;

	set(c, P_USERNAME, S("alice"));
	set(c, P_PASSWORD, S("w"));
	set(c, P_PHONE, S("13812345678"));
	set(c, P_OPEN_ID, S("o1"));
	if (c->grant != &grant_authorization_code)
		return true;
	a = at_authorize(s, mem, k, S("code"), turn);
	set(c, P_CODE, a.redirect.code);
	set(c, P_CODE_VERIFIER, VERIFIER);
	set(c, P_REDIRECT_URI, k->redirect_uris);
	return a.kind == ANS_REDIRECT && a.redirect.kind == REDIRECT_CODE;
}

static struct answer
at_token(struct stage *s, struct arena *mem, const struct client *k, const struct grant *g, int turn, struct str refresh)
{
	struct call *c = call_new(s, mem);

	c->grant = g;
	authenticate(c, k);
	set(c, P_GRANT_TYPE, str_of(g->name));
	if (g == &grant_refresh_token)
		set(c, P_REFRESH_TOKEN, refresh);
	else
		scope_for(s, c, turn);
	if (!evidence(s, mem, c, k, turn))
		return (struct answer){ .kind = ANS_FAULT, .why = R_AUTHZ_CLIENT };
	return token_endpoint(c);
}

/* --- what must be true of an answer --------------------------------------------------------------------------------------------------- */

static bool
is_live(struct stage *s, struct arena *mem, struct str text, bool refresh)
{
	struct call *c = call_new(s, mem);
	struct answer a;

	set(c, P_TOKEN, text);
	a = operator_inspect_endpoint(c);
	return a.kind == ANS_FACTS && a.facts.active && a.facts.is_refresh == refresh;
}

static bool
opens(struct stage *s, struct arena *mem, struct str bearer)
{
	struct call *c = call_new(s, mem);

	c->bearer = bearer;
	return bearer_endpoint(c).kind == ANS_FACTS;
}

static void
judge(struct stage *s, struct arena *mem, const struct tokens *t, const char *client, const char *grant)
{
	struct jwt id;

	if (!is_live(s, mem, t->access, false) || !opens(s, mem, t->access))
		wrong(s, "the access token is dead", client, grant);
	if (str_given(t->refresh) && !is_live(s, mem, t->refresh, true))
		wrong(s, "the refresh token is dead", client, grant);
	if (str_given(t->refresh) && opens(s, mem, t->refresh))
		wrong(s, "the refresh token opens as Bearer", client, grant);
	if (str_given(t->id_token) && (!jwt_verify(mem, &s->ring, t->id_token, &id) || opens(s, mem, t->id_token)))
		wrong(s, "the ID token is wrong", client, grant);
}

/* Twice: a second refresh stands on what the first gave. */
static void
refreshes(struct stage *s, struct arena *mem, const struct client *k, struct str text, const char *grant)
{
	for (int i = 0; i < 2 && str_given(text) && s->wrong == NULL; i++) {
		struct answer a = at_token(s, mem, k, &grant_refresh_token, 0, text);

		if (a.kind != ANS_TOKENS) {
			wrong(s, "the refresh token does not refresh", k->id.p, grant);
			return;
		}
		judge(s, mem, &a.tokens, k->id.p, grant);
		text = a.tokens.refresh;
		if (!str_given(text))
			wrong(s, "a refresh gave no refresh token", k->id.p, grant);
	}
}

/* A grant of this client, or a response type, that the settings and the client's marks and kind leave to it. */
static bool
may(const struct stage *s, const struct client *k, const struct grant *g)
{
	const struct policy *p = &s->policy;
	bool marked = (g == NULL || !g->weak ? str_has_word(k->legacy, S("implicit"), ' ') : str_has_word(k->legacy, str_of(habit_rows[g->habit].word), ' '))
	    || !p->client.habits_need_mark, public = str_empty(k->secret);

	if (public && ((!p->client.public_at_token && g != NULL) || (g != NULL && g->index == GI_open_id)))
		return false;
	if (public && g != NULL && g->index == GI_client_credentials && !p->client.public_client_credentials)
		return false;
	if (g == NULL)
		return p->authorize.offers_implicit && marked;
	if (g->index == GI_authorization_code && !p->authorize.offers_code)
		return false;
	return (p->grant.offered & BIT(g->index)) && (!g->weak || marked);
}

/* A grant without a page, where the settings ask for a second factor: factor_at_grants. */
static bool
lacks_factor(const struct stage *s, const struct grant *g)
{
	const struct policy *p = &s->policy;

	return g != NULL && g->one_factor && p->factor.at_grants == FACTOR_REFUSED && p->factor.rule != SECOND_FACTOR_OFF
	    && (p->factor.rule == SECOND_FACTOR_REQUIRED || str_is(p->factor.scopes, "read"));
}

static bool
ask_once(struct stage *s, struct arena *mem, const struct client *k, const struct grant *g, int turn, struct tokens *out)
{
	struct answer a = g != NULL ? at_token(s, mem, k, g, turn, STR_ABSENT) : at_authorize(s, mem, k, S("token"), turn);
	const char *name = g != NULL ? g->name : "implicit";

	*out = a.tokens;
	if (lacks_factor(s, g)) {
		if (a.kind == ANS_TOKENS && str_has_word(a.tokens.scope, S("read"), ' '))
			wrong(s, "a second factor was passed over", k->id.p, name);
		return false;
	}
	if (g != NULL ? a.kind != ANS_TOKENS : a.kind != ANS_REDIRECT || a.redirect.kind != REDIRECT_TOKENS) {
		wrong(s, arena_z(mem, arena_printf(mem, "refused: %s", reason_rows[a.why].name)), k->id.p, name);
		return false;
	}
	judge(s, mem, out, k->id.p, name);
	return s->wrong == NULL;
}

static void
try_grant(struct stage *s, struct arena *mem, const struct client *k, const struct grant *g)
{
	const char *name = g != NULL ? g->name : "implicit";
	struct tokens first, second;

	if (!ask_once(s, mem, k, g, 0, &first) || !ask_once(s, mem, k, g, 1, &second))
		return;
	if ((!s->policy.token.single_login || first.user == NULL) && !is_live(s, mem, first.access, false))
		wrong(s, "a second grant ended the first", k->id.p, name);
	if (g == NULL)
		return;                         /* a fragment has no refresh token */
	refreshes(s, mem, k, second.refresh, name);
	if (!s->policy.token.single_login && str_given(first.refresh))
		refreshes(s, mem, k, first.refresh, name);
}

/* A public client that may not use the token endpoint gets nothing there, and no code that it could not redeem. */
static void
try_stranger(struct stage *s, struct arena *mem, const struct client *k)
{
	struct answer a = at_authorize(s, mem, k, S("code"), 0), t;

	if (a.kind == ANS_REDIRECT && a.redirect.kind == REDIRECT_CODE)
		wrong(s, "a code that cannot be redeemed", k->id.p, "authorization_code");
	t = at_token(s, mem, k, &grant_client_credentials, 0, STR_ABSENT);
	if (t.kind == ANS_TOKENS)
		wrong(s, "public_clients_at_token: false is not heard", k->id.p, "client_credentials");
}

static bool
run(struct stage *s, const struct policy *policy)
{
	static const struct grant *const tried[] = { &grant_authorization_code, &grant_password, &grant_client_credentials, &grant_open_id, &grant_mobile_password, NULL };
	char name[32];

	s->policy = *policy;
	/* how a request must come, and its answer, is no matter of what it gives: tests/talk/par_test.py, request_object_test.py */
	s->policy.authorize.par_required = s->policy.authorize.signed_requests_required = false;
	if (s->policy.authorize.jarm == JARM_REQUIRED)
		s->policy.authorize.jarm = JARM_OFFERED;
	s->wrong = NULL;
	snprintf(name, sizeof name, "run-%d", ++s->runs);
	s->issuer.name = str_of(name);
	for (size_t k = 0; k < COUNT(people); k++)
		for (size_t i = 0; i < COUNT(tried) && s->wrong == NULL; i++) {
			struct arena mem;

			if (!may(s, &people[k], tried[i]))
				continue;
			arena_init(&mem, 1 << 22);
			try_grant(s, &mem, &people[k], tried[i]);
			arena_free(&mem);
		}
	if (!policy->client.public_at_token && s->wrong == NULL) {
		struct arena mem;

		arena_init(&mem, 1 << 22);
		try_stranger(s, &mem, &people[PUBLIC]);
		arena_free(&mem);
	}
	return s->wrong == NULL;
}

/* --- the settings and their values ------------------------------------------------------------------------------------------------------ */

enum kind { A_BOOL, A_WORD, A_NUMBER, A_TEXT, A_CSTR, A_SET };
#define VALUES_MAX ALG_COUNT
struct setting { const char *name; enum kind kind; size_t at; int n; struct { int64_t number; const char *text; } values[VALUES_MAX]; };

/* as many words as there are rows */
static const char alg_words[] = ""
#define ALG(id, name, kind, hash, pss) "|"
#include "jose/algs.def"
#undef ALG
    ;
#define AT(group, field) offsetof(struct policy, group.field)
#define POLICY_SECONDS(setting, group, field, least, most, help, zh) \
	{ #setting, A_NUMBER, AT(group, field), 3, { { least, "" }, { least + 1, "" }, { most, "" } } },
#define POLICY_INT(setting, group, field, least, most, unit, help, zh) \
	{ #setting, A_NUMBER, AT(group, field), 3, { { least, "" }, { least + 1, "" }, { most, "" } } },
#define POLICY_BOOL(setting, group, field, help, zh) \
	{ #setting, A_BOOL, AT(group, field), 2, { { false, "" }, { true, "" } } },
#define POLICY_CHOICE(setting, group, field, type, choices, help, zh) \
	{ #setting, A_WORD, AT(group, field), -1, { { 0, choices } } },
#define POLICY_ALG(setting, group, field, help, zh) \
	{ #setting, A_WORD, AT(group, field), -1, { { 0, alg_words + 1 } } },
#define POLICY_ALGS(setting, group, field, help, zh) \
	{ #setting, A_SET, AT(group, field), 3, { { 0, "" }, { BIT(ALG_RS256), "" }, { BIT(ALG_COUNT) - 1, "" } } },
#define POLICY_TEXT(setting, group, field, help, zh) \
	{ #setting, A_TEXT, AT(group, field), 2, { { 0, "" }, { 0, "read" } } },
#define POLICY_CSTR(setting, group, field, help, zh) \
	{ #setting, A_CSTR, AT(group, field), 2, { { 0, "JWT" }, { 0, "at+jwt" } } },
#define POLICY_GRANTS(setting, group, field, help, zh) \
	{ #setting, A_SET, AT(group, field), 3, { { BIT(GI_authorization_code), "" }, \
	    { BIT(GI_client_credentials) | BIT(GI_refresh_token), "" }, { BIT(GI_password), "" } } },
#define POLICY_METHODS(setting, group, field, help, zh) \
	{ #setting, A_SET, AT(group, field), 2, { { 0, "" }, { BIT(METHOD_COUNT) - 1, "" } } },
static struct setting settings[] = {
#include "oauth/policy.def"
};
#define DEFAULT VALUES_MAX              /* the dialect's own value */

static void
words_count(struct setting *t)
{
	if (t->n >= 0)
		return;
	t->n = 1;
	for (const char *p = t->values[0].text; *p; p++)
		t->n += *p == '|';
	for (int i = 0; i < t->n && i < VALUES_MAX; i++)
		t->values[i].number = i;
}

static void
apply(struct policy *policy, const struct setting *t, int v)
{
	void *at = (char *)policy + t->at;

	if (v == DEFAULT)
		return;
	switch (t->kind) {
	case A_BOOL: *(bool *)at = t->values[v].number != 0; break;
	case A_WORD: *(int *)at = (int)t->values[v].number; break;
	case A_NUMBER: *(int64_t *)at = t->values[v].number; break;
	case A_SET: *(uint64_t *)at = (uint64_t)t->values[v].number; break;
	case A_TEXT: *(struct str *)at = str_of(t->values[v].text); break;
	case A_CSTR: *(const char **)at = t->values[v].text; break;
	}
}

/* One choice for each setting. */
struct choice { int v[COUNT(settings)]; };

static void
policy_with(const struct wire *w, const struct choice *c, struct policy *policy)
{
	struct style style;

	wire_defaults(w, policy, &style);
	policy->token.signing_alg = ALG_ES256;           /* RSA would take most of the time */
	for (size_t i = 0; i < COUNT(settings); i++)
		apply(policy, &settings[i], c->v[i]);
}

static bool
is_sound(const struct wire *w, const struct choice *c, struct arena *mem, struct str *why)
{
	struct policy policy;

	policy_with(w, c, &policy);
	return wire_policy_is_valid(w, &policy, mem, why);
}

static struct choice
all_default(void)
{
	struct choice c;

	for (size_t i = 0; i < COUNT(settings); i++)
		c.v[i] = DEFAULT;
	return c;
}

/* Settings that a complaint names go back to the dialect's own, until there is none. */
static void
mend(const struct wire *w, struct choice *c, struct arena *mem)
{
	struct str why;

	while (!is_sound(w, c, mem, &why)) {
		bool named = false;

		for (size_t i = 0; i < COUNT(settings); i++)
			if (c->v[i] != DEFAULT && has(why, settings[i].name)) {
				c->v[i] = DEFAULT;
				named = true;
			}
		if (!named) {
			*c = all_default();
			return;
		}
	}
}

static uint32_t
draw(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % below;
}

/* The fewest settings with which the same still fails. */
static void
complain(struct stage *s, const struct wire *w, struct choice c, struct arena *mem)
{
	struct str which = S("");
	struct policy policy;
	char first[96];

	snprintf(first, sizeof first, "%s", s->wrong);
	for (size_t i = 0; i < COUNT(settings); i++) {
		struct choice less = c;
		struct str why;

		less.v[i] = DEFAULT;
		policy_with(w, &less, &policy);
		if (c.v[i] != DEFAULT && is_sound(w, &less, mem, &why) && !run(s, &policy))
			c = less;
	}
	policy_with(w, &c, &policy);
	run(s, &policy);
	for (size_t i = 0; i < COUNT(settings); i++)
		if (c.v[i] != DEFAULT)
			which = arena_printf(mem, "%.*s %s=#%d", STR_ARG(which), settings[i].name, c.v[i]);
	test_fail(__FILE__, __LINE__, "%s:%.*s: %s", w->name, STR_ARG(which), s->wrong ? s->wrong : first);
}

static bool
passes(struct stage *s, const struct wire *w, const struct choice *c, struct arena *mem)
{
	struct policy policy;

	policy_with(w, c, &policy);
	if (run(s, &policy))
		return true;
	complain(s, w, *c, mem);
	return false;
}

#define N COUNT(settings)
/* Which pairs of values were seen together in a run. */
static bool seen[COUNT(settings)][VALUES_MAX][COUNT(settings)][VALUES_MAX];

static void
remember(const struct wire *w, const struct choice *c)
{
	struct policy own, policy;
	int v[COUNT(settings)];

	policy_with(w, &(const struct choice){ .v = { 0 } }, &own);
	policy_with(w, c, &policy);
	for (size_t i = 0; i < N; i++) {
		v[i] = c->v[i];
		for (int k = 0; v[i] == DEFAULT && k < settings[i].n; k++) {
			struct policy same = policy;

			apply(&same, &settings[i], k);
			if (memcmp((char *)&same + settings[i].at, (char *)&policy + settings[i].at, settings[i].kind == A_BOOL ? sizeof(bool) : sizeof(int)) == 0)
				v[i] = k;
		}
	}
	for (size_t i = 0; i < N; i++)
		for (size_t j = 0; j < N; j++)
			if (v[i] != DEFAULT && v[j] != DEFAULT)
				seen[i][v[i]][j][v[j]] = true;
}

/* A sound choice with this pair in it, as full of other values as can be, so that one run sees many pairs. */
static struct choice
crowd(const struct wire *w, struct arena *mem, size_t i, int a, size_t j, int b)
{
	static uint32_t seed = 4711;
	struct choice c;

	for (int n = 0; n < 4; n++) {
		for (size_t k = 0; k < N; k++)
			c.v[k] = draw(&seed, 8) == 0 ? DEFAULT : (int)draw(&seed, (uint32_t)settings[k].n);
		c.v[i] = a;
		c.v[j] = b;
		mend(w, &c, mem);
		if (c.v[i] == a && c.v[j] == b)
			return c;
	}
	c = all_default();
	c.v[i] = a;
	c.v[j] = b;
	return c;
}

/* A pair that is refused is refused by the name of one of the two; one that is not, and was not seen yet, is run among others. */
static bool
try_pair(struct stage *s, const struct wire *w, struct arena *mem, size_t i, int a, size_t j, int b)
{
	struct choice c = all_default();
	struct str why = S("");
	bool ok;

	c.v[i] = a;
	c.v[j] = b;
	if (is_sound(w, &c, mem, &why)) {
		if (seen[i][a][j][b])
			return true;
		c = crowd(w, mem, i, a, j, b);
		ok = passes(s, w, &c, mem);
		remember(w, &c);
		return ok;
	}
	ok = has(why, settings[i].name) || has(why, settings[j].name);
	if (!ok)
		test_fail(__FILE__, __LINE__, "%s: %s and %s are refused without a name: %.*s", w->name, settings[i].name, settings[j].name, STR_ARG(why));
	return ok;
}

static void
try_dialect(struct stage *s, const struct wire *w, struct arena *mem)
{
	memset(seen, 0, sizeof seen);
	for (size_t i = 0; i < N; i++)
		for (size_t j = i; j < N; j++)
			for (int a = 0; a < settings[i].n; a++)
				for (int b = 0; b < settings[j].n; b++)
					if ((i != j || a == b) && !try_pair(s, w, mem, i, a, j, b))
						return;
	if (getenv("HUFU_TEST_VERBOSE"))
		printf("%s: %d runs\n", w->name, s->runs);
}

TEST(every_pair_of_settings_is_sound_or_refused_by_name)
{
	struct stage *s = stage_new(mem);

	for (size_t i = 0; i < N; i++)
		words_count(&settings[i]);
	for (size_t i = 0; wires[i] != NULL; i++) {
		struct arena own;

		arena_init(&own, 1 << 26);
		try_dialect(s, wires[i], &own);
		arena_free(&own);
	}
	stage_free(s);
}
