/* base/trace_here.c - whose work a thread does, for the lines that it writes and what it asks of others. */
#include "base/base.h"

static _Thread_local const struct trace *working_for;

void
trace_here(const struct trace *t)
{
	working_for = t;
}

const struct trace *
trace_now(void)
{
	return working_for != NULL && working_for->id[0] != '\0' ? working_for : NULL;
}
