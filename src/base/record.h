/*
 * base/record.h - what was done, by whom and to whom: one JSON line each in the log, with a name
 * that stays (events.def). {"ts":"...","level":"record","event":"client.create",...}; log.level
 * does not silence them. Never a secret: I-LOG. What is done for a request that came with a trace says so (log_trace).
 *
 *	struct record r;
 *	record_begin(&r, EV_key_state);
 *	record_text(&r, "issuer", issuer);
 *	record_end(&r);
 */
#ifndef HUFU_BASE_RECORD_H
#define HUFU_BASE_RECORD_H
#include "base/buf.h"

enum event {
#define EVENT(word, name, help, zh) EV_##word,
#include "base/events.def"
#undef EVENT
	EV_COUNT
};
struct str event_name(enum event e);
enum event event_named(struct str name);        /* EV_COUNT: there is none */

/* What an operator asked for; others happen by themselves. */
static inline bool event_is_order(enum event e) { return e <= EV_order_other; }

#define RECORD_TEXT_MAX 256                     /* bytes of one value; what is longer ends in "…" */
#define RECORD_LIST_MAX (64 * 1024)             /* bytes of one list of names */

struct record { enum event what; struct arena mem; struct buf line; };
void record_begin(struct record *r, enum event e);
/* name: ours, no escapes. An absent value is left out. */
void record_text(struct record *r, const char *name, struct str value);
void record_int(struct record *r, const char *name, int64_t value);
void record_true(struct record *r, const char *name);
/* A list of texts: open, any number, close. Beyond RECORD_LIST_MAX they are counted only: "name_more":N. */
struct record_list { size_t begun; int64_t more; const char *name; };
void record_list_open(struct record *r, struct record_list *l, const char *name);
void record_list_add(struct record *r, struct record_list *l, struct str value);
void record_list_close(struct record *r, struct record_list *l);
/* Writes the line and frees what it took. False: whoever keeps records elsewhere could not. */
bool record_end(struct record *r);

/*
 * Where lines go instead of the log, of a process that has none that lasts: keep(ctx, what, line)
 * is called on the thread of the event, and such lines say "offline":true. NULL: to the log again.
 * Set it while no other thread runs.
 */
typedef bool record_keep(void *ctx, enum event what, struct str line);
void record_to(record_keep *keep, void *ctx);

/*
 * Who gets the lines that go to the log too: put(ctx, lines), a line feed between two, on the thread of the event.
 * NULL: nobody. Set it while no other thread runs.
 */
typedef void record_also(void *ctx, struct str lines);
void record_beside(record_also *put, void *ctx);
/* Lines that are ready: to the log, and to whoever gets them beside it. */
void record_lines(struct str lines);
/* As record_end, but to the log alone: what is about whoever gets the lines beside it. */
void record_end_logged(struct record *r);
#endif
