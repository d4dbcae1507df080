/* Java serialization streams: read, then everything that an import looks at; a circle must not hold it up. */
#include "import/java.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = str_span(data, size);
	struct java_access_token access;
	struct java_refresh_token refresh;
	struct java_authentication authentication;
	struct arena mem;

	arena_init(&mem, 64u << 20);
	if (java_access_token(&mem, bytes, &access) && !str_given(access.value))
		abort();
	java_refresh_token(&mem, bytes, &refresh);
	if (java_authentication(&mem, bytes, &authentication) && authentication.scope.n > JAVA_WORDS_MAX)
		abort();
	arena_free(&mem);
	return 0;
}
