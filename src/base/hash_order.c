/* base/hash_order.c - the iteration order of an old platform's hash tables. */
#include "base/base.h"

/* One code point of UTF-8; malformed bytes stand for themselves. */
static uint32_t
code_point(struct str s, size_t *i)
{
	unsigned char b = (unsigned char)s.p[(*i)++];
	int more = b >= 0xf0 ? 3 : b >= 0xe0 ? 2 : b >= 0xc0 ? 1 : 0;
	uint32_t c = more == 3 ? b & 7u : more == 2 ? b & 15u : more == 1 ? b & 31u : b;

	for (; more > 0 && *i < s.n; more--)
		c = c << 6 | ((unsigned char)s.p[(*i)++] & 63u);
	return c;
}

uint32_t
hash_spread(struct str text)
{
	uint32_t h = 0;

	for (size_t i = 0; i < text.n;) {
		uint32_t c = code_point(text, &i);

		if (c >= 0x10000) {
			h = 31 * h + (0xd800 + ((c - 0x10000) >> 10));
			c = 0xdc00 + ((c - 0x10000) & 0x3ff);
		}
		h = 31 * h + c;
	}
	return h ^ h >> 16;
}

struct place { uint32_t bucket; size_t at; };

/* Doubling a table keeps the order of the entries that stay together, so inside a bucket the first in comes first. */
static int
by_bucket(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->bucket != y->bucket)
		return x->bucket < y->bucket ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

size_t *
hash_order(struct arena *mem, const struct str *names, size_t n, size_t capacity)
{
	struct place *places = n > 0 ? arena_array(mem, struct place, n) : NULL;
	size_t *order = n > 0 ? arena_array(mem, size_t, n) : NULL;

	if (places == NULL || order == NULL)
		return NULL;
	while (n > capacity * 3 / 4)
		capacity *= 2;
	for (size_t i = 0; i < n; i++)
		places[i] = (struct place){ hash_spread(names[i]) & (uint32_t)(capacity - 1), i };
	qsort(places, n, sizeof places[0], by_bucket);
	for (size_t i = 0; i < n; i++)
		order[i] = places[i].at;
	return order;
}

struct str
hash_order_words(struct arena *mem, struct str words, size_t capacity)
{
	size_t n = str_words(words, ' ', NULL);
	struct str *at = arena_array(mem, struct str, n);
	size_t *order;
	struct buf b;

	if (n == 0 || at == NULL)
		return at != NULL ? S("") : STR_ABSENT;
	str_words(words, ' ', at);
	order = hash_order(mem, at, n, capacity);
	buf_init(&b, mem, words.n);
	for (size_t i = 0; order != NULL && i < n; i++) {
		if (i > 0)
			buf_putc(&b, ' ');
		buf_put(&b, at[order[i]]);
	}
	return order == NULL || b.full ? STR_ABSENT : buf_str(&b);
}

static size_t
power_of_two(size_t n)
{
	size_t p = 1;

	while (p < n)
		p *= 2;
	return p;
}

size_t
hash_capacity_copy(size_t n)
{
	size_t room = n * 4 / 3 + 1;

	return power_of_two(room > 16 ? room : 16);
}

size_t
hash_capacity_for(size_t n)
{
	return power_of_two(n > 0 ? n : 1);
}
