/* admin/kek.c - the key-encryption key: 32 bytes from a file or from text, and the file made once. */
#include "admin/admin.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEK_SIZE 32
#define KEK_TEXT_MAX 256

static bool
kek_decode(struct arena *mem, struct str text, uint8_t kek[KEK_SIZE])
{
	struct str bytes;

	text = str_trim(text);
	if (!hex_decode(mem, text, &bytes) || bytes.n != KEK_SIZE)
		if (!b64url_decode(mem, text, &bytes) || bytes.n != KEK_SIZE)
			return false;
	memcpy(kek, bytes.p, KEK_SIZE);
	return true;
}

static bool
file_read(struct arena *mem, struct str file, struct str *out, struct str *why)
{
	char *path = arena_z(mem, file), *p = arena_alloc(mem, KEK_TEXT_MAX);
	int fd = path && p ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	struct stat st;
	ssize_t n = fd >= 0 ? read(fd, p, KEK_TEXT_MAX) : -1;

	if (n < 0) {
		*why = arena_printf(mem, "%.*s: cannot read the key-encryption key: %s; give the file to the user that runs hufud, or name another one in keys.kek_file",
			STR_ARG(file), path ? strerror(errno) : "bad file name");
	} else if (fstat(fd, &st) == 0 && (st.st_mode & S_IRWXO)) {
		log_warn("%.*s: everyone on this machine may read the key-encryption key; chmod 600 it", STR_ARG(file));
	}
	if (fd >= 0)
		close(fd);
	*out = str_span(p, n > 0 ? (size_t)n : 0);
	return n >= 0;
}

bool
kek_read(struct arena *mem, struct str file, struct str text, uint8_t kek[32], struct str *why)
{
	struct str content = text;

	if (!str_given(text) && !file_read(mem, file, &content, why))
		return false;
	if (kek_decode(mem, content, kek))
		return true;
	*why = arena_printf(mem, "%.*s: the key-encryption key must be 32 bytes as 64 hex digits or 43 characters of base64url",
		str_given(text) ? 13 : (int)file.n, str_given(text) ? "keys.kek text" : file.p);
	return false;
}

static bool
file_write(int fd, const char *p, size_t n)
{
	return write(fd, p, n) == (ssize_t)n && fsync(fd) == 0;
}

/* The new name must survive a power cut too, else the next start would make another key and lose what this one sealed. */
static bool
directory_sync(struct arena *mem, struct str file)
{
	ptrdiff_t slash = str_rindex(file, '/');
	char *dir = arena_z(mem, slash > 0 ? str_sub(file, 0, (size_t)slash) : slash == 0 ? S("/") : S("."));
	int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

enum kek_file
kek_look(struct str file, struct arena *mem)
{
	char *path = arena_z(mem, file);
	struct stat st;

	if (path == NULL || stat(path, &st) != 0)
		return path != NULL && errno == ENOENT ? KEK_MISSING : KEK_THERE;
	return S_ISREG(st.st_mode) && st.st_size == 0 ? KEK_EMPTY : KEK_THERE;
}

/* Under another name first: who finds the name finds the whole key, also after a crash. */
static bool
whole_file_put(struct arena *mem, struct str file, const char *text, size_t n)
{
	char *path = arena_z(mem, file), *draft = arena_z(mem, ARENA_CAT(mem, file, S(".new")));
	int fd;
	bool ok;

	if (path == NULL || draft == NULL || (unlink(draft) != 0 && errno != ENOENT))
		return false;
	fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	ok = fd >= 0 && file_write(fd, text, n);
	if (fd >= 0)
		close(fd);
	ok = ok && rename(draft, path) == 0 && directory_sync(mem, file);
	if (!ok) {
		int error = errno;

		unlink(draft);
		errno = error;
	}
	return ok;
}

bool
kek_make(struct str file, struct arena *mem, struct str *why)
{
	uint8_t kek[KEK_SIZE];
	char text[2 * KEK_SIZE + 1];
	bool ok;

	if (kek_look(file, mem) == KEK_THERE)
		return true;
	rand_bytes(kek, sizeof kek);
	hex_write(text, kek, sizeof kek);
	text[2 * KEK_SIZE] = '\n';
	ok = whole_file_put(mem, file, text, sizeof text);
	if (!ok)
		*why = arena_printf(mem, "%.*s: cannot make the key-encryption key: %s", STR_ARG(file), strerror(errno));
	explicit_bzero(kek, sizeof kek);
	explicit_bzero(text, sizeof text);
	return ok;
}
