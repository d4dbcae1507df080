/*
 * import/columns.h - which column of a table is what: as the operator says, else by the names that
 * products use. Every reader of a foreign table asks here, so that a column that is missing is told
 * before anything is read.
 */
#ifndef HUFU_IMPORT_COLUMNS_H
#define HUFU_IMPORT_COLUMNS_H

#include "import/spring.h"

#define COLUMNS_MAX 32          /* members of one kind of table */

/*
 * What a table is looked through for. usual: names, blank-separated, the likeliest first; they fit
 * in any case of letters, with or without '_' and '-' ("clientId" is client_id). Empty: only the
 * operator names it.
 */
enum column_need {
	COLUMN_MAY,             /* absent: nothing is said */
	/* absent: an error where the table has columns that nobody knows, one of which it may be */
	COLUMN_SHOULD,
	COLUMN_MUST,            /* absent: an error */
};
struct column_row { const char *member, *usual; enum column_need need; };
struct column_set {
	const char *
	    option; /* "--client-columns", for sentences; NULL: the operator names no columns of this table */
	const struct column_row *rows; size_t n;
	const char *also;               /* other columns that are known, blank-separated */
};
struct columns {
	const struct column_set *set;
	struct str table, all;          /* all: the names of the columns of all rows, blank-separated */
	const char *at[COLUMNS_MAX];    /* by place in the set; NULL: there is none */
	bool none[COLUMNS_MAX];         /* because the operator said so: MEMBER=- */
};
/* The names of the columns of all rows, blank-separated; absent with *why when they are more than 64 KiB. */
struct str columns_of(struct spring *x, const json_t *rows);
/*
 * Which of these columns has this name, in the table's own spelling; NULL: none. exactly: but for
 * the case of letters.
 */
const char *column_called(struct spring *x, struct str all, struct str name, bool exactly);
/*
 * The columns of a table. said: "grants=types,secret=-", absent: nothing. Needs are judged by
 * columns_need, when the states are known. A table without rows has no columns, and lacks nothing.
 * False with *why: a member that is not of the set, a column that is not there.
 */
bool columns_find(struct spring *x, const struct column_set *set, struct str table, const json_t *rows, struct str said,
    struct columns *out);
/* Is what must be there? states: columns that were read as states. False with *why, which names what was found. */
bool columns_need(struct spring *x, const struct columns *m, struct str states);
/* Is one that should be there missing, while the table has columns that nobody knows? As columns_need. */
bool columns_should(struct spring *x, const struct columns *m, size_t member, struct str states);
/* A finding for each column that holds something and is not read. */
void columns_tell(struct spring *x, const struct columns *m, struct str states, const json_t *rows);
/* The value of a member in a row: absent when null, or when there is no such column. */
struct str columns_cell(const struct columns *m, size_t member, const json_t *row);
#endif
