/* store/sqlite/ops_people.c - writes of clients, users, approvals, revoked ids, failure counters. */
#include "store/sqlite/ops_int.h"

/* --- clients and users ---------------------------------------------------------------------------------------------------- */

enum step
op_client_put(struct conn *c, const struct store_op *op)
{
	const struct client *r = op->client;
	struct query q;

	op_begin(&q, c, SQL_CLIENT_PUT);
	bind_str(&q, r->realm);
	bind_str(&q, r->id);
	bind_str(&q, r->name);
	bind_str(&q, r->secret);
	bind_str(&q, r->grants);
	bind_str(&q, r->scopes);
	bind_str(&q, r->redirect_uris);
	bind_str(&q, r->auto_approve);
	bind_str(&q, r->authorities);
	bind_str(&q, r->resource_ids);
	bind_str(&q, r->origins);
	bind_str(&q, r->acts_for);
	bind_str(&q, r->legacy);
	bind_str(&q, r->info);
	bind_int(&q, r->access_ttl_s);
	bind_int(&q, r->refresh_ttl_s);
	bind_int(&q, r->enabled);
	bind_int(&q, r->created_s);
	bind_int(&q, r->updated_s);
	bind_str(&q, r->introspects);
	return op_finish(&q);
}

/* Two texts into one statement. */
static enum step
run_texts(struct conn *c, enum sql which, struct str first, struct str second)
{
	struct query q;

	op_begin(&q, c, which);
	bind_str(&q, first);
	bind_str(&q, second);
	return op_finish(&q);
}

/* What it was given dies with it. A client of the same id in another realm is another client. */
enum step
op_client_delete(struct conn *c, const struct store_op *op)
{
	static const enum sql parts[] = { SQL_CLIENT_FAMILY_TOKENS, SQL_CLIENT_TOKENS, SQL_CLIENT_FAMILIES, SQL_CLIENT_CODES, SQL_CLIENT_APPROVALS };
	const struct client *k = op->gone.client;
	enum step r = run_texts(c, SQL_CLIENT_DELETE, k->realm, k->id);

	for (size_t i = 0; r == STEP_DONE && i < COUNT(parts); i++)
		r = run_texts(c, parts[i], k->id, op->gone.elsewhere);
	return r == STEP_DONE ? run_texts(c, SQL_CLIENT_HABITS, k->realm, k->id) : r;
}

enum step
op_user_put(struct conn *c, const struct store_op *op)
{
	const struct user *r = op->user;
	struct query q;

	op_begin(&q, c, SQL_USER_PUT);
	bind_str(&q, r->realm);
	bind_blob(&q, id_str(&r->id));
	bind_str(&q, r->name);
	bind_str(&q, r->display_name);
	bind_str(&q, r->phone);
	bind_str(&q, r->email);
	bind_str(&q, r->open_id);
	bind_str(&q, r->account_type);
	bind_str(&q, r->password);
	bind_str(&q, r->authorities);
	bind_int(&q, r->number);
	bind_int(&q, r->enabled);
	bind_int(&q, r->locked);
	bind_int(&q, r->created_s);
	bind_int(&q, r->updated_s);
	bind_str(&q, r->origin);
	return op_finish(&q);
}

enum step
op_user_revoke(struct conn *c, const struct store_op *op)
{
	static const enum sql parts[] = { SQL_USER_SESSIONS, SQL_USER_FAMILIES, SQL_USER_TOKENS, SQL_USER_CODES };
	enum step r = STEP_DONE;

	for (size_t i = 0; r == STEP_DONE && i < COUNT(parts); i++)
		r = op_run_id(c, parts[i], &op->user->id);
	return r;
}

enum step
op_user_delete(struct conn *c, const struct store_op *op)
{
	struct query q;
	enum step r;

	op_begin(&q, c, SQL_USER_DELETE);
	bind_str(&q, op->user->realm);
	bind_blob(&q, id_str(&op->user->id));
	r = op_finish(&q);
	if (r == STEP_DONE)
		r = op_user_revoke(c, op);
	return r == STEP_DONE ? op_run_id(c, SQL_USER_APPROVALS, &op->user->id) : r;
}

enum step
op_user_rehash(struct conn *c, const struct store_op *op)
{
	const struct user *r = op->rehash.user;
	struct query q;

	op_begin(&q, c, SQL_USER_REHASH);
	bind_str(&q, r->realm);
	bind_blob(&q, id_str(&r->id));
	bind_str(&q, r->password);
	bind_str(&q, op->rehash.verified);
	return op_finish(&q);
}

/* --- the rest --------------------------------------------------------------------------------------------------------------- */

enum step
op_approval_put(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_APPROVAL_PUT);
	bind_blob(&q, id_str(&op->approval->user));
	bind_str(&q, op->approval->issuer);
	bind_str(&q, op->approval->client);
	bind_str(&q, op->approval->scope);
	bind_int(&q, op->approval->expires_s);
	return op_finish(&q);
}

enum step
op_approvals_delete(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_APPROVALS_DELETE);
	bind_blob(&q, id_str(&op->approval->user));
	bind_str(&q, op->approval->issuer);
	bind_str(&q, op->approval->client);
	return op_finish(&q);
}

enum step
op_jti_revoke(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_JTI_REVOKE);
	bind_dig(&q, &op->jti.digest);
	bind_int(&q, op->jti.expires_s);
	return op_finish(&q);
}

/* A counter is of no use to anyone a day after it last made somebody wait. */
#define THROTTLE_KEEP_S 86400
enum step
op_throttle_fail(struct conn *c, const struct store_op *op)
{
	const struct throttle *r = op->throttle;
	int64_t until_s = r->until_ms / 1000;
	struct query q;

	op_begin(&q, c, SQL_THROTTLE_FAIL);
	bind_int(&q, r->kind);
	bind_dig(&q, &r->key);
	bind_int(&q, r->failures);
	bind_int(&q, r->first_s);
	bind_int(&q, r->until_ms);
	bind_int(&q, (until_s > r->first_s ? until_s : r->first_s) + THROTTLE_KEEP_S);
	return op_finish(&q);
}

enum step
op_throttle_clear(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_THROTTLE_CLEAR);
	bind_int(&q, op->throttle->kind);
	bind_dig(&q, &op->throttle->key);
	return op_finish(&q);
}
