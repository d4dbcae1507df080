/*
 * hufu/hashing.c - many passwords and secrets are hashed here, on all cores and niced, so that
 * neither the daemon nor whoever logs in waits for them.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "hufu/bulk.h"
#include "login/login.h"

#define HASH_NICE     10
#define HASH_MEM_MAX  (64 * 1024)
#define THREADS_MAX   256
#define LOOK_MS       100                       /* between two looks at the progress */
#define SAID_FROM_MS  1000                      /* shorter work is not worth a line */

struct hashing {
	struct hash_jobs *jobs;
	_Atomic size_t next, done;
	_Atomic bool stop, failed;
};

static void *
hash_some(void *arg)
{
	struct hashing *h = arg;
	struct arena mem;
	size_t i;

	setpriority(PRIO_PROCESS, (id_t)gettid(), getpriority(PRIO_PROCESS, 0) + HASH_NICE);
	arena_init(&mem, HASH_MEM_MAX);
	while (!h->stop && (i = h->next++) < h->jobs->n) {
		struct hash_job *j = &h->jobs->all[i];
		struct str hash = password_hash(&mem, json_member_str(j->row, j->member));

		if (hash.n > 0 && hash.n < sizeof j->hash)
			memcpy(j->hash, hash.p, hash.n);
		else
			h->failed = h->stop = true;
		arena_reset(&mem);                      /* wipes what was hashed */
		h->done++;
	}
	arena_free(&mem);
	return NULL;
}

/* Those that this process may use. */
static int64_t
cores(void)
{
	cpu_set_t set;
	int64_t n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > THREADS_MAX ? THREADS_MAX : n;
}

static void
progress_show(struct cli *c, const struct hashing *h)
{
	struct str n = arena_printf(&c->mem, "%zu", (size_t)h->done), all = arena_printf(&c->mem, "%zu", h->jobs->n);
	struct str line = FILL(c, T_hash_progress, n, all);

	fprintf(stderr, "\r%.*s", STR_ARG(line));
	fflush(stderr);
}

/* While the threads work: what is done, on a terminal; and whether somebody wants us to end. */
static void
watch(struct cli *c, struct hashing *h, const struct interrupts *held, int64_t begun_us)
{
	const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000L };
	bool terminal = isatty(STDERR_FILENO), shown = false;

	while (!h->stop && h->done < h->jobs->n) {
		nanosleep(&pause, NULL);
		h->stop = h->stop || interrupts_wait(held);
		if (terminal && clock_mono_us() - begun_us > SAID_FROM_MS * 1000) {
			progress_show(c, h);
			shown = true;
		}
	}
	if (shown)
		fprintf(stderr, "\r\033[K");
}

static void
time_tell(struct cli *c, size_t n, int64_t threads, int64_t us)
{
	struct str count = arena_printf(&c->mem, "%zu", n),
		   cores_used = arena_printf(&c->mem, "%lld", (long long)threads);
	struct str s = arena_printf(&c->mem, "%lld.%lld", (long long)(us / 1000000), (long long)(us / 100000 % 10));

	if (us >= SAID_FROM_MS * 1000)
		cli_note(FILL(c, T_hash_done, count, s, cores_used));
}

bool
hash_all(struct cli *c, struct hash_jobs *jobs, const struct interrupts *held)
{
	struct hashing h = { .jobs = jobs };
	pthread_t threads[THREADS_MAX];
	int64_t begun_us = clock_mono_us(), most = cores(), n = 0;

	if (jobs->n == 0)
		return true;
	most = most > (int64_t)jobs->n ? (int64_t)jobs->n : most;
	login_slots_set((int)most);
	while (n < most && pthread_create(&threads[n], NULL, hash_some, &h) == 0)
		n++;
	if (n == 0)
		return cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT);
	watch(c, &h, held, begun_us);
	for (int64_t i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	if (h.failed)
		return cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT);
	if (h.done < jobs->n)
		return cli_fail(c, str_of(text(c, T_hash_interrupted)), STR_ABSENT);
	time_tell(c, jobs->n, n, clock_mono_us() - begun_us);
	return true;
}

bool
hash_jobs_add(struct cli *c, struct hash_jobs *jobs, const json_t *named, json_t *row, const char *name,
    const char *member)
{
	struct hash_job *grown;
	bool asked = false;
	const json_t *one;
	size_t i;

	json_array_foreach(named, i, one)
		asked = asked || json_equal(one, json_object_get(row, name)) == 1;
	if (!asked)
		return true;
	if (jobs->n == jobs->room) {
		size_t room = jobs->room > 0 ? 2 * jobs->room : 64;

		grown = arena_grow(&c->mem, jobs->all, jobs->n * sizeof *grown, room * sizeof *grown);
		if (grown == NULL)
			return cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT);
		jobs->all = grown;
		jobs->room = room;
	}
	jobs->all[jobs->n++] = (struct hash_job){ .row = row, .member = member };
	return true;
}
