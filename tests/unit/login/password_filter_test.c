/* tests/unit/login/password_filter_test.c - the filter of breached passwords: what was added is found, what is damaged is refused. */
#include "login/password_filter.h"
#include "../test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* --- in its file ------------------------------------------------------------------------------ */

static char path[] = "/tmp/hufu-filter-XXXXXX";

/* Its name is this process's own. */
static void
put(const char *name, struct str bytes)
{
	int fd = str_ends(str_of(name), S("XXXXXX")) ? mkstemp(path) : open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, bytes.p, bytes.n) != (ssize_t)bytes.n)
		test_fail(__FILE__, __LINE__, "cannot write %s", name);
	close(fd);
}

/* Of more than one piece. */
static struct str
whole(struct arena *mem)
{
	struct password_filter_new n;
	struct str file = made(mem, MANY, 20, &n);

	add(&n, S("seen"));
	password_filter_end(&n);
	return file;
}

TEST(a_filter_is_asked_in_its_file_as_it_is_in_memory)
{
	struct str file = whole(mem);
	struct password_filter f, same;

	put(path, file);
	NEED(password_filter_read(file, &same) == NULL && password_filter_open(mem, str_of(path), &f) == NULL);
	EXPECT(f.hashes == same.hashes && f.n_bits == same.n_bits && f.entries == 1);
	EXPECT(password_filter_has(&f, S("seen")) && !password_filter_has(&f, S("other")));
	unlink(path);                           /* replaced by another of its name: this one is still whole */
	put(path, S("another"));
	EXPECT(password_filter_has(&f, S("seen")) && !password_filter_has(&f, S("other")));
	unlink(path);
}

TEST(no_damaged_file_is_taken)
{
	struct str file = whole(mem);
	static const size_t cuts[] = { 0, 8, 63, 64, 65, 16384 };
	struct password_filter f = { .entries = 4711 };
	char *turned = arena_alloc(mem, file.n);

	for (size_t i = 0; i < COUNT(cuts); i++) {
		put(path, str_sub(file, 0, cuts[i]));
		EXPECT(password_filter_open(mem, str_of(path), &f) != NULL);
	}
	for (size_t at = 0; at < file.n; at = at < 128 ? at + 1 : at + 9973) {
		memcpy(turned, file.p, file.n);
		turned[at] ^= 4;
		put(path, str_span(turned, file.n));
		if (password_filter_open(mem, str_of(path), &f) == NULL)
			test_fail(__FILE__, __LINE__, "byte %zu", at);
	}
	unlink(path);
	EXPECT(password_filter_open(mem, str_of(path), &f) != NULL);
	NEED(mkfifo(path, 0600) == 0);
	EXPECT(password_filter_open(mem, str_of(path), &f) != NULL);
	unlink(path);
	EXPECT(password_filter_open(mem, S("/tmp"), &f) != NULL);
	EXPECT_INT(f.entries, 4711);
}

/* Cut off, or another one of the same length: nothing that is read of it counts, and nobody dies of it. */
TEST(whoever_writes_into_a_filter_spoils_it)
{
	struct str file = whole(mem);
	struct password_filter cut, written;

	put(path, file);
	NEED(password_filter_open(mem, str_of(path), &cut) == NULL);
	NEED(truncate(path, PASSWORD_FILTER_HEAD) == 0);
	EXPECT(password_filter_has(&cut, S("other")));
	put(path, file);
	NEED(password_filter_open(mem, str_of(path), &written) == NULL && !password_filter_has(&written, S("other")));
	put(path, file);
	NEED(utimensat(AT_FDCWD, path, (struct timespec[]){ { 1, 0 }, { 1, 0 } }, 0) == 0);
	EXPECT(password_filter_has(&written, S("other")));
	unlink(path);
}
