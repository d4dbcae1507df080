/* ui_locales, cookie, Accept-Language and a redirect origin of any bytes: a language and a policy, in bounded time. */
#include "page/page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str all = str_span(data, size), rest = all, ui = str_cut(&rest, '\n'), cookie = str_given(rest) ? str_cut(&rest, '\n') : STR_ABSENT, csp;
	struct arena mem;

	if (page_lang_pick(ui, cookie, rest) >= LANG_COUNT || page_lang_pick(STR_ABSENT, STR_ABSENT, all) >= LANG_COUNT)
		abort();
	arena_init(&mem, 64 * 1024);
	csp = page_csp(&mem, all);
	for (size_t i = 0; i < csp.n; i++)
		if ((unsigned char)csp.p[i] < ' ' || (unsigned char)csp.p[i] > '~')
			abort();
	if (str_index(str_from(csp, 130), ';') >= 0 || str_index(csp, ',') >= 0)
		abort();
	arena_free(&mem);
	return 0;
}
