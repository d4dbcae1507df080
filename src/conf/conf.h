/*
 * conf/conf.h - the rules: one YAML file, environment variables over it, every setting a row of
 * conf/settings.def. Read by the daemon and the command line alike. Knows no other room than base:
 * values come out as text, numbers and flags, and the caller fills its own structures by the rows'
 * names.
 *
 * Order: defaults < file < HUFU_SECTION__KEY < HUFU_SECTION__KEY_FILE (a file that holds the
 * value). List sections (issuers, listeners, sms_gateways, directories, user_tables, dialects,
 * trusted_issuers, realms, identity_providers) are named maps: HUFU_ISSUERS__MODERN__URL; names are [a-z0-9-], '-' is '_' in a variable. Unknown
 * keys and unknown HUFU_ variables are errors (but HUFU_CONFIG). Every complaint is "file:line:
 * sentence that says what to do".
 *
 * A setting of an issuer that is not given (value.set == false) means that of its realm (conf_rule), else "the dialect's own". The rows
 * that fill struct policy and struct style are in oauth/policy.def and wire/style.def, to be walked
 * by macros. SET_CHOICE: number is the index of the word in choices, -1 when there is none.
 * SET_PATH: a relative path of the file is relative to the file's directory. A fallback that begins
 * with "<data>" is below `data`. min, max of texts are lengths; a text row of a named map with min
 * > 0 must be given.
 *
 * A SET_MAP setting holds a tree (base/tree.h) of at most CONF_NODES_MAX nodes, four levels deep,
 * keys once each, in the file's order, every node with its line. A quoted scalar is text; an
 * unquoted one is null, a truth value, a JSON number, or text. The caller judges what the keys
 * mean. It stands in the file only: an environment variable for it is an error.
 */
#ifndef HUFU_CONF_H
#define HUFU_CONF_H

#include "base/base.h"
#include "base/findings.h"

enum setting_type {
	SET_TEXT,
	SET_INT,
	SET_SECONDS, /* 10, "90s", "15m", "12h", "30d" */
	SET_SIZE, /* 64, "64k", "1m" */
	SET_BOOL,
	SET_CHOICE, /* one of `choices` */
	SET_WORDS, /* YAML list or blank-separated */
	SET_PATH,
	SET_SECRET,
	SET_MAP /* keys of its own, to be read by the caller */
};
enum setting_section {
	SEC_TOP,
	SEC_LISTENER,
	SEC_ISSUER,
	SEC_SMS_GATEWAY,
	SEC_DIRECTORY,
	SEC_USER_TABLE,
	SEC_DIALECT,
	SEC_TRUSTED_ISSUER,
	SEC_PROVIDER,
	SEC_REALM, /* the rules of issuers, for those of the realm that do not say otherwise */
	SEC_COUNT
};
struct setting {
	enum setting_section section;
	const char *name,
	    *group; /* group: "store", "http"... for SEC_TOP keys like http.header_max; "" for a key at the top */
	enum setting_type type;
	int64_t min, max;
	/* read once, when the daemon starts; the others take effect at a reload too */
	bool at_start;
	const char *fallback, *choices, *unit, *help,
	    *help_zh; /* fallback: default as text, "" none; choices: "a|b|c" */
};
extern const struct setting settings[];         /* ends with name == NULL; name is whole: "http.header_max", "url" */
/* "", "listeners", "issuers", "sms_gateways", "directories", "user_tables", "dialects", "trusted_issuers",
 * "identity_providers", "realms" */
extern const char *const section_keys[SEC_COUNT];

#define DIRECTORY_NONE "none"                   /* of an issuer's `directory`: it asks no directory, whatever its realm has */

struct conf;
struct conf_value {
	const struct setting *row;
	struct str text;
	int64_t number;
	bool set;
	const struct str *words;
	size_t n_words;
	struct str where;
	const struct tree *map; /* SET_MAP; NULL when not given */
};

/*
 * Read path (absent: only defaults and environment); everything that is wrong is added to *f. What
 * comes back beside errors holds the defaults where they are, and is good for further judgement
 * only. NULL: too broken for that. envp as in main.
 */
struct conf *conf_read(struct str path, char **envp, struct findings *f, struct arena *mem);
/* The same, for use: NULL with *why, all errors, one a line. */
struct conf *conf_load(struct str path, char **envp, struct str *why, struct arena *mem);
/* The same from text at hand; name stands in complaints and gives the directory of relative paths. */
struct conf *conf_parse(struct str name, struct str text, char **envp, struct str *why, struct arena *mem);
void conf_free(struct conf *c);
/* Names of the listeners, issuers or directories, in file order. */
size_t conf_names(const struct conf *c, enum setting_section s, const struct str **out);
bool conf_has(const struct conf *c, enum setting_section s, struct str item);
/* Value of a setting; name "http.header_max", "url"; item: the listener or issuer, absent for SEC_TOP. Never NULL for a name
 * in settings.def (assert otherwise); value.set tells whether it was given or is the fallback. */
const struct conf_value *conf_get(const struct conf *c, enum setting_section s, struct str item, const char *name);
/* A row of oauth/policy.def for this issuer: its own, else its realm's (`realms`), else its own that is not set. */
const struct conf_value *conf_rule(const struct conf *c, struct str issuer, const char *name);
static inline struct str
conf_text(const struct conf *c, enum setting_section s, struct str item, const char *name)
{
	return conf_get(c, s, item, name)->text;
}
static inline int64_t
conf_int(const struct conf *c, enum setting_section s, struct str item, const char *name)
{
	return conf_get(c, s, item, name)->number;
}
/*
 * Names of what differs, blank-separated, in mem: settings that are read at the start, or those
 * that a reload takes, of an item that is new or gone its name alone ("issuers.demo").
 */
struct str conf_differs(const struct conf *was, const struct conf *is, bool at_start, struct arena *mem);
/*
 * Where a setting stands, for a finding about it: "file:line" or the environment variable; of one
 * that was not given, where its item begins (name NULL: that place), else the first line of the
 * file.
 */
struct str conf_where(const struct conf *c, enum setting_section s, struct str item, const char *name);
/* The same of a setting by its name in a text; of an unknown or absent one, the item's. */
struct str conf_where_named(const struct conf *c, enum setting_section s, struct str item, struct str name);
/* The place of the setting that the sentence begins with; of none, the item's. */
struct str conf_where_said(const struct conf *c, enum setting_section s, struct str item, struct str sentence);
/* The same of an issuer, where the setting may be a rule that its realm has given. */
struct str conf_rule_said(const struct conf *c, struct str issuer, struct str sentence);
/*
 * A file of texts: one YAML map KEY: TEXT, at most CONF_TEXTS_MAX, each text a line of UTF-8 without control characters, at
 * most CONF_TEXT_MAX bytes. A TREE_MAP in mem, each line with its place, the map with the file's name; NULL: errors in *f.
 */
#define CONF_TEXTS_MAX 1024
#define CONF_TEXT_MAX  2000
const struct tree *conf_texts_read(struct str path, struct findings *f, struct arena *mem);
/* The same from text at hand; name stands in findings. */
const struct tree *conf_texts_parse(struct str name, struct str text, struct findings *f, struct arena *mem);
/* The effective configuration as YAML, secrets as "***" (config show). */
struct str conf_show(const struct conf *c, struct arena *mem);
/* The reference manual of all rows, Markdown (docs/configuration.md is made by it). */
struct str conf_manual(struct arena *mem);
struct str conf_manual_zh(struct arena *mem);   /* the same in Simplified Chinese */
#endif
