/* shadow/shadow_int.h - what the files of shadow/ share. */
#ifndef HUFU_SHADOW_INT_H
#define HUFU_SHADOW_INT_H

#include "outbound/outbound.h"
#include "shadow/shadow.h"

/* --- fields.c ------------------------------------------------------------------------------------------------------ */

bool fields_add(struct arena *mem, struct shadow_fields *f, struct str name, struct str value); /* false: no memory */
struct str fields_get(const struct shadow_fields *f, const char *name);         /* the first of that name; absent */
bool field_is_asked(struct str name);           /* kept of a request, and sent to the new server */
bool field_is_answered(struct str name);        /* kept of an answer */

/* --- kind.c: which values are secret, and what stands in their place ----------------------------------------------- */

/* ECHO: comes back as it was sent. ID: differs from one answer to the next. CSRF: of a form. KEY: a private key. */
enum shadow_kind { KIND_PLAIN, KIND_PUBLIC, KIND_PASSWORD, KIND_CLIENT_SECRET, KIND_TOKEN, KIND_CODE, KIND_COOKIE,
	KIND_VERIFIER, KIND_CHALLENGE, KIND_ECHO, KIND_CSRF, KIND_ID, KIND_KEY };
enum shadow_kind kind_of_name(struct str name);
enum shadow_kind kind_of(struct str name, struct str value);    /* PLAIN, PUBLIC: may be written */
bool kind_is_secret(enum shadow_kind k);
/* Long, and of letters of both cases or hex digits, with digits among them; a UUID; a JWT. */
bool looks_drawn(struct str word);
bool looks_jwt(struct str word);
/* "jwt", "uuid" or "opaque"; of a placeholder, of what it stands for. */
struct str shape_of(struct str value);
#define PLACEHOLDER_MARK "shadow."
/* "shadow.jwt.0123456789abcdef"; absent stays absent */
struct str placeholder(struct arena *mem, const uint8_t key[32], enum shadow_kind kind, struct str value);
bool is_placeholder(struct str value);
/*
 * Each word of a text that looks drawn by lot, and each that follows a secret name behind '=', ':' or '>', becomes
 * what swap gives; everything else stays.
 */
struct secret { enum shadow_kind kind; struct str name, value, who; };
typedef struct str secret_swap(void *ctx, struct arena *mem, const struct secret *s);
struct str text_swap(struct arena *mem, struct str text, secret_swap *swap, void *ctx);
/* The same of all members of a JSON value, by their names and what they look like; changed in place. False: no memory. */
bool json_swap(struct arena *mem, json_t *v, secret_swap *swap, void *ctx);

/* --- ask.c: secrets of a request ----------------------------------------------------------------------------------- */

/*
 * The request with each secret replaced by what swap gives; whose it is: the client or the user that stands in the same
 * request. False: the body is of no kind whose secrets are found, and out has none.
 */
bool ask_swap(struct arena *mem, const struct shadow_ask *ask, secret_swap *swap, void *ctx, struct shadow_ask *out);
/* A parameter of query or body, decoded; absent. */
struct str ask_param(struct arena *mem, const struct shadow_ask *ask, const char *name);
struct str ask_path(const struct shadow_ask *ask);
/* "POST /oauth/token password" */
struct str ask_endpoint(struct arena *mem, const struct shadow_ask *ask);
enum body_kind { BODY_NONE, BODY_FORM, BODY_JSON, BODY_OTHER };
enum body_kind ask_body_kind(const struct shadow_ask *ask);
/* value of a pair of a query, a form or a fragment, decoded; absent */
struct str pair_of(struct arena *mem, struct str pairs, struct str name);
/* The next pair, decoded; false: no more. */
bool pair_next(struct arena *mem, struct str *rest, struct str *name, struct str *value);
/* A query or form anew, each value as swap says. */
struct str pairs_swap(struct arena *mem, struct str pairs, struct str whose[2], secret_swap *swap, void *ctx);

/* --- page.c, answer.c: what counts of an answer -------------------------------------------------------------------- */

#define PAGE_FORMS_MAX  32
#define PAGE_FIELDS_MAX 128
/* The forms of a page of HTML; *hidden as in shadow_answer. NULL: no memory. */
json_t *page_read(struct arena *mem, struct str html, json_t **hidden);
/* fields, status and given are there; the body becomes json, page or text. False: no memory. */
bool answer_body(struct arena *mem, struct shadow_answer *a, struct str body);
/* Fields and body anew, each secret as swap says; what tokens say goes into *jwts. False: no memory. */
bool answer_swap(struct arena *mem, const struct shadow_answer *a, secret_swap *swap, void *ctx,
    struct shadow_answer *out, json_t *jwts);
/* {"header": ..., "claims": ...} of a JWT, or what a recording keeps of it. NULL: it is none. */
const json_t *answer_jwt(struct arena *mem, const struct shadow_answer *a, struct str token);
/* The error that it tells, wherever it stands; absent */
struct str answer_error(struct arena *mem, const struct shadow_answer *a);
/* Something was given for what was asked: 2xx without an error, or a redirect without one. */
bool answer_is_success(struct arena *mem, const struct shadow_answer *a);
/* A Location in parts. False: there is none. */
struct location { struct str base, query, fragment; };
bool answer_location(const struct shadow_answer *a, struct location *out);

/* --- read_*.c ------------------------------------------------------------------------------------------------------ */

/* A method of letters, a target that is a path, no control character in a field. */
bool ask_is_sound(const struct shadow_ask *ask);
bool record_read(struct arena *mem, const json_t *line, struct shadow_exchange *x);
bool log_read(struct arena *mem, const json_t *line, struct shadow_exchange *x);
bool har_entry_read(struct arena *mem, const json_t *entry, struct shadow_exchange *x);

/* --- compare.c ----------------------------------------------------------------------------------------------------- */

/* What the URLs of a side begin with, the longest first, which all count as the same; origin: of a path alone. */
#define BASES_MAX 6
struct bases { struct str at[BASES_MAX], origin; size_t n; };
struct compared {
	struct shadow_report *report;
	const struct shadow_exchange *x;
	struct arena *mem;
	struct str endpoint;
	struct bases old, new;
	bool differs, minor;
};
/* Every difference goes into the report. */
void answers_compare(struct compared *c, const struct shadow_answer *old, const struct shadow_answer *new);
void json_compare(struct compared *c, const struct shadow_answer *old, const struct shadow_answer *new);
void page_compare(struct compared *c, const json_t *old, const json_t *new);
/* Without bases and what differs each time, for a comparison and for an example (D2). */
struct str plain_text(struct compared *c, const struct bases *b, struct str text);
/* name: of the member or parameter, whose value may be secret */
void differ(struct compared *c, enum shadow_cause cause, struct str what, struct str old, struct str new);
bool durations_are_near(int64_t old, int64_t new);
enum shadow_cause cause_of_name(struct str name);       /* ERROR_CODE, DESCRIPTION or VALUE */
void report_add(struct shadow_report *r, const struct shadow_group *g);

/* --- chain.c: what the new server gave instead (D3) ---------------------------------------------------------------- */

#define CHAIN_MAX 200000        /* values that are remembered; the oldest goes */
struct chain { json_t *values, *sessions; };
bool chain_begin(struct chain *c);              /* false: no memory; chain_end is fine then, too */
void chain_end(struct chain *c);
/* What stands for the old value; absent: unknown. Empty: the new server gave nothing for it. */
struct str chain_find(const struct chain *c, struct arena *mem, struct str old);
/* Pairs what both answers gave at the same place. */
void chain_learn(struct chain *c, struct arena *mem, const struct shadow_answer *old, const struct shadow_answer *new);
/* The session that a Cookie field belongs to; NULL: none that we saw begin. */
json_t *jar_find(const struct chain *c, struct arena *mem, struct str cookie);
/* s, or a new one where cookies come and s is NULL, learns cookies and forms of both answers. */
void jar_learn(struct chain *c, struct arena *mem, json_t *s, const struct shadow_answer *old,
    const struct shadow_answer *new);
/* A request of the session went to the old server alone: from now on the two are not in the same state. */
void jar_break(struct chain *c, struct arena *mem, json_t *s, const struct shadow_answer *old);
struct str jar_cookie(struct arena *mem, const json_t *s);         /* the Cookie field; absent: none */
/* A form's body with the hidden fields of the page that was shown last and leads to this path. */
struct str jar_form(struct arena *mem, const json_t *s, struct str path, struct str body);

/* --- send.c -------------------------------------------------------------------------------------------------------- */

/* "https://host" of a base; its path without a slash at the end. */
struct str url_origin(struct arena *mem, struct str base);
struct str url_prefix(struct str base);
/* The target of the old base as it is below the new one. */
struct str url_below(struct arena *mem, struct str new, struct str old, struct str target);
/* False: nobody answered. */
bool ask_send(struct arena *mem, struct str url, const struct shadow_ask *ask, struct shadow_answer *out);
#endif
