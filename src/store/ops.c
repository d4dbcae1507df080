/* store/ops.c - the operations of ops.def as tables: which function does one, may it lose, does it write. */
#include "store/records/records_int.h"

enum step
op_run(struct conn *c, const struct store_op *op)
{
	switch (op->kind) {
#define OP(kind, function, operand, when, what) \
	case OP_##kind: (void)sizeof op->operand; return op_##function(c, op);
#include "store/ops.def"
	case OP_COUNT:
		break;
	}
	return STEP_FAILED;
}

#define LOSES_ALWAYS false
#define LOSES_COND true
#define LOSES_GUARD true
#define LOSES_COND_IF(condition) (condition)

bool
op_may_lose(const struct store_op *op)
{
	switch (op->kind) {
#define OP(kind, function, operand, when, what) case OP_##kind: return LOSES_##when;
#include "store/ops.def"
	case OP_COUNT:
		break;
	}
	return true;
}

#define LOOKS_ALWAYS false
#define LOOKS_COND false
#define LOOKS_GUARD true
#define LOOKS_COND_IF(condition) false

bool
store_op_only_looks(enum store_op_kind kind)
{
	switch (kind) {
#define OP(kind, function, operand, when, what) case OP_##kind: return LOOKS_##when;
#include "store/ops.def"
	case OP_COUNT:
		break;
	}
	return false;
}
