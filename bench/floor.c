/*
 * bench/floor.c - bare programs to measure against: libmicrohttpd with the threads, suspension and signature of the daemon, and
 * nothing of OAuth.
 *
 *   floor PORT get BYTES        answer every request with BYTES bytes of JSON, on the I/O threads
 *   floor PORT sign RS256       sign a fixed 420-byte input on worker threads (connections suspended), answer 900 bytes
 *   floor PORT sign ES256       the same on the I/O threads
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

#define INPUT_SIZE  420
#define QUEUE_SIZE  4096

struct work { struct MHD_Connection *conn; int state; size_t body; };    /* state: 0 new, 1 body read, 2 signed */

static char answer[64 * 1024];
static size_t answer_size;
static EVP_PKEY *key;
static bool on_workers;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static struct work *queue[QUEUE_SIZE];
static unsigned head, tail;

static void
sign_once(void)
{
	static const unsigned char input[INPUT_SIZE];
	unsigned char sig[512];
	size_t n = sizeof sig;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 || EVP_DigestSign(ctx, sig, &n, input, sizeof input) != 1)
		abort();
	EVP_MD_CTX_free(ctx);
}

static void *
worker(void *arg)
{
	(void)arg;
	for (;;) {
		struct work *w;

		pthread_mutex_lock(&lock);
		while (head == tail)
			pthread_cond_wait(&filled, &lock);
		w = queue[head++ % QUEUE_SIZE];
		pthread_mutex_unlock(&lock);
		sign_once();
		w->state = 2;
		MHD_resume_connection(w->conn);
	}
	return NULL;
}

static void
hand_over(struct work *w)
{
	MHD_suspend_connection(w->conn);
	pthread_mutex_lock(&lock);
	queue[tail++ % QUEUE_SIZE] = w;
	pthread_cond_signal(&filled);
	pthread_mutex_unlock(&lock);
}

static enum MHD_Result
reply(struct MHD_Connection *conn)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(answer_size, answer, MHD_RESPMEM_PERSISTENT);
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

	(void)ctx, (void)url, (void)method, (void)version, (void)data;
	if (w == NULL) {
		w = calloc(1, sizeof *w);
		w->conn = conn;
		*state = w;
		return MHD_YES;
	}
	if (*size > 0) {
		w->body += *size;
		*size = 0;
		return MHD_YES;
	}
	if (key != NULL && w->state != 2) {
		if (on_workers) {
			hand_over(w);
			return MHD_YES;
		}
		sign_once();
	}
	return reply(conn);
}

static void
done(void *ctx, struct MHD_Connection *conn, void **state, enum MHD_RequestTerminationCode why)
{
	(void)ctx, (void)conn, (void)why;
	free(*state);
}

int
main(int argc, char **argv)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct MHD_Daemon *d;
	pthread_t t;

	if (argc != 4)
		return fprintf(stderr, "usage: floor PORT get BYTES | floor PORT sign ALG\n"), 2;
	answer_size = strcmp(argv[2], "get") == 0 ? (size_t)atol(argv[3]) : 900;
	if (answer_size > sizeof answer)
		return 2;
	memset(answer, 'x', answer_size);
	if (strcmp(argv[2], "sign") == 0) {
		on_workers = strcmp(argv[3], "RS256") == 0;
		key = on_workers ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
		for (long i = 0; on_workers && i < cores; i++)
			pthread_create(&t, NULL, worker, NULL);
	}
	d = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, (uint16_t)atoi(argv[1]), NULL, NULL, handle, NULL,
		MHD_OPTION_THREAD_POOL_SIZE, (unsigned)cores, MHD_OPTION_NOTIFY_COMPLETED, done, NULL, MHD_OPTION_END);
	if (d == NULL)
		return fprintf(stderr, "cannot listen on %s\n", argv[1]), 1;
	for (;;)
		pause();
}
