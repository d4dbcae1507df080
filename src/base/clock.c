/* base/clock.c - the wall clock, which tests can turn by hand. */
#include "base/base.h"

#include <stdatomic.h>
#include <time.h>

static _Atomic int64_t turned_ms;

static int64_t
read_us(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t
clock_now_ms(void)
{
	return read_us(CLOCK_REALTIME) / 1000 + atomic_load_explicit(&turned_ms, memory_order_relaxed);
}

int64_t
clock_now_s(void)
{
	int64_t ms = clock_now_ms();

	return ms >= 0 ? ms / 1000 : -((999 - ms) / 1000);
}

int64_t
clock_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

void
clock_turn_ms(int64_t by)
{
	atomic_fetch_add_explicit(&turned_ms, by, memory_order_relaxed);
}

int64_t
clock_turned_ms(void)
{
	return atomic_load_explicit(&turned_ms, memory_order_relaxed);
}

void
clock_due_begin(struct clock_due *d)
{
	*d = (struct clock_due){ clock_now_ms(), clock_mono_us() };
}

bool
clock_is_due(struct clock_due *d, int64_t period_ms)
{
	int64_t wall_ms = clock_now_ms() - d->wall_ms, mono_ms = (clock_mono_us() - d->mono_us) / 1000;

	if (wall_ms >= 0 && wall_ms < period_ms && mono_ms < period_ms)
		return false;
	clock_due_begin(d);
	return true;
}

/* A clock that was set back makes no longer rest. */
bool
clock_rests(_Atomic int64_t *until_ms, int64_t rest_ms, int64_t try_ms)
{
	int64_t until = atomic_load(until_ms), now = clock_now_ms(), most = rest_ms > try_ms ? rest_ms : try_ms;

	if (until == 0)
		return false;
	if (now < until && until - now <= most)
		return true;
	return !atomic_compare_exchange_strong(until_ms, &until, now + try_ms);
}
