/* tests/fuzz/wechat_fuzz.c - what a WeChat server may answer. */
#include <stdint.h>

#include "login/wechat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outbound_answer a = { .status = 200, .body = str_span(data, size) };
	struct str id = STR_ABSENT;
	const char *trouble;
	struct arena mem;

	arena_init(&mem, 1 << 20);
	if ((wechat_answer(&mem, &a, &id, &trouble) == WECHAT_OK) != (id.n > 0))
		abort();
	arena_free(&mem);
	return 0;
}
