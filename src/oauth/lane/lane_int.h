/* oauth/lane/lane_int.h - what the files of the choice of a lane share. */
#ifndef HUFU_OAUTH_LANE_INT_H
#define HUFU_OAUTH_LANE_INT_H

#include "oauth/oauth_int.h"
#include "oauth/token/token.h"

/*
 * Which lane has to ask about the user of this call before it is answered; LANE_INLINE: none. Reads the store.
 * *seen: what it found of a token that the endpoint is about, else NULL.
 */
enum lane neighbour_lane(const struct call *c, enum oauth_endpoint e, const struct inspection **seen);
#endif
