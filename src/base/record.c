/* base/record.c - lines about what was done: put together, and written to the log or kept. */
#include "base/base.h"

#include <assert.h>

#define LINE_MAX (512 * 1024)           /* several lists, and some values of RECORD_TEXT_MAX bytes, each byte escaped to six */

static const char *const names[EV_COUNT] = {
#define EVENT(word, name, help, zh) [EV_##word] = name,
#include "base/events.def"
#undef EVENT
};

/* Like the log's descriptor: where a process writes is the process's own. */
static struct { record_keep *keep; void *ctx; } elsewhere;
static struct { record_also *put; void *ctx; } beside;

struct str
event_name(enum event e)
{
	return str_of(names[e]);
}

enum event
event_named(struct str name)
{
	int e = 0;

	while (e < EV_COUNT && !str_is(name, names[e]))
		e++;
	return (enum event)e;
}

void
record_begin(struct record *r, enum event e)
{
	r->what = e;
	arena_init(&r->mem, 4 * LINE_MAX);
	buf_init(&r->line, &r->mem, LINE_MAX);
	log_stamp(&r->line);
	jm_str(&r->line, S("level"), S("record"));
	jm_str(&r->line, S("event"), event_name(e));
	if (elsewhere.keep != NULL)
		record_true(r, "offline");
}

/* Cut between characters, and visibly. */
static struct str
bounded(struct record *r, struct str value)
{
	size_t n = RECORD_TEXT_MAX;

	if (value.n <= RECORD_TEXT_MAX)
		return value;
	while (n > 0 && ((unsigned char)value.p[n] & 0xc0) == 0x80)
		n--;
	return ARENA_CAT(&r->mem, str_sub(value, 0, n), S("…"));
}

void
record_text(struct record *r, const char *name, struct str value)
{
	jm_str(&r->line, str_of(name), str_given(value) ? bounded(r, value) : STR_ABSENT);
}

void
record_int(struct record *r, const char *name, int64_t value)
{
	jm_int(&r->line, str_of(name), value);
}

void
record_true(struct record *r, const char *name)
{
	jm_bool(&r->line, str_of(name), true);
}

void
record_list_open(struct record *r, struct record_list *l, const char *name)
{
	*l = (struct record_list){ .name = name };
	jw_name(&r->line, str_of(name));
	jw_open(&r->line, '[');
	l->begun = r->line.n;
}

void
record_list_add(struct record *r, struct record_list *l, struct str value)
{
	if (r->line.n - l->begun < RECORD_LIST_MAX)
		ja_str(&r->line, bounded(r, value));
	else
		l->more++;
}

void
record_list_close(struct record *r, struct record_list *l)
{
	jw_close(&r->line, ']');
	if (l->more > 0)
		jm_int(&r->line, ARENA_CAT(&r->mem, str_of(l->name), S("_more")), l->more);
}

void
record_lines(struct str lines)
{
	log_line(lines);
	if (beside.put != NULL)
		beside.put(beside.ctx, lines);
}

/* A whole line, or absent. */
static struct str
closed(struct record *r)
{
	log_trace(&r->line);
	jw_close(&r->line, '}');
	assert(!r->line.full || r->mem.full);   /* what a caller may add is bounded above */
	return r->line.full ? STR_ABSENT : buf_str(&r->line);
}

void
record_end_logged(struct record *r)
{
	struct str line = closed(r);

	if (str_given(line))
		log_line(line);
	arena_free(&r->mem);
}

bool
record_end(struct record *r)
{
	struct str line = closed(r);
	bool ok = str_given(line);

	if (ok && elsewhere.keep != NULL)
		ok = elsewhere.keep(elsewhere.ctx, r->what, line);
	else if (ok)
		record_lines(line);
	arena_free(&r->mem);
	return ok;
}

void
record_to(record_keep *keep, void *ctx)
{
	elsewhere.keep = keep;
	elsewhere.ctx = ctx;
}

void
record_beside(record_also *put, void *ctx)
{
	beside.put = put;
	beside.ctx = ctx;
}
