/* tests/fuzz/form_fuzz.c - form text, percent-decoding and flat JSON: bounded, decoded text is clean UTF-8. */
#include "http/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
			return true;
	return false;
}

static void
pairs_are_clean(const struct pairs *p)
{
	if (p->n > PAIRS_MAX)
		abort();
	for (size_t i = 0; i < p->n; i++) {
		struct str v = p->at[i].value, n = p->at[i].name;

		if (!str_given(v) || !str_given(n) || !str_utf8(v) || !str_utf8(n) || has_control(v) || has_control(n))
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t limits[] = { 1 << 20, 256, 16 };

	for (size_t i = 0; i < COUNT(limits); i++) {
		struct pairs p = { .n = 0 };
		struct arena mem;

		arena_init(&mem, limits[i]);
		form_read(&mem, str_span(data, size), i == 0, &p);
		pairs_are_clean(&p);
		p.n = 0;
		form_read_json(&mem, str_span(data, size), &p);
		pairs_are_clean(&p);
		arena_free(&mem);
	}
	return 0;
}
