/*
 * import/spring_state.h - which rows of a table may come in: the columns that say so are found,
 * read (login/states.h) and reported with the number of rows of each value; what is not certain
 * stops the run.
 */
#ifndef HUFU_IMPORT_SPRING_STATE_H
#define HUFU_IMPORT_SPRING_STATE_H

#include "import/spring.h"

#define STATE_COLUMNS_MAX 32    /* of one table; more are an error */
struct table_states {
	struct spring *x;
	struct str table, columns;      /* columns: all names, blank-separated */
	const struct state_family *family;
	struct state_rule rules[STATE_COLUMNS_MAX];
	const char *names[STATE_COLUMNS_MAX];   /* of their columns */
	size_t n;
};
/*
 * Judge the columns of all rows. Findings go to the plan: how each was read, and FIND_STATE_* of
 * the kind "stop" for what the operator must say first. False with *why: the mapping names what is
 * not there.
 */
bool states_begin(struct spring *x, enum state_of of, struct str table, const json_t *rows,
    const struct state_mapping *m, struct table_states *out);
/*
 * The same mapping, with columns that a reader judges by its own rule instead. own stays the
 * caller's; the list is in mem.
 */
struct state_mapping states_ignoring(struct arena *mem, const struct state_mapping *m, const struct str *own, size_t n);
/* Of one row; STATE_UNKNOWN only where states_begin has stopped the run. */
enum state states_of_row(const struct table_states *t, const json_t *row);
struct str states_columns(const struct table_states *t);        /* the names of those columns, blank-separated */
#endif
