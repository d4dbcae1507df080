/* Key files: PEM, PKCS#12 and Java key stores made of any bytes. */
#include "import/keyfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = str_span(data, size), der, why = STR_ABSENT;
	struct jks_entry e[8];
	struct arena mem;

	arena_init(&mem, 16u << 20);
	if (jks_entries(bytes, e, 8) > 8)
		abort();
	if (keyfile_read(&mem, bytes, STR_ABSENT, S("keypass1"), &der, &why) != str_given(der) && !str_given(why))
		abort();
	arena_free(&mem);
	return 0;
}
