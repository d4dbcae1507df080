/*
 * base/fold.c - names compared without case: canonical caseless matching, Unicode 15 section 3.13
 * D145, by libunistring.
 */
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

static struct str
ascii_fold(struct arena *mem, struct str s)
{
	char *out = arena_alloc(mem, s.n);

	for (size_t i = 0; out != NULL && i < s.n; i++)
		out[i] = ascii_lower(s.p[i]);
	return out != NULL ? str_span(out, s.n) : STR_ABSENT;
}

/* Decomposed, folded, composed again: NFC, or NFKC with wide. NULL: no memory. */
static uint8_t *
unicode_fold(struct str s, bool wide, size_t *n)
{
	size_t n_apart = 0;
	uint8_t *apart = u8_normalize(wide ? UNINORM_NFKD : UNINORM_NFD, (const uint8_t *)s.p, s.n, NULL, &n_apart);
	uint8_t *out = apart != NULL
	    ? u8_casefold(apart, n_apart, NULL, wide ? UNINORM_NFKC : UNINORM_NFC, NULL, n)
	    : NULL;

	free(apart);
	return out;
}

static struct str
fold(struct arena *mem, struct str s, bool wide)
{
	uint8_t *folded;
	size_t n = 0;
	struct str r;

	if (!str_given(s) || (!is_ascii(s) && !str_utf8(s)))
		return arena_dup(mem, s);
	if (is_ascii(s))
		return ascii_fold(mem, s);
	folded = unicode_fold(s, wide, &n);
	r = arena_dup(mem, str_span(folded, n));
	free(folded);
	return r;
}

struct str
str_fold(struct arena *mem, struct str s)
{
	return fold(mem, s, false);
}

struct str
str_fold_wide(struct arena *mem, struct str s)
{
	return fold(mem, s, true);
}
