/*
 * store/copy.h - all of a store into another, of either engine.
 *
 * What the target has already is compared with the source row by row, in the order of the primary keys; what is not
 * the same is deleted, what is missing added. So a copy that was broken off goes on where it was, and a second run brings
 * what was written since the first. The target carries a mark from before its first row until it is found to be the same
 * as the source, by the number of rows and a digest of each table; a store with the mark is opened by nobody else.
 *
 * K1: a target without the mark holds, row for row, what the source held at one moment.
 * K2: unless `snapshot` was asked for, nobody could write to the source from that moment until the mark went.
 */
#ifndef HUFU_STORE_COPY_H
#define HUFU_STORE_COPY_H

#include "store/store.h"

struct copied_table { struct str name; int64_t rows, added, removed; uint8_t digest[32]; };
struct copy_end { const struct store_conf *conf; struct store_file *file; };    /* one of them */
struct store_copy {
	struct copy_end from, to;
	struct str source;                      /* of a file: by what a copy of it is known again; else absent */
	bool snapshot;                          /* the source as it is at this moment will do, though somebody writes to it */
	/* May be NULL. rows: of this table so far; of: what is being done, "copy" or "compare". */
	void (*progress)(void *ctx, struct str table, int64_t rows, bool compares);
	void *ctx;

	/* What came of it. */
	struct copied_table *tables; size_t n;
	int64_t moment_s;                       /* the moment of the source */
	bool in_use;                            /* somebody may have written to the source meanwhile */
	bool finished;                          /* the target may be used: its mark is gone */
};
/*
 * False with *why, in mem: what of the target is there then keeps its mark. True and not finished: the source is in
 * use, and snapshot was not asked for; all of it is there, up to moment_s, and the same call brings the rest once nobody
 * writes to the source. Takes as long as reading both takes. Refused: a target with rows and no mark, or with that of
 * another source, or that a daemon has; a schema of another version on either side; a table or a column that the other
 * side does not have.
 */
bool store_copy(struct store_copy *c, struct arena *mem, struct str *why);
#endif
