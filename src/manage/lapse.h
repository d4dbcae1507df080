/* manage/lapse.h - clients that registered themselves (RFC 7591) and were not used for the time of their lease. */
#ifndef HUFU_MANAGE_LAPSE_H
#define HUFU_MANAGE_LAPSE_H

#include "base/base.h"
#include "store/store.h"

#define LAPSE_MAX 64            /* of one call */
/* elsewhere: issuers of other realms than that one, blank-separated, in mem. */
struct lapse { struct str (*elsewhere)(void *ctx, struct arena *mem, struct str realm); void *ctx; };
/* Delete those whose lease is over, with what was given to them; how many went, at most LAPSE_MAX. */
int registrations_lapse(struct store *s, const struct lapse *l, int64_t now_s);
#endif
