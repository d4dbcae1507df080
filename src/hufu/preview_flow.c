/* hufu/preview_flow.c - one grant at one issuer, from its first request to what its token tells. */
#include "hufu/preview.h"

#define VERIFIER "hufu-preview-hufu-preview-hufu-preview-hufu"
#define ACCESS_TOKEN_TYPE "urn:ietf:params:oauth:token-type:access_token"

struct flow {
	struct rehearsal *r;
	const struct mount *t;
	json_t *asked;                          /* what a page would have asked */
	struct veils veils;
	struct str session;
	struct previewed last;                  /* the answer that it ended with */
};

static struct preview_asking
asking(const struct flow *f, enum endpoint e)
{
	return (struct preview_asking){ .mount = f->t, .svc = &f->r->snap->svc, .mem = &f->r->c->mem, .endpoint = e,
		.client = &f->r->client, .secret = f->r->secret };
}

static struct str
option(const struct flow *f, const char *name)
{
	return json_member_str(f->r->c->local, name);
}

static void
asked_for_put(const struct flow *f, struct preview_asking *p)
{
	struct str resources = option(f, "resource");

	preview_put(p, P_SCOPE, option(f, "scope"));
	while (str_given(resources) && resources.n > 0)
		preview_put(p, P_RESOURCE, str_cut(&resources, ' '));
}

/* Granted, and that kind of answer. */
static bool
ask(struct flow *f, const struct preview_asking *p, enum answer_kind kind)
{
	return wire_preview(p, &f->last) && f->last.served && f->last.why == R_NONE && f->last.said.kind == kind;
}

static void
would_be_asked(struct flow *f, const char *what, enum text said)
{
	json_t *row = json_object();

	json_put_str(row, "what", str_of(what));
	json_put_str(row, "said", str_of(text(f->r->c, said)));
	json_array_append_new(f->asked, row);
}

/* --- the user ---------------------------------------------------------------------------------------------------- */

static bool
log_in(struct flow *f)
{
	struct preview_asking p = asking(f, EP_AUTHORIZE);
	struct preview_login login;

	if (!wire_preview_login(&p, &f->r->user, &login, &f->session)) {
		f->last = (struct previewed){ .served = true, .why = login.why };
		return false;
	}
	if (login.factor)
		would_be_asked(f, "second_factor", T_pv_factor);
	if (login.new_password)
		would_be_asked(f, "new_password", T_pv_new_password);
	return true;
}

static struct str
scopes_of(struct arena *mem, const struct consent_scope *all, size_t n)
{
	struct str words = S("");

	for (size_t i = 0; i < n; i++)
		words = ARENA_CAT(mem, words, words.n > 0 ? S(" ") : S(""), all[i].name);
	return words;
}

/* All that is asked for is allowed. */
static bool
consent(struct flow *f)
{
	struct answer a = f->last.said;
	struct preview_asking p = asking(f, EP_CONSENT);

	would_be_asked(f, "consent", T_pv_consent);
	p.client = NULL;
	p.session = f->session;
	p.saved = f->last.saved;
	p.posts = true;
	p.approved = scopes_of(p.mem, a.consent.scopes, a.consent.n_scopes);
	preview_put(&p, P_PENDING_REQUEST, a.consent.request_id);
	preview_put(&p, P_CSRF, a.consent.csrf);
	preview_put(&p, P_APPROVAL, S("true"));
	if (ask(f, &p, ANS_REDIRECT))
		return true;
	if (f->last.served)
		return false;
	p.endpoint = EP_AUTHORIZE;              /* where the decision goes to the same address */
	return ask(f, &p, ANS_REDIRECT);
}

/* --- an authorization code --------------------------------------------------------------------------------------- */

static struct str
redirect_uri(const struct flow *f)
{
	struct str uris = f->r->client.redirect_uris;

	return str_empty(uris) ? STR_ABSENT : str_cut(&uris, '\n');
}

/* RFC 7636 section 4.2. */
static struct str
challenge(struct arena *mem)
{
	uint8_t digest[DIGEST_SIZE];

	SHA256(digest, S(VERIFIER));
	return b64url_encode(mem, str_span(digest, sizeof digest));
}

static void
request_put(const struct flow *f, struct preview_asking *p)
{
	preview_put(p, P_RESPONSE_TYPE, S("code"));
	preview_put(p, P_CLIENT_ID, f->r->client.id);
	preview_put(p, P_REDIRECT_URI, redirect_uri(f));
	preview_put(p, P_STATE, S("preview"));
	preview_put(p, P_CODE_CHALLENGE, challenge(p->mem));
	preview_put(p, P_CODE_CHALLENGE_METHOD, S("S256"));
	asked_for_put(f, p);
}

static bool
authorize_pushed(struct flow *f)
{
	struct preview_asking p = asking(f, EP_PAR), next;

	request_put(f, &p);
	if (!ask(f, &p, ANS_PUSHED))
		return false;
	next = asking(f, EP_AUTHORIZE);
	next.client = NULL;
	next.session = f->session;
	preview_put(&next, P_CLIENT_ID, f->r->client.id);
	preview_put(&next, P_REQUEST_URI, f->last.said.pushed.uri);
	return ask(f, &next, ANS_REDIRECT);
}

static bool
authorize(struct flow *f)
{
	struct preview_asking p = asking(f, EP_AUTHORIZE);
	bool given;

	p.client = NULL;
	p.session = f->session;
	request_put(f, &p);
	given = ask(f, &p, ANS_REDIRECT);
	if (!given && f->last.why == R_PUSHED_REQUIRED)
		given = authorize_pushed(f);
	if (!given && f->last.why == R_NONE && f->last.said.kind == ANS_PAGE_CONSENT)
		given = consent(f);
	return given && str_given(f->last.said.redirect.code);
}

static bool
by_code(struct flow *f)
{
	struct preview_asking p = asking(f, EP_TOKEN);

	if (!log_in(f) || !authorize(f))
		return false;
	veil_add(&f->veils, f->last.said.redirect.code, "<code>");
	p.grant = &grant_authorization_code;
	preview_put(&p, P_CODE, f->last.said.redirect.code);
	preview_put(&p, P_REDIRECT_URI, redirect_uri(f));
	preview_put(&p, P_CODE_VERIFIER, S(VERIFIER));
	return ask(f, &p, ANS_TOKENS);
}

/* --- the other grants -------------------------------------------------------------------------------------------- */

static bool
by_client(struct flow *f)
{
	struct preview_asking p = asking(f, EP_TOKEN);

	p.grant = &grant_client_credentials;
	asked_for_put(f, &p);
	return ask(f, &p, ANS_TOKENS);
}

static bool
by_password(struct flow *f)
{
	struct preview_asking p = asking(f, EP_TOKEN);

	p.grant = &grant_password;
	preview_put(&p, P_USERNAME, f->r->user.name);
	preview_put(&p, P_PASSWORD, f->r->secret);
	asked_for_put(f, &p);
	return ask(f, &p, ANS_TOKENS);
}

/* What gives this client a user's tokens. */
static bool
by_first(struct flow *f)
{
	bool code = str_has_word(f->r->client.grants, S("authorization_code"), ' ');

	return code || !str_has_word(f->r->client.grants, S("password"), ' ') ? by_code(f) : by_password(f);
}

static bool
by_refresh(struct flow *f)
{
	struct preview_asking p = asking(f, EP_TOKEN);
	struct tokens *t = &f->last.said.tokens;

	if (!by_first(f))
		return false;
	veil_add(&f->veils, t->refresh, "<refresh_token>");
	p.grant = &grant_refresh_token;
	preview_put(&p, P_REFRESH_TOKEN, t->refresh);
	return ask(f, &p, ANS_TOKENS);
}

static bool
by_exchange(struct flow *f)
{
	struct preview_asking p = asking(f, EP_TOKEN);

	if (!by_first(f))
		return false;
	p.grant = &grant_token_exchange;
	preview_put(&p, P_SUBJECT_TOKEN, f->last.said.tokens.access);
	preview_put(&p, P_SUBJECT_TOKEN_TYPE, S(ACCESS_TOKEN_TYPE));
	asked_for_put(f, &p);
	return ask(f, &p, ANS_TOKENS);
}

static struct str
handle_of(struct str url)
{
	int at = str_index(url, '=');

	return at < 0 ? STR_ABSENT : str_from(url, (size_t)at + 1);
}

/* The page of the device, twice: the code is typed, then all that it asks for is allowed. */
static bool
device_allowed(struct flow *f, struct str user_code)
{
	struct preview_asking p = asking(f, EP_DEVICE), next;
	struct str handle;

	would_be_asked(f, "consent", T_pv_consent);
	p.client = NULL;
	p.session = f->session;
	next = p;
	if (!ask(f, &p, ANS_PAGE_DEVICE))
		return false;
	next.posts = true;
	next.saved = f->last.saved;
	preview_put(&next, P_USER_CODE, user_code);
	preview_put(&next, P_CSRF, f->last.said.approve.csrf);
	if (!ask(f, &next, ANS_GO))
		return false;
	handle = handle_of(f->last.said.go.url);
	p.saved = f->last.saved;
	preview_put(&p, P_DECOUPLED, handle);
	if (!ask(f, &p, ANS_PAGE_APPROVE))
		return false;
	p.posts = true;
	p.approved = scopes_of(p.mem, f->last.said.approve.scopes, f->last.said.approve.n_scopes);
	preview_put(&p, P_CSRF, f->last.said.approve.csrf);
	preview_put(&p, P_APPROVAL, S("true"));
	return ask(f, &p, ANS_PAGE_DECIDED);
}

static bool
by_device(struct flow *f)
{
	struct preview_asking p = asking(f, EP_DEVICE_AUTHORIZATION), next = asking(f, EP_TOKEN);

	asked_for_put(f, &p);
	if (!log_in(f) || !ask(f, &p, ANS_WAITS))
		return false;
	next.grant = &grant_device_code;
	preview_put(&next, P_DEVICE_CODE, f->last.said.waits.code);
	return device_allowed(f, f->last.said.waits.user_code) && ask(f, &next, ANS_TOKENS);
}

static const struct { const struct grant *grant; bool user; bool (*run)(struct flow *f); } flows[] = {
	{ &grant_client_credentials, false, by_client },
	{ &grant_password, true, by_password },
	{ &grant_authorization_code, true, by_code },
	{ &grant_refresh_token, true, by_refresh },
	{ &grant_device_code, true, by_device },
	{ &grant_token_exchange, true, by_exchange },
};

bool
preview_knows(const struct grant *g, bool *user)
{
	for (size_t i = 0; i < COUNT(flows); i++)
		if (flows[i].grant == g) {
			*user = flows[i].user;
			return true;
		}
	return false;
}

static bool
flow_run(struct flow *f, const struct grant *g)
{
	for (size_t i = 0; i < COUNT(flows); i++)
		if (flows[i].grant == g)
			return flows[i].run(f);
	return false;
}

/* --- what the token tells ---------------------------------------------------------------------------------------- */

static bool
is_wanted(const struct flow *f, const char *what)
{
	bool any = cli_flag(f->r->c, "userinfo") || cli_flag(f->r->c, "introspection");

	return !any || cli_flag(f->r->c, what);
}

static void
userinfo_put(struct flow *f, json_t *out, const struct tokens *t)
{
	struct preview_asking p = asking(f, EP_USERINFO);
	struct previewed told;

	p.client = NULL;
	p.bearer = t->access;
	if (t->user != NULL && is_wanted(f, "userinfo") && wire_preview(&p, &told) && told.served)
		json_object_set_new(out, "userinfo", preview_answer(f->r, &told));
}

static void
introspection_put(struct flow *f, json_t *out, const struct tokens *t)
{
	struct preview_asking p = asking(f, EP_INTROSPECT);
	struct previewed told;

	preview_put(&p, P_TOKEN, t->access);
	if (!is_wanted(f, "introspection") || !wire_preview(&p, &told))
		return;
	p.endpoint = EP_CHECK_TOKEN;            /* what older servers have in its place */
	if (told.served || (wire_preview(&p, &told) && told.served))
		json_object_set_new(out, "introspection", preview_answer(f->r, &told));
}

static void
tokens_put(struct flow *f, json_t *out, const struct tokens *t)
{
	veil_add(&f->veils, t->access, "<access_token>");
	veil_add(&f->veils, t->refresh, "<refresh_token>");
	veil_add(&f->veils, t->id_token, "<id_token>");
	veil_add(&f->veils, t->jti, "<drawn>");
	if (!str_empty(t->access))
		json_object_set_new(out, "access_token", preview_token(f->r, f->t, t->access));
	if (!str_empty(t->id_token))
		json_object_set_new(out, "id_token", preview_token(f->r, f->t, t->id_token));
	if (!str_empty(t->refresh))
		json_object_set_new(out, "refresh_token", preview_token(f->r, f->t, t->refresh));
	userinfo_put(f, out, t);
	introspection_put(f, out, t);
}

json_t *
preview_grant(struct rehearsal *r, const struct mount *t, const struct grant *g)
{
	struct flow f = { .r = r, .t = t, .asked = json_array() };
	json_t *out = json_object();
	bool given;

	if (out == NULL || f.asked == NULL)
		return NULL;
	given = flow_run(&f, g);
	json_put_str(out, "grant", str_of(g->name));
	json_object_set_new(out, "asked", f.asked);
	json_object_set_new(out, "given", json_boolean(given));
	json_object_set_new(out, "answer", preview_answer(r, &f.last));
	if (given) {
		struct tokens tokens = f.last.said.tokens;

		tokens_put(&f, out, &tokens);
	}
	veil_json(&r->c->mem, &f.veils, out);
	return out;
}
