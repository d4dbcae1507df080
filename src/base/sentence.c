/* base/sentence.c - the sentence in the operator's language, found by the English one. */
#include "base/base.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static const struct sentence { const char *english, *chinese; } sentences[] = {
#define SENTENCE(english, chinese) { english, chinese },
#include "base/sentences.def"
#undef SENTENCE
};

static _Atomic int process_language = LANGUAGE_ENGLISH;
static _Thread_local int thread_language = -1;          /* -1: that of the process */

enum language
language_of_environment(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t i = 0; i < COUNT(names); i++) {
		const char *value = getenv(names[i]);

		if (value != NULL && value[0] != '\0')
			return str_starts_nocase(str_of(value), S("zh")) ? LANGUAGE_CHINESE : LANGUAGE_ENGLISH;
	}
	return LANGUAGE_ENGLISH;
}

bool
language_read(struct str tag, enum language *out)
{
	bool zh = str_starts_nocase(tag, S("zh"));

	if (!zh && !str_starts_nocase(tag, S("en")))
		return false;
	*out = zh ? LANGUAGE_CHINESE : LANGUAGE_ENGLISH;
	return true;
}

void
language_set(enum language l)
{
	atomic_store(&process_language, (int)l);
}

void
language_here(enum language l)
{
	thread_language = (int)l;
}

void
language_as_set(void)
{
	thread_language = -1;
}

enum language
language_now(void)
{
	int l = thread_language;

	return (enum language)(l >= 0 ? l : atomic_load_explicit(&process_language, memory_order_relaxed));
}

/* A table of some hundred rows, walked only in Chinese and only for what a person will read. */
const char *
sentence_in(enum language l, const char *english)
{
	if (english == NULL || l == LANGUAGE_ENGLISH)
		return english;
	for (size_t i = 0; i < COUNT(sentences); i++)
		if (strcmp(sentences[i].english, english) == 0)
			return sentences[i].chinese;
	return english;
}

const char *
say(const char *english)
{
	return sentence_in(language_now(), english);
}

const char *
say_errno(int error)
{
	return say(strerror(error));
}
