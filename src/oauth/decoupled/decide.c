/*
 * oauth/decoupled/decide.c - the decision of a user about a request of another device or of an application that asked
 * by itself. RFC 8628 sections 3.3, 5.4: who asks, for what and from where is said first, whatever was allowed before.
 */
#include "oauth/decoupled/decoupled.h"
#include "oauth/openid/openid.h"
#include "oauth/session/factor.h"

#define HANDLE "decoupled 1"

/* Who looks, and at what. */
struct deciding {
	struct decoupled row;
	struct str user_code;           /* empty: it has none */
	const struct client *client;
	struct session s;
	struct user u;
};

struct str
decoupled_handle(const struct call *c, const struct decoupled *row, struct str user_code)
{
	return browser_seal(c, HANDLE, ARENA_CAT(c->mem, id_str(&row->id), user_code));
}

/* The row that the handle leads to, of this kind and issuer. False: it waits no more, or c->why. */
static bool
request_find(struct call *c, enum decoupled_kind kind, struct deciding *d)
{
	struct str plain;
	struct id16 id;

	if (!browser_unseal(c, HANDLE, c->arg[P_DECOUPLED], &plain) || plain.n < sizeof id.b)
		return fail(c, R_DECOUPLED_GONE, SAY("no handle"));
	memcpy(id.b, plain.p, sizeof id.b);
	d->user_code = str_from(plain, sizeof id.b);
	if (!store_answered(c, store_decoupled(c->svc->store, c->mem, &id, &d->row)) || d->row.kind != kind
	    || !str_eq(d->row.auth.issuer, c->issuer->name) || expired(d->row.expires_s, c->now_s))
		return fail(c, R_DECOUPLED_GONE, SAY("nothing waits for a decision"));
	d->client = client_find(c, d->row.auth.client);
	return (d->client != NULL && d->client->enabled) || fail(c, R_DECOUPLED_GONE, d->row.auth.client);
}

/* Is somebody here, who may decide about it? False without c->why: a login is wanted. */
static bool
user_is_here(struct call *c, struct deciding *d)
{
	if (!session_find(c, &d->s) || !session_touch(c, &d->s) || !user_of_session_again(c, &d->s, &d->u))
		return false;
	if (id_none(&d->row.auth.user) || memcmp(d->row.auth.user.b, d->u.id.b, sizeof d->u.id.b) == 0)
		return true;
	return fail(c, R_DECOUPLED_GONE, SAY("it is another user's"));
}

static struct str
decision_url(const struct call *c)
{
	if (str_index(c->self, '?') < 0 && !str_empty(c->arg[P_DECOUPLED]))      /* a form */
		return ARENA_CAT(c->mem, c->self, S("?decoupled_request="), c->arg[P_DECOUPLED]);
	return c->self;
}

/* What is asked for by the client, the scope, or acr_values, and what the login needs, as at the authorization endpoint. */
static bool
lacks_factor(struct call *c, const struct deciding *d)
{
	const struct policy *policy = c->issuer->policy;
	struct authorization_extra x = { .acr = STR_ABSENT };
	bool asked = request_needs_factor(policy, d->client, d->row.auth.scope);

	if (!str_empty(d->row.auth.extra) && !authorization_extra_get(c->mem, &d->row.auth, &x))
		return fail(c, R_INTERNAL, S("memory"));
	return session_lacks_factor(c, &d->s, &d->u, asked || acr_needs_factor(policy, x.acr));
}

struct answer
decision_login(struct call *c)
{
	struct saved s = { .url = decision_url(c) };

	return (struct answer){ .kind = ANS_GO, .go = { .place = PLACE_LOGIN, .saved = saved_begin(c, &s) } };
}

static struct answer
page_decided(const struct deciding *d)
{
	struct answer a = { .kind = ANS_PAGE_DECIDED };

	a.approve.client = d->client;
	a.approve.allowed = d->row.state != DECOUPLED_DENIED;
	return a;
}

static bool
scopes_shown(struct call *c, const struct deciding *d, struct answer *a)
{
	struct scope_words w;
	struct consent_scope *rows;

	if (!scope_split(c->issuer->policy, d->row.auth.scope, &w)
	    || (rows = arena_array(c->mem, struct consent_scope, w.n)) == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	for (size_t i = 0; i < w.n; i++)
		rows[i] = (struct consent_scope){ .name = w.at[i], .approved = true };
	a->approve.scopes = rows;
	a->approve.n_scopes = w.n;
	return true;
}

/* RFC 9396 section 4: what exactly is asked for. False: c->why. */
static bool
details_shown(struct call *c, const struct deciding *d, struct answer *a)
{
	struct authorization_extra x;

	if (str_empty(d->row.auth.extra))
		return true;
	if (!authorization_extra_get(c->mem, &d->row.auth, &x))
		return fail(c, R_INTERNAL, S("memory"));
	a->approve.details = str_some(x.authorization_details);
	return true;
}

static struct answer
page_to_decide(struct call *c, const struct deciding *d)
{
	struct answer a = { .kind = ANS_PAGE_APPROVE };

	if (!scopes_shown(c, d, &a) || !details_shown(c, d, &a))
		return answer_fault(c);
	a.approve.client = d->client;
	a.approve.csrf = csrf_token(c, c->session_cookie);
	a.approve.user_code = d->user_code;
	a.approve.user_name = d->s.user_name;
	a.approve.address = d->row.address;
	a.approve.agent = d->row.agent;
	a.approve.message = d->row.message;
	a.approve.handle = c->arg[P_DECOUPLED];
	return a;
}

/* Who has decided sees once more how; what that was is nobody else's to hear. */
static struct answer
page_of(struct call *c, const struct deciding *d)
{
	if (d->row.state == DECOUPLED_WAITS)
		return page_to_decide(c, d);
	if (!id_none(&d->row.auth.user))
		return page_decided(d);
	fail(c, R_DECOUPLED_GONE, SAY("decided"));
	return answer_fault(c);
}

struct answer
decision_page(struct call *c, enum decoupled_kind kind)
{
	struct deciding d = { .client = NULL };

	if (!request_find(c, kind, &d))
		return answer_fault(c);
	if (!user_is_here(c, &d))
		return c->why == R_NONE ? decision_login(c) : answer_fault(c);
	if (d.row.state == DECOUPLED_WAITS && lacks_factor(c, &d))
		return factor_wanted(c, decision_url(c));
	return c->why == R_NONE ? page_of(c, &d) : answer_fault(c);
}

/* --- the decision ----------------------------------------------------------------------------- */

/* Of the scope, in its order, what was ticked. */
static struct str
ticked(struct call *c, const struct decoupled *row)
{
	struct scope_words w, yes = { .n = 0 };

	if (!scope_split(c->issuer->policy, row->auth.scope, &w))
		return S("");
	for (size_t i = 0; i < w.n; i++)
		if (str_has_word(c->approved, w.at[i], ' '))
			yes.at[yes.n++] = w.at[i];
	return scope_join(c->mem, &yes, S(" "));
}

/* Who gives it, and what of it: the rest of the authorization is the request's. */
static bool
give(struct call *c, const struct deciding *d, struct str allowed, struct decoupled *out)
{
	struct authorization *a = &out->auth;
	struct authorization_extra x;
	bool declined = str_has_word(a->scope, S(OFFLINE_ACCESS), ' ')
	    && !str_has_word(allowed, S(OFFLINE_ACCESS), ' ');

	out->state = allowed.n > 0 ? DECOUPLED_ALLOWED : DECOUPLED_DENIED;
	a->user = d->u.id;
	a->user_name = d->u.name;
	a->account_type = d->s.account_type;
	a->auth_s = d->s.auth_s;
	if (allowed.n == 0)
		return true;
	a->scope = allowed;
	login_told(c, &d->s, a);
	if (!declined)
		return true;
	if (!authorization_extra_get(c->mem, a, &x))
		return fail(c, R_INTERNAL, S("memory"));
	x.offline = S("declined");
	return authorization_extra_set(c->mem, a, &x) || fail(c, R_INTERNAL, S("memory"));
}

/* False without c->why: a row that it stands on has changed, and all is looked at again (O7). */
static bool
commit_decision(struct call *c, struct deciding *d)
{
	struct str allowed = ticked(c, &d->row);
	struct decoupled now = d->row;
	struct ops o = { .n = 0 };
	size_t lost;

	c->client = d->client;
	if (!give(c, d, allowed, &now))
		return false;
	ops_stand_on(c, &o, &d->u, &d->s);
	ops_add(&o, OP_DECOUPLED_DECIDE)->decoupled = (struct op_decoupled){ .row = &now, .now_s = c->now_s };
	if (now.state == DECOUPLED_ALLOWED
	    && (!approvals_remember(c, d->client, &d->s, allowed, NULL, 0, &o) || !session_used(c, &d->s, &o)))
		return false;
	switch (commit_standing(c, &o, &lost)) {
	case STORE_DONE: d->row = now; return true;
	case STORE_LOST: (void)stands_no_more(c, &o, lost); return false;
	default: return false;
	}
}

/* True: *a is the answer. */
static bool
decide_once(struct call *c, enum decoupled_kind kind, struct answer *a)
{
	struct deciding d = { .client = NULL };

	if (!request_find(c, kind, &d)) {
		*a = answer_fault(c);
		return true;
	}
	if (!user_is_here(c, &d)) {
		*a = c->why == R_NONE ? decision_login(c) : answer_fault(c);
		return true;
	}
	if (!csrf_holds(c, c->session_cookie)) {
		*a = answer_fault(c);
		return true;
	}
	if (d.row.state != DECOUPLED_WAITS) {
		*a = page_of(c, &d);
		return true;
	}
	if (lacks_factor(c, &d)) {
		*a = factor_wanted(c, decision_url(c));
		return true;
	}
	if (c->why != R_NONE || !commit_decision(c, &d)) {
		*a = answer_fault(c);
		return c->why != R_NONE;
	}
	*a = page_decided(&d);
	return true;
}

struct answer
decision_taken(struct call *c, enum decoupled_kind kind)
{
	struct answer a;

	for (int i = 0; i < RACES_MAX; i++)
		if (decide_once(c, kind, &a))
			return a;
	return login_too_busy(c);
}
