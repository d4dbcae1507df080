/* What the tests of pages share. */
#ifndef HUFU_PAGE_TEST_H
#define HUFU_PAGE_TEST_H
#include "page/page.h"
#include "../test.h"

#define V(id, text) { (id), { (text), sizeof(text) - 1 }, NULL }
#define VARS(...) ((struct page_vars){ (const struct page_var[]){ __VA_ARGS__ }, COUNT(((const struct page_var[]){ __VA_ARGS__ })) })

/* The page made of the built-in templates. */
static inline struct str
builtin(struct arena *mem, enum page_kind kind, int lang, struct page_vars vars)
{
	struct str why = STR_ABSENT, html = STR_ABSENT;
	struct page_set *p = page_set_load(STR_ABSENT, NULL, 0, mem, &why);

	if (p == NULL)
		test_fail(__FILE__, __LINE__, "%.*s", STR_ARG(why));
	else
		html = page_render(p, mem, kind, lang, &vars);
	page_set_free(p);
	return html;
}
#define HAS(html, text) do { struct str t_ = str_of(text); if (!str_contains((html), t_)) test_fail(__FILE__, __LINE__, "the page lacks %s", text); } while (0)
#define LACKS(html, text) do { struct str t_ = str_of(text); if (str_contains((html), t_)) test_fail(__FILE__, __LINE__, "the page has %s", text); } while (0)
#endif
