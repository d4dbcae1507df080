/* tests/unit/main.c - runs the tests that registered themselves. */
#include "test.h"

static struct test *all;
static int failed_here;

void
test_register(struct test *t)
{
	t->next = all;
	all = t;
}

void
test_fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	failed_here++;
	printf("%s:%d: ", file, line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
}

/* "tests/unit/base/str_test.c" and "cut" -> "base/str/cut" */
static void
full_name(const struct test *t, char *out, size_t size)
{
	const char *from = strstr(t->file, "tests/unit/");
	const char *end = strstr(t->file, "_test.c");

	from = from ? from + 11 : t->file;
	snprintf(out, size, "%.*s/%s", end ? (int)(end - from) : (int)strlen(from), from, t->name);
}

/* "oauth/grant/code" is also asked of tests of oauth/grant/authorization_code: a folder, then a part of what follows it. */
static bool
is_asked(const char *name, const char *arg)
{
	const char *part = strrchr(arg, '/');
	size_t folder = part ? (size_t)(part - arg) + 1 : 0;

	return strstr(name, arg) != NULL || (folder > 0 && strncmp(name, arg, folder) == 0 && strstr(name + folder, part + 1) != NULL);
}

static bool
wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (is_asked(name, argv[i]))
			return true;
	return argc == 1;
}

/* What is recorded while tests run is of interest to those that look for it only. */
static bool
silent(void *ctx, enum event what, struct str line)
{
	(void)ctx, (void)what, (void)line;
	return true;
}

int
main(int argc, char **argv)
{
	int passed = 0, failed = 0;
	char name[256];

	for (struct test *t = all; t != NULL; t = t->next) {
		struct arena mem;

		full_name(t, name, sizeof name);
		if (!wanted(name, argc, argv))
			continue;
		record_to(silent, NULL);
		arena_init(&mem, 64 * 1024 * 1024);
		failed_here = 0;
		t->run(&mem);
		arena_free(&mem);
		if (failed_here)
			printf("FAIL %s\n", name), failed++;
		else
			passed++;
	}
	printf("%d passed, %d failed\n", passed, failed);
	return failed ? 1 : 0;
}
