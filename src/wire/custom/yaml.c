/* wire/custom/yaml.c - scalars, keys and lists of words as YAML. */
#include "wire/custom/custom.h"

#include <assert.h>

/* A YAML scalar: as it is when that is one plain word, else between quotes (JSON's escapes are YAML's too). */
void
put_word(struct buf *b, struct str s)
{
	bool plain = s.n > 0 && tree_kind_of_word(s) == TREE_TEXT && s.p[0] != '-' && s.p[0] != '.';

	for (size_t i = 0; i < s.n && plain; i++)
		plain = (s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'z')
		    || (s.p[i] >= 'A' && s.p[i] <= 'Z') || strchr("/-._*", s.p[i]);
	if (plain && s.p[0] != '*' && !str_is(s, "none"))
		buf_put(b, s);
	else
		buf_json(b, s);
}

void
put_key(struct buf *b, const char *indent, struct str key)
{
	buf_put(b, str_of(indent));
	put_word(b, key);
	buf_put(b, S(": "));
}

/* Words as one, or as a list. */
void
put_words(struct buf *b, const struct str *at, size_t n)
{
	if (n == 0)
		buf_put(b, S("none"));
	else if (n == 1)
		put_word(b, at[0]);
	else {
		buf_putc(b, '[');
		for (size_t i = 0; i < n; i++) {
			buf_put(b, i ? S(", ") : S(""));
			put_word(b, at[i]);
		}
		buf_putc(b, ']');
	}
	buf_putc(b, '\n');
}


void
one_more(struct str *words, size_t *n, const char *word)
{
	assert(*n < WORDS_MAX);
	words[(*n)++] = str_of(word);
}
