/*
 * import/live.h - live tokens of an old server that cannot be taken over one by one: they are counted, and
 * what happens to them is said.
 */
#ifndef HUFU_IMPORT_LIVE_H
#define HUFU_IMPORT_LIVE_H

#include "import/spring.h"

#define LIVE_ROW_MAX (64u << 20)        /* memory for one row */

enum live {
	LIVE_SIGNED,            /* JWTs: their key alone says that they are good */
	LIVE_OPAQUE,            /* access tokens that this issuer does not look for */
	LIVE_CODE,              /* codes of a login that is under way */
	LIVE_ENDED,             /* revoked or used up there */
	LIVE_ORPHAN,            /* without a client or user that is there */
	LIVE_SEALED,            /* encrypted there */
	LIVE_COUNT
};
struct live_counts { int64_t n[LIVE_COUNT]; json_t *users; /* named once each; NULL at first */ };

/* A live token that comes; whoever is not among the users of the same import is named once. */
void live_add(struct spring *x, struct live_counts *c, const struct spring_token *t);
/* Say each count that is not zero, and forget the names. */
void live_tell(struct spring *x, struct str table, struct live_counts *c);
bool is_signed(struct arena *mem, struct str text);     /* a JWT by its shape */
#endif
