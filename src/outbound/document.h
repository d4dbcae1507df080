/*
 * outbound/document.h - documents of other servers that are asked for again and again: key sets, request objects.
 *
 * L15: a document comes by outbound_do under the caller's rules, or out of memory when it came that way before; what
 * is kept
 *      is bounded, and the oldest gives way.
 */
#ifndef HUFU_DOCUMENT_H
#define HUFU_DOCUMENT_H

#include "outbound/outbound.h"

#define DOCUMENT_MAX (64 * 1024)

/* Of one process; may be used by many threads at once. At most `most` documents. NULL: no memory. */
struct documents;
struct documents *documents_new(size_t most);
void documents_free(struct documents *d);                       /* NULL is fine */

/*
 * The document at url: a status 200 of at most DOCUMENT_MAX bytes, no redirect. Its fragment is not sent and names
 * another document all the same. One that came at most keep_ms before now_ms comes from memory; keep_ms 0: it is asked
 * for in any case, and blocks for at most rules->total_ms. The body lies in mem. NULL, or a sentence about what went
 * wrong, in mem or static.
 */
const char *document_get(struct documents *d, struct arena *mem, const struct outbound_rules *rules, struct str url,
    int64_t keep_ms, int64_t now_ms, struct str *body);
/* The same where it comes from memory, and nobody is asked. */
bool document_kept(struct documents *d, struct arena *mem, struct str url, int64_t keep_ms, int64_t now_ms,
    struct str *body);
#endif
