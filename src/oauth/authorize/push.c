/*
 * oauth/authorize/push.c - the pushed authorization request endpoint: the questions of an authorization request, asked
 * of its client before a browser comes. RFC 9126.
 */
#include "oauth/authorize/authorize_int.h"
#include "oauth/dpop.h"
#include "oauth/session/session.h"

#define DATA_MAX   (32 * 1024)  /* the parameters of one, as JSON */
#define PER_CLIENT 100000       /* of a client that an operator has made, and that has proven itself */
#define PER_NETWORK 256         /* of whoever may be anybody */
#define TOTAL      200000

/* Who can have made himself a client, or is none, counts by his network. */
static bool
is_trusted(const struct client *k)
{
	return !client_is_public(k) && k->lease_s == 0;
}

/* What a request object said stands among the parameters now; that it was signed is kept. */
bool
request_push(struct call *c, const struct authz *z, int64_t ttl_s, struct id16 *id)
{
	bool trusted = is_trusted(z->client);
	struct ops o = { .n = 0 };
	struct pushed row = { .id = *id = id_new(),
		.issuer = c->issuer->name,
		.client = z->client->id,
		.source = trusted ? digest_of(c->issuer, S("pushed"), z->client->id) : interaction_network(c),
		.data = interaction_write(c, z->object_signed ? S("signed") : S("none"), DATA_MAX),
		.until_s = c->now_s + ttl_s };
	size_t lost;

	row.expires_s = row.until_s;
	if (!str_given(row.data))
		return fail(c, R_PUSHED_LARGE, STR_ABSENT);
	ops_stand_on(c, &o, NULL, NULL);
	ops_add(&o, OP_PUSHED_ADD)->pushed = (struct op_pushed){ &row, trusted ? PER_CLIENT : PER_NETWORK, TOTAL };
	switch (commit_standing(c, &o, &lost)) {
	case STORE_DONE: return true;
	case STORE_LOST: stands_no_more(c, &o, lost); return false;
	default: return false;
	}
}

/* RFC 9126 section 2.2. */
static struct answer
keep(struct call *c, const struct authz *z)
{
	struct answer a = { .kind = ANS_PUSHED };
	struct id16 id;

	a.pushed.expires_in_s = c->issuer->policy->authorize.par_ttl_s;
	if (!request_push(c, z, a.pushed.expires_in_s, &id))
		return answer_fault(c);
	a.pushed.uri = pushed_uri(c, &id);
	if (!str_given(a.pushed.uri))
		fail(c, R_INTERNAL, S("memory"));
	return str_given(a.pushed.uri) ? a : answer_fault(c);
}

/* RFC 9449 section 10.1: a proof that comes along binds the code; none is demanded here. */
bool
proof_holds(struct call *c)
{
	if (!dpop_is_taken(c->issuer))
		return true;
	switch (dpop_judge(c, STR_ABSENT)) {
	case DPOP_BAD: return fail(c, R_DPOP_PROOF, c->dpop_judged.detail);
	case DPOP_WANTS_NONCE: return fail(c, R_DPOP_NONCE, c->dpop_judged.detail);
	default: return true;
	}
}

/* The browser shows no key: the request itself names it from now on. */
void
key_stays(struct call *c)
{
	if (str_given(c->proven[CONFIRM_DPOP]))
		call_put(c, P_DPOP_JKT, c->proven[CONFIRM_DPOP]);
}

static struct answer
look_at_push(struct call *c)
{
	struct authz z;

	if (!authz_check(c, &z))
		return answer_fault(c);
	key_stays(c);
	return keep(c, &z);
}

struct answer
pushed_endpoint(struct call *c)
{
	if (c->issuer->policy->authorize.par_ttl_s == 0)
		fail(c, R_NOT_FOUND, STR_ABSENT);
	else if (client_authenticate(c))
		(void)proof_holds(c);
	if (c->why != R_NONE)
		return answer_fault(c);
	call_put(c, P_CLIENT_ID, c->client->id);
	c->pushes = true;
	return authz_settle(c, look_at_push);
}
