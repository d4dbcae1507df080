/* URLs of a Redis server: what is taken has a host and a port, and a prefix that SCAN takes for itself. */
#include "import/redis.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct redis_address a;
	struct arena mem;

	arena_init(&mem, 1 << 20);
	if (redis_address_read(&mem, str_span(data, size), &a)
	    && (a.host.n == 0 || a.port < 1 || a.port > 65535 || str_index(a.prefix, '*') >= 0 || a.prefix.n > REDIS_PREFIX_MAX))
		abort();
	arena_free(&mem);
	return 0;
}
