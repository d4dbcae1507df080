/* shadow/read.c - a file of exchanges, of one of three forms: lines of a recording, lines of a log, a HAR file. */
#include "shadow/shadow_int.h"

#define EXCHANGE_ROOM (64u * 1024 * 1024)

struct reading { struct arena mem; shadow_each *each; void *ctx; struct shadow_source *out; int64_t number; bool goes_on; };

static bool
line_next(struct str *rest, struct str *line)
{
	do {
		if (!str_given(*rest))
			return false;
		*line = str_trim(str_cut(rest, '\n'));
	} while (line->n == 0);
	return true;
}

typedef bool one_read(struct arena *mem, const json_t *v, struct shadow_exchange *x);

static void
bad(struct reading *r)
{
	if (r->out->bad++ == 0)
		r->out->first_bad = r->number;
}

/* v lives as long as the reading's arena, or longer. */
static void
one(struct reading *r, const json_t *v, one_read *read)
{
	struct shadow_exchange x = { .number = r->number };

	if (json_is_object(v) && read(&r->mem, v, &x) && !r->mem.full)
		r->goes_on = r->each(r->ctx, &r->mem, &x);
	else
		bad(r);
}

static void
lines(struct reading *r, struct str text, one_read *read)
{
	struct str rest = text, line;

	while (r->goes_on && line_next(&rest, &line)) {
		r->number++;
		one(r, json_read_upto(&r->mem, line, SHADOW_LINE_MAX), read);
		arena_reset(&r->mem);
	}
}

static void
entries(struct reading *r, const json_t *list)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v) {
		if (!r->goes_on)
			return;
		r->number++;
		one(r, v, har_entry_read);
		arena_reset(&r->mem);
	}
}

/* What the first line says; NULL: it is no JSON by itself. */
static json_t *
first_line(struct arena *mem, struct str text)
{
	struct str rest = text, line;

	return line_next(&rest, &line) ? json_read_upto(mem, line, SHADOW_LINE_MAX) : NULL;
}

static bool
begins(struct str text)
{
	if (str_starts(text, S("\xef\xbb\xbf")))
		text = str_from(text, 3);
	text = str_trim(str_sub(text, 0, 4096));
	return text.n > 0 && text.p[0] == '{';
}

static bool
har_read(struct reading *r, struct arena *mem, struct str text)
{
	json_t *whole = json_read_upto(mem, text, SHADOW_HAR_MAX);
	const json_t *list = json_object_get(json_object_get(whole, "log"), "entries");

	if (!json_is_array(list))
		return false;
	r->out->form = SHADOW_HAR;
	entries(r, list);
	return true;
}

static bool
any_read(struct reading *r, struct arena *mem, struct str text)
{
	const json_t *first = first_line(mem, text);
	struct str rest = text, heading;
	int64_t form;

	if (json_member_int(first, "shadow", &form) && form == 1) {
		r->out->form = SHADOW_RECORDING;
		r->out->old = arena_dup(mem, json_member_str(first, "old"));
		line_next(&rest, &heading);
		lines(r, str_given(rest) ? rest : S(""), record_read);
		return true;
	}
	if (json_object_get(first, "method") != NULL && json_object_get(first, "uri") != NULL) {
		r->out->form = SHADOW_LOG;
		lines(r, text, log_read);
		return true;
	}
	return har_read(r, mem, text);
}

bool
shadow_read(struct arena *mem, struct str text, shadow_each *each, void *ctx, struct shadow_source *out)
{
	struct reading r = { .each = each, .ctx = ctx, .out = out, .goes_on = true };
	bool known;

	*out = (struct shadow_source){ .bad = 0 };
	if (!begins(text))
		return false;
	if (str_starts(text, S("\xef\xbb\xbf")))
		text = str_from(text, 3);
	arena_init(&r.mem, EXCHANGE_ROOM);
	known = any_read(&r, mem, text);
	arena_free(&r.mem);
	return known;
}
