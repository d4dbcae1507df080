/* tests/fuzz/sms_answer_fuzz.c - any bytes as a gateway's answer, as a URL and as an address; an answer that is taken is JSON. */
#include <stdlib.h>

#include "login/sms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum sms_kind clouds[] = { SMS_ALIYUN, SMS_TENCENT };
	struct outbound_answer a = { .status = 200, .body = str_span(data, size) };
	struct outbound_rules rules = { .allow_private = false };
	struct arena mem;
	bool loopback;

	arena_init(&mem, 1024 * 1024);
	for (size_t i = 0; i < COUNT(clouds); i++)
		if (sms_refusal(&mem, clouds[i], &a) == NULL && !json_is_object(json_read(&mem, a.body)))
			abort();
	if (outbound_url_trouble(a.body, &rules) == NULL && !str_starts(a.body, S("http")))
		abort();
	if (!outbound_address_is_private(a.body, &loopback) && loopback)
		abort();
	arena_free(&mem);
	return 0;
}
