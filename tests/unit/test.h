/*
 * tests/unit/test.h - a test registers itself by being written: TEST(name) { ... EXPECT(...); }. The runner takes substrings of
 * "room/file/name" as arguments and ends with "N passed, N failed".
 */
#ifndef HUFU_TEST_H
#define HUFU_TEST_H
#include "base/base.h"

struct test { const char *file, *name; void (*run)(struct arena *mem); struct test *next; };
void test_register(struct test *t);
void test_fail(const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#define TEST(id) \
	static void test_##id(struct arena *mem); \
	static struct test test_row_##id = { __FILE__, #id, test_##id, NULL }; \
	__attribute__((constructor)) static void test_add_##id(void) { test_register(&test_row_##id); } \
	static void test_##id(__attribute__((unused)) struct arena *mem)

/* Each failure is counted and printed; the test goes on. NEED ends the test. */
#define EXPECT(cond) do { if (!(cond)) test_fail(__FILE__, __LINE__, "%s", #cond); } while (0)
#define NEED(cond) do { if (!(cond)) { test_fail(__FILE__, __LINE__, "%s", #cond); return; } } while (0)
#define EXPECT_INT(got, want) do { long long g_ = (long long)(got), w_ = (long long)(want); if (g_ != w_) test_fail(__FILE__, __LINE__, "%s: %lld, not %lld", #got, g_, w_); } while (0)
#define EXPECT_STR(got, want) do { struct str g_ = (got), w_ = (want); if (!str_eq(g_, w_) || !g_.p != !w_.p) test_fail(__FILE__, __LINE__, "%s: \"%.*s\", not \"%.*s\"", #got, STR_ARG(g_), STR_ARG(w_)); } while (0)
#endif
