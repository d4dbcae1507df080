/* page/text.c - translated texts and the names that templates may use, as lists. */
#include "page/page_int.h"

static const struct { const char *key, *in[LANG_COUNT]; } texts[] = {
#define TEXT(key, en, zh) { #key, { en, zh } },
#include "page/texts.def"
#undef TEXT
};

static const char *const names[] = {
#define NAME(name) #name,
#include "page/names.def"
#undef NAME
};

size_t
text_count(void)
{
	return COUNT(texts);
}

bool
text_find(struct str key, size_t *out)
{
	for (size_t i = 0; i < COUNT(texts); i++)
		if (str_is(key, texts[i].key))
			return *out = i, true;
	return false;
}

struct str
text_at(enum page_lang lang, size_t i)
{
	return str_of(texts[i].in[lang]);
}

bool
name_is_known(struct str name)
{
	for (size_t i = 0; i < COUNT(names); i++)
		if (str_is(name, names[i]))
			return true;
	return false;
}

struct str
page_text(enum page_lang lang, const char *key)
{
	size_t i;

	return text_find(str_of(key), &i) ? text_at(lang, i) : str_of(key);
}
