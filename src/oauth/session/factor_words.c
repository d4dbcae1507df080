/* oauth/session/factor_words.c - the words of the kinds of second factors. */
#include "oauth/session/factor.h"

static const char *const words[FACTOR_COUNT] = {
#define FACTOR(id, word, amr, check, begin, flags) [FACTOR_##id] = word,
#include "oauth/factors.def"
#undef FACTOR
};

enum factor_kind
factor_named(struct str word)
{
	enum factor_kind kind = 0;

	while (kind < FACTOR_COUNT && !str_is(word, words[kind]))
		kind++;
	return kind;
}
