/*
 * oauth/upstream/back.c - back from an identity provider: of whom the answer is, what the code is worth, and on to
 * whom it means. RFC 6749 sections 4.1.2 and 4.1.3, RFC 9207, OAuth 2.0 Form Post Response Mode.
 */
#include "oauth/upstream/upstream_int.h"

#define ANSWER     "login answer 1"
#define ANSWER_MAX 8192
#define USER_MAX   1024         /* what is told beside an answer by POST */
#define AGE_SKEW_S 60

/* --- by POST from another site ---------------------------------------------------------------- */

/*
 * Such a request brings no cookie that says SameSite=Lax, ours neither: it becomes one by GET of its own address,
 * which does. The code does not stand in that address, where a history would keep it, but sealed.
 */
static struct answer
by_get(struct call *c)
{
	struct answer a = { .kind = ANS_GO, .go = { .place = PLACE_SAVED, .saved_exists = true } };
	struct str sealed = STR_ABSENT;
	struct buf b;

	buf_init(&b, c->mem, ANSWER_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("code"), c->back.code);
	jm_str(&b, S("error"), c->back.error);
	jm_str(&b, S("iss"), c->back.iss);
	jm_str(&b, S("user"), c->back.user.n <= USER_MAX ? c->back.user : STR_ABSENT);
	jw_close(&b, '}');
	if (!b.full && str_given(login_way_suffix(c->mem, c->arg[P_STATE])))
		sealed = browser_seal(c, ANSWER, buf_str(&b));
	if (!str_given(sealed))
		return upstream_failed(c, R_UPSTREAM_STATE, S("post"));
	a.go.url = ARENA_CAT(c->mem, c->issuer->url, S(LOGIN_BACK_PATH), c->arg[P_PROVIDER], S("?state="), c->arg[P_STATE],
	    S("&answer="), sealed);
	return a;
}

static bool
answer_unseal(struct call *c)
{
	struct str plain;
	json_t *o;

	if (!str_given(c->back.sealed))
		return true;
	if (!browser_unseal(c, ANSWER, c->back.sealed, &plain) || (o = json_read(c->mem, plain)) == NULL)
		return false;
	c->back.code = json_member_str(o, "code");
	c->back.error = json_member_str(o, "error");
	c->back.iss = json_member_str(o, "iss");
	c->back.user = json_member_str(o, "user");
	return true;
}

/* The name alone: the browser brings it, and nobody vouches for it. */
static bool
know_name(struct call *c, json_t *known)
{
	json_t *said = str_given(c->back.user) ? json_read(c->mem, c->back.user) : NULL, *name = json_object_get(said, "name");
	json_t *user = json_is_object(name) ? json_object() : NULL;

	return name == NULL || user == NULL
	    || (json_object_set(user, "name", name) == 0 && json_object_set_new(known, "user", user) == 0);
}

/* --- what the code is worth ------------------------------------------------------------------- */

static bool
is_the_same(const struct call *c, json_t *known, struct str *why)
{
	struct str at = json_member_str(json_object_get(known, "userinfo"), "sub");

	(void)c;
	*why = SAY("userinfo is about somebody else than the ID token");
	return json_object_get(known, "userinfo") == NULL || str_eq(at, json_member_str(json_object_get(known, "id"), "sub"));
}

static bool
lost(struct call *c, const struct upstream *u, enum upstream_result r, struct str why)
{
	struct str said = ARENA_CAT(c->mem, u->name, S(": "), why);

	if (r == UPSTREAM_DOWN && log_is_due_about(u->name, why, 60))
		log_warn("identity provider %.*s", STR_ARG(said));
	if (r == UPSTREAM_DOWN)
		c->retry_after_s = DOWN_RETRY_S;
	return fail(c, r == UPSTREAM_EXPIRED ? R_UPSTREAM_CODE : R_UPSTREAM, said);
}

static bool
steps_ask(struct call *c, const struct upstream *u, const struct way *w, json_t *known)
{
	struct str why = STR_ABSENT;

	if (!upstream_discover(c, u, known, &why) || !upstream_prove(c, u, known, &why))
		return lost(c, u, UPSTREAM_DOWN, why);
	if (!upstream_iss_fits(u, known, c->back.iss))
		return fail(c, R_UPSTREAM_STATE, S("iss"));
	for (size_t i = 0; i < UPSTREAM_STEPS_MAX && u->what.steps[i].name != NULL; i++) {
		enum upstream_result r = upstream_ask(c->mem, u, &u->what.steps[i], known, &why);

		if (r != UPSTREAM_OK)
			return lost(c, u, r, why);
		if (u->what.openid && i == 0 && !upstream_id_token(c, u, w, known, &why))
			return fail(c, R_UPSTREAM_TOKEN, ARENA_CAT(c->mem, u->name, S(": "), why));
	}
	return !u->what.openid || is_the_same(c, known, &why) || fail(c, R_UPSTREAM_TOKEN, why);
}

/* What was asked for anew was asked there too, as far as the provider tells when that was. */
static bool
is_recent(const struct way *w, const json_t *known)
{
	int64_t told = 0;

	if (!json_member_time(json_object_get(known, "id"), "auth_time", &told))
		return true;
	if ((w->demanded & BIT(PROMPT_LOGIN)) && told + AGE_SKEW_S < w->begun_s)
		return false;
	return w->max_age_s < 0 || told + w->max_age_s + AGE_SKEW_S >= w->begun_s;
}

/* --- the endpoint ----------------------------------------------------------------------------- */

static struct answer
enter(struct call *c, const struct upstream *u, const struct way *w)
{
	json_t *known = way_known(c, u, w);
	struct somebody p;
	struct answer a;

	if (known == NULL || !upstream_know(known, "code", c->back.code) || !know_name(c, known))
		return upstream_failed(c, R_INTERNAL, S("memory"));
	if (!steps_ask(c, u, w, known))
		return upstream_failed(c, c->why, STR_ABSENT);
	if (!is_recent(w, known))
		return upstream_failed(c, R_UPSTREAM_STALE, u->name);
	if (!upstream_somebody(c, u, known, &p))
		return upstream_failed(c, R_UPSTREAM_OUTSIDE, ARENA_CAT(c->mem, u->name, S(": "), SAY("its answers name nobody")));
	p.once = digest_of(c->issuer, S("login way"), w->state);
	for (int i = 0; i < RACES_MAX; i++) {
		if (w->joins ? upstream_join(c, u, known, &p, w, &a) : upstream_enter(c, u, known, &p, &a))
			return a;
		if (c->why != R_NONE)
			return upstream_failed(c, c->why, STR_ABSENT);
	}
	return login_too_busy(c);
}

struct answer
login_back_endpoint(struct call *c)
{
	const struct upstream *u = upstream_named(c, c->arg[P_PROVIDER]);
	struct saved s;
	struct way w;

	if (u == NULL)
		return upstream_failed(c, R_NOT_FOUND, c->arg[P_PROVIDER]);
	if (c->back.posted)
		return by_get(c);
	if (!way_read(c, &w) || !answer_unseal(c))
		return upstream_failed(c, R_UPSTREAM_STATE, S("state"));
	c->set_way.state = w.state;
	c->set_way.value = S("");
	s = (struct saved){ .url = w.url, .demanded = w.demanded };
	c->back.joins = w.joins;
	if (!w.joins)
		call_put(c, P_SAVED_REQUEST, request_write(c, &s));
	if (!str_empty(c->back.error) || str_empty(c->back.code))
		return upstream_failed(c, R_UPSTREAM_DENIED,
		    str_is_visible(c->back.error) && c->back.error.n < 100 ? c->back.error : S("no code"));
	return enter(c, u, &w);
}
