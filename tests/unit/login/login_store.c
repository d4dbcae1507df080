/* tests/unit/login/login_store.c - opens and removes the stores of this room's tests. */
#include "login_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

static char folder[64];

static struct store *
open_it(struct arena *mem)
{
	struct store_conf conf = { .path = str_of(folder) };
	struct str why = STR_ABSENT;
	struct store *s = store_open(&conf, mem, &why);

	if (s == NULL)
		printf("store_open: %.*s\n", STR_ARG(why));
	return s;
}

struct store *
store_new(struct arena *mem)
{
	snprintf(folder, sizeof folder, "/tmp/hufu-login-XXXXXX");
	return mkdtemp(folder) == NULL ? NULL : open_it(mem);
}

struct str
login_store_path(void)
{
	return str_of(folder);
}

struct store *
store_again(struct store *s, struct arena *mem)
{
	store_close(s);
	return open_it(mem);
}

void
store_gone(struct store *s)
{
	DIR *d = opendir(folder);
	struct dirent *e;

	if (s != NULL)
		store_close(s);
	while (d != NULL && (e = readdir(d)) != NULL)
		unlinkat(dirfd(d), e->d_name, 0);
	if (d != NULL)
		closedir(d);
	rmdir(folder);
}
