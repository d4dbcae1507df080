/* probe/ask.c - one request to a server, and a form. */
#include "probe/probe.h"

#define ANSWER_MAX (1024 * 1024)
#define FORM_MAX   (64 * 1024)

void
probe_init(struct probe *p, struct arena *mem)
{
	*p = (struct probe){ .mem = mem,
		.rules = { .allow_private = true, .allow_http = true, .connect_ms = 5000, .total_ms = 20000,
		    .answer_max = ANSWER_MAX } };
}

bool
probe_fail(struct probe *p, struct str why)
{
	p->why = arena_plain(p->mem, why);
	return false;
}

void
probe_pair(struct probe_pairs *pairs, const char *name, struct str value)
{
	pairs->full = pairs->full || (str_given(value) && pairs->n == COUNT(pairs->at));
	if (!str_given(value) || pairs->full)
		return;
	pairs->at[pairs->n].name = name;
	pairs->at[pairs->n++].value = value;
}

struct str
probe_form(struct probe *p, const struct probe_pairs *pairs)
{
	struct buf b;

	buf_init(&b, p->mem, FORM_MAX);
	for (size_t i = 0; i < pairs->n; i++) {
		buf_put(&b, i > 0 ? S("&") : S(""));
		pct_encode(&b, str_of(pairs->at[i].name), S(""));
		buf_putc(&b, '=');
		pct_encode(&b, pairs->at[i].value, S(""));
	}
	if (!b.full && !pairs->full)
		return buf_str(&b);
	probe_fail(p, SAY("the request is too long"));
	return STR_ABSENT;
}

bool
probe_ask(struct probe *p, const struct outbound_ask *ask, struct outbound_answer *a)
{
	bool heard = outbound_do(p->mem, &p->rules, ask, a);

	if (p->told != NULL)
		p->told(p->ctx, ask, a);
	return heard || probe_fail(p, ARENA_CAT(p->mem, ask->url, S(": "), str_of(a->trouble)));
}

json_t *
probe_get(struct probe *p, struct str url)
{
	struct outbound_ask ask = { .method = S("GET"), .url = url, .n_headers = 1,
		.headers = { S("Accept: application/json") } };
	struct outbound_answer a;
	json_t *got;

	if (!probe_ask(p, &ask, &a))
		return NULL;
	if (a.status != 200) {
		probe_fail(p, arena_say(p->mem, "%.*s: the status is %d, not 200", STR_ARG(url), a.status));
		return NULL;
	}
	got = json_read_upto(p->mem, a.body, ANSWER_MAX);
	if (!json_is_object(got)) {
		probe_fail(p, arena_say(p->mem, "%.*s: the answer is no JSON object", STR_ARG(url)));
		return NULL;
	}
	return got;
}
