/* A backup that may be anybody's file: its head, the note inside of it, and the pieces of an open one. */
#include <sys/mman.h>
#include <unistd.h>

#include "admin/backup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An open backup names its own key, so whoever writes one gets as far as the note. */
static void
stream_read(struct arena *mem, const uint8_t *data, size_t size, const struct backup_head *head)
{
	int fd = memfd_create("backup", MFD_CLOEXEC);
	struct backup_in in;
	struct backup_note note;
	struct str why;
	char piece[4096];

	if (fd < 0 || !file_write_all(fd, data, size) || lseek(fd, BACKUP_HEAD_SIZE, SEEK_SET) < 0)
		abort();
	if (backup_open(&in, mem, fd, head, str_span(data, BACKUP_HEAD_SIZE), STR_ABSENT, &note, &why))
		while (backup_get(&in, piece, sizeof piece) > 0)
			;
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct backup_head head;
	struct backup_note note;
	struct arena mem;
	struct str why;

	arena_init(&mem, 16u << 20);
	if (backup_head_read(&mem, str_span(data, size < BACKUP_HEAD_SIZE ? size : BACKUP_HEAD_SIZE), &head, &why) && !head.sealed)
		stream_read(&mem, data, size, &head);
	if (backup_note_read(&mem, str_span(data, size), &note, &why) && note.store_bytes == 0)
		abort();
	arena_free(&mem);
	return 0;
}
