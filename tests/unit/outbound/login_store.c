/* tests/unit/outbound/login_store.c - the store of the login tests, for tests of this room. */
#include "../login/login_store.c"
