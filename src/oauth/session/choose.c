/* oauth/session/choose.c - the page on which a user chooses among the accounts of the browser, and the choice. */
#include "oauth/session/session.h"

bool
accounts_shown(struct call *c, const struct accounts *all, struct answer *a)
{
	struct account_shown *rows = arena_array(c->mem, struct account_shown, ACCOUNTS_READ + 1);

	if (rows == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	for (size_t i = 0; i < all->n; i++)
		rows[i] = (struct account_shown){ .id = account_id(c, &all->at[i].s),
			.user_name = all->at[i].s.user_name, .active = i == 0 && all->has_active };
	a->accounts.at = rows;
	a->accounts.n = all->n;
	return true;
}

/* Nobody to choose among: the login page, about the same request. */
static struct answer
to_login(const struct call *c)
{
	struct answer a = { .kind = ANS_GO, .go = { .place = PLACE_LOGIN } };

	if (!str_empty(c->arg[P_SAVED_REQUEST]))
		a.go.saved = c->arg[P_SAVED_REQUEST];
	return a;
}

static struct answer
page(struct call *c)
{
	struct answer a = { .kind = ANS_PAGE_ACCOUNTS };
	struct accounts all;
	struct saved s;

	if (!accounts_live(c, &all))
		return answer_fault(c);
	if (all.n == 0)
		return to_login(c);
	a.login.csrf = csrf_token(c, form_secret(c, &s));
	a.login.saved_url = s.url;
	a.login.saved = request_write(c, &s);
	a.login.client_id = interaction_param(c, s.url, P_CLIENT_ID);
	return accounts_shown(c, &all, &a) ? a : answer_fault(c);
}

/* What it has answered of this very request stays answered. */
static bool
choice_noted(struct call *c, struct session *s, const struct saved *from)
{
	struct dig32 request = request_digest(c->issuer, from->url);
	struct store_op op = { .kind = OP_SESSION_ANSWER, .session = s };

	if (str_empty(from->url))
		return true;
	if (memcmp(s->request.b, request.b, sizeof request.b) != 0)
		s->answered = 0;
	s->answered |= BIT(PROMPT_ACCOUNT);
	s->request = request;
	switch (store_commit(c->svc->store, &op, 1, NULL)) {
	case STORE_DONE: return true;
	case STORE_LOST: return false;          /* it has ended meanwhile */
	default: return fail(c, R_STORE, S("commit"));
	}
}

/* One that has ended, or whose user may not come in any more: the page once more, without it. */
static struct answer
choose(struct call *c, const struct saved *from)
{
	const struct account *one;
	struct accounts all;
	struct session s;
	struct user u;

	if (!accounts_live(c, &all))
		return answer_fault(c);
	if ((one = account_called(c, &all, c->arg[P_ACCOUNT])) == NULL)
		return page(c);
	s = one->s;
	account_use(c, one);
	if (!user_of_session_again(c, &s, &u) || !choice_noted(c, &s, from))
		return c->why != R_NONE ? answer_fault(c) : page(c);
	if (all.has_active)
		account_keep(c, active_cookie(c));
	account_keep(c, one->cookie);
	if (!str_eq(one->cookie, active_cookie(c)))
		c->set_session = one->cookie;
	saved_done(c, from);
	return login_goes_on(from);
}

struct answer
accounts_endpoint(struct call *c, bool posted)
{
	struct saved saved;
	bool has_nonce;

	if (!posted)
		return page(c);
	has_nonce = saved_of_form(c, &saved);
	if (!csrf_holds(c, saved.nonce))
		return login_is_stale(c, &saved, has_nonce);
	return choose(c, &saved);
}
