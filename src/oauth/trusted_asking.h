/* oauth/trusted_asking.h - of one trusted issuer: who is asking for its keys now, and that it did not answer. */
#ifndef HUFU_OAUTH_TRUSTED_ASKING_H
#define HUFU_OAUTH_TRUSTED_ASKING_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/base.h"

struct trusted_asking {
	pthread_mutex_t asking;                 /* one asks, the others wait for what it brings */
	_Atomic int64_t rests_until_ms;         /* it did not answer: nobody asks before */
};
#endif
