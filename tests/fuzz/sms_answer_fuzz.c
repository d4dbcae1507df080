/* tests/fuzz/sms_answer_fuzz.c - any bytes as a gateway's answer; one that is taken is JSON, or holds the word of success. */
#include <stdlib.h>

#include "outbound/sms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sms_gateway gateways[] = {
		{ .kind = SMS_ALIYUN }, { .kind = SMS_TENCENT }, { .kind = SMS_HTTP, .success = { "\"ok\"", 4 } },
	};
	struct outbound_answer a = { .status = 200, .body = str_span(data, size) };
	struct arena mem;

	arena_init(&mem, 1024 * 1024);
	for (size_t i = 0; i < COUNT(gateways); i++) {
		bool taken = sms_refusal(&mem, &gateways[i], &a) == NULL;

		if (taken && !(str_empty(gateways[i].success) ? json_is_object(json_read(&mem, a.body)) : str_contains(a.body, gateways[i].success)))
			abort();
	}
	arena_free(&mem);
	return 0;
}
