/*
 * oauth/account/data.c - the first page of an account, and all that is stored of the person, as an operator's
 * `hufu user export` has it.
 */
#include "oauth/account/account.h"

#define EXPORT_MAX (8u * 1024 * 1024)

struct answer
account_endpoint(struct call *c)
{
	struct account_here h;
	struct answer a;

	return account_session(c, ACCOUNT_SEES, &h, &a) ? account_answer(c, account_page(c, ACCOUNT_HOME, &h)) : a;
}

/* Whoever comes by a browser that was left open gets nothing: the login has to be a fresh one. */
static struct answer
download(struct call *c, const struct account_here *h)
{
	struct person_asked p = { .store = c->svc->store, .user = &h->u, .elsewhere = c->issuer->elsewhere,
		.now_s = c->now_s };
	struct arena *room = account_room(c);
	struct buf b;

	if (room == NULL)
		return answer_fault(c);
	p.n_clients = realm_clients(c->issuer->realm, &p.clients);
	buf_init(&b, room, EXPORT_MAX);
	if (!person_export(&p, &b))
		fail(c, R_STORE, S("read"));
	else if (b.full)
		fail(c, R_EXPORT_LARGE, STR_ABSENT);
	if (c->why != R_NONE)
		return answer_fault(c);
	c->detail = SAY("the person was given all that is stored of them");
	return (struct answer){ .kind = ANS_DOCUMENT,
		.document = { .type = S("application/json"), .body = buf_str(&b) } };
}

struct answer
account_data_endpoint(struct call *c, bool posted)
{
	struct account_here h;
	struct answer a;

	if (!account_session(c, ACCOUNT_FRESH, &h, &a))
		return a;
	if (!posted)
		return account_answer(c, account_page(c, ACCOUNT_DATA, &h));
	if (account_form_holds(c))
		return download(c, &h);
	return c->why == R_NONE ? account_wrong(c, account_page(c, ACCOUNT_DATA, &h), 403, "expired_form")
				: answer_fault(c);
}
