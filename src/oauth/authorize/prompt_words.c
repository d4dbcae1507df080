/* oauth/authorize/prompt_words.c - the words of `prompt`, by the rows of prompts.def. OpenID Connect Core 3.1.2.1. */
#include "oauth/authorize/authorize_int.h"

static const char *const words[PROMPT_COUNT] = {
#define PROMPT(id, word, wanted, ask, refusal) word,
#include "oauth/prompts.def"
#undef PROMPT
};

static unsigned
prompt_named(struct str word)
{
	for (unsigned i = 0; i < PROMPT_COUNT; i++)
		if (words[i] != NULL && str_is(word, words[i]))
			return BIT(i);
	return str_is(word, "none") ? PROMPT_SILENT : 0;
}

bool
prompts_read(const struct call *c, unsigned *out, struct str *unknown)
{
	struct str rest = c->issuer->policy->authorize.extensions_are_judged ? c->arg[P_PROMPT] : STR_ABSENT, word;

	*out = 0;
	while (str_given(rest) && (word = str_cut(&rest, ' ')).p) {
		unsigned bit = prompt_named(word);

		*unknown = word;
		if (bit == 0 && word.n > 0)
			return false;
		*out |= bit;
	}
	return true;
}
