/*
 * admin/explain.h - one refused request, read again from the daemon's log by the short id that its
 * answer carried. The log holds what strangers sent, so it is read as any text from outside.
 */
#ifndef HUFU_ADMIN_EXPLAIN_H
#define HUFU_ADMIN_EXPLAIN_H

#include "base/base.h"

#define EXPLAIN_LINE_MAX (64 * 1024)
#define EXPLAIN_ID_MAX   32

/* Members of an audit line; absent where it has none. In mem. */
struct explained {
	struct str ts, issuer, endpoint, method, grant, client, user, reason, detail, peer, param, came, near, differs;
	int64_t status;
};
/* Letters and digits, not too many: what an id can be. */
bool explain_id_is_sane(struct str id);
/* True when the line is that request's. What stands before the first brace (a journal's prefix) is passed over. */
bool explain_line_read(struct arena *mem, struct str line, struct str id, struct explained *out);
/* The same of a request, refused or not, that came with the trace; its reason is absent where it was not refused. */
bool explain_trace_read(struct arena *mem, struct str line, struct str trace, struct explained *out);
#endif
