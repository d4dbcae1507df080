/*
 * login/once.h - what counts once: the digest of something that has a time of its own, remembered until then. In
 * memory of the process: a restart forgets. What must not be forgotten is a row beside it (OP_ONCE_USE): client
 * assertions. DPoP proofs need none: oauth/dpop.h.
 *
 * L16: of the same digest the first is told from all others before its time is over, whichever thread asks;
 *      where there is no room to remember it, it does not count at all.
 */
#ifndef HUFU_ONCE_H
#define HUFU_ONCE_H

#include "base/base.h"
#include "store/store.h"

struct once_book;                               /* thread-safe, of fixed size */
struct once_book *once_new(size_t most);        /* NULL: no memory */
void once_free(struct once_book *b);            /* NULL is fine */

enum once { ONCE_FIRST, ONCE_AGAIN, ONCE_FULL };
enum once once_use(struct once_book *b, const struct dig32 *what, int64_t expires_s, int64_t now_s);
#endif
