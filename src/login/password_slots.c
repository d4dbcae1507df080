/* login/password_slots.c - a bound on how many expensive hashes run, and hold their memory, at the same time. */
#include "login/password_int.h"

#include <pthread.h>

static struct {
	pthread_mutex_t lock;
	pthread_cond_t  freed;
	int max, taken;
} slots = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 2, 0 };

static _Thread_local int64_t spent_us;

void
login_slots_set(int max)
{
	pthread_mutex_lock(&slots.lock);
	slots.max = max < 1 ? 1 : max;
	pthread_cond_broadcast(&slots.freed);
	pthread_mutex_unlock(&slots.lock);
}

void
slot_take(int64_t cost_us)
{
	if (cost_us < COST_CHEAP_US)
		return;
	pthread_mutex_lock(&slots.lock);
	while (slots.taken >= slots.max)
		pthread_cond_wait(&slots.freed, &slots.lock);
	slots.taken++;
	pthread_mutex_unlock(&slots.lock);
}

void
slot_give(int64_t cost_us)
{
	if (cost_us < COST_CHEAP_US)
		return;
	pthread_mutex_lock(&slots.lock);
	slots.taken--;
	pthread_cond_signal(&slots.freed);
	pthread_mutex_unlock(&slots.lock);
}

void
slot_spend(int64_t us)
{
	spent_us += us;
}

int64_t
slot_spent_us(void)
{
	return spent_us;
}
