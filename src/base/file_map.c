/* base/file_map.c - a file in the address space, as long as an arena lives. */
#include "base/base.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct mapped { void *p; size_t n; };

static void
unmap(void *arg)
{
	const struct mapped *m = arg;

	munmap(m->p, m->n);
}

/* The descriptor is closed either way. */
static void *
map_whole(int fd, size_t *n)
{
	void *p = MAP_FAILED;
	struct stat st;
	int e;

	errno = EINVAL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		*n = (size_t)st.st_size;
		p = mmap(NULL, *n, PROT_READ, MAP_PRIVATE, fd, 0);
	}
	e = errno;
	close(fd);
	errno = e;
	return p;
}

bool
file_map(struct arena *mem, struct str path, struct str *out)
{
	struct mapped *m = arena_new(mem, struct mapped);
	int fd = open(arena_z(mem, path), O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (m == NULL) {
		close(fd);
		errno = ENOMEM;
		return false;
	}
	m->p = map_whole(fd, &m->n);
	if (m->p == MAP_FAILED || !arena_defer(mem, unmap, m))
		return false;
	*out = str_span(m->p, m->n);
	return true;
}
