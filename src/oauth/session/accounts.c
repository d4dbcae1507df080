/*
 * oauth/session/accounts.c - the sessions of one browser: one for each user, each with a cookie of its own, one of
 * them active. Nothing of it is stored; which of them live is asked of the store each time.
 */
#include <assert.h>

#include "oauth/session/session.h"

/* --- cookies ---------------------------------------------------------------------------------- */

#define SUFFIX_BYTES 6

struct str
account_suffix(const struct issuer *i, struct arena *mem, struct str cookie)
{
	struct dig32 d = session_digest(i, cookie);

	return hex_encode(mem, str_span(d.b, SUFFIX_BYTES));
}

static bool
is_among(const struct str *list, size_t n, struct str cookie)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i], cookie))
			return true;
	return false;
}

bool
account_cookie_read(struct account_cookies *a, struct str cookie)
{
	if (a->n == ACCOUNTS_READ || str_empty(cookie) || is_among(a->sent, a->n, cookie))
		return false;
	a->sent[a->n++] = cookie;
	return true;
}

void
account_keep(struct call *c, struct str cookie)
{
	struct account_cookies *a = c->accounts;

	if (a == NULL || str_empty(cookie) || is_among(a->sent, a->n, cookie) || is_among(a->kept, a->n_kept, cookie))
		return;
	assert(a->n_kept < COUNT(a->kept));
	a->kept[a->n_kept++] = cookie;
}

void
account_drop(struct call *c, struct str cookie)
{
	struct account_cookies *a = c->accounts;

	if (a != NULL && is_among(a->sent, a->n, cookie) && !is_among(a->gone, a->n_gone, cookie))
		a->gone[a->n_gone++] = cookie;
}

struct str
active_cookie(const struct call *c)
{
	return c->accounts != NULL ? c->accounts->active : c->session_cookie;
}

/* --- those that live -------------------------------------------------------------------------- */

static bool
same_session(const struct session *a, const struct session *b)
{
	return memcmp(a->digest.b, b->digest.b, sizeof a->digest.b) == 0;
}

/* Behind the active one the one that was used last comes first. */
static void
account_insert(struct accounts *all, const struct account *one)
{
	size_t at = all->n++;

	for (; at > all->has_active && all->at[at - 1].s.seen_s < one->s.seen_s; at--)
		all->at[at] = all->at[at - 1];
	all->at[at] = *one;
}

static bool
account_look(struct call *c, struct str cookie, struct accounts *all)
{
	struct account one = { .cookie = cookie };

	if (str_empty(cookie))
		return false;
	if (session_by_cookie(c, cookie, &one.s)) {
		account_insert(all, &one);
		return true;
	}
	return false;
}

bool
accounts_live(struct call *c, struct accounts *all)
{
	const struct account_cookies *a = c->accounts;

	*all = (struct accounts){ .n = 0 };
	all->has_active = account_look(c, active_cookie(c), all);
	for (size_t i = 0; a != NULL && c->why == R_NONE && i < a->n; i++)
		if (!str_eq(a->sent[i], a->active) && !account_look(c, a->sent[i], all) && c->why == R_NONE)
			account_drop(c, a->sent[i]);
	return c->why == R_NONE;
}

bool
accounts_are_several(const struct call *c)
{
	const struct account_cookies *a = c->accounts;

	return a != NULL && (a->n > 1 || (a->n == 1 && !str_eq(a->sent[0], a->active)));
}

struct str
account_id(const struct call *c, const struct session *s)
{
	struct dig32 d = digest_of(c->issuer, S("account"), dig_str(&s->digest));

	return hex_encode(c->mem, str_span(d.b, 16));
}

const struct account *
account_called(const struct call *c, const struct accounts *all, struct str id)
{
	for (size_t i = 0; i < all->n; i++)
		if (!str_empty(id) && str_eq(id, account_id(c, &all->at[i].s)))
			return &all->at[i];
	return NULL;
}

void
account_use(struct call *c, const struct account *a)
{
	c->session_cookie = a->cookie;
	c->user_name = a->s.user_name;
}

bool
account_of_session(struct call *c, const struct dig32 *digest, struct session *out)
{
	struct session want = { .digest = *digest };
	struct accounts all;

	if (!accounts_live(c, &all))
		return false;
	for (size_t i = 0; i < all.n; i++)
		if (same_session(&all.at[i].s, &want)) {
			account_use(c, &all.at[i]);
			*out = all.at[i].s;
			return true;
		}
	return false;
}

/* --- a hint ----------------------------------------------------------------------------------- */

static bool
is_nonempty_same(struct arena *mem, struct str a, struct str b)
{
	return !str_empty(a) && !str_empty(b) && str_eq(str_fold(mem, a), str_fold(mem, b));
}

static bool
account_is_named(struct call *c, const struct session *s, struct str hint)
{
	struct user u;

	if (is_nonempty_same(c->mem, s->user_name, hint))
		return true;
	if (!store_answered(c, store_user_by_id(c->svc->store, c->mem, realm_name(c->issuer->realm), &s->user, &u)))
		return false;
	return is_nonempty_same(c->mem, u.name, hint) || is_nonempty_same(c->mem, u.email, hint)
	    || (!str_empty(u.phone) && str_eq(u.phone, hint));
}

const struct account *
account_hinted(struct call *c, const struct accounts *all, struct str hint)
{
	const struct account *found = NULL;

	for (size_t i = 0; !str_empty(hint) && i < all->n; i++) {
		if (!account_is_named(c, &all->at[i].s, hint))
			continue;
		if (found != NULL)
			return NULL;
		found = &all->at[i];
	}
	return c->why == R_NONE ? found : NULL;
}

/* --- an application --------------------------------------------------------------------------- */

#define CLIENTS_MAX 256

bool
session_has_client(struct call *c, const struct session *s, struct str client)
{
	struct session_client *rows = arena_array(c->mem, struct session_client, CLIENTS_MAX);
	int n = rows == NULL ? -1 : store_session_clients(c->svc->store, c->mem,
	    &(struct session_client_walk){ .session = &s->digest }, CLIENTS_MAX, rows);

	if (n < 0)
		return fail(c, rows == NULL ? R_INTERNAL : R_STORE, S("read"));
	for (int i = 0; i < n; i++)
		if (str_eq(rows[i].client, client))
			return true;
	return false;
}

/* --- a login ---------------------------------------------------------------------------------- */

/* What the cookie is of, living or not. */
static bool
row_of(struct call *c, struct str cookie, struct session *s)
{
	struct dig32 digest = session_digest(c->issuer, cookie);

	return store_answered(c, store_session(c->svc->store, c->mem, &digest, s))
	    && str_eq(s->issuer, c->issuer->name);
}

/* A list of operations is bounded: who brings more cookies than a browser of ours has loses some at the next login. */
static bool
list_has_room(const struct ops *o)
{
	return o->n + 4 <= STORE_OPS_MAX;
}

/* Of the same user: replaced. Ended by time: it goes. False: it stays beside the new one. */
static bool
row_is_replaced(struct call *c, const struct session *new, struct session *old, struct ops *o)
{
	bool same = memcmp(old->user.b, new->user.b, sizeof new->user.b) == 0;

	if ((!same && session_lives(c, old)) || !list_has_room(o))
		return false;
	if (same)
		ops_add(o, OP_SESSION_CLIENTS_MOVE)->session_move = (struct op_session_move){ old, new };
	ops_add(o, OP_SESSION_END)->session = old;
	return true;
}

/* Whoever was used longest ago goes, until there is room for one more. */
static void
make_room(struct call *c, struct accounts *others, struct ops *o)
{
	while (others->n > 0 && list_has_room(o) && (int64_t)others->n >= c->issuer->policy->session.accounts) {
		struct account *last = &others->at[--others->n];

		account_drop(c, last->cookie);
		ops_add(o, OP_SESSION_END)->session = &last->s;
	}
}

bool
accounts_join(struct call *c, const struct session *new, struct str cookie, struct ops *o)
{
	struct account_cookies *a = c->accounts;
	struct accounts *others = arena_new(c->mem, struct accounts);
	struct str list[ACCOUNTS_READ + 1];
	size_t n = 0;

	if (others == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	if (!str_empty(a->active) && !is_among(a->sent, a->n, a->active))
		list[n++] = a->active;
	for (size_t i = 0; i < a->n; i++)
		list[n++] = a->sent[i];
	for (size_t i = 0; i < n; i++) {
		struct account *one = arena_new(c->mem, struct account);

		if (one == NULL)
			return fail(c, R_INTERNAL, S("memory"));
		one->cookie = list[i];
		if (row_of(c, list[i], &one->s) && !row_is_replaced(c, new, &one->s, o)) {
			account_insert(others, one);
			account_keep(c, list[i]);
		} else
			account_drop(c, list[i]);
		if (c->why != R_NONE)
			return false;
	}
	make_room(c, others, o);
	account_keep(c, cookie);
	return true;
}

void
accounts_forget(struct call *c)
{
	if (c->accounts != NULL)
		c->accounts->n_kept = c->accounts->n_gone = 0;
}
