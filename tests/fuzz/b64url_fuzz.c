/* tests/fuzz/b64url_fuzz.c - any bytes as base64url, base64 and hexadecimal: what is accepted is encoded back to the same text. */
#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The reader of so many bytes takes what the other one takes, and writes no more: malloc, so that the sanitizer sees the end. */
static void
reads_the_same(struct arena *mem, struct str in)
{
	size_t n = in.n * 3 / 4;
	char *exact = malloc(n);
	struct str out;
	bool whole = b64url_decode(mem, in, &out);

	if (exact != NULL && b64url_read(in, exact, n) != whole)
		abort();
	if (exact != NULL && whole && !str_eq(str_span(exact, n), out))
		abort();
	free(exact);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_span(data, size), out;
	struct arena mem;
	uint8_t id[16];

	arena_init(&mem, 16 * size + 4096);
	reads_the_same(&mem, in);
	if (b64url_decode(&mem, in, &out) && !str_eq(b64url_encode(&mem, out), in))
		abort();
	if (b64_decode(&mem, in, &out) && !str_starts(b64_encode(&mem, out), in))       /* its padding may be left out */
		abort();
	if (hex_decode(&mem, in, &out) && !str_eq_nocase(hex_encode(&mem, out), in))
		abort();
	if (uuid_read(in, id) && !str_eq_nocase(uuid_write(&mem, id), in))
		abort();
	if (!b64url_decode(&mem, b64url_encode(&mem, in), &out) || !str_eq(out, in))
		abort();
	if (!b64_decode(&mem, b64_encode(&mem, in), &out) || !str_eq(out, in))
		abort();
	arena_free(&mem);
	return 0;
}
