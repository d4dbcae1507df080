/*
 * oauth/upstream/link.c - an account at a provider that is nobody's here: its user proves by a password whose it is to
 * be. What the provider said travels sealed, and is good in the browser where the login came to its end alone: else
 * somebody could have another connect an account that is not theirs.
 */
#include "oauth/upstream/upstream_int.h"

#define KIND  "identity 1"
#define TTL_S 600

static struct str
identity_seal(const struct call *c, const struct somebody *p, struct str nonce)
{
	struct buf b;

	buf_init(&b, c->mem, 4096);
	jw_open(&b, '{');
	jm_str(&b, S("p"), p->provider);
	jm_str(&b, S("s"), p->subject);
	jm_str(&b, S("h"), p->shown);
	jm_str(&b, S("m"), p->amr);
	jm_int(&b, S("a"), p->auth_s);
	jm_str(&b, S("o"), b64url_encode(c->mem, str_span(p->once.b, sizeof p->once.b)));
	jm_str(&b, S("n"), b64url_encode(c->mem, nonce));
	jm_int(&b, S("t"), c->now_s + TTL_S);
	jw_close(&b, '}');
	return b.full ? STR_ABSENT : browser_seal(c, KIND, buf_str(&b));
}

/* False: it is none, of another browser, or over. */
static bool
identity_unseal(const struct call *c, struct str nonce, struct somebody *out)
{
	int64_t until = 0;
	struct str plain;
	json_t *o;

	if (!browser_unseal(c, KIND, c->arg[P_IDENTITY], &plain) || (o = json_read(c->mem, plain)) == NULL)
		return false;
	*out = (struct somebody){ .provider = json_member_str(o, "p"), .subject = json_member_str(o, "s"),
		.shown = json_member_str(o, "h"), .amr = json_member_str(o, "m") };
	return json_member_int(o, "t", &until) && until > c->now_s && json_member_int(o, "a", &out->auth_s)
	    && b64url_read(json_member_str(o, "o"), out->once.b, sizeof out->once.b) && !str_empty(nonce)
	    && str_eq_secret(json_member_str(o, "n"), b64url_encode(c->mem, nonce));
}

struct answer
upstream_link(struct call *c, const struct somebody *p)
{
	struct answer a = { .kind = ANS_GO, .go = { .place = PLACE_SAVED, .saved_exists = true } };
	struct saved s;
	struct str sealed, request;

	sealed = identity_seal(c, p, form_secret(c, &s));
	request = request_write(c, &s);
	if (!str_given(sealed))
		return upstream_failed(c, R_INTERNAL, S("identity"));
	a.go.url = ARENA_CAT(c->mem, c->issuer->url, S(LOGIN_LINK_PATH "?identity="), sealed,
	    str_given(request) ? S("&saved_request=") : S(""), request);
	return a;
}

/* --- the page --------------------------------------------------------------------------------- */

static struct answer
page(struct call *c, const struct upstream *u, const struct somebody *p, const struct saved *s)
{
	return (struct answer){
		.kind = ANS_PAGE_LINK,
		.login = { .csrf = csrf_token(c, s->nonce), .saved = request_write(c, s), .username = c->arg[P_USERNAME],
		    .wait_s = c->retry_after_s },
		.link = { .at = u, .identity = c->arg[P_IDENTITY], .shown = p->shown },
		.why = c->why,
	};
}

static struct answer
wrong(struct call *c, enum login_result r, const struct login_try *t, struct answer a)
{
	if (r == LOGIN_WAIT)
		c->retry_after_s = a.login.wait_s = (t->wait_ms + 999) / 1000;
	if (r == LOGIN_DOWN)
		c->retry_after_s = DOWN_RETRY_S;
	fail(c, login_reason(c, r, t), S("link"));
	if (r == LOGIN_TROUBLE || r == LOGIN_DOWN)
		return answer_fault(c);
	a.why = c->why;
	return a;
}

/* False: the user has changed while the password was verified; or the call has failed. */
static bool
link_once(struct call *c, const struct upstream *u, const struct somebody *p, const struct saved *s, struct answer *a)
{
	struct login_try t = { .realm = realm_name(c->issuer->realm),
		.name = c->arg[P_USERNAME],
		.password = c->arg[P_PASSWORD],
		.table = c->issuer->table,
		.directory = c->issuer->at_login,
		.address = c->peer,
		.book = c->svc->guesses,
		.rehash = c->svc->rehash };
	enum login_result r;
	struct identity row;

	c->user_name = t.name;
	login_of_type(c, &t);
	r = login_password(c->mem, c->svc->store, &c->svc->throttle, &t);
	if (r != LOGIN_OK) {
		*a = wrong(c, r, &t, page(c, u, p, s));
		return true;
	}
	row = (struct identity){ .realm = t.realm, .provider = p->provider, .subject = p->subject };
	switch (store_identity(c->svc->store, c->mem, &row, &row)) {
	case NOT_FOUND: return upstream_go(c, &t.user, p, true, a);
	case FOUND: return fail(c, R_UPSTREAM_STATE, SAY("it is somebody's by now"));
	default: return fail(c, R_STORE, S("read"));
	}
}

/* What P_IDENTITY says, in the browser to which it was given, of a provider where that is allowed. NULL: not so. */
static const struct upstream *
asked(struct call *c, struct saved *s, struct somebody *p)
{
	bool nonce = saved_of_form(c, s);
	const struct upstream *u = nonce && identity_unseal(c, s->nonce, p) ? upstream_named(c, p->provider) : NULL;

	return u != NULL && u->link_by_password ? u : NULL;
}

struct answer
login_link_page_endpoint(struct call *c)
{
	struct somebody p;
	struct saved s;
	const struct upstream *u = asked(c, &s, &p);

	return u != NULL ? page(c, u, &p, &s) : upstream_failed(c, R_UPSTREAM_STATE, S("link"));
}

struct answer
login_link_endpoint(struct call *c)
{
	struct somebody p;
	struct saved s;
	const struct upstream *u = asked(c, &s, &p);
	struct answer a;

	if (u == NULL)
		return upstream_failed(c, R_UPSTREAM_STATE, S("link"));
	if (!csrf_holds(c, s.nonce))
		return login_is_stale(c, &s, true);
	p.amr = ARENA_CAT(c->mem, p.amr, str_has_word(p.amr, S("pwd"), ' ') ? S("") : S(" pwd"));
	p.auth_s = c->now_s;
	p.by_password = true;
	for (int i = 0; i < RACES_MAX; i++) {
		if (link_once(c, u, &p, &s, &a))
			return a;
		if (c->why != R_NONE)
			return upstream_failed(c, c->why, S("link"));
	}
	return login_too_busy(c);
}
