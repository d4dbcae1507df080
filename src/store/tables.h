/*
 * store/tables.h - a store as tables of rows, whatever they mean: for what takes all of it from one place to another
 * (copy.c). Which tables there are, and their columns, is asked of the database itself, so that nothing can be left out.
 *
 * Values compare by their bytes in both engines, so rows come in the same order from either.
 */
#ifndef HUFU_STORE_TABLES_H
#define HUFU_STORE_TABLES_H

#include "store/store.h"

enum cell_kind { CELL_INT, CELL_TEXT, CELL_BLOB };
struct cell { bool null; int64_t number; struct str bytes; };   /* number: of CELL_INT; else bytes */
/* value: what is selected, the column itself or what stands for it. */
struct table_column { struct str name, value; enum cell_kind kind; };
struct table {
	struct str name;
	struct table_column *columns; size_t n;
	size_t *key; size_t n_key;              /* the columns by which a row is known: where they stand in columns */
};
struct table_list { struct table *tables; size_t n; };

/* An engine's begins with this. Each returns false with what went wrong in trouble. */
struct tables;
struct tables_way {
	void (*close)(struct tables *t);
	bool (*begin)(struct tables *t);        /* of a target: what follows counts from commit on, all of it or nothing */
	bool (*commit)(struct tables *t);
	/* All but the engine's own (schema, marks of commits); in mem. */
	bool (*list)(struct tables *t, struct arena *mem, struct table_list *out);
	/* Rows behind the key of `after` (a whole row; NULL: from the first), in order, at most max: n * of->n cells. */
	bool (*page)(struct tables *t, const struct table *of, const struct cell *after, size_t max, struct arena *mem,
	    struct cell **rows, size_t *n);
	bool (*add)(struct tables *t, const struct table *of, const struct cell *rows, size_t n);
	bool (*remove)(struct tables *t, const struct table *of, const struct cell *row);
	bool (*run)(struct tables *t, const char *sql);         /* words of both engines */
	/* Of a target, in a transaction: no other process writes to it until its end. */
	bool (*alone)(struct tables *t);
	bool (*settle)(struct tables *t);       /* a target is whole: what else has to know of it, and what must be synced */
};
struct tables {
	const struct tables_way *way;
	struct str place;                       /* for people, and by which a copy knows its source again */
	bool quiet;                             /* of a source: nobody can write to it until it is closed */
	char trouble[512];
};

/*
 * A source: opened for reading, at its newest schema, and seen at one moment from then on. It is quiet when no process
 * writes to it, and none can begin to until it is closed. NULL with *why.
 */
struct tables *sqlite_tables_source(const struct store_conf *conf, struct arena *mem, struct str *why);
struct tables *pg_tables_source(const struct store_conf *conf, struct arena *mem, struct str *why);
/* A target: its tables are made where there are none. It may hold a copy that was begun. */
struct tables *sqlite_tables_target(const struct store_conf *conf, struct arena *mem, struct str *why);
struct tables *pg_tables_target(const struct store_conf *conf, struct arena *mem, struct str *why);
/* An empty file, or with a store of any version in it, which is brought up to date. It must outlive what is returned. */
struct tables *tables_of_file(struct store_file *f, struct arena *mem, struct str *why);

/* The table by which a store is known that is not whole yet. */
#define COPY_MARK "store_copy"
bool table_is_own(struct str name);             /* of an engine: not copied */
struct str unfinished_sentence(struct arena *mem, struct str place);
#endif
