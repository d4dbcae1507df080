/* An operator's template of any bytes: compiled or refused with a sentence, rendered within bounds, never markup from a value. */
#include "page/page.h"

#define V(name, text, rows) { (name), { (text), sizeof(text) - 1 }, (rows) }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct page_var row_vars[] = { V("scope", "<r>", NULL), V("text", "\"t\"", NULL) };
	static const struct page_vars rows_at[] = { { row_vars, 2 }, { row_vars, 1 }, { row_vars, 0 } };
	static const struct page_rows rows = { rows_at, 3 };
	static const struct page_var vars_at[] = {
		V("username", "<i>\x01'&", NULL), V("href", "javascript:<i>", NULL), V("error", "wait", NULL), V("scopes", "", &rows),
	};
	static const struct page_vars vars = { vars_at, 4 };
	struct str text = str_span(data, size), why = STR_ABSENT, html;
	struct page_set *p;
	struct arena mem;

	arena_init(&mem, 4 * 1024 * 1024);
	p = page_set_with(S("layout.html"), text, &mem, &why);
	if (p == NULL ? !str_starts(why, S("layout.html:")) && !str_contains(why, S(".html:")) : str_given(why))
		abort();
	if (p != NULL) {
		html = page_render(p, &mem, PAGE_LOGIN, LANG_ZH, &vars);
		if (html.n > 256 * 1024 || (!str_contains(text, S("<")) && !str_contains(text, S("{{>")) && str_contains(html, S("<"))))
			abort();
	}
	page_set_free(p);
	arena_free(&mem);
	return 0;
}
