/*
 * bench/floor.c - bare programs to measure against: libmicrohttpd with the threads, suspension and signature of the daemon, and
 * nothing of OAuth.
 *
 *   floor PORT get BYTES        answer every request with BYTES bytes of JSON, on the I/O threads
 *   floor PORT sign RS256 [N [FILE INSERT...]]
 *                               sign a fixed 420-byte input N times (1) on worker threads (connections suspended), answer 900 bytes;
 *                               with FILE the rows are committed as below before the answer
 *   floor PORT sign ES256       the same on the I/O threads
 *   floor PORT commit FILE INSERT...   one writer thread commits the rows of all requests that queued meanwhile (connections suspended),
 *                               then resumes them; FILE is a store made by hufud, the statements are explained in rows.h; 330 bytes
 *   floor PORT cost FILE INSERT...   what the path says, ES256 on the I/O threads: /V/S/C/BYTES verifies V signatures, makes S, commits
 *                               the rows as above where C is 1, and answers with BYTES
 */
#include <microhttpd.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rows.h"

#define INPUT_SIZE  420
#define QUEUE_SIZE  4096

struct work { struct MHD_Connection *conn; _Atomic int state; size_t body, answer; bool computed; };    /* state: 0 new, 1 handed over, 2 done */

struct line { pthread_mutex_t lock; pthread_cond_t filled; struct work *at[QUEUE_SIZE]; unsigned head, tail; };

static char answer[64 * 1024];
static size_t answer_size;
static EVP_PKEY *key;
static bool on_workers;
static int signatures = 1;
static bool by_path;
static unsigned char sample[512];       /* a signature to verify */
static size_t sample_size = sizeof sample;
static struct rows rows;
static struct line to_sign = { .lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER };
static struct line to_commit = { .lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER };

static const unsigned char input[INPUT_SIZE];

static void
sign_once(void)
{
	unsigned char sig[512];
	size_t n = sizeof sig;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 || EVP_DigestSign(ctx, sig, &n, input, sizeof input) != 1)
		abort();
	EVP_MD_CTX_free(ctx);
}

static void
verify_once(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) != 1
	    || EVP_DigestVerify(ctx, sample, sample_size, input, sizeof input) != 1)
		abort();
	EVP_MD_CTX_free(ctx);
}

static void
sample_make(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1
	    || EVP_DigestSign(ctx, sample, &sample_size, input, sizeof input) != 1)
		abort();
	EVP_MD_CTX_free(ctx);
}

/* "/2/1/1/900". True: a commit is to follow. */
static bool
cost_pay(const char *url, struct work *w)
{
	int verify = 0, sign = 0, commit = 0;

	if (sscanf(url, "/%d/%d/%d/%zu", &verify, &sign, &commit, &w->answer) != 4 || w->answer > sizeof answer)
		abort();
	for (int i = 0; i < verify; i++)
		verify_once();
	for (int i = 0; i < sign; i++)
		sign_once();
	return commit != 0;
}

static void
put(struct line *l, struct work *w)
{
	pthread_mutex_lock(&l->lock);
	l->at[l->tail++ % QUEUE_SIZE] = w;
	pthread_cond_signal(&l->filled);
	pthread_mutex_unlock(&l->lock);
}

/* At most max of what waits; at least one. */
static unsigned
take(struct line *l, struct work **out, unsigned max)
{
	unsigned n = 0;

	pthread_mutex_lock(&l->lock);
	while (l->head == l->tail)
		pthread_cond_wait(&l->filled, &l->lock);
	while (l->head != l->tail && n < max)
		out[n++] = l->at[l->head++ % QUEUE_SIZE];
	pthread_mutex_unlock(&l->lock);
	return n;
}

static void
finish(struct work *w)
{
	w->state = 2;
	MHD_resume_connection(w->conn);
}

static void *
signer(void *arg)
{
	struct work *w;

	(void)arg;
	for (;;) {
		take(&to_sign, &w, 1);
		for (int i = 0; i < signatures; i++)
			sign_once();
		if (rows.n > 0)
			put(&to_commit, w);
		else
			finish(w);
	}
	return NULL;
}

/* Everything that has queued is one transaction, as in the store. */
static void *
writer(void *arg)
{
	static struct work *batch[QUEUE_SIZE];

	(void)arg;
	for (;;) {
		unsigned n = take(&to_commit, batch, QUEUE_SIZE);

		rows_say(&rows, "BEGIN IMMEDIATE");
		for (unsigned i = 0; i < n; i++)
			rows_add(&rows);
		rows_say(&rows, "COMMIT");
		for (unsigned i = 0; i < n; i++)
			finish(batch[i]);
	}
	return NULL;
}

static enum MHD_Result
reply(struct MHD_Connection *conn, size_t n)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(n, answer, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result ok;

	MHD_add_response_header(r, "Content-Type", "application/json");
	MHD_add_response_header(r, "Cache-Control", "no-store");
	ok = MHD_queue_response(conn, 200, r);
	MHD_destroy_response(r);
	return ok;
}

static enum MHD_Result
handle(void *ctx, struct MHD_Connection *conn, const char *url, const char *method, const char *version, const char *data, size_t *size, void **state)
{
	struct work *w = *state;

	(void)ctx, (void)method, (void)version, (void)data;
	if (w == NULL) {
		w = calloc(1, sizeof *w);
		w->conn = conn;
		w->answer = answer_size;
		*state = w;
		return MHD_YES;
	}
	if (*size > 0) {
		w->body += *size;
		*size = 0;
		return MHD_YES;
	}
	if (by_path && !w->computed) {
		w->computed = true;
		if (!cost_pay(url, w))
			return reply(conn, w->answer);
	}
	if (on_workers && w->state == 0) {
		w->state = 1;
		MHD_suspend_connection(conn);
		put(key != NULL && !by_path ? &to_sign : &to_commit, w);
		return MHD_YES;
	}
	if (on_workers && w->state == 1)        /* not yet: a resume of a moment ago */
		return MHD_YES;
	if (key != NULL && !on_workers)
		sign_once();
	return reply(conn, w->answer);
}

static void
done(void *ctx, struct MHD_Connection *conn, void **state, enum MHD_RequestTerminationCode why)
{
	(void)ctx, (void)conn, (void)why;
	free(*state);
}

static void
usage(void)
{
	fprintf(stderr, "usage: floor PORT get BYTES | floor PORT sign ALG [N [FILE INSERT...]] | floor PORT commit FILE INSERT... | "
			"floor PORT cost FILE INSERT...\n");
	exit(2);
}

static void
start(void *(*run)(void *))
{
	pthread_t t;

	if (pthread_create(&t, NULL, run, NULL) != 0)
		abort();
}

static void
sign_setup(int argc, char **argv, long cores)
{
	answer_size = 900;
	on_workers = strcmp(argv[3], "RS256") == 0;
	key = on_workers ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
	signatures = argc > 4 ? atoi(argv[4]) : 1;
	if (argc > 6)
		rows_open(&rows, argv[5], argv + 6, argc - 6);
	for (long i = 0; on_workers && i < cores; i++)
		start(signer);
}

static void
commit_setup(int argc, char **argv)
{
	answer_size = 330;
	on_workers = true;
	rows_open(&rows, argv[3], argv + 4, argc - 4);
}

static void
cost_setup(int argc, char **argv)
{
	commit_setup(argc, argv);
	answer_size = sizeof answer;
	by_path = true;
	key = EVP_EC_gen("P-256");
	sample_make();
}

int
main(int argc, char **argv)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct MHD_Daemon *d;

	if (argc < 4)
		usage();
	if (strcmp(argv[2], "sign") == 0)
		sign_setup(argc, argv, cores);
	else if (strcmp(argv[2], "commit") == 0)
		commit_setup(argc, argv);
	else if (strcmp(argv[2], "cost") == 0)
		cost_setup(argc, argv);
	else
		answer_size = (size_t)atol(argv[3]);
	if (answer_size > sizeof answer)
		usage();
	memset(answer, 'x', answer_size);
	if (rows.n > 0)
		start(writer);
	d = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, (uint16_t)atoi(argv[1]), NULL, NULL, handle, NULL,
		MHD_OPTION_THREAD_POOL_SIZE, (unsigned)cores, MHD_OPTION_NOTIFY_COMPLETED, done, NULL, MHD_OPTION_END);
	if (d == NULL)
		return fprintf(stderr, "cannot listen on %s\n", argv[1]), 1;
	for (;;)
		pause();
}
