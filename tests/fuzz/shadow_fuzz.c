/*
 * tests/fuzz/shadow_fuzz.c - any bytes as a recording, a log, a HAR file, a page, an answer: what is read can be written, and what was written
 * is read again; no marked secret gets through (D1).
 */
#include <stdlib.h>

#include "shadow/shadow_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen { struct shadow_recorder r; int n; };

static bool
again(void *ctx, struct arena *mem, struct shadow_exchange *x)
{
	(void)mem;
	(void)x;
	++*(int *)ctx;
	return true;
}

static bool
each(void *ctx, struct arena *mem, struct shadow_exchange *x)
{
	struct shadow_source source;
	struct seen *s = ctx;
	struct str line;
	int n = 0;

	if (!ask_is_sound(&x->ask))
		abort();
	ask_endpoint(mem, &x->ask);
	line = shadow_line(&s->r, mem, x);
	if (!str_given(line))
		return s->n++ < 100;
	if (str_index(line, '\n') >= 0 || str_contains(line, S("zzSECRETzz")))
		abort();
	line = ARENA_CAT(mem, shadow_heading(mem, S("http://old.example")), S("\n"), line, S("\n"));
	if (!shadow_read(mem, line, again, &n, &source) || n != 1 || source.bad != 0)
		abort();
	return s->n++ < 100;
}

static void
compare(struct arena *mem, struct str body)
{
	struct shadow_exchange x = { .number = 1 };
	struct shadow_report report;
	struct compared c = { .report = &report, .x = &x, .mem = mem, .endpoint = S("GET /") };
	struct shadow_answer a = { .given = true, .status = 200 };

	shadow_report_begin(&report, mem);
	if (!fields_add(mem, &a.fields, S("content-type"), S("text/html")) || !answer_body(mem, &a, body))
		return;
	answers_compare(&c, &a, &a);
	if (c.differs || c.minor)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_span(data, size);
	struct shadow_source source;
	struct seen s = { .n = 0 };
	struct arena mem;

	arena_init(&mem, 256u << 20);
	shadow_recorder_begin(&s.r);
	shadow_read(&mem, text, each, &s, &source);
	compare(&mem, text);
	arena_free(&mem);
	return 0;
}
