/* Style sheet and built-in templates as they lie in the program. */
#include "page/page_int.h"
#include "../test.h"

TEST(css)
{
	EXPECT(str_starts(page_css(), S("/*\n * hufu")));
	EXPECT(str_ends(page_css(), S("}\n")));
	EXPECT(str_contains(page_css(), S("prefers-color-scheme: dark")));
	EXPECT_INT(page_css_hash().n, 16);
	EXPECT(page_css_hash().p == page_css_hash().p);
	for (size_t i = 0; i < page_css_hash().n; i++)
		EXPECT(strchr("0123456789abcdef", page_css_hash().p[i]) != NULL);
}

/* Each custom property that is used is set, and is described at the top for those who override it. */
TEST(css_variables_are_documented)
{
	struct str css = page_css(), rest = css, about;
	const char *end = memmem(css.p, css.n, "*/", 2), *p;

	NEED(end != NULL);
	about = str_sub(css, 0, (size_t)(end - css.p));
	while ((p = memmem(rest.p, rest.n, "var(--", 6)) != NULL) {
		struct str name = str_from(rest, (size_t)(p - rest.p) + 4);

		rest = name;
		name = str_cut(&name, ')');
		EXPECT(str_contains(about, name));
		EXPECT(str_contains(css, ARENA_CAT(mem, name, S(": "))));
	}
}

TEST(templates)
{
	enum template_id id;

	for (int i = 0; i < T_COUNT; i++) {
		EXPECT(template_builtin((enum template_id)i).n > 20);
		EXPECT(template_named(str_of(template_names[i]), &id) && (int)id == i);
	}
	EXPECT(!template_named(S("style"), &id));
}
