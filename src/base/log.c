/* base/log.c - one JSON line per event on standard error. */
#include <pthread.h>

#include "base/base.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_MAX 4096

static _Atomic int least_level = LOG_INFO;
static _Atomic int log_fd = STDERR_FILENO;

void
log_level_set(enum log_level least)
{
	atomic_store(&least_level, (int)least);
}

void
log_fd_set(int fd)
{
	atomic_store(&log_fd, fd);
}

void
log_line(struct str json)
{
	static const char newline = '\n';
	struct iovec part[2] = { { (void *)(uintptr_t)json.p, json.n }, { (void *)(uintptr_t)&newline, 1 } };
	size_t left = json.n + 1;

	/* One writev is one write to the kernel; only a full pipe can make it stop half way. */
	while (left > 0) {
		ssize_t n = writev(atomic_load(&log_fd), part, 2);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		left -= (size_t)n;
		for (int i = 0; i < 2; i++) {
			size_t step = (size_t)n < part[i].iov_len ? (size_t)n : part[i].iov_len;

			part[i].iov_base = (char *)part[i].iov_base + step;
			part[i].iov_len -= step;
			n -= (ssize_t)step;
		}
	}
}

void
log_stamp(struct buf *b)
{
	int64_t ms = clock_now_ms();
	time_t s = (time_t)(ms / 1000);
	struct tm t;

	gmtime_r(&s, &t);
	buf_printf(b, "{\"ts\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"", t.tm_year + 1900, t.tm_mon + 1,
	    t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, (int)(ms % 1000));
}

void
log_trace(struct buf *b)
{
	const struct trace *t = trace_now();

	if (t == NULL)
		return;
	jm_str(b, S("trace_id"), str_of(t->id));
	jm_str(b, S("span"), str_of(t->span));
}

void
log_at(enum log_level level, const char *fmt, ...)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };
	char msg[MESSAGE_MAX];
	struct arena mem;
	struct buf b;
	va_list ap;
	int n;

	if ((int)level < atomic_load_explicit(&least_level, memory_order_relaxed))
		return;
	va_start(ap, fmt);
	n = vsnprintf(msg, sizeof msg, say(fmt), ap);
	va_end(ap);
	if (n < 0)
		return;
	arena_init(&mem, 16 * MESSAGE_MAX);
	buf_init(&b, &mem, 8 * MESSAGE_MAX);
	log_stamp(&b);
	jm_str(&b, S("level"), str_of(names[level]));
	jm_str(&b, S("msg"), str_span(msg, strnlen(msg, sizeof msg)));
	log_trace(&b);
	jw_close(&b, '}');
	if (!b.full)
		log_line(buf_str(&b));
	arena_free(&mem);
}

void
fatal(const char *fmt, ...)
{
	char msg[MESSAGE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof msg, say(fmt), ap);
	va_end(ap);
	dprintf(atomic_load(&log_fd), "%s: %s\n", program_invocation_short_name, msg);
	exit(1);
}

bool
log_is_due(_Atomic int64_t *last, int64_t every_s)
{
	int64_t now = clock_mono_us() / 1000000 + every_s, before = atomic_load(last);

	return now - before >= every_s && atomic_compare_exchange_strong(last, &before, now);
}

/* --- one clock for each neighbour and cause --------------------------------------------------- */

#define CLOCKS 256
struct log_clock { uint64_t about; int64_t until_s; };
static struct log_clock clocks[CLOCKS];
static pthread_mutex_t clocks_lock = PTHREAD_MUTEX_INITIALIZER;

static uint64_t
about_mix(uint64_t h, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * UINT64_C(1099511628211);
	return (h ^ 0xff) * UINT64_C(1099511628211);            /* where one text ends and the next begins */
}

/* The place of the pair, or that of the one that was told longest ago. */
static struct log_clock *
clock_of(uint64_t about)
{
	struct log_clock *oldest = &clocks[0];

	for (size_t i = 0; i < CLOCKS; i++) {
		if (clocks[i].about == about)
			return &clocks[i];
		if (clocks[i].until_s < oldest->until_s)
			oldest = &clocks[i];
	}
	*oldest = (struct log_clock){ .about = about };
	return oldest;
}

bool
log_is_due_about(struct str neighbour, struct str cause, int64_t every_s)
{
	uint64_t about = about_mix(about_mix(UINT64_C(1469598103934665603), neighbour), cause) | 1;
	int64_t now_s = clock_mono_us() / 1000000;
	struct log_clock *k;
	bool due;

	pthread_mutex_lock(&clocks_lock);
	k = clock_of(about);
	due = k->until_s <= now_s;
	if (due)
		k->until_s = now_s + every_s;
	pthread_mutex_unlock(&clocks_lock);
	return due;
}
