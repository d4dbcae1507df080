/*
 * page/lang.c - which language a page is written in. OIDC Core 3.1.2.1 (ui_locales), RFC 9110
 * 12.5.4 (Accept-Language).
 */
#include "page/page_int.h"

#define LANG_BYTES_MAX 1024     /* of a list: the rest is not looked at */
#define LANG_WORDS_MAX 32

/* tag is prefix, or goes on after it with a further subtag (RFC 4647 3.3.1). */
static bool
tag_within(struct str tag, struct str prefix)
{
	return str_starts_nocase(tag, prefix) && (tag.n == prefix.n || tag.p[prefix.n] == '-');
}

/* How many bytes the longest of the ranges has that tag is within; 0: none of them. */
static size_t
tag_fit(struct str tag, struct str list)
{
	size_t best = 0;

	while (str_given(list)) {
		struct str range = str_cut(&list, ' ');

		if (range.n > best && tag_within(tag, range))
			best = range.n;
	}
	return best;
}

static struct str
first_subtag(struct str tag)
{
	return str_cut(&tag, '-');
}

/* The longest range counts, or else the first subtag: "pt" and "pt-PT" are better served by pt-BR than by English. */
bool
page_lang_read(const struct page_set *p, struct str tag, int *out)
{
	size_t best = 0;

	for (int i = 0; i < p->n_langs; i++) {
		size_t n = tag_fit(tag, p->langs[i].ranges);

		if (n > best)
			best = n, *out = i;
	}
	for (int i = 0; best == 0 && i < p->n_langs; i++)
		if (str_eq_nocase(first_subtag(tag), first_subtag(p->langs[i].tag)))
			best = 1, *out = i;
	return best > 0;
}

/* The first that is spoken here, of tags separated by blanks. */
static bool
locales_read(const struct page_set *p, struct str list, int *out)
{
	list = str_sub(list, 0, LANG_BYTES_MAX);
	for (int i = 0; i < LANG_WORDS_MAX && str_given(list); i++)
		if (page_lang_read(p, str_cut(&list, ' '), out))
			return true;
	return false;
}

/* "q=0.8" in thousandths; -1 for what is no weight. RFC 9110 12.4.2. */
static int
weight_read(struct str s)
{
	int unit = 1000, q;

	if (s.n < 3 || s.n > 7 || (s.p[0] | 0x20) != 'q' || s.p[1] != '=' || (s.p[2] != '0' && s.p[2] != '1'))
		return -1;
	q = (s.p[2] - '0') * 1000;
	if (s.n > 3 && s.p[3] != '.')
		return -1;
	for (size_t i = 4; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
		q += (s.p[i] - '0') * (unit /= 10);
	}
	return q <= 1000 ? q : -1;
}

static int
item_weight(struct str parameter)
{
	return str_given(parameter) ? weight_read(str_trim(parameter)) : 1000;
}

/* The heaviest that is spoken here; the first of equals. "*" is English, which is spoken to everybody. */
static bool
accept_read(const struct page_set *p, struct str list, int *out)
{
	int best = 0;

	list = str_sub(list, 0, LANG_BYTES_MAX);
	for (int i = 0; i < LANG_WORDS_MAX && str_given(list); i++) {
		struct str item = str_cut(&list, ','), tag = str_trim(str_cut(&item, ';'));
		int lang = LANG_EN, q = item_weight(item);

		if (q > best && (str_is(tag, "*") || page_lang_read(p, tag, &lang)))
			best = q, *out = lang;
	}
	return best > 0;
}

int
page_lang_pick(const struct page_set *p, struct str ui_locales, struct str cookie, struct str accept_language)
{
	int lang = LANG_EN;

	if (!locales_read(p, ui_locales, &lang) && !page_lang_read(p, cookie, &lang))
		accept_read(p, accept_language, &lang);
	return lang;
}

bool
page_lang_tag_ok(struct str tag)
{
	bool ok = tag.n >= 2 && tag.n <= 35, first = true;

	while (ok && str_given(tag)) {
		struct str sub = str_cut(&tag, '-');

		ok = sub.n >= (first ? 2u : 1u) && sub.n <= 8;
		for (size_t i = 0; i < sub.n; i++) {
			char c = (char)(sub.p[i] | 0x20);

			ok = ok && ((c >= 'a' && c <= 'z') || (!first && sub.p[i] >= '0' && sub.p[i] <= '9'));
		}
		first = false;
	}
	return ok;
}
