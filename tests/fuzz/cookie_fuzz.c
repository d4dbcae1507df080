/* tests/fuzz/cookie_fuzz.c - the Cookie field: what is found lies inside the field. */
#include "http/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str field = str_span(data, size), v = cookie_get(field, S("hufu-main"));

	if (str_given(v) && (v.p < field.p || v.p + v.n > field.p + field.n || str_index(v, ';') >= 0))
		abort();
	cookie_get(field, S(""));
	cookie_get(field, S("a"));
	return 0;
}
