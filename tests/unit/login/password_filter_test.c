/* tests/unit/login/password_filter_test.c - the filter of breached passwords: what was added is found, what is damaged is refused. */
#include "login/password_filter.h"
#include "../test.h"

#define MANY 20000

static struct str
made(struct arena *mem, uint64_t entries, uint32_t bits, struct password_filter_new *n)
{
	uint64_t size = password_filter_size(entries, bits);
	uint8_t *file = arena_alloc(mem, size);

	memset(file, 0, size);
	password_filter_begin(n, file, size, bits);
	return str_span(file, size);
}

static void
add(struct password_filter_new *n, struct str password)
{
	uint8_t sha1[PASSWORD_HASH];

	password_sha1(password, sha1);
	password_filter_add(n, sha1);
}

TEST(all_that_was_added_is_found_and_few_others)
{
	struct password_filter_new n;
	struct str file = made(mem, MANY, 20, &n);
	struct password_filter f;
	int wrong = 0;

	for (int i = 0; i < MANY; i++)
		add(&n, arena_printf(mem, "password-%d", i));
	password_filter_end(&n);
	NEED(password_filter_read(file, &f) == NULL);
	EXPECT_INT(f.entries, MANY);
	EXPECT_INT(f.hashes, 14);
	for (int i = 0; i < MANY; i++)
		EXPECT(password_filter_has(&f, arena_printf(mem, "password-%d", i)));
	for (int i = 0; i < MANY; i++)
		wrong += password_filter_has(&f, arena_printf(mem, "another-%d", i));
	EXPECT(wrong <= 8);                     /* 20,000 / 15,000 are expected */
	EXPECT(!password_filter_has(&(struct password_filter){ .hashes = 0 }, S("password-1")));
}

TEST(what_is_damaged_is_refused)
{
	struct password_filter_new n;
	struct str file = made(mem, 4, 20, &n);
	struct password_filter f = { .hashes = 77 };
	char *bytes = (char *)(uintptr_t)file.p;

	add(&n, S("hunter2"));
	password_filter_end(&n);
	NEED(password_filter_read(file, &f) == NULL);
	for (size_t i = 0; i < file.n; i++) {
		bytes[i] ^= 1;
		EXPECT(password_filter_read(file, &f) != NULL);
		EXPECT(password_filter_read(str_sub(file, 0, i), &f) != NULL);
		bytes[i] ^= 1;
	}
	EXPECT_INT(f.hashes, 14);
	EXPECT(password_filter_has(&f, S("hunter2")));
}

TEST(sizes)
{
	EXPECT_INT(password_filter_size(0, 20), PASSWORD_FILTER_HEAD + 8);
	EXPECT_INT(password_filter_size(1000, 20), PASSWORD_FILTER_HEAD + 2500);
	EXPECT_INT(password_filter_size(UINT64_MAX, 4), 0);
	EXPECT_INT(password_filter_size((uint64_t)PASSWORD_FILTER_BITS_MAX, 20), 0);
}

/* As the published lists have them; that of "password" is known to everybody. */
TEST(lines_of_hashes)
{
	uint8_t got[PASSWORD_HASH], want[PASSWORD_HASH];

	(void)mem;
	password_sha1(S("password"), want);
	NEED(password_hash_line_read(S("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:9659365"), got));
	EXPECT(memcmp(got, want, sizeof want) == 0);
	NEED(password_hash_line_read(S("5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8"), got));
	EXPECT(memcmp(got, want, sizeof want) == 0);
	EXPECT(!password_hash_line_read(S("5baa61e4c9b93f3f0682250b6cf8331b7ee68fd"), got));
	EXPECT(!password_hash_line_read(S("5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8:9x"), got));
	EXPECT(!password_hash_line_read(S("5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8 9"), got));
	EXPECT(!password_hash_line_read(S("gbaa61e4c9b93f3f0682250b6cf8331b7ee68fd8"), got));
}
