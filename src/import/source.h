/*
 * import/source.h - where an old server's rows come from: JSON, CSV, an SQLite file, PostgreSQL or MySQL. Only read.
 *
 * A row is a JSON object: column names in lower case with '_' for a blank, values text or null;
 * binary ones are hex digits. Not every row need have every column. The blanks that CHAR(n) puts
 * behind its values are cut.
 */
#ifndef HUFU_IMPORT_SOURCE_H
#define HUFU_IMPORT_SOURCE_H

#include "base/base.h"

#define SOURCE_ROWS_MAX 1000000         /* of one table */
#define SOURCE_NAME_MAX 128

enum table_result { TABLE_READ, TABLE_MISSING, TABLE_FAILED };
/* How a database compares the texts of a column. */
enum source_compare { SOURCE_UNKNOWN, SOURCE_FOLDS, SOURCE_EXACT };
struct row_source;
struct source_kind {
	bool (*open)(struct row_source *s, struct str from, struct str password, struct str *why);
	enum table_result (*read)(struct row_source *s, struct str table, json_t *rows, struct str *why);
	void (*close)(struct row_source *s);
	/* NULL: not known */
	enum source_compare (*compare)(struct row_source *s, struct str table, struct str column);
};
struct row_source {
	struct arena *mem;
	const struct source_kind *kind;
	void *handle;
	struct str from, charset;       /* charset of files: absent for UTF-8, or what their mark says */
	/* the file is one list of rows, which only the file's name names so; absent: it is not */
	struct str lone;
	struct str alias;               /* what the reader calls that list, having looked at it */
};

/*
 * from: a file, a folder, or a URL (postgresql://user@host/db, mysql://user@host:3306/db,
 * mariadb://...; ?socket=/path for a local one; sql/sql.h). password: what the URL leaves out;
 * absent: none. The drivers of PostgreSQL and MySQL are loaded when they are wanted. False: *why, a
 * sentence without the password.
 */
bool source_open(struct arena *mem, struct str from, struct str password, struct row_source *out, struct str *why);
/* The same with files in a character set that iconv knows ("GB18030"), but those that begin with a byte order mark. */
bool source_open_as(struct arena *mem, struct str from, struct str password, struct str charset,
    struct row_source *out, struct str *why);
/*
 * Which program wrote the statements that a file holds instead of rows: such a file is not read,
 * but there are commands that make rows of it.
 */
enum source_dump { DUMP_NONE, DUMP_MYSQL, DUMP_POSTGRES, DUMP_POSTGRES_CUSTOM, DUMP_SQLITE, DUMP_OTHER };
enum source_dump source_dump_of(struct arena *mem, struct str from);
/*
 * All rows of a table (or view) as an array that mem releases. The table is found in any case of
 * letters and in any schema, where no other is spelled just so; FAILED when that leaves more than
 * one.
 */
enum table_result source_table(struct row_source *s, struct str table, json_t **rows, struct str *why);
void source_close(struct row_source *s);
/* UNKNOWN for files, and where the database does not say. */
enum source_compare source_compares(struct row_source *s, struct str table, struct str column);

/* --- for the kinds ---------------------------------------------------------------------------- */
extern const struct source_kind source_json, source_csv, source_sql;
/* A whole file as UTF-8 without zeros (s->charset); mem releases it. False with *why, which names file and line. */
bool source_text(struct row_source *s, struct str path, struct str *out, struct str *why);
/* One value out of s->charset. False: it cannot be that. */
bool source_value_text(struct row_source *s, struct str bytes, struct str *out);
/*
 * Which of n names is the table that is wanted? *at: just so; else the only one that is it in
 * another case of letters, in a schema or without one. FAILED with *why when two are.
 */
enum table_result table_pick(struct arena *mem, const struct str *names, size_t n, struct str wanted, size_t *at,
    struct str *why);
/*
 * Put a value under the column's name: text as it is, anything else as hex; absent: null. False:
 * memory, or a name that is too long.
 */
bool row_put(json_t *row, struct str column, struct str value);
bool row_put_bytes(json_t *row, struct str column, struct str bytes);
bool rows_add(json_t *rows, json_t *row, struct str *why);      /* takes row; false when there are too many */
/* Letters, digits, '_', '$', and one '.' behind a schema: nothing else ever gets into a statement. */
bool table_name_is_plain(struct str name);
/* "SELECT * FROM " with each part of the name between quotes. */
struct str select_all(struct arena *mem, struct str table, char quote);

/*
 * source_json.c: the tables of a JSON text as an object {"name": [rows]}, new; NULL with *why. Known are
 * {"name":[{...}]}, {"tables":{...}}, phpMyAdmin's list, {"table":"name","rows":[...]},
 * {"RECORDS":[...]} and a bare list; the last two go by the name `stem` and set *lone.
 */
json_t *json_tables(struct arena *mem, struct str text, struct str stem, bool *lone, struct str *why);

/*
 * csv.c: RFC 4180 with LF or CRLF, with ';' or tabs for commas where the heading has no comma. A
 * bare NULL or \N is absent. Calls row(ctx, cells, n) per record; false when malformed, too wide,
 * or row said so.
 */
#define CSV_CELLS_MAX 256
typedef bool csv_row_fn(void *ctx, const struct str *cells, size_t n);
bool csv_read(struct arena *mem, struct str text, csv_row_fn *row, void *ctx);
#endif
