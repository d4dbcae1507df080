/* sql/wait.c - the time limit of the call under way, and waiting for a socket within it. */
#include "sql/sql_int.h"

#include <errno.h>
#include <poll.h>

int64_t
sql_now_ms(void)
{
	return clock_mono_us() / 1000;
}

void
sql_deadline(struct sql_link *l, int64_t ms)
{
	l->until_ms = ms > 0 ? sql_now_ms() + ms : 0;
}

int
sql_wait(const struct sql_link *l, int fd, int events)
{
	struct pollfd p = { .fd = fd, .events = (short)events };
	int n;

	do {
		int64_t left = l->until_ms == 0 ? -1 : l->until_ms - sql_now_ms();

		if (l->until_ms != 0 && left <= 0)
			return 0;
		n = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
	} while (n < 0 && errno == EINTR);
	return n > 0 ? p.revents : 0;
}
