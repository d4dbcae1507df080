/* store/sqlite/ops_int.h - what the operations share: statements begun and run on the writer, and the functions of the table. */
#ifndef HUFU_STORE_OPS_INT_H
#define HUFU_STORE_OPS_INT_H

#include "store/sqlite/sqlite_int.h"

void op_begin(struct query *q, struct conn *c, enum sql which);
enum step op_finish(struct query *q);           /* run what was bound */
enum step op_run_cond(struct query *q);         /* the same; STEP_LOST when no row was touched */
enum step op_run_guard(struct query *q);       /* STEP_LOST when no row was found */
enum step op_run_id(struct conn *c, enum sql which, const struct id16 *id);
enum step op_run_dig(struct conn *c, enum sql which, const struct dig32 *d);
enum step op_run_text(struct conn *c, enum sql which, struct str text);

enum step op_client_add(struct conn *c, const struct store_op *op);
enum step op_client_set(struct conn *c, const struct store_op *op);
enum step op_client_stands(struct conn *c, const struct store_op *op);
enum step op_user_add(struct conn *c, const struct store_op *op);
enum step op_user_set(struct conn *c, const struct store_op *op);
enum step op_user_checked(struct conn *c, const struct store_op *op);
enum step op_user_stands(struct conn *c, const struct store_op *op);
enum step op_session_alive(struct conn *c, const struct store_op *op);
enum step op_approvals_put(struct conn *c, const struct store_op *op);
enum step op_jti_add(struct conn *c, const struct store_op *op);
enum step op_client_put(struct conn *c, const struct store_op *op);
enum step op_client_delete(struct conn *c, const struct store_op *op);
enum step op_user_put(struct conn *c, const struct store_op *op);
enum step op_user_delete(struct conn *c, const struct store_op *op);
enum step op_realm_names(struct conn *c, const struct store_op *op);
enum step op_user_rehash(struct conn *c, const struct store_op *op);
enum step op_approval_put(struct conn *c, const struct store_op *op);
enum step op_approvals_delete(struct conn *c, const struct store_op *op);
enum step op_jti_revoke(struct conn *c, const struct store_op *op);
enum step op_jtis_revoke(struct conn *c, const struct store_op *op);
enum step op_key_add(struct conn *c, const struct store_op *op);
enum step op_keys_forget(struct conn *c, const struct store_op *op);
enum step op_key_change(struct conn *c, const struct store_op *op);
enum step op_key_delete(struct conn *c, const struct store_op *op);
enum step op_throttle_fail(struct conn *c, const struct store_op *op);
enum step op_throttle_clear(struct conn *c, const struct store_op *op);
enum step op_throttle_forget(struct conn *c, const struct store_op *op);
enum step op_session_add(struct conn *c, const struct store_op *op);
enum step op_session_touch(struct conn *c, const struct store_op *op);
enum step op_session_used(struct conn *c, const struct store_op *op);
enum step op_session_end(struct conn *c, const struct store_op *op);
enum step op_sessions_end_user(struct conn *c, const struct store_op *op);
enum step op_pending_add(struct conn *c, const struct store_op *op);
enum step op_pending_take(struct conn *c, const struct store_op *op);
enum step op_code_add(struct conn *c, const struct store_op *op);
enum step op_code_spend(struct conn *c, const struct store_op *op);
enum step op_code_burn(struct conn *c, const struct store_op *op);
enum step op_family_add(struct conn *c, const struct store_op *op);
enum step op_family_rotate(struct conn *c, const struct store_op *op);
enum step op_family_alive(struct conn *c, const struct store_op *op);
enum step op_family_revoke(struct conn *c, const struct store_op *op);
enum step op_families_revoke(struct conn *c, const struct store_op *op);
enum step op_token_add(struct conn *c, const struct store_op *op);
enum step op_token_delete(struct conn *c, const struct store_op *op);
enum step op_tokens_delete_family(struct conn *c, const struct store_op *op);
enum step op_token_drop_reuse(struct conn *c, const struct store_op *op);
enum step op_one_time_put(struct conn *c, const struct store_op *op);
enum step op_one_time_try(struct conn *c, const struct store_op *op);
enum step op_one_time_spend(struct conn *c, const struct store_op *op);
enum step op_user_revoke(struct conn *c, const struct store_op *op);
enum step op_habits_used(struct conn *c, const struct store_op *op);
enum step op_outgoing_add(struct conn *c, const struct store_op *op);
enum step op_outgoing_begin(struct conn *c, const struct store_op *op);
enum step op_outgoing_delete(struct conn *c, const struct store_op *op);
enum step op_approval_end(struct conn *c, const struct store_op *op);
enum step op_imported_put(struct conn *c, const struct store_op *op);
enum step op_imported_drop(struct conn *c, const struct store_op *op);
enum step op_imports_forget(struct conn *c, const struct store_op *op);
enum step op_record_put(struct conn *c, const struct store_op *op);
enum step op_record_delete(struct conn *c, const struct store_op *op);
enum step op_quota_use(struct conn *c, const struct store_op *op);
#endif
