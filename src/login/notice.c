/* login/notice.c - notices of a logout, sent by the threads of an outbox. */
#include "login/notice.h"

#define JOB_MAX     (128 * 1024)        /* all that one notice needs, the answer included */
#define ANSWER_MAX  (64 * 1024)
#define CONNECT_MS  2000
#define TOTAL_MS    3000
#define QUICK_US    1000000             /* who fails in this time is asked once more; who hangs is not */
#define LOG_EVERY_S 10

struct job { struct errand errand; struct str shown; struct outbound_rules rules; struct outbound_ask ask; };

static struct str
without(struct str url, char from)
{
	ptrdiff_t at = str_index(url, from);

	return at >= 0 ? str_sub(url, 0, (size_t)at) : url;
}

struct str
notice_url(struct arena *mem, struct str url, struct str tokens)
{
	struct str base = without(url, '#');
	struct buf b;

	buf_init(&b, mem, URL_MAX);
	buf_put(&b, base);
	if (str_index(base, '?') < 0)
		buf_putc(&b, '?');
	else if (!str_ends(base, S("?")) && !str_ends(base, S("&")))
		buf_putc(&b, '&');
	buf_put(&b, S("tokens="));
	pct_encode(&b, tokens, S(","));
	return b.full ? STR_ABSENT : buf_str(&b);
}

static void
tell(const struct job *j, const char *wrong, int status)
{
	static _Atomic int64_t told;

	if (log_is_due(&told, LOG_EVERY_S))
		log_warn("notice of a logout to %.*s: %s (status %d)", STR_ARG(j->shown), wrong, status);
}

static enum errand_end
job_run(struct errand *e)
{
	struct job *j = (struct job *)(void *)e;
	int64_t begun_us = clock_mono_us();
	struct outbound_answer a;
	const char *wrong = outbound_url_trouble(j->ask.url, &j->rules);

	if (wrong != NULL) {
		tell(j, wrong, 0);
		return ERRAND_FAILED;
	}
	if (outbound_do(&e->mem, &j->rules, &j->ask, &a) && a.status >= 200 && a.status < 300)
		return ERRAND_DONE;
	wrong = a.trouble != NULL ? a.trouble : "the answer is no success";
	if (!e->again && clock_mono_us() - begun_us < QUICK_US && (a.trouble != NULL || a.status >= 500))
		return ERRAND_AGAIN;
	tell(j, wrong, a.status);
	return ERRAND_FAILED;
}

static struct errand *
job_make(const struct notice *n)
{
	struct job *j = (struct job *)(void *)errand_new(sizeof *j, JOB_MAX, job_run);
	struct arena *mem;

	if (j == NULL)
		return NULL;
	mem = &j->errand.mem;
	j->shown = arena_dup(mem, without(without(n->url, '#'), '?'));
	j->rules = (struct outbound_rules){ .allow_private = n->allow_private, .allow_http = n->allow_http,
		.connect_ms = CONNECT_MS, .total_ms = TOTAL_MS, .answer_max = ANSWER_MAX };
	j->ask = (struct outbound_ask){ .method = S("GET"), .url = notice_url(mem, n->url, n->tokens) };
	if (str_given(j->ask.url) && !mem->full)
		return &j->errand;
	errand_free(&j->errand);
	return NULL;
}

bool
notice_send(struct outbox *o, const struct notice *n)
{
	static _Atomic int64_t told;
	struct errand *e = o != NULL ? job_make(n) : NULL;

	if (e != NULL && outbox_put(o, e))
		return true;
	if (log_is_due(&told, LOG_EVERY_S))
		log_warn("notice of a logout to %.*s: not sent, too many wait", STR_ARG(without(without(n->url, '#'), '?')));
	return false;
}
