/* login/ldap_library.c - libldap, loaded when the first directory is configured. */
#include "login/ldap_int.h"

#include <dlfcn.h>
#include <pthread.h>

/* Debian 12 and Ubuntu 22.04 have the first, Debian 13 and Ubuntu 24.04 the second. */
static const char *const names[] = { "libldap-2.5.so.0", "libldap.so.2" };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct ldap_library library;
static bool loaded;

static bool
symbol(void *lib, const char *name, void *out)
{
	void *p = dlsym(lib, name);

	memcpy(out, &p, sizeof p);              /* ISO C has no cast from an object pointer to a function pointer */
	return p != NULL;
}

static void
load(void)
{
	int version = LDAP_VERSION3;
	void *lib = NULL;

	for (size_t i = 0; i < COUNT(names) && lib == NULL; i++)
		lib = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	if (lib == NULL)
		return;
#define SYMBOL(f) && symbol(lib, #f, &library.f)
	loaded = true LDAP_FUNCTIONS(SYMBOL);
#undef SYMBOL
	/* its first call reads its own settings: here, where only one thread is */
	if (loaded)
		loaded = library.ldap_set_option(NULL, LDAP_OPT_PROTOCOL_VERSION, &version) == LDAP_OPT_SUCCESS;
}

const struct ldap_library *
ldap_library(void)
{
	pthread_once(&once, load);
	return loaded ? &library : NULL;
}

bool
directory_library_load(struct arena *mem, struct str *why)
{
	if (ldap_library() != NULL)
		return true;
	*why = arena_say(mem, "the LDAP library is not installed or too old; install the package libldap-2.5-0 (Debian 12, Ubuntu 22.04) or libldap2 (later)");
	return false;
}
