/* setup/revocation_lists.c - the revocation lists of client_crl_path: those of a file, or of each file in a folder. */
#include "setup/setup_int.h"

#include "jose/certificate.h"

#include <dirent.h>
#include <sys/stat.h>

#define LIST_MAX (4u * 1024 * 1024)     /* of one file: a hundred thousand certificates; each use digests it once */

static bool
file_take(struct authorities *t, struct str path, struct arena *mem, struct str *why)
{
	struct str text, reason = STR_ABSENT;
	const char *wrong = NULL;
	struct arena own;
	bool ok;

	arena_init(&own, LIST_MAX + (1u << 16));
	text = file_content(&own, path, LIST_MAX, &reason);
	ok = str_given(text) && revocation_add(t, text, &wrong);
	if (!ok)
		*why = wrong != NULL ? arena_printf(mem, "%.*s %s", STR_ARG(path), wrong) : arena_dup(mem, reason);
	arena_free(&own);
	return ok;
}

/* Files whose names begin with a dot are left out, and folders inside: editors and mounts leave such. */
static bool
entry_take(struct authorities *t, struct str folder, const char *name, struct arena *mem, int *n, struct str *why)
{
	struct str path = arena_printf(mem, "%.*s/%s", STR_ARG(folder), name);
	char *z = arena_z(mem, path);
	struct stat s;

	if (name[0] == '.' || (z != NULL && stat(z, &s) == 0 && S_ISDIR(s.st_mode)))
		return true;
	++*n;
	return file_take(t, path, mem, why);
}

static bool
folder_take(struct authorities *t, struct str folder, DIR *d, struct arena *mem, struct str *why)
{
	struct dirent *e;
	bool ok = true;
	int n = 0;

	while (ok && (e = readdir(d)) != NULL)
		ok = entry_take(t, folder, e->d_name, mem, &n, why);
	if (ok && n == 0)
		*why = arena_say(mem, "%.*s: there is no file in this folder", STR_ARG(folder));
	return ok && n > 0;
}

bool
revocation_lists_read(struct authorities *t, struct str path, struct arena *mem, struct str *why)
{
	char *z = arena_z(mem, path);
	DIR *d = z != NULL ? opendir(z) : NULL;
	bool ok;

	if (d == NULL)
		return file_take(t, path, mem, why);
	ok = folder_take(t, path, d, mem, why);
	closedir(d);
	return ok;
}
