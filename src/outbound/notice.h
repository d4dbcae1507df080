/*
 * outbound/notice.h - telling an application that tokens have ended: a GET of an address that it
 * named, with tokens=a,b in the query.
 *
 * L9: tokens are told to that address and to nobody else: what is logged about a notice ends before the query.
 */
#ifndef HUFU_NOTICE_H
#define HUFU_NOTICE_H

#include "outbound/outbox.h"

#define NOTICE_KEEP_S 3600      /* an hour after the logout nobody is told any more */

/*
 * The address with the tokens: what its query says already is kept, a fragment is not. Absent when
 * mem is full or it is longer than URL_MAX.
 */
struct str notice_url(struct arena *mem, struct str url, struct str tokens);
/*
 * Outbox of notices: told at least once (L12). Who answers with an error, or not at all, is asked
 * again: at once when the failure was quick, then with growing pauses until NOTICE_KEEP_S are over.
 * An address that may not be asked, a redirect or a status 4xx (but 408 and 429) is final.
 */
extern const struct outbox_kind notice_outbox;
/* outbox_prepare for one address; tokens: separated by commas. NULL: as there. mem is for the work alone. */
struct errand *notice_prepare(struct arena *mem, struct outbox *o, struct str issuer,
    struct str url, struct str tokens, int64_t now_s);
#endif
