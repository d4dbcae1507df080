/*
 * oauth/session/interaction.c - a request that a browser cannot carry: one by POST, whose
 * parameters are in no address, or one too long for a cookie. It waits as a row of the store,
 * resumed at its own address with ?interaction=, the row's id, sealed. The rows are bounded:
 * whoever sends many loses his own oldest. Short-lived, but a page that waited a day still leads
 * on.
 */
#include "oauth/session/session.h"

#define KIND            "interaction 1"
#define SELF_MAX        1500            /* bytes of an address: sealed it stands in a cookie (RFC 6265 section 6.1) and in a Referer beside it */
#define TTL_S           INTERACTION_TTL_S
#define PER_NETWORK     256
#define TOTAL           2048

bool
interaction_keep(struct call *c)
{
	struct interaction row = { .id = id_new(),
		.issuer = c->issuer->name,
		.network = interaction_network(c),
		.expires_s = c->now_s + TTL_S };
	struct store_op op = { .kind = OP_INTERACTION_ADD, .interaction = { &row, PER_NETWORK, TOTAL } };
	struct str at;

	if ((!c->posted && !c->pushed.is && c->self.n <= SELF_MAX) || str_given(c->arg[P_INTERACTION]))
		return true;
	if (c->pushed.is)
		return pushed_begins(c);
	row.data = interaction_write(c, STR_ABSENT, INTERACTION_MAX);
	at = interaction_at(c, browser_seal(c, KIND, id_str(&row.id)));
	if (!str_given(row.data) || !str_given(at))
		return fail(c, R_INTERNAL, S("memory"));
	if (call_must_wait(c))
		return false;
	if (store_commit(c->svc->store, &op, 1, NULL) != STORE_DONE)
		return fail(c, R_STORE, S("commit"));
	c->self = at;
	c->posted = false;
	return true;
}

/* The request that waits under that text; NULL: none, or c->why. */
static json_t *
request_of(struct call *c, struct str text)
{
	struct interaction row;
	struct pushed pushed;
	struct id16 id;

	if (pushed_that_began(c, text, &pushed))
		return json_read_upto(c->mem, pushed.data, INTERACTION_MAX);
	if (c->why != R_NONE || !id_unseal(c, KIND, text, &id))
		return NULL;
	if (!store_answered(c, store_interaction(c->svc->store, c->mem, &id, &row)))
		return NULL;
	if (!str_eq(row.issuer, c->issuer->name) || expired(row.expires_s, c->now_s))
		return NULL;
	return json_read_upto(c->mem, row.data, INTERACTION_MAX);
}

bool
interaction_resume(struct call *c)
{
	json_t *request = request_of(c, c->arg[P_INTERACTION]);
	struct pushed row;

	if (request == NULL)
		return fail(c, R_NOTHING_PENDING, S("interaction"));
	c->pushed.is = pushed_that_began(c, c->arg[P_INTERACTION], &row);
	c->pushed.id = row.id;
	return c->why == R_NONE && interaction_read(c, request);
}

struct str
interaction_param(struct call *c, struct str url, enum param p)
{
	static const char mark[] = "?interaction=";
	ptrdiff_t at = str_index(url, '?');
	json_t *request;

	if (at < 0 || !str_starts(str_from(url, (size_t)at), str_of(mark)))
		return STR_ABSENT;
	request = request_of(c, str_from(url, (size_t)at + sizeof mark - 1));
	return request != NULL ? json_member_str(request, param_names[p]) : STR_ABSENT;
}
