/* tests/fuzz/trace_fuzz.c - any bytes as traceparent and, behind a line feed, as tracestate: what is taken is written again as it came. */
#include "base/base.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_span(data, size), parent = str_cut(&rest, '\n');
	char text[TRACE_PARENT_SIZE + 1];
	struct trace t, child;
	bool read = trace_read(parent, &t);

	if (read != (t.id[0] != '\0') || str_given(t.state))
		abort();
	if (trace_state_read(rest, &t) && (!read || t.state.n > TRACE_STATE_MAX || !str_eq(t.state, rest)))
		abort();
	if (!read)
		return 0;
	trace_write(&t, text);
	if (!trace_read(str_of(text), &child) || !str_eq(str_of(child.id), str_sub(parent, 3, TRACE_ID_SIZE))
	    || !str_eq(str_of(child.parent), str_of(t.span)) || child.flags != t.flags || !trace_id_is_sane(str_of(child.id)))
		abort();
	return 0;
}
