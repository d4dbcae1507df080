/* oauth/lane/lane_int.h - what the files of the choice of a lane share. */
#ifndef HUFU_OAUTH_LANE_INT_H
#define HUFU_OAUTH_LANE_INT_H

#include "oauth/oauth_int.h"

/* Which lane has to ask about the user of this call before it is answered; LANE_INLINE: none. Reads the store. */
enum lane neighbour_lane(const struct call *c, enum oauth_endpoint e);
#endif
