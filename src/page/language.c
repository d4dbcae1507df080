/* page/language.c - the languages of a set: those of languages.def, and the operator's texts over them. */
#include "page/page_int.h"

#define EVERYWHERE S("issuer_name")     /* a value that every page and mail has, whatever its English text mentions */

static const struct { const char *tag, *ranges; } shipped[LANG_COUNT] = {
#define LANGUAGE(id, tag, ranges) { tag, ranges },
#include "page/languages.def"
#undef LANGUAGE
};

int
page_lang_count(const struct page_set *p)
{
	return p->n_langs;
}

struct str
page_lang_tag(const struct page_set *p, int lang)
{
	return p->langs[lang].tag;
}

struct str
page_lang_name(const struct page_set *p, int lang)
{
	return p->langs[lang].name;
}

int
page_lang_shipped(struct str tag)
{
	for (int i = 0; i < LANG_COUNT; i++)
		if (str_eq_nocase(tag, str_of(shipped[i].tag)))
			return i;
	return -1;
}

const char *
page_lang_shipped_tag(int lang)
{
	return shipped[lang].tag;
}

/* --- is it a text that may stand there? -------------------------------------------------------- */

static bool
mentions(const struct program *p, struct str name)
{
	for (uint32_t i = 0; i < p->n; i++)
		if (p->at[i].kind == OP_VALUE && str_eq(p->at[i].text, name))
			return true;
	return false;
}

/* The first value of one that the other does not mention; absent: none. */
static struct str
value_beyond(const struct program *one, const struct program *other)
{
	for (uint32_t i = 0; i < one->n; i++)
		if (one->at[i].kind == OP_VALUE && !mentions(other, one->at[i].text))
			return one->at[i].text;
	return STR_ABSENT;
}

#define doubt(f, line, ...) findings_add(f, FINDING_WARNING, (line)->where, __VA_ARGS__)

/* One line of an operator's file: the number of its text, and the text as a program. False: it cannot be used. */
static bool
line_read(struct arena *mem, const struct tree *line, size_t *number, struct program *out, struct findings *f)
{
	struct program english;
	struct str beyond, lacks;

	if (!text_find(line->name, number)) {
		doubt(f, line, "`%.*s`: there is no text of this name; remove it", STR_ARG(line->name));
		return false;
	}
	if (line->text.n == 0) {
		doubt(f, line, "`%.*s`: it is empty, and not used", STR_ARG(line->name));
		return false;
	}
	if (*number == text_of_direction() && !str_is(line->text, "ltr") && !str_is(line->text, "rtl")) {
		doubt(f, line, "`%.*s`: it must be ltr or rtl; it is not used", STR_ARG(line->name));
		return false;
	}
	if (!text_compile(mem, line->text, out) || !text_compile(mem, text_at(LANG_EN, *number), &english)) {
		doubt(f, line, "`%.*s`: what stands in {{braces}} is no value, or there are too many; it is not used",
		    STR_ARG(line->name));
		return false;
	}
	beyond = value_beyond(out, &english);
	lacks = value_beyond(&english, out);
	if (str_given(beyond) && !str_eq(beyond, EVERYWHERE)) {
		doubt(f, line, "`%.*s`: there is no {{%.*s}} where it stands; it is not used", STR_ARG(line->name),
		    STR_ARG(beyond));
		return false;
	}
	if (str_given(lacks))
		doubt(f, line, "`%.*s`: it does not mention {{%.*s}}", STR_ARG(line->name), STR_ARG(lacks));
	return true;
}

struct str
page_own_judge(const struct page_own *own, struct findings *f)
{
	bool *there = arena_array(f->mem, bool, text_count());
	struct program unused;
	struct buf lacks;
	size_t number;

	buf_init(&lacks, f->mem, 64 * 1024);
	if (there == NULL)
		return buf_str(&lacks);
	memset(there, 0, text_count() * sizeof *there);
	for (size_t i = 0; i < own->texts->n; i++)
		if (line_read(f->mem, &own->texts->at[i], &number, &unused, f))
			there[number] = true;
	for (size_t i = 0; page_lang_shipped(own->tag) < 0 && i < text_count(); i++) {
		if (there[i])
			continue;
		buf_put(&lacks, lacks.n > 0 ? S(" ") : S(""));
		buf_put(&lacks, str_of(text_key(i)));
	}
	return buf_str(&lacks);
}

/* --- the languages of a set -------------------------------------------------------------------- */

static bool
shipped_add(struct page_set *set, int lang)
{
	struct page_language *l = &set->langs[lang];

	*l = (struct page_language){ .tag = str_of(shipped[lang].tag), .ranges = str_of(shipped[lang].ranges),
		.name = text_at(lang, text_of_name()), .texts = arena_array(&set->mem, struct program, text_count()) };
	for (size_t i = 0; l->texts != NULL && i < text_count(); i++)
		if (!text_compile(&set->mem, text_at(lang, i), &l->texts[i]))
			return false;
	return l->texts != NULL;
}

/* The language that the operator's texts are for: one of the set, or another, which begins as the English one. */
static struct page_language *
language_for(struct page_set *set, struct str tag)
{
	struct page_language *l = &set->langs[set->n_langs];

	for (int i = 0; i < set->n_langs; i++)
		if (str_eq_nocase(set->langs[i].tag, tag))
			return &set->langs[i];
	if (set->n_langs == PAGE_LANG_MAX)
		return NULL;
	*l = (struct page_language){ .tag = arena_dup(&set->mem, tag),
		.texts = arena_array(&set->mem, struct program, text_count()) };
	l->ranges = l->name = l->tag;
	if (l->texts == NULL)
		return NULL;
	memcpy(l->texts, set->langs[LANG_EN].texts, text_count() * sizeof *l->texts);
	set->n_langs++;
	return l;
}

static bool
own_add(struct page_set *set, const struct page_own *own, struct findings *f)
{
	struct page_language *l = language_for(set, own->tag);

	for (size_t i = 0; l != NULL && i < own->texts->n; i++) {
		struct tree line = own->texts->at[i];
		struct program text;
		size_t number;

		line.text = arena_dup(&set->mem, line.text);
		if (!line_read(&set->mem, &line, &number, &text, f))
			continue;
		l->texts[number] = text;
		if (number == text_of_name())
			l->name = line.text;
		if (number == text_of_direction())
			l->rtl = str_is(line.text, "rtl");
	}
	return l != NULL && !set->mem.full;
}

bool
languages_make(struct page_set *set, const struct page_own *own, size_t n, struct arena *mem)
{
	struct findings told;                   /* whoever read the file has them by page_own_judge */

	findings_init(&told, mem);
	for (int i = 0; i < LANG_COUNT; i++)
		if (!shipped_add(set, i))
			return false;
	set->n_langs = LANG_COUNT;
	for (size_t i = 0; i < n; i++)
		if (!own_add(set, &own[i], &told))
			return false;
	return true;
}
