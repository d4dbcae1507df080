/*
 * base/sentence.h - what the operator reads, in English or Chinese. The sources say it in English;
 * sentences.def has the Chinese of each sentence, found by the English format, so that both are
 * printed with the same arguments. What only programs read (names of events and settings, JSON
 * keys, metrics, answers to clients) is never said through here.
 */
#ifndef HUFU_BASE_SENTENCE_H
#define HUFU_BASE_SENTENCE_H
#include "base/arena.h"

enum language { LANGUAGE_ENGLISH, LANGUAGE_CHINESE };

/* POSIX: LC_ALL, then LC_MESSAGES, then LANG; the first one that is set counts. */
enum language language_of_environment(void);
/* "en", "zh", "zh-CN" and the like, as an option or an order has it; false: another one. */
bool language_read(struct str tag, enum language *out);
/* The language of this process; English before. Thread-safe. */
void language_set(enum language l);
/* Until language_as_set, this thread speaks l, for the one who asks it: an order of an operator names its own. */
void language_here(enum language l);
void language_as_set(void);
enum language language_now(void);

/*
 * The sentence in the language of this thread; as it came in English, or when sentences.def has no
 * row. A borrowed constant.
 */
const char *say(const char *english) __attribute__((format_arg(1)));
#define SAY(lit) str_of(say("" lit))
/* The same in the language of somebody else: of a page. */
const char *sentence_in(enum language l, const char *english) __attribute__((format_arg(2)));
/* arena_printf of the sentence. */
struct str arena_say(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What the system says of an error number. */
const char *say_errno(int error);
#endif
