/* tests/fuzz/multipart_fuzz.c - multipart/form-data: the input up to the first LF is the Content-Type, the rest the body. */
#include "http/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str body = str_span(data, size), type = str_cut(&body, '\n');
	struct pairs p = { .n = 0 };
	struct arena mem;

	arena_init(&mem, 1 << 20);
	form_read_multipart(&mem, type, str_given(body) ? body : S(""), &p);
	for (size_t i = 0; i < p.n; i++)
		if (!str_given(p.at[i].name) || !str_utf8(p.at[i].value) || str_index(p.at[i].value, '\n') >= 0)
			abort();
	p.n = 0;
	form_read_multipart(&mem, S("multipart/form-data; boundary=x"), str_span(data, size), &p);
	arena_free(&mem);
	return 0;
}
