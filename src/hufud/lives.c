/* hufud/lives.c - signs of life for the service manager: sd_watchdog_enabled(3). */
#include "hufud/daemon_int.h"

#define HOUSEKEEPER_PAUSE_US INT64_C(2000000)  /* twice what it rests between two rounds */

/*
 * A sign of life is given by whoever would not come to it if the snapshot could not be had, and only
 * while the housekeeper, who uses everything else, is at work.
 */
void
daemon_lives(struct daemon *d, int64_t every_us)
{
	snapshot_drop(daemon_hold(d));
	d->lived_us = clock_mono_us();
	if (d->keeper == NULL || clock_mono_us() - housekeeper_beat_us(d->keeper) < every_us + HOUSEKEEPER_PAUSE_US)
		service_notify("WATCHDOG=1");
}

void
daemon_lives_on(struct daemon *d)
{
	int64_t every_us = service_watchdog_us();

	if (every_us != 0 && clock_mono_us() - d->lived_us >= every_us)
		daemon_lives(d, every_us);
}
