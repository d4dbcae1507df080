/*
 * oauth/upstream/link.c - an account at a provider that is nobody's here: its user proves by a password whose it is to
 * be. What the provider said travels sealed, and is good in the browser where the login came to its end alone: else
 * somebody could have another connect an account that is not theirs.
 */
#include "oauth/session/factor.h"
#include "oauth/upstream/upstream_int.h"

#define KIND "identity 1"

struct answer
upstream_link(struct call *c, const struct somebody *p)
{
	struct answer a = { .kind = ANS_GO, .go = { .place = PLACE_SAVED, .saved_exists = true } };
	struct saved s;
	struct str sealed, request;

	sealed = ticket_seal(c, KIND, p, form_secret(c, &s));
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
	a.login.wait_s = c->retry_after_s;
	fail(c, login_reason(c, r, t), S("link"));
	if (r == LOGIN_TROUBLE || r == LOGIN_DOWN)
		return answer_fault(c);
	a.why = c->why;
	return a;
}

/* False: the user has changed meanwhile; or the call has failed. */
static bool
becomes(struct call *c, const struct somebody *p, const struct user *user, struct answer *a)
{
	struct identity row = { .realm = user->realm, .provider = p->provider, .subject = p->subject };

	switch (store_identity(c->svc->store, c->mem, &row, &row)) {
	case NOT_FOUND: return upstream_go(c, user, p, true, a);
	case FOUND: return fail(c, R_UPSTREAM_STATE, SAY("it is somebody's by now"));
	default: return fail(c, R_STORE, S("read"));
	}
}

/* The directory wants another password first: on its page what is to be connected stands beside it. */
static struct answer
asks_new_password(struct call *c, const struct saved *s)
{
	struct saved saved = *s;

	return new_password_page(c, &(struct new_password_asking){ .user_name = c->arg[P_USERNAME],
	    .half = STR_ABSENT, .identity = c->arg[P_IDENTITY], .saved = &saved });
}

static bool
link_once(struct call *c, const struct upstream *u, const struct somebody *p, const struct saved *s, struct answer *a)
{
	struct login_try t;
	enum login_result r = login_tried(c, c->arg[P_PASSWORD], STR_ABSENT, &t);

	if (r == LOGIN_OK)
		return becomes(c, p, &t.user, a);
	*a = r == LOGIN_STALE && t.fault == NULL ? asks_new_password(c, s) : wrong(c, r, &t, page(c, u, p, s));
	return true;
}

/* The same from the page on which a directory's user has chosen another password. */
static bool
link_changed(struct call *c, const struct somebody *p, const struct saved *s, struct answer *a)
{
	struct saved saved = *s;
	struct new_password_asking f = { .identity = c->arg[P_IDENTITY], .saved = &saved };
	struct login_try t;

	switch (new_password_at_directory(c, &f, &t, a)) {
	case NEW_PASSWORD_TAKEN: return becomes(c, p, &t.user, a);
	case NEW_PASSWORD_ANSWERED: return true;
	default: return false;
	}
}

/* What P_IDENTITY says, in the browser to which it was given, of a provider where that is allowed. NULL: not so. */
static const struct upstream *
asked(struct call *c, struct saved *s, struct somebody *p)
{
	bool nonce = saved_of_form(c, s);
	const struct upstream *u = nonce && ticket_unseal(c, KIND, s->nonce, p) ? upstream_named(c, p->provider) : NULL;

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

/* The two are not to be connected: what was shown is good no more, and the login begins anew. */
static struct answer
left(struct call *c, const struct somebody *p, const struct saved *s)
{
	struct saved again = { .url = s->url, .demanded = s->demanded };

	if (!ticket_ends(c, p) && c->why != R_NONE)
		return answer_fault(c);
	return (struct answer){ .kind = ANS_GO, .go = { .place = PLACE_LOGIN, .saved = saved_begin(c, &again) } };
}

struct answer
login_link_endpoint(struct call *c)
{
	struct somebody p;
	struct saved s;
	const struct upstream *u = asked(c, &s, &p);
	bool changed = str_given(c->arg[P_CURRENT_PASSWORD]);
	struct answer a;

	if (u == NULL)
		return upstream_failed(c, R_UPSTREAM_STATE, S("link"));
	if (!csrf_holds(c, s.nonce))
		return login_is_stale(c, &s, true);
	if (str_is(c->arg[P_CONNECTS], "no"))
		return left(c, &p, &s);
	p.amr = ARENA_CAT(c->mem, p.amr, str_has_word(p.amr, S("pwd"), ' ') ? S("") : S(" pwd"));
	p.auth_s = c->now_s;
	p.by_password = true;
	for (int i = 0; i < RACES_MAX; i++) {
		if (changed ? link_changed(c, &p, &s, &a) : link_once(c, u, &p, &s, &a))
			return a;
		if (c->why != R_NONE)
			return upstream_failed(c, c->why, S("link"));
	}
	return login_too_busy(c);
}
