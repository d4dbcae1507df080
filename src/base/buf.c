/* base/buf.c - the output buffer with a hard ceiling. */
#include "base/base.h"

#define FIRST_CAP 256

void
buf_init(struct buf *b, struct arena *mem, size_t max)
{
	*b = (struct buf){ .mem = mem, .max = max };
}

/* Make room for n more bytes, doubling up to the ceiling. */
static bool
grow(struct buf *b, size_t n)
{
	size_t cap = b->cap ? b->cap : FIRST_CAP;
	char *p;

	if (n > b->max - b->n) {
		b->full = true;
		return false;
	}
	while (cap < b->n + n)
		cap = cap > b->max / 2 ? b->max : cap * 2;
	if (cap > b->max)
		cap = b->max;
	if ((p = arena_grow(b->mem, b->p, b->cap, cap)) == NULL) {
		b->full = true;
		return false;
	}
	b->p = p;
	b->cap = cap;
	return true;
}

void
buf_put(struct buf *b, struct str s)
{
	if (s.n == 0 || b->full || (s.n > b->cap - b->n && !grow(b, s.n)))
		return;
	memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
}

void
buf_putc(struct buf *b, char c)
{
	if (b->full || (b->n == b->cap && !grow(b, 1)))
		return;
	b->p[b->n++] = c;
}

void
buf_int(struct buf *b, int64_t v)
{
	char text[20], *p = text + sizeof text;
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do
		*--p = (char)('0' + u % 10);
	while ((u /= 10) != 0);
	if (v < 0)
		*--p = '-';
	buf_put(b, str_span(p, (size_t)(text + sizeof text - p)));
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	char small[512], *big = NULL;
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(small, sizeof small, fmt, ap);
	if (n >= 0 && (size_t)n < sizeof small)
		buf_put(b, str_span(small, (size_t)n));
	else if (n < 0 || (size_t)n > b->max || (big = arena_alloc(b->mem, (size_t)n + 1)) == NULL)
		b->full = true;
	else if (vsnprintf(big, (size_t)n + 1, fmt, again) == n)
		buf_put(b, str_span(big, (size_t)n));
	va_end(again);
	va_end(ap);
	explicit_bzero(small, sizeof small);
}
