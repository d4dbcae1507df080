/* login/password_slots.c - a bound on how many expensive hashes run, and hold their memory, at the same time. */
#include "login/password_int.h"

#include <pthread.h>
#include <stdatomic.h>

/* Guessing at clients' secrets takes no slot from users who log in. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t  freed;
	int max, taken;
} slots[SLOTS_COUNT] = {
	[SLOTS_USERS] = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 2, 0 },
	[SLOTS_CLIENTS] = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 1, 0 },
};

static _Thread_local int64_t spent_us;
static _Atomic int64_t work_us;

static void
slots_set(enum slots of, int max)
{
	pthread_mutex_lock(&slots[of].lock);
	slots[of].max = max < 1 ? 1 : max;
	pthread_cond_broadcast(&slots[of].freed);
	pthread_mutex_unlock(&slots[of].lock);
}

void
login_slots_set(int max)
{
	slots_set(SLOTS_USERS, max);
}

void
client_slots_set(int max)
{
	slots_set(SLOTS_CLIENTS, max);
}

void
slot_take(enum slots of, int64_t cost_us)
{
	if (cost_us < COST_CHEAP_US)
		return;
	pthread_mutex_lock(&slots[of].lock);
	while (slots[of].taken >= slots[of].max)
		pthread_cond_wait(&slots[of].freed, &slots[of].lock);
	slots[of].taken++;
	pthread_mutex_unlock(&slots[of].lock);
}

void
slot_give(enum slots of, int64_t cost_us)
{
	if (cost_us < COST_CHEAP_US)
		return;
	pthread_mutex_lock(&slots[of].lock);
	slots[of].taken--;
	pthread_cond_signal(&slots[of].freed);
	pthread_mutex_unlock(&slots[of].lock);
}

void
slot_spend(int64_t us)
{
	spent_us += us;
	atomic_fetch_add_explicit(&work_us, us, memory_order_relaxed);
}

int64_t
slot_spent_us(void)
{
	return spent_us;
}

int64_t
login_work_us(void)
{
	return atomic_load_explicit(&work_us, memory_order_relaxed);
}
