/*
 * outbound/outbox.h - what is told to other servers behind an answer: text messages, notices of a
 * logout. Who hands one over goes on at once; a few threads send. What was acknowledged is written
 * down first: the row of an errand is committed together with what it belongs to, so that a stop, a
 * crash and a power cut lose none (S3).
 *
 * L11: an errand is dropped only when it was sent, refused for good, or is past its time; the last
 *      two are a count and a line in the log.
 * L12: a text message is handed over at most once: its row is marked before, and one that is still
 *      marked after a crash is not sent again, for nobody knows whether it was. A notice is told at
 *      least once.
 * L13: nothing is sent past its time: a code that is dead, a logout of yesterday.
 *      Of several nodes over one store each errand has one that holds it, by a row that is taken in one statement,
 *      for OUTBOX_HOLD_S at a time and as long as a try may take. Nobody sends what another holds; what a node held
 *      that was killed is taken up by others when its time is over, what one held that was stopped at once.
 * L14: a neighbour that is silent, slow or down keeps only its own errands waiting: each has a
 *      queue, at most half of the threads, and a rest that grows while it fails.
 */
#ifndef HUFU_OUTBOX_H
#define HUFU_OUTBOX_H

#include "base/base.h"
#include "outbound/outbound.h"
#include "store/store.h"

/* What an issuer says about sending; asked for anew at each try, since the configuration may have been replaced. */
struct sms_gateway;
struct issuer;                          /* oauth/issuer.h: of kinds that are of that room */
struct mail_server;
struct mail_words;
struct mail_text;
/* How an issuer's mail looks: outbound/mail.h. */
struct mail_look {
	const struct mail_server *server;       /* NULL: it sends none */
	struct str sender;                      /* the name beside the address */
	/* False: memory is exhausted. */
	bool (*render)(const void *ctx, struct arena *mem, const struct mail_words *w, struct mail_text *out);
	const void *ctx;
};
struct outbox_issuer {
	const struct sms_gateway *gateway;
	struct mail_look mail;
	bool notices_private, notices_http;
	const struct issuer *issuer;
};
/*
 * hold: NULL when there is no such issuer any more; what it gave stays valid until release. Called
 * by the senders' threads.
 */
struct outbox_issuers {
	void *(*hold)(void *ctx, struct str issuer, struct outbox_issuer *out);
	void (*release)(void *held);
	void *ctx;
};

/* How a try went. LATER: it was surely not taken, or may be told twice, and might go well another time. */
enum errand_end { ERRAND_DONE, ERRAND_REFUSED, ERRAND_LATER };
struct errand;
/* a sentence without anything secret; of the answer, 0: none */
struct errand_report { const char *wrong; int status; };

/* A kind of errands: one outbox each. */
struct outbox_kind {
	char        letter;                     /* of its rows in the store */
	bool        at_most_once;               /* L12 */
	int         longest_s;                  /* a try has ended by then */
	/* "text messages"; how a line about one of them begins: "SMS gateway" */
	const char *plural, *line;
	/* who has a queue of its own; never anything secret */
	struct str (*neighbour)(struct arena *mem, struct str payload);
	struct str (*shown)(struct arena *mem, struct str payload);             /* what stands in the log */
	enum errand_end (*send)(struct arena *mem, struct str payload,
	    const struct outbox_issuer *i, struct errand_report *r);
	/* how a try went, before the row goes; of one whose time was over too. NULL: nobody wants to know */
	void (*settled)(struct store *s, const struct outgoing *row, struct str payload, enum errand_end end,
	    const struct errand_report *r);
};

/* --- errand.c: kinds that are one request by HTTP ----------------------------------------------- */
/* As the issuer has it for notices. */
struct outbound_rules errand_rules(const struct outbox_issuer *i, int64_t total_ms);
/* Ask; blocks for at most total_ms. A redirect is no success. r is filled. */
enum errand_end errand_ask(struct arena *mem, const struct outbound_rules *rules, const struct outbound_ask *ask,
    struct errand_report *r);
/* The address as a log may have it: without query and fragment. */
struct str errand_shown(struct str url);

#define OUTBOX_HOLD_S 60
struct outbox_setup {
	const struct outbox_kind *kind;
	struct store  *store;                   /* borrowed, like all below */
	const uint8_t *key;                     /* 32 bytes: payloads are sealed under it */
	/* threads start with the first errand; of one neighbour at most three quarters may wait */
	int            threads, waiting_max;
	bool           nodes;                   /* others send what lies in the same store */
	struct outbox_issuers issuers;
};
struct outbox;
struct outbox *outbox_new(const struct outbox_setup *s);        /* NULL without memory */
/*
 * Whatever the last run left behind is sent: after outbox_new, and when a process that had the store too has gone. Who
 * has an errand in hand already goes on with it; where others send too, what none of them holds is sent. What is not
 * sent is a line.
 */
void outbox_resume(struct outbox *o);
/* Where others send too: what none of them holds any more is sent from here, some at a time; each second or so. */
void outbox_look(struct outbox *o);
/* The senders end what they are at; the rest stays written down, and a line says how many. */
void outbox_free(struct outbox *o);

/*
 * Make an errand ready: it takes its place in the queue, and errand_row is what is to be committed
 * (OP_OUTGOING_ADD) together with what it belongs to. Then exactly one of outbox_post and
 * outbox_cancel. NULL: too many wait, or memory is exhausted; that is counted, and the caller's to
 * tell. After not_after_s it is not sent any more.
 */
struct errand *outbox_prepare(struct outbox *o, struct str issuer, struct str payload, int64_t not_after_s);
const struct outgoing *errand_row(const struct errand *e);
void outbox_post(struct outbox *o, struct errand *e);           /* the row is committed */
void outbox_cancel(struct outbox *o, struct errand *e);         /* it is not */

/* failed: messages, not tries; dropped: refused as too many */
struct outbox_counts { int64_t sent, failed, dropped, waiting; };
void outbox_counts(struct outbox *o, struct outbox_counts *out);
#endif
