/* A file of rows in any character set and shape: whatever is read is UTF-8, and what is not read is said. */
#include "import/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
rows_judge(const json_t *rows)
{
	const json_t *row, *v;
	const char *column;
	size_t i;

	json_array_foreach(rows, i, row)
		json_object_foreach((json_t *)(uintptr_t)row, column, v)
			if (!str_utf8(str_of(column)) || (!json_is_null(v) && !json_is_string(v)))
				abort();
}

static void
read_from(const char *path, struct str charset)
{
	struct str why = STR_ABSENT;
	struct row_source s;
	struct arena mem;
	json_t *rows;

	arena_init(&mem, 64u << 20);
	if (!source_open_as(&mem, str_of(path), STR_ABSENT, charset, &s, &why)) {
		if (!str_given(why))
			abort();
	} else {
		if (source_table(&s, S("users"), &rows, &why) == TABLE_READ)
			rows_judge(rows);
		source_close(&s);
	}
	arena_free(&mem);
}

/* The first byte chooses the character set. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const charsets[] = { NULL, "GBK", "GB18030", "UTF-16", "UTF-16LE", "latin1", "UTF-7", "EUC-JP" };
	FILE *f = tmpfile();
	char path[64];

	if (size == 0 || f == NULL || fwrite(data + 1, 1, size - 1, f) != size - 1 || fflush(f) != 0) {
		if (size != 0)
			abort();
	} else {
		snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(f));
		read_from(path, str_of(charsets[data[0] % COUNT(charsets)]));
	}
	if (f != NULL)
		fclose(f);
	return 0;
}
