/*
 * oauth/upstream/way.c - a login at an identity provider begins: its state, the cookie that the state names, the
 * address there. RFC 6749 section 4.1.1, RFC 7636, OpenID Connect Core 3.1.2.1.
 */
#include <time.h>

#include "oauth/upstream/upstream_int.h"

#define WAY       "login way 1"
#define STATE_RAW 16            /* 32 letters and digits: what every provider gives back */
#define WAY_MAX   (16 * 1024)

const struct upstream *
upstream_named(const struct call *c, struct str name)
{
	const struct upstream *const *u = c->issuer->upstreams;

	while (u != NULL && *u != NULL && !str_eq((*u)->name, name))
		u++;
	return u != NULL ? *u : NULL;
}

struct upstream_names
upstream_names_of(const struct issuer *i, struct str provider)
{
	const struct upstream *const *u = i->upstreams;

	for (; u != NULL && *u != NULL; u++)
		if (str_eq((*u)->name, provider) && (*u)->what.code_name != NULL)
			return (struct upstream_names){ (*u)->what.code_name };
	return (struct upstream_names){ "code" };
}

struct str
login_way_suffix(struct arena *mem, struct str state)
{
	for (size_t i = 0; i < state.n; i++)
		if (hex_value(state.p[i]) < 0)
			return STR_ABSENT;
	return state.n == 2 * STATE_RAW ? arena_dup(mem, str_sub(state, 0, 12)) : STR_ABSENT;
}

struct answer
upstream_failed(struct call *c, enum reason why, struct str detail)
{
	struct saved s;

	fail(c, why, detail);
	if (c->why == R_NOT_FOUND || c->why == R_STORE || c->why == R_INTERNAL || c->why == R_USER_TABLE
	    || c->why == R_DIRECTORY)
		return answer_fault(c);
	if (c->back.joins)
		return (struct answer){ .kind = ANS_GO, .why = c->why, .go = { .place = PLACE_IDENTITIES } };
	saved_of_form(c, &s);
	s.name = STR_ABSENT;
	return (struct answer){
		.kind = ANS_GO, .why = c->why, .go = { .place = PLACE_LOGIN_FAILED, .saved = saved_begin(c, &s) },
	};
}

/* --- the cookie ------------------------------------------------------------------------------- */

static struct str
way_write(const struct call *c, const struct way *w)
{
	struct buf b;

	buf_init(&b, c->mem, WAY_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("p"), w->provider);
	jm_str(&b, S("s"), w->state);
	jm_str(&b, S("v"), w->verifier);
	jm_str(&b, S("n"), w->nonce);
	jm_str(&b, S("u"), w->url);
	jm_int(&b, S("d"), (int64_t)w->demanded);
	jm_int(&b, S("t"), w->begun_s);
	jm_int(&b, S("a"), w->max_age_s);
	if (w->joins) {
		jm_str(&b, S("i"), b64url_encode(c->mem, id_str(&w->user)));
		jm_str(&b, S("x"), b64url_encode(c->mem, dig_str(&w->session)));
	}
	jw_close(&b, '}');
	return b.full ? STR_ABSENT : browser_seal(c, WAY, buf_str(&b));
}

/* False: it is neither one that connects nor one that does not. */
static bool
joins_read(const json_t *o, struct way *out)
{
	out->joins = json_object_get(o, "i") != NULL;
	return !out->joins
	    || (b64url_read(json_member_str(o, "i"), out->user.b, sizeof out->user.b)
		&& b64url_read(json_member_str(o, "x"), out->session.b, sizeof out->session.b));
}

bool
way_read(const struct call *c, struct way *out)
{
	struct str plain;
	int64_t demanded = 0;
	json_t *o;

	if (!browser_unseal(c, WAY, c->back.way, &plain) || (o = json_read(c->mem, plain)) == NULL)
		return false;
	*out = (struct way){ .provider = json_member_str(o, "p"), .state = json_member_str(o, "s"),
		.verifier = json_member_str(o, "v"), .nonce = json_member_str(o, "n"), .url = json_member_str(o, "u") };
	if (!json_member_int(o, "d", &demanded) || !json_member_int(o, "t", &out->begun_s)
	    || !json_member_int(o, "a", &out->max_age_s) || !joins_read(o, out))
		return false;
	out->demanded = (unsigned)demanded;
	return out->begun_s + LOGIN_WAY_TTL_S > c->now_s && !str_empty(out->state)
	    && str_eq_secret(out->state, c->arg[P_STATE]) && str_eq(out->provider, c->arg[P_PROVIDER]);
}

/* --- what is known ---------------------------------------------------------------------------- */

/* Of the request that waits, as its address or its row says it. */
static struct str
asked(const struct call *c, struct str url, enum param p)
{
	struct call look = *c;
	struct str row = interaction_param(&look, url, p), rest = url, value, text;

	if (str_given(row))
		return row;
	(void)str_cut(&rest, '?');
	while (str_given(rest)) {
		value = str_cut(&rest, '&');
		if (str_is(str_cut(&value, '='), param_names[p]))
			return str_given(value) && pct_decode(c->mem, value, true, &text) && str_utf8(text) ? text : STR_ABSENT;
	}
	return STR_ABSENT;
}

static bool
prompt_is_taken(const struct upstream *u, struct str word)
{
	return u->what.prompts == NULL || str_has_word(str_of(u->what.prompts), word, ' ');
}

/* Where nobody can be made to log in anew, the page at least asks who it is. */
static struct str
prompt_of(const struct upstream *u, const struct way *w)
{
	if ((w->demanded & BIT(PROMPT_LOGIN)) && prompt_is_taken(u, S("login")))
		return S("login");
	return (w->demanded & (BIT(PROMPT_LOGIN) | BIT(PROMPT_ACCOUNT))) && prompt_is_taken(u, S("select_account"))
	    ? S("select_account") : STR_ABSENT;
}

/* As the clocks of China show it, which have no summer time: "2024-05-06 07:08:09". */
static struct str
china_time(const struct call *c)
{
	time_t t = (time_t)(c->now_s + 8 * 3600);
	struct tm tm;
	char text[32];

	return gmtime_r(&t, &tm) != NULL && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm) > 0
	    ? arena_dup(c->mem, str_of(text)) : STR_ABSENT;
}

static bool
know_pkce(const struct call *c, const struct upstream *u, const struct way *w, json_t *known)
{
	uint8_t d[DIGEST_SIZE];

	if (u->what.no_pkce)
		return true;
	SHA256(d, w->verifier);
	return upstream_know(known, "verifier", w->verifier)
	    && upstream_know(known, "challenge", b64url_encode(c->mem, str_span(d, sizeof d)))
	    && upstream_know(known, "challenge_method", S("S256"));
}

json_t *
way_known(const struct call *c, const struct upstream *u, const struct way *w)
{
	json_t *known = upstream_known(c->mem, u);
	struct str age = asked(c, w->url, P_MAX_AGE);

	return known != NULL && know_pkce(c, u, w, known) && upstream_know(known, "state", w->state)
		&& upstream_know(known, "nonce", u->what.openid ? w->nonce : STR_ABSENT)
		&& upstream_know(known, "redirect_uri",
		    ARENA_CAT(c->mem, c->issuer->url, S(LOGIN_BACK_PATH), u->name))
		&& upstream_know(known, "response_mode", str_of(u->what.response_mode))
		&& upstream_know(known, "prompt", prompt_of(u, w)) && upstream_know(known, "max_age", age)
		&& upstream_know(known, "login_hint", asked(c, w->url, P_LOGIN_HINT))
		&& upstream_know(known, "acr_values", asked(c, w->url, P_ACR_VALUES))
		&& upstream_know(known, "ui_locales", asked(c, w->url, P_UI_LOCALES))
		&& upstream_know(known, "china_time", china_time(c))
	    ? known : NULL;
}

/* --- the endpoint ----------------------------------------------------------------------------- */

static struct str
drawn(const struct call *c, size_t n, bool hex)
{
	uint8_t raw[32];

	rand_bytes(raw, n);
	return hex ? hex_encode(c->mem, str_span(raw, n)) : b64url_encode(c->mem, str_span(raw, n));
}

struct way
way_begin(const struct call *c, const struct upstream *u, const struct saved *s)
{
	struct way w = { .provider = u->name, .url = s->url, .demanded = s->demanded, .begun_s = c->now_s, .max_age_s = -1 };
	struct str age = asked(c, s->url, P_MAX_AGE);

	w.state = drawn(c, STATE_RAW, true);
	w.verifier = drawn(c, 32, false);
	w.nonce = drawn(c, 16, false);
	if (!str_int(age, &w.max_age_s) || w.max_age_s < 0)
		w.max_age_s = -1;
	return w;
}

struct answer
way_leads(struct call *c, const struct upstream *u, const struct way *w)
{
	struct answer a = { .kind = ANS_GO, .go = { .place = PLACE_SAVED, .saved_exists = true } };
	json_t *known = way_known(c, u, w);
	struct str why = STR_ABSENT;

	if (known == NULL)
		return upstream_failed(c, R_INTERNAL, S("memory"));
	if (!upstream_discover(c, u, known, &why))
		return upstream_failed(c, R_UPSTREAM, ARENA_CAT(c->mem, u->name, S(": "), why));
	a.go.url = upstream_authorize_url(c->mem, u, known);
	c->set_way.state = w->state;
	c->set_way.value = way_write(c, w);
	if (!str_given(a.go.url) || !str_given(c->set_way.value))
		return upstream_failed(c, R_INTERNAL, S("address"));
	return a;
}

struct answer
login_with_endpoint(struct call *c)
{
	const struct upstream *u = upstream_named(c, c->arg[P_PROVIDER]);
	struct saved s;
	struct way w;

	if (u == NULL)
		return upstream_failed(c, R_NOT_FOUND, c->arg[P_PROVIDER]);
	saved_of_form(c, &s);
	w = way_begin(c, u, &s);
	return way_leads(c, u, &w);
}
