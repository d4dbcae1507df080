/* admin/trail_line.c - the two members that make a line of the log a link of a chain. */
#include "admin/trail.h"

#include <time.h>

static const char prev_member[] = ",\"prev\":\"";
#define STAMP 32                        /* {"ts":"2026-01-02T03:04:05.678Z" */

/* Quotes within values are escaped, so the members can stand at the end of an object only where we put them. */
bool
trail_line_read(struct str line, struct trail_line *out)
{
	size_t fixed = sizeof prev_member - 1 + TRAIL_DIGEST + 2, at;
	struct str before;

	if (line.n < STAMP + fixed || line.p[0] != '{' || !str_ends(line, S("\"}")))
		return false;
	before = str_sub(line, 0, line.n - fixed);
	if (memcmp(line.p + before.n, prev_member, sizeof prev_member - 1) != 0)
		return false;
	out->prev = str_sub(line, line.n - 2 - TRAIL_DIGEST, TRAIL_DIGEST);
	for (at = before.n; at > 0 && before.n - at < 19 && before.p[at - 1] >= '0' && before.p[at - 1] <= '9'; )
		at--;
	if (!str_ends(str_sub(line, 0, at), S(",\"seq\":"))
	    || !str_int(str_from(before, at), &out->seq))
		return false;
	out->head = str_starts(str_from(line, STAMP), S(",\"level\":\"head\""));
	return out->seq > 0;
}

void
trail_line_put(struct buf *b, struct str object, int64_t seq, struct str prev)
{
	buf_put(b, str_sub(object, 0, object.n - 1));
	buf_put(b, S(",\"seq\":"));
	buf_int(b, seq);
	buf_put(b, S(",\"prev\":\""));
	buf_put(b, prev);
	buf_put(b, S("\"}"));
}

void
trail_digest(struct str line, char out[TRAIL_DIGEST + 1])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint8_t d[DIGEST_SIZE + 1] = { 0 };

	SHA256(d, line);
	for (size_t i = 0; i < TRAIL_DIGEST; i++) {
		size_t bit = 6 * i, byte = bit / 8;

		out[i] = digits[((unsigned)(d[byte] << 8 | d[byte + 1]) >> (10 - bit % 8)) & 63];
	}
	out[TRAIL_DIGEST] = '\0';
}

/* {"ts":"2026-01-02T03:04:05.678Z" */
int64_t
trail_line_time(struct str line)
{
	struct tm t = { 0 };
	char z[STAMP] = "";

	memcpy(z, line.p, line.n < STAMP - 1 ? line.n : STAMP - 1);
	if (line.n < STAMP || strptime(z, "{\"ts\":\"%Y-%m-%dT%H:%M:%S", &t) == NULL)
		return 0;
	return (int64_t)timegm(&t);
}
