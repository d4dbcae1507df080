/* base/fold.c - names compared without case: canonical caseless matching, Unicode 15 section 3.13 D145, by libunistring. */
#include "base/base.h"

#include <unicase.h>
#include <uninorm.h>

static bool
is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

static void
ascii_fold(char *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		out[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] - 'A' + 'a') : s.p[i];
}

/* Decomposed, folded, composed again. NULL: no memory. */
static uint8_t *
unicode_fold(struct str s, size_t *n)
{
	size_t n_apart = 0;
	uint8_t *apart = u8_normalize(UNINORM_NFD, (const uint8_t *)s.p, s.n, NULL, &n_apart);
	uint8_t *out = apart != NULL ? u8_casefold(apart, n_apart, NULL, UNINORM_NFC, NULL, n) : NULL;

	free(apart);
	return out;
}

struct str
str_fold(struct arena *mem, struct str s)
{
	char *out;
	uint8_t *folded;
	size_t n = 0;
	struct str r;

	if (!str_given(s) || (!is_ascii(s) && !str_utf8(s)))
		return arena_dup(mem, s);
	if (is_ascii(s)) {
		out = arena_alloc(mem, s.n);
		if (out != NULL)
			ascii_fold(out, s);
		return out != NULL ? str_span(out, s.n) : STR_ABSENT;
	}
	folded = unicode_fold(s, &n);
	r = arena_dup(mem, str_span(folded, n));
	free(folded);
	return r;
}
