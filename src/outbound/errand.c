/* outbound/errand.c - errands that are one request by HTTP: the rules of it, what its answer means, what a log may show. */
#include "outbound/outbox.h"

#define ANSWER_MAX (64 * 1024)
#define CONNECT_MS 2000

struct outbound_rules
errand_rules(const struct outbox_issuer *i, int64_t total_ms)
{
	return (struct outbound_rules){ .allow_private = i->notices_private, .allow_http = i->notices_http,
		.connect_ms = CONNECT_MS, .total_ms = total_ms, .answer_max = ANSWER_MAX };
}

enum errand_end
errand_ask(
    struct arena *mem, const struct outbound_rules *rules, const struct outbound_ask *ask, struct errand_report *r)
{
	struct outbound_answer a = { 0 };
	bool answered = outbound_do(mem, rules, ask, &a);

	r->status = a.status;
	if (answered && a.status >= 200 && a.status < 300)
		return ERRAND_DONE;
	r->wrong = a.trouble != NULL ? a.trouble : say("the answer is no success");
	return outbound_is_passing(&a) ? ERRAND_LATER : ERRAND_REFUSED;
}

static struct str
without(struct str url, char from)
{
	ptrdiff_t at = str_index(url, from);

	return at >= 0 ? str_sub(url, 0, (size_t)at) : url;
}

struct str
errand_shown(struct str url)
{
	return without(without(url, '#'), '?');
}
