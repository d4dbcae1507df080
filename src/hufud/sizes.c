/* hufud/sizes.c - how many threads, where the settings leave it to the machine. */
#include "hufud/daemon_int.h"

#include <unistd.h>

int
daemon_number(const struct daemon *d, const char *name, int otherwise)
{
	int64_t n = conf_int(d->boot, SEC_TOP, STR_ABSENT, name);

	return n > 0 ? (int)n : otherwise;
}

int
daemon_cores(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? (int)n : 1;
}
