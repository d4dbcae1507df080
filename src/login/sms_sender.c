/* login/sms_sender.c - a few threads that hand messages to gateways; a bounded queue before them. */
#include "login/sms.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define JOB_MAX     (512 * 1024)        /* all that one message needs, the answer included */
#define THREADS_MAX 16

/* One message; everything in its own arena, for the configuration may be replaced meanwhile. */
struct job { struct arena mem; struct job *next; enum sms_kind kind; struct str gateway, log_line; struct outbound_rules rules; struct outbound_ask ask; };

struct sms_sender {
	pthread_mutex_t lock;
	pthread_cond_t  work;
	struct job *first, **last;
	int waiting, waiting_max, n_threads, threads_max;
	bool ending;
	pthread_t threads[THREADS_MAX];
	_Atomic int64_t sent, failed, dropped;
};

static void
job_free(struct job *j)
{
	arena_free(&j->mem);                    /* wipes the code */
	free(j);
}

static void
print_on_terminal(const struct job *j)
{
	fwrite(j->log_line.p, 1, j->log_line.n, stdout);
	fflush(stdout);
}

/* Neither number nor code is logged: the number is personal, the code opens an account. */
static void
job_run(struct sms_sender *s, struct job *j)
{
	struct outbound_answer a;
	const char *wrong;

	if (j->kind == SMS_LOG) {
		print_on_terminal(j);
		atomic_fetch_add(&s->sent, 1);
		return;
	}
	wrong = outbound_do(&j->mem, &j->rules, &j->ask, &a) ? sms_refusal(&j->mem, j->kind, &a) : a.trouble;
	atomic_fetch_add(wrong == NULL ? &s->sent : &s->failed, 1);
	if (wrong != NULL)
		log_warn("SMS gateway %.*s: %s (status %d)", STR_ARG(j->gateway), wrong, a.status);
}

static struct job *
job_take(struct sms_sender *s)
{
	struct job *j;

	pthread_mutex_lock(&s->lock);
	while (s->first == NULL && !s->ending)
		pthread_cond_wait(&s->work, &s->lock);
	j = s->ending ? NULL : s->first;
	if (j != NULL) {
		s->first = j->next;
		s->waiting--;
		if (s->first == NULL)
			s->last = &s->first;
	}
	pthread_mutex_unlock(&s->lock);
	return j;
}

static void *
work(void *p)
{
	struct sms_sender *s = p;

	for (struct job *j; (j = job_take(s)) != NULL; job_free(j))
		job_run(s, j);
	return NULL;
}

struct sms_sender *
sms_sender_new(int threads, int waiting_max)
{
	struct sms_sender *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->work, NULL);
	s->last = &s->first;
	s->waiting_max = waiting_max;
	s->threads_max = threads < THREADS_MAX ? threads : THREADS_MAX;
	return s;
}

/* With the first message: most servers send none. False when there is no thread at all. */
static bool
threads_start(struct sms_sender *s)
{
	while (s->n_threads < s->threads_max && pthread_create(&s->threads[s->n_threads], NULL, work, s) == 0)
		s->n_threads++;
	return s->n_threads > 0;
}

void
sms_sender_free(struct sms_sender *s)
{
	if (s == NULL)
		return;
	pthread_mutex_lock(&s->lock);
	s->ending = true;
	pthread_cond_broadcast(&s->work);
	pthread_mutex_unlock(&s->lock);
	for (int i = 0; i < s->n_threads; i++)
		pthread_join(s->threads[i], NULL);
	for (struct job *j = s->first, *next; j != NULL; j = next) {
		next = j->next;
		job_free(j);
	}
	pthread_cond_destroy(&s->work);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* What does not live as long as the job is copied into it. */
static void
ask_keep(struct arena *mem, struct outbound_ask *a)
{
	a->method = arena_dup(mem, a->method);
	a->url = arena_dup(mem, a->url);
	a->body = arena_dup(mem, a->body);
	for (size_t i = 0; i < a->n_headers; i++)
		a->headers[i] = arena_dup(mem, a->headers[i]);
}

static struct job *
job_make(const struct sms_gateway *g, const struct sms_message *m)
{
	struct job *j = calloc(1, sizeof *j);
	uint8_t raw[16];
	bool ok = true;

	if (j == NULL)
		return NULL;
	arena_init(&j->mem, JOB_MAX);
	rand_bytes(raw, sizeof raw);
	j->kind = g->kind;
	j->gateway = arena_dup(&j->mem, g->name);
	j->rules = g->rules;
	if (g->kind == SMS_LOG)
		j->log_line = arena_printf(&j->mem, "SMS to %.*s: your code is %.*s\n", STR_ARG(m->phone), STR_ARG(m->code));
	else
		ok = sms_request(&j->mem, g, m, clock_now_s(), hex_encode(&j->mem, str_span(raw, sizeof raw)), &j->ask);
	ask_keep(&j->mem, &j->ask);
	if (ok && !j->mem.full)
		return j;
	job_free(j);
	return NULL;
}

bool
sms_send(struct sms_sender *s, const struct sms_gateway *g, const struct sms_message *m)
{
	struct job *j = s != NULL ? job_make(g, m) : NULL;
	bool room;

	if (j == NULL)
		return false;
	pthread_mutex_lock(&s->lock);
	room = s->waiting < s->waiting_max && !s->ending && threads_start(s);
	if (room) {
		*s->last = j;
		s->last = &j->next;
		s->waiting++;
		pthread_cond_signal(&s->work);
	}
	pthread_mutex_unlock(&s->lock);
	if (!room) {
		atomic_fetch_add(&s->dropped, 1);
		job_free(j);
	}
	return room;
}

void
sms_counts(struct sms_sender *s, struct sms_counts *out)
{
	*out = (struct sms_counts){ atomic_load(&s->sent), atomic_load(&s->failed), atomic_load(&s->dropped) };
}
