/*
 * oauth/authorize/push.c - the pushed authorization request endpoint: the questions of an authorization request, asked
 * of its client before a browser comes. RFC 9126.
 */
#include "oauth/authorize/authorize_int.h"
#include "oauth/client/client.h"
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
	struct pushed *row = arena_new(c->mem, struct pushed);         /* its commit may be left to the writer */
	struct ops o = { .n = 0 };
	enum store_result r;
	size_t lost;

	if (row == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	*row = (struct pushed){ .id = *id = id_new(),
		.issuer = c->issuer->name,
		.client = z->client->id,
		.source = trusted ? digest_of(c->issuer, S("pushed"), z->client->id) : interaction_network(c),
		.data = interaction_write(c, z->object_signed ? S("signed") : S("none"), DATA_MAX),
		.until_s = c->now_s + ttl_s,
		.expires_s = c->now_s + ttl_s };
	if (!str_given(row->data))
		return fail(c, R_PUSHED_LARGE, STR_ABSENT);
	ops_stand_on(c, &o, NULL, NULL);
	ops_spend_assertion(c, &o);
	ops_add(&o, OP_PUSHED_ADD)->pushed = (struct op_pushed){ row, trusted ? PER_CLIENT : PER_NETWORK, TOTAL };
	r = commit_standing(c, &o, &lost);
	if (r == STORE_LOST && o.at[lost].kind == OP_ONCE_USE)
		return assertion_is_spent(c, &o.at[lost].once);
	if (r == STORE_LOST)
		stands_no_more(c, &o, lost);
	return r == STORE_DONE;
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

/* The client may have changed since a look before: then its proof is asked for again (client_is_proven). */
static struct answer
look_at_push(struct call *c)
{
	struct authz z;

	if (!client_is_proven(c) || !proof_holds(c))
		return answer_fault(c);
	call_put(c, P_CLIENT_ID, c->client->id);
	if (!authz_check(c, &z))
		return answer_fault(c);
	key_stays(c);
	return keep(c, &z);
}

static struct answer
push(struct call *c)
{
	if (c->issuer->policy->authorize.par_ttl_s == 0) {
		fail(c, R_NOT_FOUND, STR_ABSENT);
		return answer_fault(c);
	}
	c->pushes = true;
	return authz_settle(c, look_at_push);
}

struct answer
pushed_endpoint(struct call *c)
{
	struct answer a = push(c);

	if (a.kind == ANS_FAULT)
		assertion_spend_refused(c);
	return a;
}

enum token_next
pushed_begin(struct call *c, const struct store_op **ops, size_t *n, struct answer *a)
{
	struct call before;

	if (c->proof.ok && dpop_is_taken(c->issuer))
		dpop_judge(c, STR_ABSENT);      /* once, also where the call is asked again elsewhere */
	call_defers(c, &before);
	*a = push(c);
	return call_left(c, &before, ops, n);
}
