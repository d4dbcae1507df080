/* tests/fuzz/trail_fuzz.c - any bytes as lines of the audit file: what is taken can be written again, byte for byte. */
#include "admin/trail.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
one_line(struct arena *mem, struct str line)
{
	struct trail_line l;
	struct buf again;
	ptrdiff_t at;

	if (!trail_line_read(line, &l))
		return;
	at = (ptrdiff_t)(line.n - TRAIL_DIGEST - 2);
	if (l.seq < 1 || l.prev.p != line.p + at || l.prev.n != TRAIL_DIGEST)
		abort();
	while (at > 0 && memcmp(line.p + at, ",\"seq\":", 7) != 0)
		at--;
	buf_init(&again, mem, 2 * TRAIL_LINE_MAX);
	trail_line_put(&again, ARENA_CAT(mem, str_sub(line, 0, (size_t)at), S("}")), l.seq, l.prev);
	if (line.p[at + 7] != '0' && !str_eq(buf_str(&again), line))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str lines = str_span(data, size);
	const struct jwks none = { 0 };
	struct trail_judge j = { .keys = &none };
	struct arena mem;

	if (size > TRAIL_LINE_MAX)
		return 0;
	arena_init(&mem, 16 << 20);
	for (struct str line; str_given(lines) && (line = str_cut(&lines, '\n')).p; arena_reset(&mem)) {
		one_line(&mem, line);
		if (trail_judge_line(&j, &mem, line) == TRAIL_SOUND && j.seq < 1)
			abort();
	}
	arena_free(&mem);
	return 0;
}
