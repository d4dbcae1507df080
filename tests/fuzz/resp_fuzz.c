/* Replies of a Redis server that may be anybody: a whole one is at most as long as what was given. */
#include "import/redis.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena mem;
	struct resp r;
	size_t used;

	arena_init(&mem, 64u << 20);
	if (resp_read(&mem, str_span(data, size), &r, &used) == RESP_WHOLE && used > size)
		abort();
	arena_free(&mem);
	return 0;
}
