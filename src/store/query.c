/* store/query.c - the few verbs every statement is spoken with, whatever the engine. */
#include "store/engine.h"

void
query_begin(struct query *q, struct conn *c, struct arena *mem, enum sql which)
{
	*q = (struct query){ .conn = c, .mem = mem };
	c->engine->prepare(q, which);
}

/* What is bound is borrowed: the caller's rows outlive the step, and each use binds anew. */
void
bind_str(struct query *q, struct str s)
{
	q->at++;
	if (q->state == QUERY_READY)
		q->conn->engine->bind_text(q, q->at, s);
}

void
bind_blob(struct query *q, struct str s)
{
	q->at++;
	if (q->state == QUERY_READY)
		q->conn->engine->bind_blob(q, q->at, s);
}

void
bind_int(struct query *q, int64_t v)
{
	q->at++;
	if (q->state == QUERY_READY)
		q->conn->engine->bind_int(q, q->at, v);
}

void
bind_id(struct query *q, const struct id16 *id)
{
	bind_blob(q, id_none(id) ? STR_ABSENT : id_str(id));
}

void
bind_dig(struct query *q, const struct dig32 *d)
{
	bind_blob(q, dig_str(d));
}

void
bind_dig_if(struct query *q, bool given, const struct dig32 *d)
{
	bind_blob(q, given ? dig_str(d) : STR_ABSENT);
}

bool
query_row(struct query *q)
{
	if (q->state != QUERY_READY && q->state != QUERY_ROW)
		return false;
	q->column = 0;
	q->conn->engine->step(q);
	return q->state == QUERY_ROW;
}

struct str
get_str(struct query *q)
{
	return arena_dup(q->mem, q->conn->engine->text(q, q->column++));
}

struct str
get_blob(struct query *q)
{
	return arena_dup(q->mem, q->conn->engine->blob(q, q->column++));
}

int64_t
get_int(struct query *q)
{
	return q->conn->engine->number(q, q->column++);
}

/* Exactly n bytes, or zeros and false. */
static bool
get_bytes(struct query *q, void *out, size_t n)
{
	struct str v = q->conn->engine->blob(q, q->column++);
	bool fits = str_given(v) && v.n == n;

	memset(out, 0, n);
	if (fits)
		memcpy(out, v.p, n);
	return fits;
}

struct id16
get_id(struct query *q)
{
	struct id16 id;

	get_bytes(q, id.b, sizeof id.b);
	return id;
}

struct dig32
get_dig(struct query *q, bool *given)
{
	struct dig32 d;
	bool here = get_bytes(q, d.b, sizeof d.b);

	if (given != NULL)
		*given = here;
	return d;
}

enum store_found
query_end(struct query *q, bool found)
{
	bool full = q->mem != NULL && q->mem->full;

	q->conn->engine->finish(q);
	if (q->state == QUERY_FAILED || q->state == QUERY_CONFLICT || full)
		return FIND_FAILED;
	return found ? FOUND : NOT_FOUND;
}

/* --- on a reader ------------------------------------------------------------------------------ */

void
read_begin(struct query *q, struct store *s, struct arena *mem, enum sql which)
{
	query_begin(q, s->engine->reader_take(s), mem, which);
}

enum store_found
read_end(struct query *q, struct store *s, bool found)
{
	enum store_found f = query_end(q, found);

	if (f == FIND_FAILED)
		log_warn("store: a read failed: %s",
		    q->mem != NULL && q->mem->full ? say("out of memory") : s->engine->trouble(q->conn));
	s->engine->reader_return(s, q->conn);
	return f;
}

int
read_end_list(struct query *q, struct store *s, int n)
{
	return read_end(q, s, true) == FIND_FAILED ? -1 : n;
}
