/* setup/files.c - what the settings name on disk: the store, the key-encryption key, small files. */
#include "setup/setup_int.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static struct str
top(const struct conf *c, const char *name)
{
	return conf_text(c, SEC_TOP, STR_ABSENT, name);
}

struct store *
setup_store(const struct conf *c, bool read_only, struct arena *mem, struct str *why)
{
	struct store_conf sc = { .path = top(c, "data"), .read_only = read_only, .readers = (int)conf_int(c, SEC_TOP, STR_ABSENT, "store.readers") };

	return store_open(&sc, mem, why);
}

/* Only a file inside the data directory is made: elsewhere a missing one is more likely a mount that failed. */
bool
setup_kek(const struct conf *c, struct arena *mem, uint8_t kek[32], struct str *why)
{
	struct str text = top(c, "keys.kek"), file = top(c, "keys.kek_file"), data = top(c, "data");
	bool inside = str_starts(file, data) && file.n > data.n && file.p[data.n] == '/';

	if (!str_empty(text))
		return kek_read(mem, STR_ABSENT, text, kek, why);
	if (inside && !kek_make(file, mem, why))
		return false;
	return kek_read(mem, file, STR_ABSENT, kek, why);
}

struct str
file_content(struct arena *mem, struct str path, size_t max, struct str *why)
{
	char *z = arena_z(mem, path), *p;
	int fd = z ? open(z, O_RDONLY | O_CLOEXEC) : -1;
	off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : -1;
	ssize_t n = -1;

	if (size >= 0 && (size_t)size <= max && (p = arena_alloc(mem, (size_t)size + 1)) != NULL)
		n = pread(fd, p, (size_t)size, 0);
	if (n < 0)
		*why = arena_printf(mem, "%.*s: %s", STR_ARG(path), size > (off_t)max ? "the file is too big" : fd < 0 && errno ? strerror(errno) : "cannot be read");
	if (fd >= 0)
		close(fd);
	return n < 0 ? STR_ABSENT : str_span(p, (size_t)n);
}
