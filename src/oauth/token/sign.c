/* oauth/token/sign.c - signing, with no more RSA signatures at once than processors. RFC 7515. */
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

#include "oauth/token/token.h"

/* No more RSA signatures at once than processors, whichever lanes the calls run in: an I/O thread must find a core. */
static sem_t sign_slots;
static pthread_once_t sign_once = PTHREAD_ONCE_INIT;

static void
sign_init(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	sem_init(&sign_slots, 0, n > 0 ? (unsigned)n : 1);
}

bool
sign_bounded(struct arena *mem, const struct key *key, const struct jwt_form *form, struct str claims, struct str *out)
{
	bool ok, slow = alg_is_slow(key->alg);

	if (slow) {
		pthread_once(&sign_once, sign_init);
		while (sem_wait(&sign_slots) != 0)
			;
	}
	ok = jwt_sign(mem, key, form, claims, out);
	if (slow)
		sem_post(&sign_slots);
	return ok;
}
