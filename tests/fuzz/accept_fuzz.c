/* tests/fuzz/accept_fuzz.c - Accept-Language, Accept, Accept-Encoding, If-None-Match, media types, methods. */
#include "http/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const offered[] = { "en", "zh-CN" };
	struct str field = str_span(data, size), type = media_type(field);
	enum http_method method;
	int k = accept_language(field, offered, 2, 1);

	if (k < 0 || k > 1 || (str_given(type) && type.n > field.n))
		abort();
	accept_prefers_html(field);
	if (accept_allows(field, S("a/b"), S("a/*")) && !str_empty(field) && field.n < 3)
		abort();
	if (accept_asks_for(field, S("a/b"), S("application/json")) && field.n < 3)
		abort();
	if (accept_coding(field, S("gzip")) && field.n < 1)
		abort();
	if (none_match_names(field, S("\"a\"")) && str_empty(field))
		abort();
	http_method_read(field, &method);
	return 0;
}
