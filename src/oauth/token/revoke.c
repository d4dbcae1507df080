/* oauth/token/revoke.c - the end of a token before its time. RFC 7009. */
#include "oauth/client/client.h"
#include "oauth/confirm.h"
#include "oauth/token/token.h"

static bool
is_unknown(enum reason why)
{
	return why == R_TOKEN_UNKNOWN || why == R_TOKEN_MALFORMED || why == R_TOKEN_EXPIRED
	    || why == R_TOKEN_IS_REFRESH;
}

/*
 * whole: with the refresh token and everything else of its family. o: what belongs before it, into
 * the same transaction.
 */
static bool
end_token(struct call *c, const struct token_facts *f, const struct id16 *family, struct token *row,
    bool whole, struct ops o)
{
	struct family fam = { .id = *family };
	struct store_op *op;

	if (f->is_jwt && !f->is_refresh) {
		op = ops_add(&o, OP_JTI_REVOKE);
		op->jti.digest = digest_of(c->issuer, S("jti"), f->jti);
		op->jti.expires_s = f->exp_s;
	} else if (!f->is_refresh)
		ops_add(&o, OP_TOKEN_DELETE)->token = row;
	if ((whole || f->is_refresh) && !id_none(family))
		ops_add(&o, OP_FAMILY_REVOKE)->family = &fam;
	return commit_or_fail(c, &o);
}

static bool
family_of_jwt(struct call *c, struct str text, struct family *f)
{
	struct id16 id;
	struct jwt t;

	return jwt_verify(c->mem, c->issuer->keys, text, &t) && str_given(json_member_str(t.claims, "ati"))
	    && uuid_read(json_member_str(t.claims, "jti"), id.b)
	    && store_answered(c, store_family(c->svc->store, c->mem, &id, f));
}

/*
 * The family of a refresh token that rotation has replaced, a moment or long ago: whoever hands it
 * in wants an end of what stems from it. Its text is as good as that of the current one, for both
 * are made under the token key. False: there is none, or c->why.
 */
static bool
family_of_replaced(struct call *c, struct str text, struct family *f)
{
	int64_t generation;
	bool found = c->issuer->policy->refresh.shape == SHAPE_JWT
	    ? family_of_jwt(c, text, f)
	    : refresh_find(c, c->issuer, text, f, &generation);

	return found && f->state == FAMILY_LIVE && str_eq(f->auth.issuer, c->issuer->name);
}

static struct answer
end_replaced(struct call *c, struct str text, bool unknown_is_fault)
{
	struct ops o = { .n = 0 };
	struct family f;

	c->why = R_NONE;
	if (family_of_replaced(c, text, &f)) {
		if (c->client != NULL && !str_eq(f.auth.client, c->client->id))
			fail(c, R_TOKEN_OTHER_CLIENT, f.auth.client);
		ops_add(&o, OP_FAMILY_REVOKE)->family = &f;
	} else if (unknown_is_fault)
		fail(c, R_TOKEN_UNKNOWN, STR_ABSENT);
	if (c->why != R_NONE || !commit_or_fail(c, &o))
		return answer_fault(c);
	return (struct answer){ .kind = ANS_EMPTY };    /* RFC 7009 2.2: an invalid token is no error */
}

struct answer
revoke_endpoint(struct call *c)
{
	struct token_facts f;
	struct id16 family;
	struct token row;

	if (!client_authenticate(c))
		return answer_fault(c);
	if (str_empty(c->arg[P_TOKEN])) {
		fail(c, R_TOKEN_MISSING, STR_ABSENT);
		return answer_fault(c);
	}
	if (!token_inspect(c, c->arg[P_TOKEN], INSPECT_ACCESS | INSPECT_REFRESH | INSPECT_STORED, &f, &family, &row))
		return is_unknown(c->why) ? end_replaced(c, c->arg[P_TOKEN], false) : answer_fault(c);
	if (!str_eq(f.client_id, c->client->id)) {
		fail(c, R_TOKEN_OTHER_CLIENT, f.client_id);
		return answer_fault(c);
	}
	return end_token(c, &f, &family, &row, false, (struct ops){ .n = 0 })
	    ? (struct answer){ .kind = ANS_EMPTY } : answer_fault(c);
}

/* Back to the application, where the address is one of its own; the old server went anywhere. */
static struct answer
removed(struct call *c)
{
	struct str uri;

	if (str_empty(c->arg[P_REDIRECT_URI]))
		return (struct answer){ .kind = ANS_EMPTY };
	if (redirect_resolve(c, c->client, &uri))
		return (struct answer){ .kind = ANS_GO, .go = { .place = PLACE_SAVED, .url = uri } };
	c->why = R_NONE;
	return (struct answer){ .kind = ANS_EMPTY };
}

struct answer
remove_token_endpoint(struct call *c)
{
	struct str text = !str_empty(c->arg[P_TOKEN]) ? c->arg[P_TOKEN] : c->bearer;
	struct logout_notices told;
	struct token_facts f;
	struct id16 family;
	struct token row;
	bool done;

	if (str_empty(text))
		return (struct answer){ .kind = ANS_EMPTY };
	if (!token_inspect(c, text, INSPECT_ACCESS | INSPECT_STORED, &f, &family, &row)) {
		if (!is_unknown(c->why))
			return answer_fault(c);
		/* a refresh token among them: the old server removed access tokens alone */
		c->why = R_NONE;
		return (struct answer){ .kind = ANS_EMPTY };
	}
	c->client = f.client;
	if (str_empty(c->arg[P_TOKEN]) && !token_is_held(c, &f))
		return answer_fault(c);
	done = logout_elsewhere(c, &f, text, &told) && end_token(c, &f, &family, &row, true, told.last);
	logout_notify(c, &told, done);
	return done ? removed(c) : answer_fault(c);
}

struct answer
operator_revoke_endpoint(struct call *c)
{
	struct token_facts f;
	struct id16 family;
	struct token row;

	if (!token_inspect(c, c->arg[P_TOKEN], INSPECT_ACCESS | INSPECT_REFRESH | INSPECT_STORED, &f, &family, &row))
		return is_unknown(c->why) ? end_replaced(c, c->arg[P_TOKEN], true) : answer_fault(c);
	if (!end_token(c, &f, &family, &row, true, (struct ops){ .n = 0 }))
		return answer_fault(c);
	return (struct answer){ .kind = ANS_EMPTY };
}
