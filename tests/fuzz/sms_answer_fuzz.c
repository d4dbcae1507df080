/* tests/fuzz/sms_answer_fuzz.c - any bytes as a gateway's answer; one that is taken is JSON. */
#include <stdlib.h>

#include "login/sms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum sms_kind clouds[] = { SMS_ALIYUN, SMS_TENCENT };
	struct outbound_answer a = { .status = 200, .body = str_span(data, size) };
	struct arena mem;

	arena_init(&mem, 1024 * 1024);
	for (size_t i = 0; i < COUNT(clouds); i++)
		if (sms_refusal(&mem, clouds[i], &a) == NULL && !json_is_object(json_read(&mem, a.body)))
			abort();
	arena_free(&mem);
	return 0;
}
