/* base/library.h - a library that is loaded when it is first wanted. */
#ifndef HUFU_BASE_LIBRARY_H
#define HUFU_BASE_LIBRARY_H
#include "base/arena.h"

/*
 * The functions of a library by name, in order, into calls; false with *why, a sentence that names the
 * package. It stays loaded, for drivers keep globals that they never give back.
 */
bool library_load(const char *file, const char *const *names, void **calls, size_t n, const char *package,
    struct arena *mem, struct str *why);
#endif
