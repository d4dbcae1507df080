/* keys/kek.c - the key-encryption key: 32 bytes from a file or from text, and the file made once. */
#include "keys/keys.h"

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
		*why = arena_say(mem, "%.*s: cannot read the key-encryption key: %s; give the file to the user that runs hufud, or name another one in keys.kek_file",
			STR_ARG(file), path ? say_errno(errno) : say("bad file name"));
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
	*why = arena_say(mem, "%.*s: the key-encryption key must be 32 bytes as 64 hex digits or 43 characters of base64url",
		str_given(text) ? 13 : (int)file.n, str_given(text) ? "keys.kek text" : file.p);
	return false;
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

bool
kek_put(struct str file, const uint8_t kek[32], struct arena *mem, struct str *why)
{
	char text[2 * KEK_SIZE + 1];
	struct new_file f;
	bool ok;

	hex_write(text, kek, KEK_SIZE);
	text[2 * KEK_SIZE] = '\n';
	ok = new_file_begin(&f, mem, file);
	if (ok && !file_write_all(f.fd, text, sizeof text)) {
		new_file_drop(&f);
		ok = false;
	}
	ok = ok && new_file_end(&f, mem, kek_look(file, mem) == KEK_EMPTY);
	if (!ok)
		*why = arena_say(mem, "%.*s: cannot make the key-encryption key: %s", STR_ARG(file), say_errno(errno));
	explicit_bzero(text, sizeof text);
	return ok;
}

bool
kek_make(struct str file, struct arena *mem, struct str *why)
{
	uint8_t kek[KEK_SIZE];
	bool ok;

	if (kek_look(file, mem) == KEK_THERE)
		return true;
	rand_bytes(kek, sizeof kek);
	ok = kek_put(file, kek, mem, why);
	explicit_bzero(kek, sizeof kek);
	return ok;
}

void
kek_derive(const uint8_t kek[32], struct str purpose, uint8_t key[DIGEST_SIZE])
{
	HMAC256(key, str_span(kek, KEK_SIZE), purpose);
}
