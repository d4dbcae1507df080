/* hufud/beside.c - what a process does otherwise while another one of the same data is there too. */
#include "hufud/daemon_int.h"

void
daemon_beside(struct daemon *d, bool on)
{
	struct arena mem;
	struct str why = STR_ABSENT;

	store_beside(d->store, on);
	trail_share(d->trail, on);
	if (on)
		return;
	arena_init(&mem, BESIDE_MEM_MAX);       /* clients and keys that the other has changed */
	if (!daemon_refresh(d, &mem, &why))
		log_lines(LOG_ERROR, "clients and keys are not in force: ", why);
	arena_free(&mem);
}
