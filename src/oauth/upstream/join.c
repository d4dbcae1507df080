/*
 * oauth/upstream/join.c - who is here connects an account at a provider with the own. The way there and back names user
 * and session: whoever comes back in another browser, as somebody else, or after the session has ended connects nothing.
 * Back here the person is asked once more, for the provider may have been somebody else's all the time: what it said
 * travels sealed, bound to user and session as the way was.
 */
#include "oauth/account/account.h"
#include "oauth/upstream/upstream_int.h"

#define KIND "connect 1"

struct answer
account_join_endpoint(struct call *c)
{
	const struct upstream *u = upstream_named(c, c->arg[P_PROVIDER]);
	struct saved s = { .url = S(""), .demanded = BIT(PROMPT_ACCOUNT) };
	struct account_here h;
	struct answer a;
	struct way w;

	if (!account_session(c, ACCOUNT_FRESH, &h, &a))
		return a;
	if (!account_form_holds(c))
		return c->why == R_NONE ? identities_wrong(c, &h, 403, "expired_form") : answer_fault(c);
	if (u == NULL)
		return identities_wrong(c, &h, 400, "account_provider_gone");
	c->back.joins = true;
	w = way_begin(c, u, &s);
	w.joins = true;
	w.user = h.u.id;
	w.session = h.s.digest;
	return way_leads(c, u, &w);
}

/* False: c->why. */
static bool
is_of_way(struct call *c, const struct way *w, struct account_here *h)
{
	*h = (struct account_here){ .fresh = true };
	if (!session_find(c, &h->s) || !session_touch(c, &h->s) || !user_of_session_again(c, &h->s, &h->u))
		return c->why == R_NONE
		    && fail(c, R_UPSTREAM_STATE, SAY("the session in which it was begun has ended"));
	if (!str_eq(dig_str(&h->s.digest), dig_str(&w->session)) || !str_eq(id_str(&h->u.id), id_str(&w->user)))
		return fail(c, R_UPSTREAM_STATE, SAY("it was begun in another session"));
	return true;
}

/* False: *row is a new one; or c->why. */
static bool
is_known(struct call *c, const struct account_here *h, const struct identity *row)
{
	struct identity found;
	enum store_found f = store_identity(c->svc->store, c->mem, row, &found);

	if (f != FOUND)
		return store_answered(c, f) && false;
	return str_eq(id_str(&found.user), id_str(&h->u.id)) || fail(c, R_UPSTREAM_TAKEN, row->provider);
}

static struct str
bound_to(const struct call *c, const struct account_here *h)
{
	return ARENA_CAT(c->mem, dig_str(&h->s.digest), id_str(&h->u.id));
}

bool
upstream_join(struct call *c, const struct upstream *u, const json_t *known, const struct somebody *p,
    const struct way *w, struct answer *a)
{
	struct identity row = upstream_identity(c, p, &w->user);
	struct account_here h;
	struct str sealed;

	if (!is_of_way(c, w, &h))
		return false;
	if (!upstream_lets_in(c, u, known, p))
		return fail(c, R_UPSTREAM_OUTSIDE, p->provider);
	*a = (struct answer){ .kind = ANS_GO, .go = { .place = PLACE_IDENTITIES } };
	if (is_known(c, &h, &row))
		return true;
	if (c->why != R_NONE)
		return false;
	sealed = ticket_seal(c, KIND, p, bound_to(c, &h));
	if (!str_given(sealed))
		return fail(c, R_INTERNAL, S("identity"));
	a->link.identity = sealed;
	return true;
}

/* --- the page that asks ------------------------------------------------------------------------- */

/* False: *a is the answer. */
static bool
asked(struct call *c, struct account_here *h, struct somebody *p, const struct upstream **u, struct answer *a)
{
	if (!account_session(c, ACCOUNT_SEES, h, a))
		return false;
	c->back.joins = true;
	*u = ticket_unseal(c, KIND, bound_to(c, h), p) ? upstream_named(c, p->provider) : NULL;
	if (*u != NULL)
		return true;
	*a = upstream_failed(c, R_UPSTREAM_STATE, S("question"));
	return false;
}

struct answer
account_connect_page_endpoint(struct call *c)
{
	const struct upstream *u;
	struct account_page *page;
	struct account_here h;
	struct somebody p;
	struct answer a;

	if (!asked(c, &h, &p, &u, &a))
		return a;
	page = account_page(c, ACCOUNT_IDENTITIES, &h);
	if (page != NULL)
		page->connecting = (struct account_identity){ .at = u, .provider = p.provider, .shown = p.shown,
			.sealed = c->arg[P_IDENTITY] };
	return account_answer(c, page);
}

/* Another answer was quicker; the same one is a double click. False: c->why. */
static bool
was_answered(struct call *c, const struct account_here *h, const struct identity *row)
{
	if (is_known(c, h, row))
		return true;
	return c->why == R_NONE && fail(c, R_UPSTREAM_STATE, SAY("it was used before"));
}

static bool
commit(struct call *c, const struct account_here *h, const struct somebody *p, const struct identity *row)
{
	struct mail_sending mail;
	struct ops o = { .n = 0 };
	enum store_result r;
	size_t lost;

	upstream_spends(c, &o, p);
	ops_stand_on(c, &o, &h->u, &h->s);
	ops_add(&o, OP_IDENTITY_ADD)->identity = row;
	if (!identity_told(c, &o, &h->u, "identity_connected", &mail))
		return false;
	r = commit_standing(c, &o, &lost);
	mail_done(c, &mail, r == STORE_DONE);
	if (r == STORE_LOST && lost == 0)
		return was_answered(c, h, row);
	if (r == STORE_DONE)
		c->detail = arena_say(c->mem, "the person has connected an account of identity provider %.*s",
		    STR_ARG(p->provider));
	return r == STORE_DONE;
}

/* False: c->why; R_NONE: somebody else was quicker, the call looks again. */
static bool
connects(struct call *c, const struct account_here *h, const struct somebody *p)
{
	struct identity row = upstream_identity(c, p, &h->u.id);

	row.last_s = 0;
	return is_known(c, h, &row) || (c->why == R_NONE && commit(c, h, p, &row));
}

/* What was answered before stays, and the page says which answer that was. */
static struct answer
left(struct call *c, const struct account_here *h, const struct somebody *p)
{
	struct identity row = upstream_identity(c, p, &h->u.id);
	bool first = ticket_ends(c, p);

	if (first || (c->why == R_NONE && !is_known(c, h, &row) && c->why == R_NONE))
		return account_done(c, "unconnected");
	return c->why == R_NONE ? account_done(c, "connected") : upstream_failed(c, c->why, STR_ABSENT);
}

/* True: *a is the answer. */
static bool
decide_once(struct call *c, struct answer *a)
{
	const struct upstream *u;
	struct account_here h;
	struct somebody p;

	if (!asked(c, &h, &p, &u, a))
		return true;
	if (!account_form_holds(c))
		*a = c->why == R_NONE ? identities_wrong(c, &h, 403, "expired_form") : answer_fault(c);
	else if (!str_is(c->arg[P_CONNECTS], "yes"))
		*a = left(c, &h, &p);
	else if (connects(c, &h, &p))
		*a = account_done(c, "connected");
	else if (c->why != R_NONE)
		*a = upstream_failed(c, c->why, STR_ABSENT);
	else
		return false;
	return true;
}

struct answer
account_connect_endpoint(struct call *c)
{
	return account_settles(c, decide_once);
}
