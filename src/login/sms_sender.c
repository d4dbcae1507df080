/* login/sms_sender.c - messages handed to gateways by the threads of an outbox. */
#include "login/sms.h"

#include <stdio.h>

#define JOB_MAX (512 * 1024)            /* all that one message needs, the answer included */

struct job { struct errand errand; enum sms_kind kind; struct str gateway, log_line; struct outbound_rules rules; struct outbound_ask ask; };

static enum errand_end
print_on_terminal(const struct job *j)
{
	fwrite(j->log_line.p, 1, j->log_line.n, stdout);
	fflush(stdout);
	return ERRAND_DONE;
}

/* Neither number nor code is logged: the number is personal, the code opens an account. */
static enum errand_end
job_run(struct errand *e)
{
	struct job *j = (struct job *)(void *)e;
	struct outbound_answer a;
	const char *wrong;

	if (j->kind == SMS_LOG)
		return print_on_terminal(j);
	wrong = outbound_do(&e->mem, &j->rules, &j->ask, &a) ? sms_refusal(&e->mem, j->kind, &a) : a.trouble;
	if (wrong == NULL)
		return ERRAND_DONE;
	log_warn("SMS gateway %.*s: %s (status %d)", STR_ARG(j->gateway), wrong, a.status);
	return ERRAND_FAILED;
}

static struct errand *
job_make(const struct sms_gateway *g, const struct sms_message *m)
{
	struct job *j = (struct job *)(void *)errand_new(sizeof *j, JOB_MAX, job_run);
	uint8_t raw[16];
	struct arena *mem;
	bool ok = true;

	if (j == NULL)
		return NULL;
	mem = &j->errand.mem;
	rand_bytes(raw, sizeof raw);
	j->kind = g->kind;
	j->gateway = arena_dup(mem, g->name);
	j->rules = g->rules;
	if (g->kind == SMS_LOG)
		j->log_line = arena_printf(mem, "SMS to %.*s: your code is %.*s\n", STR_ARG(m->phone), STR_ARG(m->code));
	else
		ok = sms_request(mem, g, m, clock_now_s(), hex_encode(mem, str_span(raw, sizeof raw)), &j->ask);
	errand_keep_ask(&j->errand, &j->ask);
	if (ok && !mem->full)
		return &j->errand;
	errand_free(&j->errand);
	return NULL;
}

bool
sms_send(struct outbox *o, const struct sms_gateway *g, const struct sms_message *m)
{
	struct errand *e = o != NULL ? job_make(g, m) : NULL;

	return e != NULL && outbox_put(o, e);
}
