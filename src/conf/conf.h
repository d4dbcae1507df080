/*
 * conf/conf.h - the rules: one YAML file, environment variables over it, every setting a row of conf/settings.def. Read by
 * the daemon and the command line alike. Knows no other room than base: values come out as text, numbers and flags, and the
 * caller fills its own structures by the rows' names.
 *
 * Order: defaults < file < HUFU_SECTION__KEY < HUFU_SECTION__KEY_FILE. List sections (issuers, listeners) are named maps:
 * HUFU_ISSUERS__MODERN__URL. Unknown keys are errors. Every complaint is "file:line: sentence that says what to do".
 */
#ifndef HUFU_CONF_H
#define HUFU_CONF_H

#include "base/base.h"

enum setting_type { SET_TEXT, SET_INT, SET_SECONDS /* 10, "90s", "15m", "12h", "30d" */, SET_SIZE /* 64, "64k", "1m" */, SET_BOOL, SET_CHOICE /* one of `choices` */, SET_WORDS /* YAML list or blank-separated */, SET_PATH, SET_SECRET };
enum setting_section { SEC_TOP, SEC_LISTENER, SEC_ISSUER, SEC_COUNT };
struct setting {
	enum setting_section section;
	const char *name, *group;               /* group: "store", "http"... for SEC_TOP keys like http.header_max; "" for a key at the top */
	enum setting_type type;
	int64_t min, max;
	const char *fallback, *choices, *unit, *help;   /* fallback: default as text, "" none */
};
extern const struct setting settings[];         /* ends with name == NULL */

struct conf;
struct conf_value { const struct setting *row; struct str text; int64_t number; bool set; const struct str *words; size_t n_words; struct str where; };

/* Read path (absent: only defaults and environment). NULL with *why: all complaints, one a line. envp as in main. */
struct conf *conf_load(struct str path, char **envp, struct str *why, struct arena *mem);
void conf_free(struct conf *c);
/* Names of the listeners and issuers, in file order. */
size_t conf_names(const struct conf *c, enum setting_section s, const struct str **out);
/* Value of a setting; name "http.header_max", "url"; item: the listener or issuer, absent for SEC_TOP. Never NULL for a name
 * in settings.def (assert otherwise); value.set tells whether it was given or is the fallback. */
const struct conf_value *conf_get(const struct conf *c, enum setting_section s, struct str item, const char *name);
static inline struct str conf_text(const struct conf *c, enum setting_section s, struct str item, const char *name) { return conf_get(c, s, item, name)->text; }
static inline int64_t conf_int(const struct conf *c, enum setting_section s, struct str item, const char *name) { return conf_get(c, s, item, name)->number; }
/* The effective configuration as YAML, secrets as "***" (config show). */
struct str conf_show(const struct conf *c, struct arena *mem);
/* The reference manual of all rows, Markdown (docs/configuration.md is made by it). */
struct str conf_manual(struct arena *mem);
#endif
