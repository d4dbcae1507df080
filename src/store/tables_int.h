/* store/tables_int.h - what the tables of both engines are made with: table_list.c. */
#ifndef HUFU_STORE_TABLES_INT_H
#define HUFU_STORE_TABLES_INT_H

#include "store/tables.h"

/*
 * Statements with $1, $2, ...: the columns of the key where rows are looked for or deleted, all columns where they are
 * added. In mem; NULL: it is full.
 */
char *table_select(const struct table *of, bool behind, size_t max, struct arena *mem);
char *table_insert(const struct table *of, struct arena *mem);
char *table_copy_in(const struct table *of, struct arena *mem);
char *table_delete(const struct table *of, struct arena *mem);
struct str column_itself(struct str name, struct arena *mem);   /* in quotes */
/* Always false; "what: said" on one line is the trouble of t. */
bool tables_trouble(struct tables *t, struct str what, const char *said);
#endif
