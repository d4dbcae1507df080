/* oauth/revoke.c - the end of a token before its time. RFC 7009. */
#include "oauth/oauth_int.h"

static bool
is_unknown(enum reason why)
{
	return why == R_TOKEN_UNKNOWN || why == R_TOKEN_MALFORMED || why == R_TOKEN_EXPIRED || why == R_TOKEN_IS_REFRESH;
}

/* whole: with the refresh token and everything else of its family. */
static bool
end_token(struct call *c, const struct token_facts *f, const struct id16 *family, struct token *row, bool whole)
{
	struct family fam = { .id = *family };
	struct ops o = { .n = 0 };
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
	if (!token_inspect(c, c->arg[P_TOKEN], INSPECT_ACCESS | INSPECT_REFRESH, &f, &family, &row)) {
		if (!is_unknown(c->why))
			return answer_fault(c);
		c->why = R_NONE;                /* RFC 7009 2.2: an invalid token is no error */
		return (struct answer){ .kind = ANS_EMPTY };
	}
	if (!str_eq(f.client_id, c->client->id)) {
		fail(c, R_TOKEN_OTHER_CLIENT, f.client_id);
		return answer_fault(c);
	}
	return end_token(c, &f, &family, &row, false) ? (struct answer){ .kind = ANS_EMPTY } : answer_fault(c);
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
	struct farewell told;
	struct token_facts f;
	struct id16 family;
	struct token row;

	if (str_empty(text))
		return (struct answer){ .kind = ANS_EMPTY };
	if (!token_inspect(c, text, INSPECT_ACCESS, &f, &family, &row)) {
		if (!is_unknown(c->why))
			return answer_fault(c);
		c->why = R_NONE;
		return (struct answer){ .kind = ANS_EMPTY };
	}
	c->client = f.client;
	if (!logout_spreads(c, &f, text, &told) || !end_token(c, &f, &family, &row, true))
		return answer_fault(c);
	logout_is_told(c, &told);
	return removed(c);
}

struct answer
operator_revoke_endpoint(struct call *c)
{
	struct token_facts f;
	struct id16 family;
	struct token row;

	if (!token_inspect(c, c->arg[P_TOKEN], INSPECT_ACCESS | INSPECT_REFRESH, &f, &family, &row) || !end_token(c, &f, &family, &row, true))
		return answer_fault(c);
	return (struct answer){ .kind = ANS_EMPTY };
}
