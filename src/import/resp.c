/* import/resp.c - replies of Redis, read from a buffer: RESP 2. */
#include "import/redis.h"

struct reader { struct arena *mem; struct str rest; };

static enum resp_result
line_read(struct reader *r, struct str *line)
{
	ptrdiff_t end = str_index(r->rest, '\r');

	if (end < 0 || (size_t)end + 1 >= r->rest.n)
		return r->rest.n > RESP_BULK_MAX ? RESP_BROKEN : RESP_PART;
	if (r->rest.p[end + 1] != '\n')
		return RESP_BROKEN;
	*line = str_sub(r->rest, 0, (size_t)end);
	r->rest = str_from(r->rest, (size_t)end + 2);
	return RESP_WHOLE;
}

static enum resp_result
bulk_read(struct reader *r, int64_t n, struct resp *out)
{
	if (n < 0 || n > RESP_BULK_MAX)
		return out->kind = RESP_NULL, n == -1 ? RESP_WHOLE : RESP_BROKEN;
	if (r->rest.n < (size_t)n + 2)
		return RESP_PART;
	out->kind = RESP_TEXT;
	out->text = str_sub(r->rest, 0, (size_t)n);
	if (memcmp(r->rest.p + n, "\r\n", 2) != 0)
		return RESP_BROKEN;
	r->rest = str_from(r->rest, (size_t)n + 2);
	return RESP_WHOLE;
}

static enum resp_result value_read(struct reader *r, struct resp *out, int depth);

static enum resp_result
list_read(struct reader *r, int64_t n, struct resp *out, int depth)
{
	struct resp *items;

	out->kind = n == -1 ? RESP_NULL : RESP_LIST;
	if (n < 0 || n > RESP_ITEMS_MAX || (items = arena_array(r->mem, struct resp, (size_t)n)) == NULL)
		return n == -1 ? RESP_WHOLE : RESP_BROKEN;
	out->items = items;
	for (out->n = 0; out->n < (size_t)n; out->n++) {
		enum resp_result got = value_read(r, &items[out->n], depth + 1);
		if (got != RESP_WHOLE)
			return got;
	}
	return RESP_WHOLE;
}

static enum resp_result
value_read(struct reader *r, struct resp *out, int depth)
{
	struct str line;
	enum resp_result got = line_read(r, &line);
	char type;

	*out = (struct resp){ .kind = RESP_NULL };
	if (got != RESP_WHOLE)
		return got;
	if (line.n == 0 || depth > RESP_DEPTH_MAX)
		return RESP_BROKEN;
	type = line.p[0];
	out->text = str_from(line, 1);
	if (type == '+' || type == '-')
		return out->kind = type == '+' ? RESP_TEXT : RESP_ERROR, RESP_WHOLE;
	if (!str_int(out->text, &out->number))
		return RESP_BROKEN;
	if (type == ':')
		return out->kind = RESP_NUMBER, RESP_WHOLE;
	return type == '$' ? bulk_read(r, out->number, out)
	    : type == '*'  ? list_read(r, out->number, out, depth)
			   : RESP_BROKEN;
}

enum resp_result
resp_read(struct arena *mem, struct str bytes, struct resp *out, size_t *used)
{
	struct reader r = { mem, bytes };
	enum resp_result got = value_read(&r, out, 0);

	*used = bytes.n - r.rest.n;
	return got;
}
