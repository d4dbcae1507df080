/*
 * import/redis.h - live tokens of an old server's Redis store: a small client of RESP (the protocol
 * of Redis 2 and later), which reads only: AUTH, SELECT, SCAN, GET.
 */
#ifndef HUFU_IMPORT_REDIS_H
#define HUFU_IMPORT_REDIS_H

#include "import/spring.h"

#define RESP_BULK_MAX  (512 * 1024)
#define RESP_ITEMS_MAX 4096
#define RESP_DEPTH_MAX 4

enum resp_kind { RESP_TEXT, RESP_ERROR, RESP_NUMBER, RESP_NULL, RESP_LIST };
struct resp { enum resp_kind kind; struct str text; int64_t number; const struct resp *items; size_t n; };
enum resp_result { RESP_WHOLE, RESP_PART /* more bytes are needed */, RESP_BROKEN };
/* One reply at the head of bytes; spans point into bytes, lists are in mem; *used: its length. */
enum resp_result resp_read(struct arena *mem, struct str bytes, struct resp *out, size_t *used);

/*
 * redis://[[user]:password@]host[:port][/database][?prefix=taroco:token:]; an IPv6 address in
 * brackets. Percent signs are taken off user, password and prefix; a prefix holds no sign that SCAN
 * takes for a pattern. Spans in mem or of url. False: it is written otherwise.
 */
#define REDIS_SCHEME S("redis://")
#define REDIS_PREFIX_MAX 1024
struct redis_address { struct str user, password /* absent: none */, host, database, prefix; int64_t port; };
bool redis_address_read(struct arena *mem, struct str url, struct redis_address *out);

/*
 * Reads access:*, auth:* and refresh:* behind the prefix and adds live tokens and findings to the
 * plan; whatever cannot be read is a finding. password: before the URL's own. False with *why,
 * without the password.
 */
bool redis_tokens(struct arena *mem, struct str url, struct str password, const struct spring_options *o,
    struct spring_plan *plan, struct str *why);
#endif
