/* setup/files.c - what the settings name on disk: the store, the key-encryption key, small files. */
#include "setup/setup_int.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct str
top(const struct conf *c, const char *name)
{
	return conf_text(c, SEC_TOP, STR_ABSENT, name);
}

/*
 * Only a key file inside the data directory belongs to its store: elsewhere it may have been put
 * there before the first start.
 */
bool
setup_kek_is_inside(const struct conf *c)
{
	struct str file = top(c, "keys.kek_file"), data = top(c, "data");

	return str_empty(top(c, "keys.kek")) && str_starts(file, data) && file.n > data.n && file.p[data.n] == '/';
}

#define PASSWORD_FILE_MAX 4096

bool
setup_store_conf(const struct conf *c, struct arena *mem, struct store_conf *out, struct str *why)
{
	struct str file = top(c, "store.password_file");

	*out = (struct store_conf){ .path = top(c, "data"), .url = top(c, "store.url"),
		.readers = (int)conf_int(c, SEC_TOP, STR_ABSENT, "store.readers") };
	if (str_empty(out->url) || str_empty(file))
		return true;
	out->password = str_trim(file_content(mem, file, PASSWORD_FILE_MAX, why));
	return str_given(out->password);
}

bool
setup_data_is_there(const struct store_conf *sc, struct arena *mem, struct str *why)
{
	char *path = arena_z(mem, sc->path);

	if (path != NULL && (mkdir(path, 0700) == 0 || errno == EEXIST))
		return true;
	*why = arena_say(mem, "data: %.*s cannot be made: %s", STR_ARG(sc->path), say_errno(errno));
	return false;
}

static struct store *
open_at(const struct conf *c, bool read_only, struct str only_old, const struct store_other *other, struct arena *mem,
    struct str *why)
{
	struct store_conf sc;

	if (!setup_store_conf(c, mem, &sc, why))
		return NULL;
	sc.read_only = read_only;
	sc.only_old = only_old;
	sc.other = other;
	if (!str_empty(sc.url) && !read_only && !setup_data_is_there(&sc, mem, why))
		return NULL;
	return store_open(&sc, mem, why);
}

bool
setup_store_was_here(const struct conf *c, struct arena *mem)
{
	return setup_kek_is_inside(c) && kek_look(top(c, "keys.kek_file"), mem) == KEK_THERE;
}

struct store *
setup_store_beside(const struct conf *c, bool read_only, const struct store_other *other, struct arena *mem,
    struct str *why)
{
	struct str file = top(c, "keys.kek_file"), only_old = STR_ABSENT;
	struct store *s;

	if (setup_store_was_here(c, mem))
		only_old = arena_say(mem,
		    "the key file %.*s beside it belongs to a store that was here; look whether its disk is "
		    "mounted, or restore the store from a backup (hufu restore FILE); "
		    "to begin with an empty one all the same: hufu store new",
		    STR_ARG(file));
	s = open_at(c, read_only, only_old, other, mem, why);
	if (s != NULL && store_is_new(s))
		log_info("a new store begins in %.*s", STR_ARG(store_is_shared(s) ? store_place(s) : top(c, "data")));
	return s;
}

struct store *
setup_store(const struct conf *c, bool read_only, struct arena *mem, struct str *why)
{
	return setup_store_beside(c, read_only, NULL, mem, why);
}

struct store *
setup_store_new(const struct conf *c, struct arena *mem, struct str *why)
{
	struct store *s = open_at(c, false, SAY("it is to begin anew"), NULL, mem, why);

	if (s == NULL)                  /* nothing there; whatever else is wrong comes up again */
		return open_at(c, false, STR_ABSENT, NULL, mem, why);
	if (store_is_shared(s)) {
		store_close(s);
		*why = SAY("there is a store in that database already; name another schema or database in store.url");
		return NULL;
	}
	store_close(s);
	*why = arena_say(mem, "there is a store in %.*s already; move its hufu.db, hufu.db-wal and hufu.db-shm away first", STR_ARG(top(c, "data")));
	return NULL;
}

static bool
kek_may_be_made(struct store *s, struct str file, bool empty, struct arena *mem, struct str *why)
{
	switch (store_has_keys(s)) {
	case NOT_FOUND:
		return true;
	case FIND_FAILED:
		*why = SAY("the keys cannot be read from the store");
		return false;
	case FOUND:
		break;
	}
	*why = arena_say(mem, "%.*s is %s, but the store holds keys that were sealed under it: restore it from a backup, or, if it is lost for good, begin with a new one: hufu key new --lost-kek (hufu key forget only drops the keys)",
	    STR_ARG(file), empty ? say("empty") : say("missing"));
	return false;
}

/* Only a file inside the data directory is made: elsewhere a missing one is more likely a mount that failed. */
bool
setup_kek_look(const struct conf *c, struct store *s, struct arena *mem, uint8_t kek[32], bool *there, struct str *why)
{
	struct str text = top(c, "keys.kek"), file = top(c, "keys.kek_file");
	enum kek_file look = str_empty(text) ? kek_look(file, mem) : KEK_THERE;

	*there = look == KEK_THERE || !setup_kek_is_inside(c);
	if (!*there)
		return kek_may_be_made(s, file, look == KEK_EMPTY, mem, why);
	return kek_read(mem, str_empty(text) ? file : STR_ABSENT, str_empty(text) ? STR_ABSENT : text, kek, why);
}

bool
setup_kek(const struct conf *c, struct store *s, struct arena *mem, uint8_t kek[32], struct str *why)
{
	struct str file = top(c, "keys.kek_file");
	bool there;

	if (!setup_kek_look(c, s, mem, kek, &there, why))
		return false;
	return there || (kek_make(file, mem, why) && kek_read(mem, file, STR_ABSENT, kek, why));
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
		*why = arena_printf(mem, "%.*s: %s", STR_ARG(path), size > (off_t)max ? say("the file is too big") : fd < 0 && errno ? say_errno(errno) : say("cannot be read"));
	if (fd >= 0)
		close(fd);
	return n < 0 ? STR_ABSENT : str_span(p, (size_t)n);
}
