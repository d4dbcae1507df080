/* CSV text: every cell lies in the text or in the arena, and no record is wider than allowed. */
#include "import/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
row(void *ctx, const struct str *cells, size_t n)
{
	size_t *sum = ctx;

	if (n == 0 || n > CSV_CELLS_MAX)
		abort();
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < cells[i].n; k++)
			*sum += (unsigned char)cells[i].p[k];
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena mem;
	size_t sum = 0;

	arena_init(&mem, 16u << 20);
	csv_read(&mem, str_span(data, size), row, &sum);
	arena_free(&mem);
	return 0;
}
