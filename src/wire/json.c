/* wire/json.c - JSON that several answers write. */
#include "wire/wire_int.h"

struct str
body_of(const struct buf *b)
{
	return b->full ? STR_ABSENT : buf_str(b);
}

struct str
words_json(struct exchange *x, struct str words)
{
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	jw_open(&b, '[');
	for (struct str w; str_given(words) && (w = str_cut(&words, ' ')).p;)
		if (w.n)
			ja_str(&b, w);
	jw_close(&b, ']');
	return body_of(&b);
}
