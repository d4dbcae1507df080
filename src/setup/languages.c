/* setup/languages.c - the operator's files of texts, which the setting `languages` names by their tags. */
#include "setup/setup_int.h"

#define NAMED_MAX 10                    /* of the texts that a file lacks */

/* Relative to the directory of the settings, whose place is "file:line". */
static struct str
path_of(const struct tree *node, struct arena *mem)
{
	ptrdiff_t slash = str_rindex(node->where, '/');

	return slash < 0 || str_starts(node->text, S("/")) ? node->text
	    : ARENA_CAT(mem, str_sub(node->where, 0, (size_t)slash + 1), node->text);
}

/* One warning for all: where a release brings texts, the files from before lack them, and hufud starts nevertheless. */
static void
lacks_warn(struct str tag, const struct tree *texts, struct str lacks, struct findings *f)
{
	struct str rest = lacks, some = STR_ABSENT;
	size_t n = 0;

	for (; str_given(rest) && rest.n > 0; n++) {
		struct str key = str_cut(&rest, ' ');

		if (n < NAMED_MAX)
			some = n == 0 ? key : ARENA_CAT(f->mem, some, S(" "), key);
	}
	if (n > 0)
		findings_add(f, FINDING_WARNING, texts->where,
		    "languages: %.*s lacks %zu texts, which stay English: %.*s%s", STR_ARG(tag), n, STR_ARG(some),
		    n > NAMED_MAX ? " ..." : "");
}

size_t
setup_languages(const struct conf *c, struct findings *f, struct page_own *own)
{
	const struct tree *all = conf_get(c, SEC_TOP, STR_ABSENT, "languages")->map;
	size_t n = 0;

	for (size_t i = 0; all != NULL && i < all->n; i++) {
		const struct tree *node = &all->at[i];

		if (!page_lang_tag_ok(node->name))
			complain(f, node->where, "languages: %.*s must be a language tag such as zh-TW (BCP 47)",
			    STR_ARG(node->name));
		else if (node->kind != TREE_TEXT || node->text.n == 0)
			complain(f, node->where, "languages: %.*s must be the path of a file of texts",
			    STR_ARG(node->name));
		else if (n == PAGE_OWN_MAX)
			complain(f, node->where, "languages: there may be at most %d; remove some", PAGE_OWN_MAX);
		else if ((own[n].texts = conf_texts_read(path_of(node, f->mem), f, f->mem)) != NULL) {
			own[n].tag = node->name;
			lacks_warn(node->name, own[n].texts, page_own_judge(&own[n], f), f);
			n++;
		}
	}
	return n;
}
