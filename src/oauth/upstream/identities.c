/*
 * oauth/upstream/identities.c - /account/identities: whom the person is at identity providers. One is disconnected
 * unless it is the last way in.
 */
#include "oauth/account/account.h"
#include "oauth/upstream/upstream_int.h"

#define ROWS_MAX 50             /* that are shown */
#define HANDLE   "account identity 1"

/* "PROVIDER SUBJECT": a provider's name has no blank. */
static struct str
handle_of(const struct call *c, const struct identity *r)
{
	return browser_seal(c, HANDLE, ARENA_CAT(c->mem, r->provider, S(" "), r->subject));
}

static bool
rows_put(struct call *c, const struct account_here *h, struct account_page *p)
{
	struct identity_walk w = { .realm = h->u.realm, .user = &h->u.id };
	struct identity *rows = arena_array(c->mem, struct identity, ROWS_MAX + 1);
	struct account_identity *at = arena_array(c->mem, struct account_identity, ROWS_MAX);
	int n;

	if (rows == NULL || at == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	n = store_identities(c->svc->store, c->mem, &w, ROWS_MAX + 1, rows);
	if (n < 0)
		return fail(c, R_STORE, S("read"));
	for (int i = 0; i < n && i < ROWS_MAX; i++)
		at[p->n_identities++] = (struct account_identity){ .at = upstream_named(c, rows[i].provider),
			.provider = rows[i].provider, .shown = rows[i].shown, .sealed = handle_of(c, &rows[i]),
			.linked_s = rows[i].linked_s, .last_s = rows[i].last_s };
	p->identities = at;
	p->providers = c->issuer->upstreams;
	p->more = n > ROWS_MAX;
	return true;
}

static struct account_page *
page(struct call *c, const struct account_here *h)
{
	struct account_page *p = account_page(c, ACCOUNT_IDENTITIES, h);

	return p != NULL && rows_put(c, h, p) ? p : NULL;
}

struct answer
identities_wrong(struct call *c, const struct account_here *h, int status, const char *error)
{
	return account_wrong(c, page(c, h), status, error);
}

/* --- disconnected --------------------------------------------------------------------------------- */

/* Which one the button is of, and that it is this person's still. False: not so, or c->why. */
static bool
identity_called(struct call *c, const struct account_here *h, struct identity *out)
{
	struct identity key = { .realm = h->u.realm };
	struct str plain;

	if (!browser_unseal(c, HANDLE, c->arg[P_DISCONNECTED], &plain))
		return false;
	key.provider = str_cut(&plain, ' ');
	key.subject = plain;
	return str_given(key.subject)
	    && store_answered(c, store_identity(c->svc->store, c->mem, &key, out))
	    && str_eq(id_str(&out->user), id_str(&h->u.id));
}

/* What is left without it, and the guard of that. False: nothing, or c->why. */
static bool
another_way_stays(struct call *c, const struct account_here *h, const struct identity *goes, struct ops *o)
{
	struct ways_in w;

	if (!ways_in_of(c, &h->u, &w))
		return false;
	w.identities -= str_has_word(w.providers, goes->provider, ' ') && w.identities > 0;
	return ways_in_suffice(&w, &h->u, o);
}

static struct answer
refused(struct call *c, const struct account_here *h, int status, const char *error)
{
	return c->why == R_NONE ? identities_wrong(c, h, status, error) : answer_fault(c);
}

/* True: *a is the answer. */
static bool
disconnect_once(struct call *c, struct answer *a)
{
	struct mail_sending mail;
	struct account_here h;
	struct identity one;
	struct ops o = { .n = 0 };
	bool done;

	if (!account_session(c, ACCOUNT_FRESH, &h, a))
		return true;
	ops_add(&o, OP_IDENTITY_END)->identity = &one;
	if (!account_form_holds(c))
		*a = refused(c, &h, 403, "expired_form");
	else if (!identity_called(c, &h, &one))
		*a = refused(c, &h, 400, "account_identity_gone");
	else if (!another_way_stays(c, &h, &one, &o))
		*a = refused(c, &h, 409, "last_way_in");
	else if (!identity_told(c, &o, &h.u, "identity_disconnected", &mail))
		*a = answer_fault(c);
	else {
		done = account_commit(c, &h, &o);
		mail_done(c, &mail, done);
		if (!done && c->why == R_NONE)
			return false;
		c->detail = arena_say(c->mem, "the person has disconnected an account of identity provider %.*s",
		    STR_ARG(one.provider));
		*a = done ? account_done(c, "disconnected") : answer_fault(c);
	}
	return true;
}

struct answer
account_identities_endpoint(struct call *c, bool posted)
{
	struct account_here h;
	struct answer a;

	if (posted)
		return account_settles(c, disconnect_once);
	return account_session(c, ACCOUNT_SEES, &h, &a) ? account_answer(c, page(c, &h)) : a;
}
