/* import/source_csv.c - rows of CSV: one file, or a folder with one file a table. */
#include <dirent.h>
#include <sys/stat.h>

#include "import/source.h"

#define FILES_MAX 10000         /* of a folder */

/* Names of tables, and the files that hold them. */
struct shelf { struct str *names, *paths; size_t n; };

static bool
shelf_put(struct arena *mem, struct shelf *h, struct str file, struct str path)
{
	static const struct str ending = S(".csv");

	if (file.n <= ending.n || !str_eq_nocase(str_from(file, file.n - ending.n), ending))
		return true;
	if (h->n == FILES_MAX)
		return false;
	h->names[h->n] = arena_dup(mem, str_sub(file, 0, file.n - ending.n));
	h->paths[h->n] = path;
	return str_given(path) && str_given(h->names[h->n++]);
}

static bool
folder_read(struct arena *mem, struct shelf *h, struct str folder)
{
	char *z = arena_z(mem, folder);
	DIR *d = z != NULL ? opendir(z) : NULL;
	const struct dirent *e;
	bool ok = d != NULL;

	while (ok && (e = readdir(d)) != NULL)
		ok = shelf_put(mem, h, str_of(e->d_name), ARENA_CAT(mem, folder, S("/"), str_of(e->d_name)));
	if (d != NULL)
		closedir(d);
	return ok;
}

static bool
is_folder(struct arena *mem, struct str path)
{
	char *z = arena_z(mem, path);
	struct stat st;

	return z != NULL && stat(z, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool
csv_open(struct row_source *s, struct str from, struct str password, struct str *why)
{
	struct shelf *h = arena_new(s->mem, struct shelf);

	(void)password;
	*why = arena_say(s->mem, "%.*s: the folder cannot be read, or has more than %d files", STR_ARG(from), FILES_MAX);
	s->handle = h;
	if (h == NULL || (h->names = arena_array(s->mem, struct str, FILES_MAX)) == NULL
	    || (h->paths = arena_array(s->mem, struct str, FILES_MAX)) == NULL)
		return false;
	if (is_folder(s->mem, from))
		return folder_read(s->mem, h, from);
	if (!shelf_put(s->mem, h, str_from(from, (size_t)(str_rindex(from, '/') + 1)), from) || h->n == 0)
		return false;
	s->lone = h->names[0];
	return true;
}

static void
csv_end(struct row_source *s)
{
	(void)s;
}

/* --- records ---------------------------------------------------------------------------------- */

struct sheet { struct arena *mem; json_t *rows; struct str *why; struct str heads[CSV_CELLS_MAX]; size_t n; };

/* The first record names the columns. */
static bool
heading_take(struct sheet *h, const struct str *cells, size_t n)
{
	for (h->n = 0; h->n < n; h->n++) {
		h->heads[h->n] = str_trim(cells[h->n]);
		for (size_t i = 0; i < h->n; i++) {
			if (!str_eq_nocase(h->heads[i], h->heads[h->n]))
				continue;
			*h->why = arena_say(h->mem, "column %.*s stands in the heading twice", STR_ARG(h->heads[i]));
			return false;
		}
	}
	return n > 0;
}

/* \N is NULL between quotes too, as this program has always read it. */
static bool
sheet_row(void *ctx, const struct str *cells, size_t n)
{
	struct sheet *h = ctx;
	json_t *row;

	if (h->n == 0)
		return heading_take(h, cells, n);
	if (n != h->n || (row = json_object()) == NULL) {
		*h->why = arena_say(h->mem, "record %zu has %zu fields, the heading has %zu",
		    json_array_size(h->rows) + 2, n, h->n);
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if (row_put(row, h->heads[i], str_is(cells[i], "\\N") ? STR_ABSENT : cells[i]))
			continue;
		json_decref(row);
		*h->why = arena_say(h->mem,
		    "column %zu has a name of more than %d bytes, or memory is exhausted", i + 1, SOURCE_NAME_MAX);
		return false;
	}
	return rows_add(h->rows, row, h->why);
}

static enum table_result
sheet_read(struct row_source *s, struct str path, json_t *rows, struct str *why)
{
	struct str text, detail = SAY("the quotes do not match");
	struct sheet *h = arena_new(s->mem, struct sheet);

	if (h == NULL || !source_text(s, path, &text, why))
		return TABLE_FAILED;
	*h = (struct sheet){ .mem = s->mem, .rows = rows, .why = &detail };
	if (csv_read(s->mem, text, sheet_row, h))
		return TABLE_READ;
	*why = ARENA_CAT(s->mem, path, S(": "), detail);
	return TABLE_FAILED;
}

static enum table_result
csv_read_table(struct row_source *s, struct str table, json_t *rows, struct str *why)
{
	const struct shelf *h = s->handle;
	size_t at;
	enum table_result r = table_pick(s->mem, h->names, h->n, table, &at, why);

	return r == TABLE_READ ? sheet_read(s, h->paths[at], rows, why) : r;
}

const struct source_kind source_csv = { csv_open, csv_read_table, csv_end };
