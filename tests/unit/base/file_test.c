/* tests/unit/base/file_test.c - a file is there whole or not at all. */
#include "../test.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static int
files_in(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	while (d != NULL && readdir(d) != NULL)
		n++;
	if (d != NULL)
		closedir(d);
	return n - 2;
}

static bool
put(struct arena *mem, struct str path, const char *text, bool over, int *error)
{
	struct new_file f;
	bool ok = new_file_begin(&f, mem, path) && file_write_all(f.fd, text, strlen(text)) && new_file_end(&f, mem, over);

	*error = errno;
	return ok;
}

static struct str
content(struct arena *mem, struct str path)
{
	FILE *f = fopen(arena_z(mem, path), "re");
	char *p = arena_alloc(mem, 100);
	size_t n = f != NULL ? fread(p, 1, 100, f) : 0;

	if (f != NULL)
		fclose(f);
	return f != NULL ? str_span(p, n) : STR_ABSENT;
}

TEST(whole_or_nothing)
{
	char dir[] = "/tmp/hufu-file-XXXXXX";
	struct str path;
	struct new_file f;
	struct stat st;
	int error;

	NEED(mkdtemp(dir) != NULL);
	path = arena_printf(mem, "%s/a", dir);
	NEED(new_file_begin(&f, mem, path) && file_write_all(f.fd, "half", 4));
	EXPECT(access(arena_z(mem, path), F_OK) != 0);
	new_file_drop(&f);
	new_file_drop(&f);
	EXPECT_INT(files_in(dir), 0);
	EXPECT(put(mem, path, "one", false, &error));
	EXPECT(stat(arena_z(mem, path), &st) == 0 && (st.st_mode & 0777) == 0600);
	EXPECT(!put(mem, path, "two", false, &error) && error == EEXIST);
	EXPECT_STR(content(mem, path), S("one"));
	EXPECT(put(mem, path, "three", true, &error));
	EXPECT_STR(content(mem, path), S("three"));
	EXPECT_INT(files_in(dir), 1);
	EXPECT(!put(mem, arena_printf(mem, "%s/no/a", dir), "x", false, &error) && error == ENOENT);
	unlink(arena_z(mem, path));
	rmdir(dir);
}
