/* oauth/session/factor_rows.c - the kinds of second factors: what is known of each. Who acts for it: factor_acts.c. */
#include "oauth/session/factor_kinds.h"

const struct factor_row factor_rows[FACTOR_COUNT] = {
#define FACTOR(id, word, amr, check, begin, on, flags) [FACTOR_##id] = { word, amr, flags },
#include "oauth/factors.def"
#undef FACTOR
};

enum factor_kind
factor_named(struct str word)
{
	enum factor_kind kind = 0;

	while (kind < FACTOR_COUNT && !str_is(word, factor_rows[kind].word))
		kind++;
	return kind;
}
