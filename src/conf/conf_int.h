/*
 * conf/conf_int.h - what the files of this room share: the table's look-up, the values being
 * filled, and the list of complaints.
 */
#ifndef HUFU_CONF_INT_H
#define HUFU_CONF_INT_H

#include "conf/conf.h"

#define CONF_SIZE_MAX    (1024 * 1024)          /* bytes of YAML */
#define CONF_ITEMS_MAX   256                    /* of one named map */
#define CONF_WORDS_MAX   256                    /* words of one setting */
#define CONF_NODES_MAX   600                    /* of one SET_MAP setting: scalars, lists and maps */
#define CONF_KIDS_MAX    128                    /* of one map or list in it */
#define CONF_DEPTH_MAX   4

struct conf_item { struct str name, where; struct conf_value *values; };       /* values by row number of settings[] */
struct conf_items { struct str *names; struct conf_item *at; size_t n; };
struct conf {
	struct arena mem;
	struct str start; /* of the file */
	struct conf_items list[SEC_COUNT];
}; /* list[SEC_TOP] has one item */

/* A load under way. mem and findings are the caller's; everything that stays goes into conf->mem. */
struct loader {
	struct conf *conf;
	struct arena *mem;
	struct str file, dir;                   /* name for complaints; directory of relative paths */
	struct findings *findings;
	bool broken;                            /* not to its end: nothing can be said about what is missing */
};
#define conf_complain(l, where, ...) findings_add((l)->findings, FINDING_ERROR, where, __VA_ARGS__)

/* settings.c */
extern const size_t settings_count;
const struct setting *setting_find(enum setting_section s, struct str name);    /* NULL when unknown */
enum setting_section setting_section_of(struct str key);        /* SEC_TOP when no named map has this key */
bool setting_group_exists(struct str group);
/* The key of a row inside its group: "header_max" of "http.header_max". */
struct str setting_key(const struct setting *row);
/*
 * The nearest name among keys of a section (of a group for SEC_TOP), groups and sections when group
 * is absent; absent when none is near.
 */
struct str setting_nearest(enum setting_section s, struct str group, struct str wrong);

/* item.c */
struct conf_item *item_find(const struct conf *c, enum setting_section s, struct str name);
struct conf_item *item_add(struct loader *l, enum setting_section s, struct str name, struct str where);
bool item_name_is_good(struct str name);

/* value.c: what was written for a setting: one text, a list of words, or a tree (in conf->mem). */
struct given { struct str text; const struct str *words; size_t n_words; bool is_list; const struct tree *map; };
/* Read it into item's value of that row; a complaint when it does not fit. dir: of relative paths, absent for none. */
void value_read(struct loader *l, const struct conf_item *item, const struct setting *row,
    const struct given *g, struct str where, struct str dir);
/* It was given, and badly: what is missing is not missing. */
void value_spoil(struct loader *l, const struct conf_item *item, const struct setting *row, struct str where);
/* The row's default; nothing is complained about: the table is ours. */
void value_default(struct loader *l, const struct conf_item *item, const struct setting *row);
/* "http.header_max" or "issuers.demo.url", in mem. */
struct str value_name(struct arena *mem, const struct conf_item *item, const struct setting *row);
bool duration_read(struct str text, int64_t *seconds);
bool size_read(struct str text, int64_t *bytes);
bool text_is_one_line(struct str s);                    /* UTF-8 without control characters */

void yaml_load(struct loader *l, struct str text);      /* yaml.c */
void env_load(struct loader *l, char **envp);           /* env.c */
/* check.c: required settings, names that must exist, addresses */
void conf_check(struct loader *l);
/* file.c: a whole file of at most max bytes; false with the system's message in *why. */
bool file_read(struct arena *mem, struct str path, size_t max, struct str *out, struct str *why);
#endif
