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
	struct java_names *names;
	struct arena mem;

	arena_init(&mem, 64u << 20);
	if (java_access_token(&mem, bytes, &access) && !str_given(access.value))
		abort();
	java_refresh_token(&mem, bytes, &refresh);
	if (java_authentication(&mem, bytes, &authentication) && authentication.scope.n > JAVA_WORDS_MAX)
		abort();
	if (str_given(authentication.client_id) && (names = arena_new(&mem, struct java_names)) != NULL) {
		java_names(&mem, authentication.principal, names);
		for (size_t i = 0; i < names->n; i++)
			if (str_empty(names->at[i].value) || !str_given(names->at[i].path))
				abort();
	}
	arena_free(&mem);
	return 0;
}
