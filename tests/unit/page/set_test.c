/* The operator's template folder. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "page_test.h"

static void
file_write(struct arena *mem, struct str folder, const char *name, struct str text)
{
	FILE *f = fopen(arena_z(mem, ARENA_CAT(mem, folder, S("/"), str_of(name))), "w");

	if (f == NULL || fwrite(text.p, 1, text.n, f) != text.n || fclose(f) != 0)
		test_fail(__FILE__, __LINE__, "cannot write %s", name);
}

static struct str
folder_make(struct arena *mem)
{
	const char *base = getenv("TMPDIR");
	char *path = arena_z(mem, ARENA_CAT(mem, str_of(base ? base : "/tmp"), S("/hufu-page-XXXXXX")));

	return str_of(mkdtemp(path));
}

static void
folder_remove(struct arena *mem, struct str folder, const char *name)
{
	if (name != NULL)
		unlink(arena_z(mem, ARENA_CAT(mem, folder, S("/"), str_of(name))));
	rmdir(arena_z(mem, folder));
}

TEST(a_file_takes_the_built_in_place)
{
	struct str folder = folder_make(mem), why = STR_ABSENT, html;
	struct page_vars v = VARS(V("username", "<"));
	struct page_set *p;

	file_write(mem, folder, "login.html", S("<h1>Mine {{username}}</h1>"));
	file_write(mem, folder, "README.txt", S("{{ not a template"));
	p = page_set_load(folder, NULL, 0, mem, &why);
	unlink(arena_z(mem, ARENA_CAT(mem, folder, S("/README.txt"))));
	folder_remove(mem, folder, "login.html");
	NEED(p != NULL);
	html = page_render(p, mem, PAGE_LOGIN, LANG_EN, &v);
	HAS(html, "<h1>Mine &lt;</h1>");
	HAS(html, "<body class=\"page-login\">");
	LACKS(html, "login-submit");
	HAS(page_render(p, mem, PAGE_ERROR, LANG_EN, &v), "error-page");
	page_set_free(p);
}

TEST(a_bad_file_is_named_with_its_line)
{
	struct str folder = folder_make(mem), why = STR_ABSENT;

	file_write(mem, folder, "error.html", S("<h1>\n{{#line}}\n</h1>\n"));
	EXPECT(page_set_load(folder, NULL, 0, mem, &why) == NULL);
	EXPECT_STR(why, ARENA_CAT(mem, folder, S("/error.html:4: the section \"line\" is never closed")));
	folder_remove(mem, folder, "error.html");
}

TEST(a_misnamed_file_is_an_error)
{
	struct str folder = folder_make(mem), why = STR_ABSENT;

	file_write(mem, folder, "logn.html", S("x"));
	EXPECT(page_set_load(folder, NULL, 0, mem, &why) == NULL);
	EXPECT(str_contains(why, S("/logn.html:1: no page has this name; there are login")));
	folder_remove(mem, folder, "logn.html");
}

TEST(what_cannot_be_read_is_an_error)
{
	struct str folder = folder_make(mem), why = STR_ABSENT;
	char *sub = arena_z(mem, ARENA_CAT(mem, folder, S("/home.html")));

	EXPECT_INT(mkdir(sub, 0700), 0);
	EXPECT(page_set_load(folder, NULL, 0, mem, &why) == NULL);
	EXPECT(str_contains(why, S("/home.html:1: cannot be read: Is a directory")));
	rmdir(sub);
	folder_remove(mem, folder, NULL);
	EXPECT(page_set_load(folder, NULL, 0, mem, &why) == NULL);
	EXPECT(str_contains(why, S("cannot be opened: No such file")));
}

TEST(a_file_that_is_too_large_is_refused)
{
	struct str folder = folder_make(mem), why = STR_ABSENT, big = { arena_alloc(mem, 70000), 70000 };

	memset((char *)(uintptr_t)big.p, 'x', big.n);
	file_write(mem, folder, "home.html", big);
	EXPECT(page_set_load(folder, NULL, 0, mem, &why) == NULL);
	EXPECT(str_contains(why, S("larger than 64 KiB")));
	folder_remove(mem, folder, "home.html");
}
