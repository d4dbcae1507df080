/* base/arena.c - all memory of one request: bump allocation in blocks, wiped and rewound as a whole. */
#include "base/base.h"

/* Under AddressSanitizer what was not handed out is poisoned, and a red zone follows each allocation. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define POISON(p, n)   ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#define REDZONE        16
#else
#define POISON(p, n)   ((void)0)
#define UNPOISON(p, n) ((void)0)
#define REDZONE        0
#endif

#define ALIGN       _Alignof(max_align_t)
#define FIRST_BLOCK (12 * 1024)         /* header included; most requests need no second one: a token takes 9 kB */
#define LATER_BLOCK (16 * 1024)
#define TOO_MUCH    ((size_t)PTRDIFF_MAX - LATER_BLOCK)

/* Bytes at and behind `used` are always zero, so handing out needs no memset. */
struct arena_block {
	struct arena_block *next;       /* older */
	size_t cap, used;
	bool   first;
	_Alignas(max_align_t) char data[];
};

struct arena_defer {
	struct arena_defer *next;
	void (*fn)(void *);
	void *p;
};

void
arena_init(struct arena *a, size_t max)
{
	*a = (struct arena){ .max = max };
}

static size_t
rounded(size_t n)
{
	return ((n + ALIGN - 1) & ~(ALIGN - 1)) + REDZONE;
}

static struct arena_block *
block_new(size_t cap, bool first)
{
	struct arena_block *b = calloc(1, sizeof *b + cap);

	if (b == NULL)
		return NULL;
	b->cap = cap;
	b->first = first;
	POISON(b->data, cap);
	return b;
}

/*
 * A block with n free bytes: the newest, or a new one. A big allocation gets a block behind the
 * newest, which goes on serving.
 */
static struct arena_block *
block_with(struct arena *a, size_t n)
{
	struct arena_block *b;

	if (a->head == NULL && (a->head = block_new(FIRST_BLOCK - sizeof *b, true)) == NULL)
		return NULL;
	if (a->head->cap - a->head->used >= n)
		return a->head;
	b = block_new(n > LATER_BLOCK / 2 ? n : LATER_BLOCK - sizeof *b, false);
	if (b == NULL)
		return NULL;
	if (n > LATER_BLOCK / 2) {
		b->next = a->head->next;
		a->head->next = b;
	} else {
		b->next = a->head;
		a->head = b;
	}
	return b;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	static const max_align_t nothing;
	struct arena_block *b;
	char *p;

	if (n == 0)
		return (void *)(uintptr_t)&nothing;
	if (n > a->max - a->used || n > TOO_MUCH || (b = block_with(a, rounded(n))) == NULL) {
		a->full = true;
		return NULL;
	}
	p = b->data + b->used;
	b->used += rounded(n);
	a->used += n;
	UNPOISON(p, n);
	return p;
}

void *
arena_calloc(struct arena *a, size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n)) {
		a->full = true;
		return NULL;
	}
	return arena_alloc(a, n);
}

void *
arena_grow(struct arena *a, void *p, size_t n, size_t more)
{
	struct arena_block *b = a->head;
	char *q;

	if (n > 0 && b != NULL && (char *)p + rounded(n) == b->data + b->used
	    && more - n <= a->max - a->used && more < TOO_MUCH && rounded(more) - rounded(n) <= b->cap - b->used) {
		b->used += rounded(more) - rounded(n);
		a->used += more - n;
		UNPOISON(p, more);
#if REDZONE
		memset((char *)p + n, 0, more - n);     /* the red zone is not part of the promise */
#endif
		return p;
	}
	q = arena_alloc(a, more);
	if (q != NULL && n > 0)
		memcpy(q, p, n);
	return q;
}

struct str
arena_dup(struct arena *a, struct str s)
{
	char *p;

	if (s.p == NULL || (p = arena_alloc(a, s.n)) == NULL)
		return STR_ABSENT;
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return str_span(p, s.n);
}

struct str
arena_plain(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (p == NULL)
		return S("");
	for (size_t i = 0; i < s.n; i++)
		p[i] = (unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : s.p[i];
	return str_span(p, s.n);
}

char *
arena_z(struct arena *a, struct str s)
{
	char *p;

	if (s.p == NULL || str_index(s, '\0') >= 0 || s.n >= TOO_MUCH || (p = arena_alloc(a, s.n + 1)) == NULL)
		return NULL;
	memcpy(p, s.p, s.n);
	return p;
}

struct str
arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	char small[256], *p = NULL;
	int n;

	va_copy(again, ap);
	n = vsnprintf(small, sizeof small, fmt, ap);
	if (n >= 0 && (p = arena_alloc(a, (size_t)n + 1)) != NULL) {
		if ((size_t)n < sizeof small)
			memcpy(p, small, (size_t)n);
		else
			vsnprintf(p, (size_t)n + 1, fmt, again);
	}
	va_end(again);
	explicit_bzero(small, sizeof small);
	return p ? str_span(p, (size_t)n) : STR_ABSENT;
}

struct str
arena_printf(struct arena *a, const char *fmt, ...)
{
	struct str s;
	va_list ap;

	va_start(ap, fmt);
	s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}

struct str
arena_say(struct arena *a, const char *fmt, ...)
{
	struct str s;
	va_list ap;

	va_start(ap, fmt);
	s = arena_vprintf(a, say(fmt), ap);
	va_end(ap);
	return s;
}

struct str
arena_cat(struct arena *a, const struct str *parts, size_t n)
{
	size_t sum = 0, at = 0;
	char *p;

	for (size_t i = 0; i < n; i++)
		if (__builtin_add_overflow(sum, parts[i].n, &sum))
			sum = SIZE_MAX;
	if ((p = arena_alloc(a, sum)) == NULL)
		return STR_ABSENT;
	for (size_t i = 0; i < n; i++) {
		if (parts[i].n > 0)
			memcpy(p + at, parts[i].p, parts[i].n);
		at += parts[i].n;
	}
	return str_span(p, sum);
}

bool
arena_defer(struct arena *a, void (*fn)(void *), void *p)
{
	struct arena_defer *d = arena_new(a, struct arena_defer);

	if (d == NULL) {
		fn(p);
		return false;
	}
	*d = (struct arena_defer){ a->defers, fn, p };
	a->defers = d;
	return true;
}

static void
block_wipe(struct arena_block *b)
{
	UNPOISON(b->data, b->cap);
	explicit_bzero(b->data, b->used);
	b->used = 0;
	POISON(b->data, b->cap);
}

void
arena_reset(struct arena *a)
{
	struct arena_block *first = NULL, *next;

	for (struct arena_defer *d = a->defers; d != NULL; d = d->next)
		d->fn(d->p);
	for (struct arena_block *b = a->head; b != NULL; b = next) {
		next = b->next;
		block_wipe(b);
		if (b->first) {
			first = b;
			first->next = NULL;
			continue;
		}
		UNPOISON(b->data, b->cap);
		free(b);
	}
	*a = (struct arena){ .head = first, .max = a->max };
}

void
arena_free(struct arena *a)
{
	arena_reset(a);
	if (a->head != NULL)
		UNPOISON(a->head->data, a->head->cap);
	free(a->head);
	a->head = NULL;
}
