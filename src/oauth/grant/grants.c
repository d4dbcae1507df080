/* oauth/grant/grants.c - grants.def as an array. */
#include "oauth/grant/grant.h"

const struct grant *const grants[GI_COUNT] = {
#define GRANT(g) [GI_##g] = &grant_##g,
#include "oauth/grants.def"
#undef GRANT
};
