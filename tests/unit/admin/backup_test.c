/* admin/backup_test.c - a backup is whole or refused (B1), and sealed when asked (B2). */
#include "../test.h"

#include <sys/mman.h>
#include <unistd.h>

#include "admin/backup.h"

#define PHRASE "correct horse battery"

static int
made(struct arena *mem, struct str phrase, size_t size)
{
	struct backup_note note = { .program = S("1.2"), .made_s = 77, .store_bytes = (int64_t)size, .has_kek = true, .kek = { 1, 2, 3 } };
	int fd = memfd_create("backup", MFD_CLOEXEC);
	struct backup_out o;
	char *store = arena_alloc(mem, size);

	for (size_t i = 0; i < size; i++)
		store[i] = (char)(i * 7 + i / 256);
	EXPECT(backup_begin(&o, mem, fd, phrase, &note));
	EXPECT(backup_put(&o, store, size / 3) && backup_put(&o, store + size / 3, size - size / 3) && backup_end(&o));
	return fd;
}

/* How many bytes of store come out of the first n bytes of fd; -1 with *why. */
static int64_t
opened(struct arena *mem, int fd, struct str phrase, struct backup_note *note, struct str *why)
{
	char head_bytes[BACKUP_HEAD_SIZE], piece[1000];
	struct backup_head head;
	struct backup_in in;
	int64_t total = 0;
	ssize_t n = pread(fd, head_bytes, sizeof head_bytes, 0);

	lseek(fd, BACKUP_HEAD_SIZE, SEEK_SET);
	if (!backup_head_read(mem, str_span(head_bytes, n > 0 ? (size_t)n : 0), &head, why)
	    || !backup_open(&in, mem, fd, &head, str_span(head_bytes, BACKUP_HEAD_SIZE), phrase, note, why))
		return -1;
	while ((n = backup_get(&in, piece, sizeof piece)) > 0) {
		for (ssize_t i = 0; i < n; i++, total++)
			if (piece[i] != (char)((size_t)total * 7 + (size_t)total / 256))
				return -2;
	}
	return n < 0 ? -1 : total;
}

TEST(what_went_in_comes_out)
{
	static const size_t sizes[] = { 1, 4096, BACKUP_PIECE, 2 * BACKUP_PIECE + 5, 200000 };
	struct backup_note note;
	struct str why;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		int fd = made(mem, STR_ABSENT, sizes[i]);

		EXPECT_INT(opened(mem, fd, STR_ABSENT, &note, &why), (int64_t)sizes[i]);
		EXPECT(note.has_kek && note.kek[2] == 3 && note.made_s == 77 && note.store_bytes == (int64_t)sizes[i]);
		EXPECT_STR(note.program, S("1.2"));
		close(fd);
	}
}

TEST(b1_every_byte_counts)
{
	int fd = made(mem, STR_ABSENT, 70000);
	off_t size = lseek(fd, 0, SEEK_END);
	struct backup_note note;
	struct str why;

	for (off_t at = 0; at < size; at += at < 400 ? 1 : 997) {
		char was, other;

		NEED(pread(fd, &was, 1, at) == 1);
		other = was ^ 1;
		NEED(pwrite(fd, &other, 1, at) == 1);
		why = STR_ABSENT;
		if (opened(mem, fd, STR_ABSENT, &note, &why) != -1 || str_empty(why))
			test_fail(__FILE__, __LINE__, "byte %lld does not count", (long long)at);
		NEED(pwrite(fd, &was, 1, at) == 1);
	}
	EXPECT_INT(opened(mem, fd, STR_ABSENT, &note, &why), 70000);
	close(fd);
}

TEST(b1_an_end_cut_off_or_added_is_noticed)
{
	static const off_t left[] = { 0, 13, 79, 80, 90, 200, 80 + BACKUP_PIECE + 17, 80 + BACKUP_PIECE + 18 };
	struct backup_note note;
	struct str why;

	for (size_t i = 0; i < COUNT(left); i++) {
		int fd = made(mem, STR_ABSENT, 150000);

		NEED(ftruncate(fd, left[i]) == 0);
		EXPECT_INT(opened(mem, fd, STR_ABSENT, &note, &why), -1);
		close(fd);
	}
	for (size_t extra = 1; extra < 100000; extra += 50000) {
		int fd = made(mem, STR_ABSENT, 150000);

		NEED(ftruncate(fd, lseek(fd, 0, SEEK_END) + (off_t)extra) == 0);
		EXPECT_INT(opened(mem, fd, STR_ABSENT, &note, &why), -1);
		close(fd);
	}
}

TEST(b2_sealed_by_a_passphrase)
{
	int fd = made(mem, S(PHRASE), 5000);
	struct backup_note note;
	struct str why;
	char all[8000];
	ssize_t n = pread(fd, all, sizeof all, 0);

	EXPECT_INT(opened(mem, fd, S(PHRASE), &note, &why), 5000);
	EXPECT_INT(opened(mem, fd, S(PHRASE "!"), &note, &why), -1);
	EXPECT(str_contains(why, S("passphrase")));
	EXPECT_INT(opened(mem, fd, S(""), &note, &why), -1);
	EXPECT(n > 5000 && !str_contains(str_span(all, (size_t)n), S("kek")));
	close(fd);
}

TEST(a_head_asks_for_no_more_than_is_sane)
{
	int fd = made(mem, STR_ABSENT, 10);
	char head[BACKUP_HEAD_SIZE];
	struct backup_head h;
	struct str why;

	NEED(pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head);
	close(fd);
	head[14] = 's';
	EXPECT(backup_head_read(mem, str_span(head, sizeof head), &h, &why));
	memcpy(head + 16, "\0\0\0\2\377\377\377\377", 8);
	EXPECT(!backup_head_read(mem, str_span(head, sizeof head), &h, &why) && str_contains(why, S("KiB")));
	memcpy(head + 16, "\177\0\0\0\0\1\0\0", 8);
	EXPECT(!backup_head_read(mem, str_span(head, sizeof head), &h, &why));
	memcpy(head + 16, "\0\0\0\0\0\1\0\0", 8);
	EXPECT(!backup_head_read(mem, str_span(head, sizeof head), &h, &why));
	memcpy(head, "hufu backup 2\n", 14);
	EXPECT(!backup_head_read(mem, str_span(head, sizeof head), &h, &why) && str_contains(why, S("newer")));
}

TEST(a_note_is_whole)
{
	struct backup_note n;
	struct str why;

	EXPECT(backup_note_read(mem, S("{\"program\":\"1\",\"made\":5}"), &n, &why) && n.store_bytes == -1 && !n.has_kek);
	EXPECT(!backup_note_read(mem, S("{\"program\":\"1\"}"), &n, &why));
	EXPECT(!backup_note_read(mem, S("{\"program\":\"1\",\"made\":5,\"store_bytes\":0}"), &n, &why));
	EXPECT(!backup_note_read(mem, S("{\"program\":\"1\",\"made\":5,\"store_bytes\":\"9\"}"), &n, &why));
	EXPECT(!backup_note_read(mem, S("{\"program\":\"1\",\"made\":5,\"kek\":\"abcd\"}"), &n, &why));
	EXPECT(!backup_note_read(mem, S("[]"), &n, &why));
}
