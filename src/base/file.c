/* base/file.c - a file that appears whole or not at all. */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char *
directory_of(struct arena *mem, struct str path)
{
	ptrdiff_t slash = str_rindex(path, '/');

	return arena_z(mem, slash > 0 ? str_sub(path, 0, (size_t)slash) : slash == 0 ? S("/") : S("."));
}

bool
file_write_all(int fd, const void *bytes, size_t n)
{
	const char *p = bytes;

	while (n > 0) {
		ssize_t put = write(fd, p, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		p += put;
		n -= (size_t)put;
	}
	return true;
}

bool
directory_sync(struct arena *mem, struct str path)
{
	char *dir = directory_of(mem, path);
	int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

void
file_owner_follow(int fd, struct arena *mem, struct str path)
{
	char *dir = directory_of(mem, path);
	struct stat st;

	if (geteuid() != 0 || dir == NULL || stat(dir, &st) != 0 || st.st_uid == 0)
		return;
	if (fchown(fd, st.st_uid, st.st_gid) != 0)
		log_warn("%.*s: its owner cannot be changed to that of its directory: %s", STR_ARG(path),
		    say_errno(errno));
}

static char *
draft_name(struct arena *mem, struct str path)
{
	struct str name = arena_printf(mem, "%.*s.%ld.part", STR_ARG(path), (long)getpid());

	return str_given(name) ? arena_z(mem, name) : NULL;
}

bool
new_file_begin(struct new_file *f, struct arena *mem, struct str path)
{
	char *dir = directory_of(mem, path);

	*f = (struct new_file){ .fd = -1, .path = arena_z(mem, path) };
	errno = ENOENT;
	if (dir == NULL || f->path == NULL)
		return false;
	f->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (f->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		f->draft = draft_name(mem, path);
		if (f->draft != NULL && (unlink(f->draft) == 0 || errno == ENOENT))
			f->fd = open(f->draft, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	}
	if (f->fd >= 0)
		file_owner_follow(f->fd, mem, path);
	return f->fd >= 0;
}

static bool
name_give(const struct new_file *f, const char *name)
{
	char self[64];

	snprintf(self, sizeof self, "/proc/self/fd/%d", f->fd);
	return linkat(AT_FDCWD, f->draft != NULL ? f->draft : self, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0;
}

/* A name of its own first, which then takes the place of the old one in one step. */
static bool
name_take(struct new_file *f, struct arena *mem)
{
	if (f->draft == NULL) {
		char *draft = draft_name(mem, str_of(f->path));

		if (draft == NULL || (unlink(draft) != 0 && errno != ENOENT) || !name_give(f, draft))
			return false;
		f->draft = draft;
	}
	return rename(f->draft, f->path) == 0;
}

/* Some file systems have no second names: there the rename must do, behind a look. */
static bool
name_new(struct new_file *f, struct arena *mem)
{
	if (name_give(f, f->path)) {
		if (f->draft != NULL)
			unlink(f->draft);
		return true;
	}
	if (errno == EEXIST || f->draft == NULL)
		return false;
	errno = EEXIST;
	return access(f->path, F_OK) != 0 && name_take(f, mem);
}

bool
new_file_end(struct new_file *f, struct arena *mem, bool over)
{
	bool ok = fsync(f->fd) == 0 && (over ? name_take(f, mem) : name_new(f, mem));
	int error = errno;

	if (ok) {
		close(f->fd);
		f->fd = -1;
		return directory_sync(mem, str_of(f->path));
	}
	new_file_drop(f);
	errno = error;
	return false;
}

void
new_file_drop(struct new_file *f)
{
	if (f->fd < 0)
		return;
	close(f->fd);
	f->fd = -1;
	if (f->draft != NULL)
		unlink(f->draft);
}
