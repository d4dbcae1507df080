/*
 * shadow/shadow.h - requests of an old server, sent to a new one as well, and what differs in the answers. For the
 * command line.
 *
 * D1: no password, secret, token, code, cookie or assertion is written anywhere: what goes into a recording has a
 *     placeholder in its place, which follows from the value under a key that is drawn for each recording and kept
 *     nowhere. What is kept of fields are those that are named here, of a page its forms.
 * D2: an example of a difference shows names, words and shapes, never such a value.
 * D3: what the old server gave (a token, a code, a cookie) is replaced in later requests by what the new one gave for
 *     the same exchange; the pairs live in memory only.
 *
 * All spans of an exchange live in the arena that it was read into.
 */
#ifndef HUFU_SHADOW_H
#define HUFU_SHADOW_H

#include "base/base.h"

struct shadow_field { struct str name, value; };
struct shadow_fields { struct shadow_field *at; size_t n, room; };

struct shadow_ask {
	struct str method, target;              /* target: path and query, as sent */
	struct str host;                        /* the field; may be absent */
	struct shadow_fields fields;            /* those that are kept: fields.c */
	struct str body;                        /* absent: none */
};

/*
 * What counts of an answer. json, page, text: at most one is there. page: {"title", "error", "forms": [{"method",
 * "action", "fields": [name]}]}. jwts: of a recording, what the tokens said that have a placeholder.
 */
struct shadow_answer {
	bool given;                             /* there is one */
	bool partial;                           /* of a log: fields that are absent, and the body, are not known */
	int status;
	struct shadow_fields fields;
	json_t *json, *page;
	struct str text;
	const json_t *jwts;
	json_t *hidden;                         /* of a page just received: [{"action", "name", "value"}]; never written */
};

struct shadow_exchange {
	int64_t number;                         /* its place in the file, from 1; of the live ones too */
	struct str at;                          /* when, as the source says it; may be absent */
	struct shadow_ask ask;
	struct shadow_answer answer;
};

/* --- read.c: files of exchanges ------------------------------------------------------------------------------------ */

#define SHADOW_LINE_MAX (2u * 1024 * 1024)      /* bytes of one line of a log or a recording */
#define SHADOW_HAR_MAX  (256u * 1024 * 1024)    /* bytes of a HAR file */
/*
 * bad: lines or entries that are no exchange, left out; first_bad: the first one's number. old: where a recording was
 * made; absent.
 */
struct shadow_source { enum { SHADOW_RECORDING, SHADOW_LOG, SHADOW_HAR } form; int64_t bad, first_bad; struct str old; };
/* False ends the reading. */
typedef bool shadow_each(void *ctx, struct arena *mem, struct shadow_exchange *x);
/*
 * The exchanges of a text in order: a recording, a log of nginx in our log_format, or a HAR file (1.2), told by what it
 * looks like. Each in an arena that is emptied afterwards. False: it is none of these (or longer than may be); nothing
 * was given to each.
 */
bool shadow_read(struct arena *mem, struct str text, shadow_each *each, void *ctx, struct shadow_source *out);

/* --- write.c: a recording ------------------------------------------------------------------------------------------ */

struct shadow_recorder { uint8_t key[32]; int64_t written, left_out; };
void shadow_recorder_begin(struct shadow_recorder *r);
struct str shadow_heading(struct arena *mem, struct str old);           /* the first line */
/*
 * An exchange as one line without line feed (D1). Absent: its body is of a kind whose secrets nobody finds
 * (multipart, binary), and it is counted.
 */
struct str shadow_line(struct shadow_recorder *r, struct arena *mem, const struct shadow_exchange *x);

/* --- report.c: what was found -------------------------------------------------------------------------------------- */

/* causes.def. minor: told, and no reason to say that the servers differ. */
enum shadow_cause {
#define CAUSE(id, word, minor, en, zh) SHADOW_##id,
#include "shadow/causes.def"
#undef CAUSE
	SHADOW_CAUSES
};
extern const struct shadow_cause_row { const char *word; bool minor; const char *said[2]; } shadow_causes[SHADOW_CAUSES];
/* skips.def: why an exchange was not compared */
enum shadow_skip {
#define SKIP(id, word, en, zh) SHADOW_SKIP_##id,
#include "shadow/skips.def"
#undef SKIP
	SHADOW_SKIPS
};
extern const struct shadow_skip_row { const char *word, *said[2]; } shadow_skips[SHADOW_SKIPS];

/* endpoint: "POST /oauth/token password". what: a member, a field. The example is of the first one. */
struct shadow_group {
	enum shadow_cause cause;
	struct str endpoint, what, old, new, at;
	int64_t count, number;
};
#define SHADOW_GROUPS_MAX 1000
struct shadow_report {
	struct arena *mem;
	struct shadow_group *groups;
	size_t n_groups;
	int64_t exchanges, compared, same, minor, different;
	int64_t skipped[SHADOW_SKIPS];
	int64_t more;                           /* differences beyond SHADOW_GROUPS_MAX groups */
};
void shadow_report_begin(struct shadow_report *r, struct arena *mem);
/* The report as one JSON object, in mem; groups with most first. NULL: no memory. */
json_t *shadow_report_json(struct shadow_report *r, struct arena *mem, struct str old, struct str new);

/* --- run.c: one exchange after the other ----------------------------------------------------------------------------*/

struct shadow_run;
struct shadow_how {
	struct str old, new;                    /* base URLs; old may be absent */
	bool ask_old;                           /* both are asked, else the answers of the source count */
	bool twice;                             /* of copies: nothing that a second asking would spend or change */
	bool imported;                          /* the new server knows the old one's tokens: sent as they are */
	const json_t *secrets;                  /* {"clients": {id: secret}, "users": {name: password}}; NULL: none */
};
/* NULL: no memory. */
struct shadow_run *shadow_begin(const struct shadow_how *how, struct shadow_report *report);
/* Of a recording, before the first shadow_exchange: which placeholders stand for secrets that were accepted. */
void shadow_learn(struct shadow_run *r, struct arena *mem, const struct shadow_exchange *x);
/*
 * Ask the new server (and the old one, when it is to be asked), compare, count. x->answer becomes the old server's when
 * that was asked.
 */
void shadow_exchange(struct shadow_run *r, struct arena *mem, struct shadow_exchange *x);
void shadow_end(struct shadow_run *r);          /* NULL is fine */

/* --- mirror.c: a pass-through -------------------------------------------------------------------------------------- */

/*
 * Listens at address. Each request goes to the old server as it came, its answer goes back as it came, and then the
 * exchange is handed to each, one after the other on a thread of its own; a queue that is full leaves exchanges out
 * rather than make clients wait. copies: nobody waits for the answers, which are 204, and the old server is not asked.
 */
struct shadow_mirror;
struct shadow_mirror_how { struct str address, old; bool copies; shadow_each *each; void *ctx; };
#define SHADOW_QUEUE_MAX 4096                   /* exchanges that wait */
/* NULL with *why. */
struct shadow_mirror *shadow_mirror_begin(struct arena *mem, const struct shadow_mirror_how *how, struct str *why);
/* No more requests; what waits is handed on first. How many were left out. */
int64_t shadow_mirror_end(struct shadow_mirror *m);
#endif
