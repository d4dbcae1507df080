/*
 * page/page_int.h - inside the paper room: what the compiler hands to the renderer.
 */
#ifndef HUFU_PAGE_INT_H
#define HUFU_PAGE_INT_H

#include "page/page.h"

#define TEMPLATE_SIZE_MAX  (64 * 1024)  /* one file */
#define TEMPLATE_OPS_MAX   4096         /* one page with all that it includes */
#define TEMPLATE_DEPTH_MAX 12           /* sections within sections */
#define TEMPLATE_FILES_MAX 4            /* files within files */
#define TEMPLATE_TAG_MAX   64           /* bytes between the braces */
#define PAGE_SIZE_MAX      (256 * 1024)
#define PAGE_STEPS_MAX     200000       /* operations of one rendering: lists within lists end here */

/* --- built in: assets.c, text.c --------------------------------------------------------------- */

/* Pages come first, in the order of enum page_kind. */
enum template_id {
#define PAGE(id, name, file) T_##id,
#define PART(id, name, file) T_##id,
#include "page/templates.def"
	T_COUNT
};
extern const char *const template_names[T_COUNT];       /* "login", without ".html" */
struct str template_builtin(enum template_id id);
bool template_named(struct str name, enum template_id *out);

size_t text_count(void);
size_t text_of_name(void);                              /* what a language calls itself */
size_t text_of_direction(void);                         /* "ltr" or "rtl": how it is written */
bool text_find(struct str key, size_t *out);
const char *text_key(size_t i);
/* Plain text that may mention values: "to {{client_name}}"; absent where a language lacks it, which a test forbids. */
struct str text_at(int lang, size_t i);
bool name_is_known(struct str name);                    /* names.def */

/* --- where in the HTML the compiler stands: html.c -------------------------------------------- */

enum html_state {
	HTML_TEXT,
	HTML_LT,
	HTML_BANG,
	HTML_DECLARATION,
	HTML_COMMENT,
	HTML_TAG_NAME,
	HTML_TAG,
	HTML_ATTR_NAME,
	HTML_ATTR_EQ,
	HTML_QUOTED,
	HTML_BARE,
	HTML_RAW,
	HTML_RAW_LT,
	HTML_RAW_END
};
#define HTML_NAME_MAX 16
struct html_at {
	enum html_state state;
	char quote;                     /* HTML_QUOTED: the one that ends it */
	uint8_t dashes;                 /* HTML_BANG, HTML_COMMENT */
	/* HTML_QUOTED: something stands between the quote and here, whatever the values are */
	bool value_begun;
	uint8_t n_tag, n_attr;
	char tag[HTML_NAME_MAX], attr[HTML_NAME_MAX];   /* lower case, cut */
};
void html_scan(struct html_at *at, struct str text);
enum html_fit { FIT_NOT, FIT_TEXT, FIT_URL };
/* May an escaped value stand here, and must it be a harmless URL? FIT_NOT comes with the reason. */
enum html_fit html_fit(const struct html_at *at, const char **why);
bool html_same(const struct html_at *a, const struct html_at *b);

/* --- programs: compile.c, render.c ------------------------------------------------------------ */

enum op_kind {
	OP_LITERAL,
	OP_VALUE,
	OP_URL,
	OP_TEXT,
	OP_TEXT_BY,
	OP_IF,
	OP_ONCE,
	OP_IF_TEXT,
	OP_UNLESS,
	OP_UNLESS_TEXT
};
struct op {
	enum op_kind kind;
	uint32_t to;                    /* IF, ONCE, UNLESS: the operation after the section; TEXT: its number */
	struct str text;                /* LITERAL: bytes as they go out; else the name of a value */
	/* TEXT_BY, *_TEXT: the key's beginning; LITERAL of a translated text: the same not escaped */
	struct str before;
};
struct program { const struct op *at; uint32_t n; };

/*
 * What a set has of a language: ranges as in languages.def; texts: a program for each, by its number. rtl: it is written
 * from right to left, and what a text mentions is set apart (Unicode's isolates), so that a name of the other direction
 * puts nothing around it out of order.
 */
struct page_language { struct str tag, ranges, name; struct program *texts; bool rtl; };
#define PAGE_LANG_MAX (LANG_COUNT + PAGE_OWN_MAX)

struct page_set {
	struct arena mem;
	struct str source[T_COUNT];
	struct str shown[T_COUNT];      /* the file's name in messages */
	struct program pages[PAGE_KIND_COUNT];
	struct program mails[2];        /* HTML, plain text */
	struct page_language langs[PAGE_LANG_MAX];
	int n_langs;
};

/* All allocate in set->mem; *why, in why_mem, is set when false. */
bool page_compile(struct page_set *set, enum page_kind kind, struct arena *why_mem, struct str *why);
bool mails_compile(struct page_set *set, struct arena *why_mem, struct str *why);
/*
 * A program's output in mem, at most PAGE_SIZE_MAX; plain: as text, nothing escaped. inner's values come before
 * outer's. Absent when mem is exhausted.
 */
struct str page_run(const struct page_set *p, struct arena *mem, const struct program *program, int lang,
    bool plain, const struct page_vars *outer, const struct page_vars *inner);
/* language.c: those of languages.def, then the operator's; what is in mem may go afterwards. False: memory is out. */
bool languages_make(struct page_set *set, const struct page_own *own, size_t n, struct arena *mem);
/* text (built-in, a single line of plain text with {{name}} in it) as a program; literal parts escaped. */
bool text_compile(struct arena *mem, struct str text, struct program *out);
/* assets.c: the script of check_session.c */
struct str page_check_session_script(void);
#endif
