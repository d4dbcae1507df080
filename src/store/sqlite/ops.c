/* store/sqlite/ops.c - the table of operations of store.h, and how their statements are run on the writer. */
#include "store/sqlite/ops_int.h"

void
op_begin(struct query *q, struct conn *c, enum sql which)
{
	query_begin(q, c, NULL, which);
}

/* Run what was bound; `changed` tells how many rows it touched. A broken constraint is a lost race, not trouble. */
static enum step
run_counted(struct query *q, int *changed)
{
	query_row(q);
	*changed = q->rc == SQLITE_DONE || q->rc == SQLITE_ROW ? sqlite3_changes(q->conn->db) : 0;
	if (q->st != NULL)
		sqlite3_reset(q->st);
	if ((q->rc & 0xff) == SQLITE_CONSTRAINT)
		return STEP_LOST;
	return q->rc == SQLITE_DONE || q->rc == SQLITE_ROW ? STEP_DONE : STEP_FAILED;
}

enum step
op_finish(struct query *q)
{
	int changed;

	return run_counted(q, &changed);
}

/* A conditional statement that touched nothing found its condition false (S1, S2). */
enum step
op_run_cond(struct query *q)
{
	int changed;
	enum step r = run_counted(q, &changed);

	return r == STEP_DONE && changed == 0 ? STEP_LOST : r;
}

/* A guard looks for a row and changes nothing. */
enum step
op_run_guard(struct query *q)
{
	bool found = query_row(q);

	if (query_end(q, found) == FIND_FAILED)
		return STEP_FAILED;
	return found ? STEP_DONE : STEP_LOST;
}

enum step
op_run_id(struct conn *c, enum sql which, const struct id16 *id)
{
	struct query q;

	op_begin(&q, c, which);
	bind_blob(&q, id_str(id));
	return op_finish(&q);
}

enum step
op_run_dig(struct conn *c, enum sql which, const struct dig32 *d)
{
	struct query q;

	op_begin(&q, c, which);
	bind_dig(&q, d);
	return op_finish(&q);
}

enum step
op_run_text(struct conn *c, enum sql which, struct str text)
{
	struct query q;

	op_begin(&q, c, which);
	bind_str(&q, text);
	return op_finish(&q);
}

static enum step (*const op_table[])(struct conn *c, const struct store_op *op) = {
	[OP_CLIENT_PUT] = op_client_put, [OP_CLIENT_DELETE] = op_client_delete,
	[OP_CLIENT_ADD] = op_client_add, [OP_CLIENT_SET] = op_client_set, [OP_CLIENT_STANDS] = op_client_stands,
	[OP_USER_ADD] = op_user_add, [OP_USER_SET] = op_user_set, [OP_USER_STANDS] = op_user_stands, [OP_SESSION_ALIVE] = op_session_alive,
	[OP_USER_PUT] = op_user_put, [OP_USER_DELETE] = op_user_delete, [OP_USER_REHASH] = op_user_rehash, [OP_REALM_NAMES] = op_realm_names,
	[OP_SESSION_ADD] = op_session_add, [OP_SESSION_TOUCH] = op_session_touch, [OP_SESSION_USED] = op_session_used, [OP_SESSION_END] = op_session_end, [OP_SESSIONS_END_USER] = op_sessions_end_user,
	[OP_PENDING_ADD] = op_pending_add, [OP_PENDING_TAKE] = op_pending_take,
	[OP_CODE_ADD] = op_code_add, [OP_CODE_SPEND] = op_code_spend, [OP_CODE_BURN] = op_code_burn,
	[OP_FAMILY_ADD] = op_family_add, [OP_FAMILY_ROTATE] = op_family_rotate, [OP_FAMILY_ALIVE] = op_family_alive,
	[OP_FAMILY_REVOKE] = op_family_revoke, [OP_FAMILIES_REVOKE] = op_families_revoke,
	[OP_TOKEN_ADD] = op_token_add, [OP_TOKEN_DELETE] = op_token_delete, [OP_TOKENS_DELETE_FAMILY] = op_tokens_delete_family,
	[OP_TOKEN_DROP_REUSE] = op_token_drop_reuse,
	[OP_APPROVAL_PUT] = op_approval_put, [OP_APPROVALS_DELETE] = op_approvals_delete,
	[OP_APPROVAL_END] = op_approval_end,
	[OP_IMPORTED_PUT] = op_imported_put, [OP_IMPORTED_DROP] = op_imported_drop, [OP_IMPORTS_FORGET] = op_imports_forget,
	[OP_APPROVALS_PUT] = op_approvals_put, [OP_JTI_ADD] = op_jti_add, [OP_JTI_REVOKE] = op_jti_revoke, [OP_JTIS_REVOKE] = op_jtis_revoke,
	[OP_KEY_ADD] = op_key_add, [OP_KEY_CHANGE] = op_key_change, [OP_KEY_DELETE] = op_key_delete, [OP_KEYS_FORGET] = op_keys_forget,
	[OP_THROTTLE_FAIL] = op_throttle_fail, [OP_THROTTLE_CLEAR] = op_throttle_clear, [OP_THROTTLE_FORGET] = op_throttle_forget,
	[OP_ONE_TIME_PUT] = op_one_time_put, [OP_ONE_TIME_TRY] = op_one_time_try, [OP_ONE_TIME_SPEND] = op_one_time_spend,
	[OP_OUTGOING_ADD] = op_outgoing_add, [OP_OUTGOING_BEGIN] = op_outgoing_begin,
	[OP_OUTGOING_DELETE] = op_outgoing_delete,
	[OP_RECORD_PUT] = op_record_put, [OP_RECORD_DELETE] = op_record_delete,
	[OP_QUOTA_USE] = op_quota_use, [OP_HABITS_USED] = op_habits_used, [OP_USER_REVOKE] = op_user_revoke, [OP_USER_CHECKED] = op_user_checked,
};

enum step
op_run(struct conn *c, const struct store_op *op)
{
	return (size_t)op->kind < COUNT(op_table) && op_table[op->kind] != NULL ? op_table[op->kind](c, op) : STEP_FAILED;
}

/*
 * Can this one be refused in the ordinary run of things? Random ids do not collide, so an addition can be lost only by a text
 * that somebody else may have chosen or drawn too.
 */
bool
op_may_lose(const struct store_op *op)
{
	switch (op->kind) {
	case OP_CLIENT_ADD: case OP_CLIENT_SET: case OP_CLIENT_STANDS: case OP_USER_ADD: case OP_USER_SET: case OP_USER_STANDS: case OP_SESSION_ALIVE:
	case OP_USER_PUT: case OP_SESSION_TOUCH: case OP_PENDING_TAKE: case OP_CODE_ADD: case OP_CODE_SPEND: case OP_FAMILY_ROTATE: case OP_FAMILY_ALIVE:
	case OP_ONE_TIME_PUT: case OP_ONE_TIME_TRY: case OP_ONE_TIME_SPEND: case OP_QUOTA_USE:
	case OP_OUTGOING_BEGIN: case OP_APPROVAL_END: case OP_REALM_NAMES:
	case OP_KEY_ADD: case OP_KEY_CHANGE: case OP_KEY_DELETE:
		return true;
	case OP_FAMILY_ADD:
		return op->family->has_digest;
	case OP_TOKEN_ADD:
		return op->token->has_digest || op->token->has_reuse;
	default:
		return false;
	}
}

bool
op_writes(const struct store_op *op)
{
	switch (op->kind) {
	case OP_FAMILY_ALIVE: case OP_CLIENT_STANDS: case OP_USER_STANDS: case OP_SESSION_ALIVE:
		return false;
	default:
		return true;
	}
}
