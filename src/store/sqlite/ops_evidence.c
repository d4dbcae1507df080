/* store/sqlite/ops_evidence.c - writes of sessions, pending requests, codes, families, tokens. */
#include "store/sqlite/ops_int.h"

/* --- sessions and pending requests ------------------------------------------------------------------------------------------ */

enum step
op_session_add(struct conn *c, const struct store_op *op)
{
	const struct session *r = op->session;
	struct query q;

	op_begin(&q, c, SQL_SESSION_ADD);
	bind_dig(&q, &r->digest);
	bind_str(&q, r->issuer);
	bind_id(&q, &r->user);
	bind_str(&q, r->user_name);
	bind_str(&q, r->account_type);
	bind_int(&q, r->auth_s);
	bind_int(&q, r->seen_s);
	bind_int(&q, r->expires_s);
	bind_str(&q, r->address);
	bind_str(&q, r->agent);
	bind_str(&q, r->client);
	return op_finish(&q);
}

enum step
op_session_used(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_SESSION_USED);
	bind_dig(&q, &op->session->digest);
	bind_int(&q, op->session->seen_s);
	bind_str(&q, op->session->client);
	return op_finish(&q);
}

enum step
op_session_touch(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_SESSION_TOUCH);
	bind_dig(&q, &op->session->digest);
	bind_int(&q, op->session->seen_s);
	return op_run_cond(&q);
}

enum step
op_session_alive(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_SESSION_ALIVE);
	bind_dig(&q, &op->session->digest);
	return op_run_guard(&q);
}

enum step
op_session_end(struct conn *c, const struct store_op *op)
{
	enum step r = op_run_dig(c, SQL_SESSION_PENDINGS, &op->session->digest);

	return r == STEP_DONE ? op_run_dig(c, SQL_SESSION_END, &op->session->digest) : r;
}

enum step
op_pending_add(struct conn *c, const struct store_op *op)
{
	const struct pending *r = op->pending.row;
	struct query q;
	enum step step;

	op_begin(&q, c, SQL_PENDING_ADD);
	bind_blob(&q, id_str(&r->id));
	bind_dig(&q, &r->session);
	auth_bind(&q, &r->auth);
	bind_str(&q, r->data);
	bind_int(&q, r->expires_s);
	step = op_finish(&q);
	if (step != STEP_DONE || !op->pending.replace_others)
		return step;
	op_begin(&q, c, SQL_PENDING_OTHERS);
	bind_dig(&q, &r->session);
	bind_blob(&q, id_str(&r->id));
	return op_finish(&q);
}

enum step
op_pending_take(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_PENDING_TAKE);
	bind_blob(&q, id_str(&op->pending.row->id));
	return op_run_cond(&q);
}

/* --- codes ------------------------------------------------------------------------------------------------------------------ */

enum step
op_code_add(struct conn *c, const struct store_op *op)
{
	const struct code *r = op->code;
	struct query q;

	op_begin(&q, c, SQL_CODE_ADD);
	bind_dig(&q, &r->digest);
	auth_bind(&q, &r->auth);
	bind_str(&q, r->redirect_uri);
	bind_int(&q, r->redirect_sent);
	bind_str(&q, r->challenge);
	bind_int(&q, r->issued_s);
	bind_int(&q, r->expires_s);
	bind_int(&q, r->state);
	bind_id(&q, &r->family);
	return op_run_cond(&q);
}

enum step
op_code_spend(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_CODE_SPEND);
	bind_dig(&q, &op->code->digest);
	bind_id(&q, &op->code->family);
	return op_run_cond(&q);
}

enum step
op_code_burn(struct conn *c, const struct store_op *op)
{
	return op_run_dig(c, SQL_CODE_BURN, &op->code->digest);
}

/* --- families --------------------------------------------------------------------------------------------------------------- */

enum step
op_family_add(struct conn *c, const struct store_op *op)
{
	const struct family *r = op->family;
	struct query q;

	op_begin(&q, c, SQL_FAMILY_ADD);
	bind_blob(&q, id_str(&r->id));
	auth_bind(&q, &r->auth);
	bind_str(&q, r->grant);
	bind_dig_if(&q, r->has_digest, &r->digest);
	bind_int(&q, r->refreshable);
	bind_int(&q, r->generation);
	bind_int(&q, r->rotated_ms);
	bind_int(&q, r->issued_s);
	bind_int(&q, r->expires_s);
	bind_int(&q, r->state);
	return op_run_cond(&q);
}

enum step
op_family_rotate(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_FAMILY_ROTATE);
	bind_blob(&q, id_str(&op->family->id));
	bind_int(&q, op->family->generation);
	bind_int(&q, op->family->rotated_ms);
	return op_run_cond(&q);
}

enum step
op_family_alive(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_FAMILY_ALIVE);
	bind_blob(&q, id_str(&op->family->id));
	return op_run_guard(&q);
}

enum step
op_family_revoke(struct conn *c, const struct store_op *op)
{
	enum step r = op_run_id(c, SQL_FAMILY_REVOKE, &op->family->id);

	return r == STEP_DONE ? op_run_id(c, SQL_TOKENS_OF_FAMILY, &op->family->id) : r;
}

static enum step
families_step(struct conn *c, enum sql which, const struct family *f)
{
	bool by_grant = which == SQL_FAMILIES_TOKENS || which == SQL_FAMILIES_REVOKE;
	struct query q;

	op_begin(&q, c, which);
	bind_id(&q, &f->auth.user);
	bind_str(&q, f->auth.issuer);
	bind_str(&q, f->auth.client);
	bind_id(&q, &f->id);
	if (by_grant)
		bind_str(&q, f->grant);
	return op_finish(&q);
}

/*
 * Tokens first: they are found through the families. Those without a family are found through their user, or, when the client
 * speaks for itself, through the client; no grant is known of these.
 */
static enum step
families_tokens(struct conn *c, const struct family *f)
{
	enum step r = families_step(c, SQL_FAMILIES_TOKENS, f);

	if (r != STEP_DONE || str_given(f->grant))
		return r;
	if (!id_none(&f->auth.user))
		return families_step(c, SQL_FAMILIES_USER_TOKENS, f);
	if (str_given(f->auth.client))
		return families_step(c, SQL_FAMILIES_CLIENT_TOKENS, f);
	return r;
}

enum step
op_families_revoke(struct conn *c, const struct store_op *op)
{
	enum step r = families_tokens(c, op->family);

	return r == STEP_DONE ? families_step(c, SQL_FAMILIES_REVOKE, op->family) : r;
}

/* --- tokens ----------------------------------------------------------------------------------------------------------------- */

enum step
op_token_add(struct conn *c, const struct store_op *op)
{
	const struct token *r = op->token;
	struct query q;

	op_begin(&q, c, SQL_TOKEN_ADD);
	bind_blob(&q, id_str(&r->id));
	auth_bind(&q, &r->auth);
	bind_id(&q, &r->family);
	bind_dig_if(&q, r->has_digest, &r->digest);
	bind_dig_if(&q, r->has_reuse, &r->reuse);
	bind_int(&q, r->issued_s);
	bind_int(&q, r->expires_s);
	bind_int(&q, r->keep_s);
	return op_run_cond(&q);
}

enum step
op_token_delete(struct conn *c, const struct store_op *op)
{
	return op_run_id(c, SQL_TOKEN_DELETE, &op->token->id);
}

enum step
op_tokens_delete_family(struct conn *c, const struct store_op *op)
{
	return op_run_id(c, SQL_TOKENS_OF_FAMILY, &op->token->family);
}

enum step
op_token_drop_reuse(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_TOKEN_DROP_REUSE);
	bind_dig(&q, &op->token->reuse);
	bind_blob(&q, id_str(&op->token->id));
	return op_finish(&q);
}
