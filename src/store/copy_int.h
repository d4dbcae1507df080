/* store/copy_int.h - a copy at work: copy.c opens and marks, copy_table.c does one table. */
#ifndef HUFU_STORE_COPY_INT_H
#define HUFU_STORE_COPY_INT_H

#include "store/copy.h"
#include "store/tables.h"

struct pair { struct table from, to; };         /* the same columns in the same order */
struct copy {
	struct store_copy *what;
	struct tables *from, *to;
	struct str source;
	struct pair *pairs; size_t n;
	struct arena *mem;
	struct str *why;
};
bool copy_told(struct copy *k, const struct tables *t);         /* always false; its trouble becomes *why */
/*
 * Rows of the target that the source does not have go, those that are missing come; out: the source's rows, and their
 * digest.
 */
bool table_is_copied(struct copy *k, const struct pair *p, struct copied_table *out);
/* Read from the target anew, it has as many rows and the same digest. False with *why, also when it has not. */
bool table_is_the_same(struct copy *k, const struct pair *p, const struct copied_table *as);
#endif
