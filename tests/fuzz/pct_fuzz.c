/* tests/fuzz/pct_fuzz.c - any bytes as percent-encoded form text: never longer decoded, and encoding goes round. */
#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_span(data, size), out;
	struct arena mem;
	struct buf b;

	arena_init(&mem, 64 * size + 4096);
	for (int plus = 0; plus < 2; plus++)
		if (pct_decode(&mem, in, plus, &out) && (out.n > in.n || out.p == NULL))
			abort();
	buf_init(&b, &mem, 3 * size);
	pct_encode(&b, in, STR_ABSENT);
	if (b.full || !pct_decode(&mem, buf_str(&b), true, &out) || !str_eq(out, in))
		abort();
	buf_init(&b, &mem, 6 * size);
	html_put(&b, in);
	if (b.full || str_index(buf_str(&b), '<') >= 0 || str_index(buf_str(&b), '"') >= 0)
		abort();
	arena_free(&mem);
	return 0;
}
