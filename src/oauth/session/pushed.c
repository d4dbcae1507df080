/*
 * oauth/session/pushed.c - an authorization request that its client pushed (RFC 9126): its name, and its way from the
 * browser to the answer. The name is the row's id, sealed, so that none can be guessed and a guess costs no read.
 *
 * RFC 9126 section 4 wants a name used once, section 7.3 lets it be loaded again: mail scanners, a reload, a second
 * tab. So it is used up by the decision, in the transaction of the code or the denial (issue.c, consent.c), and until
 * then each browser that came in time goes on: by an address of its own (?interaction=), which outlives the name.
 */
#include "oauth/session/session.h"

#define PREFIX "urn:ietf:params:oauth:request_uri:"
#define NAME   "pushed 1"
#define BEGUN  "pushed interaction 1"

struct str
pushed_uri(const struct call *c, const struct id16 *id)
{
	struct str sealed = browser_seal(c, NAME, id_str(id));

	return str_given(sealed) ? ARENA_CAT(c->mem, S(PREFIX), sealed) : STR_ABSENT;
}

bool
pushed_is_named(const struct call *c)
{
	return c->issuer->policy->authorize.par_ttl_s > 0 && str_starts(c->arg[P_REQUEST_URI], S(PREFIX));
}

/* Section 4: bound to the client that pushed it. A name that has expired MUST be rejected (section 2.2). */
static bool
is_good(struct call *c, const struct pushed *row)
{
	if (!str_eq(row->issuer, c->issuer->name) || expired(row->until_s, c->now_s))
		return fail(c, R_PUSHED_UNKNOWN, SAY("expired"));
	return str_eq(row->client, c->arg[P_CLIENT_ID]) || fail(c, R_PUSHED_UNKNOWN, SAY("pushed by another client"));
}

/* RFC 9101 section 6.3: nothing that stands beside the name counts. */
bool
pushed_resume(struct call *c)
{
	struct str text = str_from(c->arg[P_REQUEST_URI], sizeof PREFIX - 1);
	struct pushed row;
	struct id16 id;
	json_t *request;

	if (!id_unseal(c, NAME, text, &id))
		return fail(c, R_PUSHED_UNKNOWN, SAY("no name that was given"));
	if (!store_answered(c, store_pushed(c->svc->store, c->mem, &id, &row)))
		return fail(c, R_PUSHED_UNKNOWN, SAY("used or over"));
	if (!is_good(c, &row))
		return false;
	request = json_read_upto(c->mem, row.data, INTERACTION_MAX);
	if (request == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	c->pushed.is = c->pushed.by_uri = true;
	c->pushed.id = id;
	return interaction_read(c, request);
}

bool
pushed_begins(struct call *c)
{
	struct pushed row = { .id = c->pushed.id, .expires_s = c->now_s + INTERACTION_TTL_S };
	struct store_op op = { .kind = OP_PUSHED_BEGIN, .pushed = { .row = &row } };
	struct str at = interaction_at(c, browser_seal(c, BEGUN, id_str(&row.id)));

	if (!str_given(at))
		return fail(c, R_INTERNAL, S("memory"));
	if (call_must_wait(c))
		return false;
	switch (store_commit(c->svc->store, &op, 1, NULL)) {
	case STORE_DONE: break;
	case STORE_LOST: return fail(c, R_PUSHED_UNKNOWN, SAY("used meanwhile"));
	default: return fail(c, R_STORE, S("commit"));
	}
	c->self = at;
	c->posted = false;
	return true;
}

bool
pushed_that_began(struct call *c, struct str text, struct pushed *row)
{
	struct id16 id;

	*row = (struct pushed){ .expires_s = 0 };
	return id_unseal(c, BEGUN, text, &id) && store_answered(c, store_pushed(c->svc->store, c->mem, &id, row))
	    && str_eq(row->issuer, c->issuer->name) && !expired(row->expires_s, c->now_s);
}
