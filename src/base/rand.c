/*
 * base/rand.c - random bytes from getrandom(2), 256 at a time in each thread: the system call costs
 * more than the bytes.
 */
#include "base/base.h"

#include <errno.h>
#include <pthread.h>
#include <sys/random.h>

#define BLOCK 256                       /* getrandom(2) is never interrupted up to this size */

static _Thread_local struct { uint8_t bytes[BLOCK]; size_t left; } stock;
static pthread_once_t fork_guard = PTHREAD_ONCE_INIT;

static void
from_kernel(uint8_t *out, size_t n)
{
	while (n > 0) {
		ssize_t got = getrandom(out, n < BLOCK ? n : BLOCK, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			fatal("the kernel gives no random bytes: %s", say_errno(errno));
		out += got;
		n -= (size_t)got;
	}
}

/* Parent and child must not hand out the same bytes; only the forking thread lives on in the child. */
static void
stock_forget(void)
{
	explicit_bzero(&stock, sizeof stock);
}

static void
fork_guard_set(void)
{
	if (pthread_atfork(NULL, NULL, stock_forget) != 0)
		fatal("out of memory");
}

void
rand_bytes(void *out, size_t n)
{
	uint8_t *from;

	if (n > BLOCK / 2) {
		from_kernel(out, n);
		return;
	}
	if (stock.left < n) {
		pthread_once(&fork_guard, fork_guard_set);
		from_kernel(stock.bytes, BLOCK);
		stock.left = BLOCK;
	}
	from = stock.bytes + stock.left - n;
	memcpy(out, from, n);
	explicit_bzero(from, n);                /* what was given is not kept */
	stock.left -= n;
}

uint32_t
rand_below(uint32_t limit)
{
	/* 2^32 mod limit values at the bottom would be too many */
	uint32_t reject = (UINT32_MAX - limit + 1) % limit;
	uint32_t v;

	do
		rand_bytes(&v, sizeof v);
	while (v < reject);
	return v % limit;
}

void
rand_id(uint8_t out[16])
{
	uint64_t ms = (uint64_t)clock_now_ms();

	for (int i = 0; i < 6; i++)
		out[i] = (uint8_t)(ms >> (40 - 8 * i));
	rand_bytes(out + 6, 10);
}
