/* wire/custom/redirect.c - `redirect`: what the parameters of a redirect to the client are called. */
#include "wire/custom/custom.h"

void
read_redirect(struct derive *d)
{
	const struct tree *map = d->spec->redirect;
	const char **names = arena_array(d->mem, const char *, RW_COUNT);

	for (int i = 0; names != NULL && i < RW_COUNT; i++)
		names[i] = redirect_words[i];
	for (size_t k = 0; names != NULL && map != NULL && k < map->n; k++) {
		struct nearest near = nearest_to(map->at[k].name);
		struct words words;
		int i = 0;

		for (; i < RW_COUNT && !str_is(map->at[k].name, redirect_words[i]); i++)
			nearest_try(&near, str_of(redirect_words[i]));
		if (i == RW_COUNT)
			wrong_name(d, "redirect", &map->at[k], "redirect parameter", &near);
		else if (words_of(d, "redirect", &map->at[k], &words) && words.n != 1)
			wrong(d, "redirect", &map->at[k], "write one name");
		else if (words.n == 1 && names_are_good(d, "redirect", &map->at[k], &words))
			names[i] = arena_z(d->mem, words.at[0]);
	}
	for (int i = 0; names != NULL && map != NULL && i < RW_COUNT; i++)
		for (int k = 0; k < i; k++)
			if (strcmp(names[i], names[k]) == 0)
				wrong(d, "redirect", NULL, "%s and %s are both called %s", redirect_words[k],
				    redirect_words[i], names[i]);
	if (map != NULL)
		d->w->redirect = names;
}

void
show_redirect(struct buf *b, const struct wire *w, const struct wire *base)
{
	(void)base;
	buf_put(b, S("    redirect:\n"));
	for (int i = 0; i < RW_COUNT; i++) {
		struct str name = str_of(wire_redirect_word(w, (enum redirect_word)i));

		put_key(b, "      ", str_of(redirect_words[i]));
		put_words(b, &name, 1);
	}
}
