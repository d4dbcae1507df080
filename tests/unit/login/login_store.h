/* tests/unit/login/login_store.h - a store in a folder of its own, for the tests of this room. */
#ifndef HUFU_LOGIN_STORE_H
#define HUFU_LOGIN_STORE_H

#include "store/store.h"

struct store *store_new(struct arena *mem);                     /* empty */
struct store *store_again(struct store *s, struct arena *mem);  /* closed and opened again */
struct str login_store_path(void);
void store_gone(struct store *s);                               /* closed, its folder removed; s may be NULL */
#endif
