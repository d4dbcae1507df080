/* tests/unit/login/password_slots_test.c - the bound on hashes that run at the same time. */
#include "../test.h"
#include "login/password_int.h"

#include <pthread.h>
#include <sched.h>

#define THREADS 6

static int inside, most;

static void *
worker(__attribute__((unused)) void *arg)
{
	for (int i = 0; i < 200; i++) {
		int now, seen;

		slot_take(SLOTS_USERS, COST_DEFAULT_US);
		now = __atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST);
		seen = __atomic_load_n(&most, __ATOMIC_SEQ_CST);
		while (now > seen && !__atomic_compare_exchange_n(&most, &seen, now, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			;
		sched_yield();
		__atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
		slot_give(SLOTS_USERS, COST_DEFAULT_US);
	}
	return NULL;
}

static int
most_with(int slots)
{
	pthread_t t[THREADS];

	login_slots_set(slots);
	most = 0;
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, worker, NULL) != 0)
			return -1;
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	login_slots_set(2);
	return most;
}

TEST(no_more_than_set)
{
	EXPECT_INT(most_with(1), 1);
	EXPECT(most_with(3) <= 3 && most >= 1);
	EXPECT_INT(most_with(0), 1);            /* less than one would stop the server */
}

TEST(cheap_ones_need_no_slot)
{
	login_slots_set(1);
	slot_take(SLOTS_USERS, COST_DEFAULT_US);
	EXPECT(password_verify(mem, S("{noop}a"), S("a")) == PASSWORD_OK_REHASH);       /* does not wait for the one taken */
	slot_give(SLOTS_USERS, COST_DEFAULT_US);
	login_slots_set(2);
}

/* Guessing at clients' secrets takes no slot from users, nor the other way round. */
TEST(users_and_clients_have_slots_of_their_own)
{
	struct str slow = S("{bcrypt}$2a$04$N9qo8uLOickgx2ZMRZoMyetYA1WAxSo/79C6TrpXRAArATK56U74O");

	login_slots_set(1);
	client_slots_set(1);
	slot_take(SLOTS_USERS, COST_DEFAULT_US);
	EXPECT_INT(client_secret_verify(mem, slow, S("slow-secret")), PASSWORD_OK_REHASH);
	slot_give(SLOTS_USERS, COST_DEFAULT_US);
	slot_take(SLOTS_CLIENTS, COST_DEFAULT_US);
	EXPECT_INT(password_verify(mem, slow, S("slow-secret")), PASSWORD_OK_REHASH);
	slot_give(SLOTS_CLIENTS, COST_DEFAULT_US);
	login_slots_set(2);
}

TEST(work_is_counted_for_the_process)
{
	int64_t before = login_work_us();

	password_verify(mem, S("{bcrypt}$2a$04$N9qo8uLOickgx2ZMRZoMyetYA1WAxSo/79C6TrpXRAArATK56U74O"), S("x"));
	EXPECT(login_work_us() - before >= COST_CHEAP_US);
}
