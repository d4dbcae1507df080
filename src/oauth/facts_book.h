/*
 * oauth/facts_book.h - what was said of signed tokens a moment ago, for as long as a store on another machine cannot be
 * asked: who introspects the same token again, or asks check_token about it, is told the same (RFC 7662).
 *
 * S12 (store/store.h) is its limit: nothing older than the setting store.blind_after is told again, nor of a token that
 * has expired since. The asker has been proven anew each time.
 */
#ifndef HUFU_OAUTH_FACTS_BOOK_H
#define HUFU_OAUTH_FACTS_BOOK_H

#include "base/base.h"

#define FACTS_BOOK_MAX  4096            /* tokens; the place of one may be taken by another */
#define FACTS_TEXT_MAX  (8 * 1024)      /* longer ones are not kept */

/* May be used by many threads at once. */
struct facts_book;
struct facts_book *facts_book_new(int64_t keep_ms);     /* NULL without memory */
void facts_book_free(struct facts_book *b);             /* NULL is allowed */
/*
 * What issuer said of this token to client at one of its endpoints, by its name in endpoints.def; client is empty where
 * anybody may ask.
 */
struct facts_key { struct str issuer, endpoint, client, token; };
/* said at this moment. exp_s: when the token ends; 0: never. */
void facts_book_put(struct facts_book *b, const struct facts_key *k, int64_t exp_s, struct str said);
/* In mem; absent: nothing is known, or it is too old. b may be NULL. */
struct str facts_book_find(struct facts_book *b, struct arena *mem, const struct facts_key *k, int64_t now_s);
#endif
