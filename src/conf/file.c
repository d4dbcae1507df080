/* conf/file.c - a whole small file as text. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf_int.h"

static bool
read_all(int fd, char *p, size_t max, size_t *n)
{
	ssize_t got;

	for (*n = 0; *n < max; *n += (size_t)got) {
		got = read(fd, p + *n, max - *n);
		if (got < 0 && errno == EINTR)
			got = 0;
		else if (got < 0)
			return false;
		else if (got == 0)
			return true;
	}
	return true;
}

bool
file_read(struct arena *mem, struct str path, size_t max, struct str *out, struct str *why)
{
	char *z = arena_z(mem, path), *p = NULL;
	int fd = z ? open(z, O_RDONLY | O_CLOEXEC) : -1;
	struct stat st;
	size_t n = 0;
	bool ok = fd >= 0 && fstat(fd, &st) == 0;

	if (ok && S_ISREG(st.st_mode) && st.st_size < (off_t)max)       /* a pipe's size is not known before its end */
		max = (size_t)st.st_size;
	ok = ok && (p = arena_alloc(mem, max + 1)) != NULL && read_all(fd, p, max + 1, &n);
	if (!ok)
		*why = mem->full || !z ? SAY("out of memory") : arena_dup(mem, str_of(say_errno(errno)));
	if (fd >= 0)
		close(fd);
	if (ok && n > max)
		*why = arena_say(mem, "it is larger than %zu bytes", max);
	*out = str_span(p, n);
	return ok && n <= max;
}
