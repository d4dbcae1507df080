/*
 * import/source.h - where an old server's rows come from: a JSON dump, a folder of CSV files, an SQLite file, PostgreSQL or MySQL.
 * Only read. A row is a JSON object: column names in lower case, values text or null; bytes that are no text are hex digits.
 */
#ifndef HUFU_IMPORT_SOURCE_H
#define HUFU_IMPORT_SOURCE_H

#include "base/base.h"

#define SOURCE_ROWS_MAX 1000000         /* of one table */
#define SOURCE_NAME_MAX 128

enum table_result { TABLE_READ, TABLE_MISSING, TABLE_FAILED };
struct row_source;
struct source_kind {
	bool (*open)(struct row_source *s, struct str from, struct str password, struct str *why);
	enum table_result (*read)(struct row_source *s, struct str table, json_t *rows, struct str *why);
	void (*close)(struct row_source *s);
};
struct row_source { struct arena *mem; const struct source_kind *kind; void *handle; };

/*
 * from: a file, a folder, or a URL (postgresql://user@host/db, mysql://user@host:3306/db, mariadb://...; ?socket=/path for a local one; sql/sql.h).
 * password: what the URL leaves out; absent: none. The drivers of PostgreSQL and MySQL are loaded when they are wanted. False: *why, a
 * sentence without the password.
 */
bool source_open(struct arena *mem, struct str from, struct str password, struct row_source *out, struct str *why);
/* All rows of a table (or view) as an array that mem releases. */
enum table_result source_table(struct row_source *s, struct str table, json_t **rows, struct str *why);
void source_close(struct row_source *s);

/* --- for the kinds ---------------------------------------------------------------------------------------------------------- */
extern const struct source_kind source_json, source_csv, source_sql;
/* Put a value under the column's name in lower case: text as it is, anything else as hex; absent: null. */
bool row_put(json_t *row, struct str column, struct str value);
bool row_put_bytes(json_t *row, struct str column, struct str bytes);
bool rows_add(json_t *rows, json_t *row, struct str *why);      /* takes row; false when there are too many */
/* Letters, digits, '_', '$', and one '.' behind a schema: nothing else ever gets into a statement. */
bool table_name_is_plain(struct str name);
/* "SELECT * FROM " with each part of the name between quotes. */
struct str select_all(struct arena *mem, struct str table, char quote);

/* csv.c: RFC 4180 with LF or CRLF. Calls row(ctx, cells, n) per record; false when malformed, too wide, or row said so. */
#define CSV_CELLS_MAX 256
typedef bool csv_row_fn(void *ctx, const struct str *cells, size_t n);
bool csv_read(struct arena *mem, struct str text, csv_row_fn *row, void *ctx);
#endif
