/* page/mail.c - mail in two forms: HTML that escapes like a page, and plain text, where nothing is to be escaped. */
#include "page/page_int.h"

/* Texts that every kind of mail has: the plain subject is made of the same text as the title. */
bool
page_mail(const struct page_set *p, struct arena *mem, int lang, struct str what,
    const struct page_vars *vars, struct page_mail *out)
{
	const struct page_var own[] = { { "lang", p->langs[lang].tag, NULL }, { "mail", what, NULL } };
	const struct page_vars outer = { own, COUNT(own) };
	struct str key = ARENA_CAT(mem, S("mail_subject_"), what);
	size_t subject;

	if (!text_find(key, &subject))
		return false;
	out->subject = page_run(p, mem, &p->langs[lang].texts[subject], lang, true, &outer, vars);
	out->text = page_run(p, mem, &p->mails[1], lang, true, &outer, vars);
	out->html = page_run(p, mem, &p->mails[0], lang, false, &outer, vars);
	return str_given(out->subject) && str_given(out->text) && str_given(out->html);
}

bool
page_mail_exists(struct str what)
{
	char key[64] = "mail_subject_";
	size_t n = sizeof "mail_subject_" - 1, at;

	if (n + what.n > sizeof key)
		return false;
	memcpy(key + n, what.p, what.n);
	return text_find(str_span(key, n + what.n), &at);
}
