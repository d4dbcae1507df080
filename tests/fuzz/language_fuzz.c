/* tests/fuzz/language_fuzz.c - any bytes as a file of texts: refused with a complaint, or judged and taken up by the pages. */
#include "conf/conf.h"
#include "page/page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct page_own own = { .tag = S("de") };
	struct str why = STR_ABSENT;
	struct findings f;
	struct arena mem;
	struct page_set *p;

	arena_init(&mem, 64 * 1024 * 1024);
	findings_init(&f, &mem);
	own.texts = conf_texts_parse(S("fuzz.yaml"), str_span(data, size), &f, &mem);
	if ((own.texts == NULL) != (f.n_errors > 0))
		abort();
	if (own.texts != NULL) {
		page_own_judge(&own, &f);
		p = page_set_load(STR_ABSENT, &own, 1, &mem, &why);
		if (p == NULL || page_lang_count(p) != LANG_COUNT + 1
		    || !str_given(page_render(p, &mem, PAGE_LOGIN, LANG_COUNT, &(struct page_vars){ NULL, 0 })))
			abort();
		page_set_free(p);
	}
	arena_free(&mem);
	return 0;
}
