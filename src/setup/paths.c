/* setup/paths.c - what the settings name on disk: looked at as the start would use it, and nothing made. */
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

static const char *
hint_of(int error)
{
	switch (error) {
	case EACCES: case EPERM: return "give it to the user that runs hufud";
	case EROFS: return "the file system is read-only: mount it for writing or choose another place";
	case ENOENT: return "create it, or correct the path";
	case ENOTDIR: return "something on the way is no directory; correct the path";
	default: return "correct the path";
	}
}

static void
path_fault(const struct conf *c, const char *name, struct str path, int error, struct findings *f)
{
	complain(f, conf_where(c, SEC_TOP, STR_ABSENT, name), "%s: %.*s: %s; %s", name, STR_ARG(path),
	    say_errno(error), say(hint_of(error)));
}

static struct str
parent_of(struct str path)
{
	ptrdiff_t slash;

	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	slash = str_rindex(path, '/');
	return slash < 0 ? S(".") : slash == 0 ? S("/") : str_sub(path, 0, (size_t)slash);
}

static bool
may_use(struct arena *mem, struct str path, int how)
{
	char *z = arena_z(mem, path);

	errno = ENOMEM;
	return z != NULL && faccessat(AT_FDCWD, z, how, AT_EACCESS) == 0;
}

/* The start makes the last directory of the path, and files in it. */
static void
data_is_usable(const struct conf *c, struct findings *f)
{
	struct str data = top(c, "data");
	char *z = arena_z(f->mem, data);
	struct stat st;

	if (z == NULL) {
		path_fault(c, "data", data, EINVAL, f);
	} else if (stat(z, &st) != 0) {
		if (errno != ENOENT || !may_use(f->mem, parent_of(data), W_OK | X_OK))
			path_fault(c, "data", errno == ENOENT ? parent_of(data) : data, errno, f);
	} else if (!S_ISDIR(st.st_mode)) {
		path_fault(c, "data", data, ENOTDIR, f);
	} else if (!may_use(f->mem, data, R_OK | W_OK | X_OK)) {
		path_fault(c, "data", data, errno, f);
	}
}

static void
kek_is_usable(const struct conf *c, struct findings *f)
{
	struct str text = top(c, "keys.kek"), file = top(c, "keys.kek_file"), why = STR_ABSENT;
	const char *setting = str_empty(text) ? "keys.kek_file" : "keys.kek";
	uint8_t kek[32];

	if (str_empty(text) && setup_kek_is_inside(c) && kek_look(file, f->mem) != KEK_THERE)
		return;                         /* the start makes it, or the store says why not */
	if (!kek_read(f->mem, str_empty(text) ? file : STR_ABSENT, str_empty(text) ? STR_ABSENT : text, kek, &why))
		complain(f, conf_where(c, SEC_TOP, STR_ABSENT, setting), "%s: %.*s", setting, STR_ARG(why));
	explicit_bzero(kek, sizeof kek);
}

/* The library reads it at each login; a file that is missing then is a login that fails. */
static void
authorities_are_there(const struct conf *c, struct findings *f)
{
	const struct str *names;
	size_t n = conf_names(c, SEC_DIRECTORY, &names);

	for (size_t i = 0; i < n; i++) {
		const struct conf_value *v = conf_get(c, SEC_DIRECTORY, names[i], "ca_file");

		if (!str_empty(v->text) && !may_use(f->mem, v->text, R_OK))
			complain(f, v->where, "directory %.*s: ca_file: %.*s: %s; %s", STR_ARG(names[i]),
			    STR_ARG(v->text), say_errno(errno), hint_of(errno));
	}
}

void
paths_are_there(const struct conf *c, struct findings *f)
{
	data_is_usable(c, f);
	kek_is_usable(c, f);
	authorities_are_there(c, f);
}
