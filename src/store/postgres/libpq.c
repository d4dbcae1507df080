/* store/postgres/libpq.c - libpq, loaded when the first store of its kind is opened. */
#include "store/postgres/postgres_int.h"
#include "base/library.h"

struct libpq pq;

static const char *const names[] = {
#define X(name) #name,
	LIBPQ(X)
#undef X
};
_Static_assert(sizeof pq == COUNT(names) * sizeof(void *), "one pointer a name, in the same order");

bool
libpq_load(struct arena *mem, struct str *why)
{
	static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;
	static bool loaded;
	bool ok;

	pthread_mutex_lock(&loading);
	ok = loaded = loaded || library_load("libpq.so.5", names, (void **)&pq, COUNT(names), "libpq5", mem, why);
	pthread_mutex_unlock(&loading);
	return ok;
}
