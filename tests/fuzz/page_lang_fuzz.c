/* ui_locales, cookie and Accept-Language of any bytes: a language, in bounded time. */
#include "page/page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str all = str_span(data, size), rest = all, ui = str_cut(&rest, '\n'), cookie = str_given(rest) ? str_cut(&rest, '\n') : STR_ABSENT;

	static struct page_set *p;
	struct str why = STR_ABSENT;
	struct arena mem;

	if (p == NULL) {
		arena_init(&mem, 1024 * 1024);
		p = page_set_load(STR_ABSENT, NULL, 0, &mem, &why);
		arena_free(&mem);
	}
	if (p == NULL || page_lang_pick(p, ui, cookie, rest) >= LANG_COUNT
	    || page_lang_pick(p, STR_ABSENT, STR_ABSENT, all) >= LANG_COUNT || (page_lang_tag_ok(all) && all.n > 35))
		abort();
	return 0;
}
