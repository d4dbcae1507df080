/* page/text.c - translated texts and the names that templates may use, as lists. */
#include "page/page_int.h"

/* A key that a language has and en.def has not is no TX_key here: it does not compile. */
enum text_id {
#define TEXT(key, text) TX_##key,
#include "page/languages/en.def"
#undef TEXT
	TEXT_COUNT
};

static const char *const keys[TEXT_COUNT] = {
#define TEXT(key, text) #key,
#include "page/languages/en.def"
#undef TEXT
};

#define TEXT(key, text) [TX_##key] = text,
static const char *const texts[LANG_COUNT][TEXT_COUNT] = {
	[LANG_EN] = {
#include "page/languages/en.def"
	},
	[LANG_ZH] = {
#include "page/languages/zh-CN.def"
	},
	[LANG_TW] = {
#include "page/languages/zh-TW.def"
	},
};
#undef TEXT

static const char *const names[] = {
#define NAME(name) #name,
#include "page/names.def"
#undef NAME
};

size_t
text_count(void)
{
	return TEXT_COUNT;
}

bool
text_find(struct str key, size_t *out)
{
	for (size_t i = 0; i < TEXT_COUNT; i++)
		if (str_is(key, keys[i]))
			return *out = i, true;
	return false;
}

const char *
text_key(size_t i)
{
	return keys[i];
}

struct str
text_at(int lang, size_t i)
{
	return str_of(texts[lang][i]);
}

bool
name_is_known(struct str name)
{
	for (size_t i = 0; i < COUNT(names); i++)
		if (str_is(name, names[i]))
			return true;
	return false;
}

size_t
text_of_name(void)
{
	return TX_language_name;
}

size_t
text_of_direction(void)
{
	return TX_direction;
}

struct str
page_text(int lang, const char *key)
{
	size_t i;

	return text_find(str_of(key), &i) ? text_at(lang, i) : str_of(key);
}

struct str
page_lang_yaml(struct arena *mem, int lang)
{
	struct buf b;

	buf_init(&b, mem, 256 * 1024);
	for (size_t i = 0; i < TEXT_COUNT; i++) {
		buf_put(&b, str_of(keys[i]));
		buf_put(&b, S(": \""));
		for (const char *at = texts[lang][i]; *at != '\0'; at++) {
			if (*at == '"' || *at == '\\')
				buf_putc(&b, '\\');
			buf_putc(&b, *at);
		}
		buf_put(&b, S("\"\n"));
	}
	return buf_str(&b);
}
