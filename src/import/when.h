/* import/when.h - times as an old database writes them. */
#ifndef HUFU_IMPORT_WHEN_H
#define HUFU_IMPORT_WHEN_H

#include "base/base.h"

/*
 * "2026-12-21 09:49:22.061" or with a 'T', and behind it perhaps a zone: "Z", "+08", "+0800", " +08:00".
 * Without one the time is zone_s seconds east of UTC. Or seconds or milliseconds since 1970. Into *out
 * seconds since 1970; false: it is written otherwise.
 */
bool when_read(struct str s, int64_t zone_s, int64_t *out);
/* "+08:00", "-0530", "+8", "Z", "UTC": seconds east of UTC. */
bool zone_read(struct str s, int64_t *out);
#endif
