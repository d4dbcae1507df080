/*
 * hufu/interrupts.c - work that comes in pieces is not broken off inside of one: a signal that would
 * end this program waits until what was done is said.
 */
#include "hufu/bulk.h"

/* The signals that end this program, unless whoever started it wants them ignored. */
void
ending_signals(sigset_t *set)
{
	static const int ends[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };
	struct sigaction now;

	sigemptyset(set);
	for (size_t i = 0; i < COUNT(ends); i++)
		if (sigaction(ends[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			sigaddset(set, ends[i]);
}

void
interrupts_hold(struct interrupts *i)
{
	ending_signals(&i->held);
	sigprocmask(SIG_BLOCK, &i->held, &i->before);
}

bool
interrupts_wait(const struct interrupts *i)
{
	sigset_t pending;
	bool waits = false;

	if (sigpending(&pending) != 0)
		return false;
	for (int s = 1; s < NSIG && !waits; s++)
		waits = sigismember(&pending, s) == 1 && sigismember(&i->held, s) == 1;
	return waits;
}

void
interrupts_release(const struct interrupts *i)
{
	fflush(stdout);
	fflush(stderr);
	sigprocmask(SIG_SETMASK, &i->before, NULL);
}
