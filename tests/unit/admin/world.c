/* tests/unit/admin/world.c - the world of oauth's tests, for tests of this room that ask it questions. */
#include "../oauth/world.c"
