/*
 * store/records/records_int.h - what the files of the records share: operations, reads, and what
 * ends with whom.
 */
#ifndef HUFU_STORE_RECORDS_INT_H
#define HUFU_STORE_RECORDS_INT_H

#include "store/engine.h"

/* The functions of the lists: an operation on the writer, a read on a reader. */
#define OP(kind, function, operand, when, what) enum step op_##function(struct conn *c, const struct store_op *op);
#include "store/ops.def"
#define READ(type, name, parameters, passed) type read_##name parameters;
#include "store/reads.def"

/* --- ops.c: statements begun and run on the writer -------------------------------------------- */

void op_begin(struct query *q, struct conn *c, enum sql which);
enum step op_finish(struct query *q);           /* run what was bound */
enum step op_run_cond(struct query *q);         /* the same; STEP_LOST when no row was touched */
enum step op_run_guard(struct query *q);        /* STEP_LOST when no row was found */
/*
 * Keep the row of a look with HELD or HELD_SHARED as it is until the commit; whether there is one does not matter.
 * Nothing under one writer. STEP_DONE or STEP_FAILED.
 */
enum step op_hold(struct query *q);
enum step op_run_id(struct conn *c, enum sql which, const struct id16 *id);
enum step op_run_dig(struct conn *c, enum sql which, const struct dig32 *d);
/* second: bound unless absent. */
enum step op_run_texts(struct conn *c, enum sql which, struct str first, struct str second);

/* --- authorization.c: its columns, as AUTH_COLS of sql.def ------------------------------------ */

void auth_bind(struct query *q, const struct authorization *a); /* extra: at most AUTHORIZATION_EXTRA_MAX, assert */
void auth_fill(struct query *q, struct authorization *a);

/* --- ends.c ----------------------------------------------------------------------------------- */

int64_t after_now(void);                        /* what is signed from the next second on counts */
/* Who ended under this name: the name itself is not kept. what: "client" or "user". */
struct dig32 tombstone_key(struct str what, struct str realm, struct str name);
enum step tombstone_put(struct conn *c, struct str what, struct str realm, struct str name);
/* The version of the user moves, and not_before_s where that is later. */
enum step user_ended(struct conn *c, const struct user *u, int64_t not_before_s);
/* What ends with a session, and why it did. */
enum step session_end_run(struct conn *c, const struct session *s);
enum step ends_of_client(struct conn *c, const struct op_gone *gone);

/* --- pages, each in the order of an index: ?1 the row to go on behind, ?2 how many, ?3 whose ---------- */

static inline void
page_begin(struct query *q, struct store *s, struct arena *mem, enum sql which, struct str after, int max)
{
	read_begin(q, s, mem, which);
	bind_blob(q, str_given(after) ? after : S(""));
	bind_int(q, max);
}

/* A read by one key of bytes: an id or a digest. */
#define READ_BY(fn, row, fill, which, key_type, key_str) \
	enum store_found \
	fn(struct store *s, struct arena *mem, const struct key_type *key, struct row *out) \
	{ \
		struct query q; \
		bool found; \
		\
		read_begin(&q, s, mem, which); \
		bind_blob(&q, key_str(key)); \
		if ((found = query_row(&q))) \
			fill(&q, out); \
		return read_end(&q, s, found); \
	}
#endif
