/* ui_locales, cookie and Accept-Language of any bytes: a language, in bounded time. */
#include "page/page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str all = str_span(data, size), rest = all, ui = str_cut(&rest, '\n'), cookie = str_given(rest) ? str_cut(&rest, '\n') : STR_ABSENT;

	if (page_lang_pick(ui, cookie, rest) >= LANG_COUNT || page_lang_pick(STR_ABSENT, STR_ABSENT, all) >= LANG_COUNT)
		abort();
	return 0;
}
