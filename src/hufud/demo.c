/*
 * hufud/demo.c - the demonstration: settings, clients and users that lie beside the program, and
 * what to try with them.
 */
#include "hufud/daemon_int.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define REALM_MAX (64 * 1024)
#define LINES_MAX (64 * 1024)

/* The settings in the source tree, seen from build/MODE/hufud, and where a package puts them. */
static const char *const places[] = { "../../demo/hufu.yaml", "../share/hufu/demo/hufu.yaml" };

static struct str
demo_config_find(struct arena *mem)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	struct str dir = str_span(self, n > 0 ? (size_t)n : 0);

	dir = str_sub(dir, 0, (size_t)(str_rindex(dir, '/') + 1));
	for (size_t i = 0; i < COUNT(places); i++) {
		char *path = arena_z(mem, ARENA_CAT(mem, dir, str_of(places[i])));
		char *real = path ? realpath(path, NULL) : NULL;

		if (real != NULL) {
			struct str found = arena_dup(mem, str_of(real));

			free(real);
			return found;
		}
	}
	fatal("the demo's settings are not beside this program; name them with --config demo/hufu.yaml");
}

void
demo_prepare(struct options *opt, struct arena *mem)
{
	char *dir = arena_z(mem, opt->demo), *real;

	if (dir == NULL || (mkdir(dir, 0700) != 0 && errno != EEXIST))
		fatal("%.*s: cannot make the demo's data directory: %s", STR_ARG(opt->demo), say_errno(errno));
	real = realpath(dir, NULL);
	if (real == NULL)
		fatal("%s: %s", dir, say_errno(errno));
	setenv("HUFU_DATA", real, 1);
	setenv("HUFU_DEMO", "true", 1);
	free(real);
	if (!str_given(opt->config))
		opt->config = demo_config_find(mem);
}

/* A file that lies beside the demo's settings; absent when it cannot be read. */
static struct str
beside_config(const struct daemon *d, struct arena *mem, const char *name, size_t max)
{
	struct str dir = str_sub(d->config_path, 0, (size_t)(str_rindex(d->config_path, '/') + 1));
	char *path = arena_z(mem, ARENA_CAT(mem, dir, str_of(name))), *p = arena_alloc(mem, max);
	FILE *f = path && p ? fopen(path, "re") : NULL;
	size_t n = f ? fread(p, 1, max, f) : 0;

	if (f == NULL)
		return STR_ABSENT;
	fclose(f);
	return str_span(p, n);
}

static bool
realm_fill(struct daemon *d, struct arena *mem, struct str *why)
{
	struct str text = beside_config(d, mem, "realm.json", REALM_MAX), out = STR_ABSENT;
	json_t *ask = str_given(text) ? json_read(mem, text) : NULL;
	struct record r;
	bool changed;

	if (ask == NULL) {
		*why = arena_say(&d->mem, "realm.json beside %.*s is missing or no JSON object", STR_ARG(d->config_path));
		return false;
	}
	if (!manage_do(d->store, mem, ask, &(struct lent){ .elsewhere = STR_ABSENT }, &out, &changed)) {
		*why = arena_say(&d->mem, "the demo's clients and users cannot be stored: %.*s", STR_ARG(out));
		return false;
	}
	record_begin(&r, EV_demo_filled);
	record_end(&r);
	return true;
}

bool
demo_fill(struct daemon *d, struct str *why)
{
	struct arena mem;
	struct str realm;
	bool ok;

	arena_init(&mem, 16 * 1024 * 1024);
	ok = store_realms(d->store, &mem, 1, &realm) != 0 || realm_fill(d, &mem, why);
	arena_free(&mem);
	return ok;
}

void
demo_print(const struct daemon *d)
{
	struct arena mem;
	struct str text;

	arena_init(&mem, 1024 * 1024);
	text = beside_config(d, &mem, "lines.txt", LINES_MAX);
	fwrite(text.p ? text.p : "", 1, text.n, stdout);
	fflush(stdout);
	arena_free(&mem);
}
