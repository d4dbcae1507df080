/* oauth/account/here.c - who is here, and is the login fresh enough. */
#include "oauth/account/account.h"

/* The page itself, without what a form or a notice has put into its address. */
static struct str
page_url(const struct call *c)
{
	ptrdiff_t mark = str_index(c->self, '?');

	return mark < 0 ? c->self : str_sub(c->self, 0, (size_t)mark);
}

static struct answer
go_to(struct call *c, enum place place, unsigned demanded)
{
	struct saved s = { .url = page_url(c), .demanded = demanded };

	return (struct answer){ .kind = ANS_GO, .go = { .place = place, .saved = saved_begin(c, &s) } };
}

struct answer
account_login_again(struct call *c)
{
	return go_to(c, PLACE_LOGIN, BIT(PROMPT_LOGIN));
}

/* Nobody is active; where others of this browser are logged in, one of them is chosen. */
static struct answer
nobody_here(struct call *c)
{
	struct accounts all;

	if (c->why == R_NONE && c->accounts != NULL && accounts_live(c, &all) && all.n > 0 && !all.has_active)
		return go_to(c, PLACE_ACCOUNTS, BIT(PROMPT_ACCOUNT));
	return c->why == R_NONE ? go_to(c, PLACE_LOGIN, 0) : answer_fault(c);
}

bool
account_session(struct call *c, enum account_need need, struct account_here *h, struct answer *a)
{
	*h = (struct account_here){ .fresh = false };
	if (!c->issuer->policy->account.pages) {
		fail(c, R_NOT_FOUND, STR_ABSENT);
		*a = answer_fault(c);
		return false;
	}
	if (!session_find(c, &h->s) || !session_touch(c, &h->s) || !user_of_session_again(c, &h->s, &h->u)) {
		*a = nobody_here(c);
		return false;
	}
	h->fresh = session_is_fresh(c, &h->s);
	if (need == ACCOUNT_SEES || h->fresh)
		return true;
	*a = account_login_again(c);
	return false;
}

bool
account_is_managed(const struct account_here *h)
{
	return user_is_shadow(&h->u) || h->u.entry.n > 0;
}

bool
account_always(const struct call *c, const struct account_here *h)
{
	(void)c, (void)h;
	return true;
}

bool
account_has_password(const struct call *c, const struct account_here *h)
{
	(void)c;
	return !account_is_managed(h) && h->u.password.n > 0;
}

bool
account_email_may_change(const struct call *c, const struct account_here *h)
{
	return c->issuer->policy->selfservice.email_change && user_is_own(&h->u);
}

bool
account_phone_may_change(const struct call *c, const struct account_here *h)
{
	return c->issuer->policy->selfservice.phone_change && user_is_own(&h->u);
}

bool
account_has_factors(const struct call *c, const struct account_here *h)
{
	(void)h;
	return factors_are_kept(c->issuer);
}

bool
account_has_providers(const struct call *c, const struct account_here *h)
{
	(void)h;
	return c->issuer->upstreams != NULL && c->issuer->upstreams[0] != NULL;
}

bool
account_may_be_deleted(const struct call *c, const struct account_here *h)
{
	(void)h;
	return c->issuer->policy->account.deletion == ACCOUNT_DELETION_ALLOWED;
}
