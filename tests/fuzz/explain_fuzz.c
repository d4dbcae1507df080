/* tests/fuzz/explain_fuzz.c - any bytes as a line of the log: whose request it is, within the line and its escapes. */
#include "admin/explain.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str line = str_span(data, size);
	struct explained e;
	struct arena mem;

	arena_init(&mem, 1 << 20);
	if (explain_line_read(&mem, line, S("abcd2345"), &e)) {
		const struct str all[] = { e.ts, e.issuer, e.endpoint, e.method, e.grant, e.client, e.user, e.reason, e.detail, e.peer, e.param, e.came, e.near, e.differs };

		for (size_t i = 0; i < COUNT(all); i++)
			if (all[i].n > size || !str_utf8(all[i]))
				abort();
		if (!str_contains(line, S("abcd2345")))
			abort();
	}
	if (explain_trace_read(&mem, line, S("4bf92f3577b34da6a3ce929d0e0e4736"), &e)
	    && (e.ts.n > size || !str_utf8(e.ts) || !str_contains(line, S("4bf92f3577b34da6a3ce929d0e0e4736"))))
		abort();
	arena_free(&mem);
	return 0;
}
