/* Texts of opaque tokens and ids of JWTs: what leads somewhere was made with the token key, which no input knows. */
#include "oauth/token/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum jti_shape shapes[] = { JTI_FAMILY, JTI_UUID, JTI_HEX80 };
	struct token_key seven = { .secret = { 7 } };
	struct keyring ring = { .token_keys = &seven, .n_token_keys = 1 };
	struct policy policy = { .token = { .access_shape = SHAPE_ROW_ID } };
	struct issuer i = { .policy = &policy, .keys = &ring };
	struct str text = str_span(data, size);
	struct id16 id;
	int64_t generation;

	if (access_text_read(&i, text, &id) || refresh_text_read(&i, text, &id, &generation))
		abort();
	for (size_t k = 0; k < COUNT(shapes); k++) {
		policy.token.jti_shape = shapes[k];
		if (jti_read(&i, text, &id, &generation) == JTI_LEADS_TO_FAMILY && shapes[k] != JTI_FAMILY)
			abort();
	}
	return 0;
}
