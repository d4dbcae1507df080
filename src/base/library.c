/* base/library.c - a library that is loaded when it is first wanted. */
#include <dlfcn.h>
#include "base/base.h"
#include "base/library.h"

bool
library_load(const char *file, const char *const *names, void **calls, size_t n, const char *package,
    struct arena *mem, struct str *why)
{
	void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL) {
		*why = arena_say(mem, "%s is not installed: apt-get install %s", file, package);
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if ((calls[i] = dlsym(library, names[i])) == NULL) {
			*why = arena_say(mem, "%s has no function %s", file, names[i]);
			return false;
		}
	}
	return true;
}
