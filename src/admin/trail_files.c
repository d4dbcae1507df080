/* admin/trail_files.c - the rotated files of a trail: FILE-NUMBER, twelve digits or more. */
#include "admin/trail.h"

#include <dirent.h>
#include <errno.h>

#define DIGITS 12

struct str
trail_rotated_name(struct arena *mem, struct str file, int64_t first)
{
	return arena_printf(mem, "%.*s-%0*lld", STR_ARG(file), DIGITS, (long long)first);
}

int64_t
trail_first_named(struct str name)
{
	ptrdiff_t dash = str_rindex(name, '-');
	struct str digits = str_from(name, (size_t)(dash + 1));
	int64_t n = 0;

	return dash >= 0 && digits.n >= DIGITS && digits.n <= 18 && str_int(digits, &n) && n > 0 ? n : 0;
}

static bool
is_rotated(struct str name, struct str base)
{
	return name.n > base.n && str_starts(name, base) && str_rindex(name, '-') == (ptrdiff_t)base.n
	    && trail_first_named(name) > 0;
}

static int
in_order(const void *a, const void *b)
{
	const struct str *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? -1 : 1;
	return memcmp(x->p, y->p, x->n);
}

static struct str
path_of(struct arena *mem, struct str dir, const char *name)
{
	return str_empty(dir) ? arena_dup(mem, str_of(name)) : ARENA_CAT(mem, dir, str_of(name));
}

bool
trail_rotated(struct arena *mem, struct str file, struct str *names, size_t *n, struct str *why)
{
	ptrdiff_t slash = str_rindex(file, '/');
	struct str dir = str_sub(file, 0, (size_t)(slash + 1)), base = str_from(file, (size_t)(slash + 1));
	char *z = str_empty(dir) ? arena_z(mem, S(".")) : arena_z(mem, dir);
	DIR *d = z != NULL ? opendir(z) : NULL;
	const struct dirent *e;
	bool ok = d != NULL;

	*n = 0;
	if (!ok)
		*why = arena_printf(mem, "%.*s: %s", STR_ARG(file), say_errno(errno));
	while (ok && (e = readdir(d)) != NULL) {
		if (!is_rotated(str_of(e->d_name), base))
			continue;
		ok = *n < TRAIL_FILES_MAX && str_given(names[*n] = path_of(mem, dir, e->d_name));
		if (ok)
			(*n)++;
		else
			*why = arena_say(mem, "%.*s: there are too many rotated files", STR_ARG(file));
	}
	if (d != NULL)
		closedir(d);
	qsort(names, *n, sizeof *names, in_order);
	return ok;
}
