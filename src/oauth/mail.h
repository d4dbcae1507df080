/*
 * oauth/mail.h - mail of an issuer to its people, as operations of the list that gives cause for it: bounded, written
 * down with it, and handed to the outbox once that is committed.
 *
 *	struct mail_sending m;
 *	if (!mail_add(c, &o, &order, &m))                     nothing was added; c->why says why
 *	r = store_commit(..., o.at, o.n, &lost);
 *	mail_done(c, &m, r == STORE_DONE);                    always, exactly once
 *	if (r == STORE_LOST && mail_bound(c, &m, lost) ...)   no more mails for now
 *
 * Whether somebody is there to write to, and how much he was written to before, is nobody's to hear who is not known:
 * where it matters, plan anew with nobody and answer the same. What a network asks for is bounded whoever it is.
 */
#ifndef HUFU_OAUTH_MAIL_H
#define HUFU_OAUTH_MAIL_H

#include "oauth/oauth_int.h"

enum { MAIL_ADDRESS_HOUR, MAIL_RECIPIENT_HOUR, MAIL_RECIPIENT_DAY, MAIL_BUDGET, MAIL_BOUNDS };
/*
 * words: as outbound/mail.h; lang: empty: the person's locale, else the language of the page. user: whose mail it is:
 * it goes with the user; NULL: nobody known here. nobody: the network is counted, and nothing is sent. free: it is
 * asked for by nobody and bound by nothing: what a person must hear of.
 */
struct mail_order { struct mail_words words; const struct user *user; bool nobody, free; int64_t not_after_s; };
struct mail_sending {
	struct errand *errand;
	struct outgoing row;
	struct quota bounds[MAIL_BOUNDS];
	size_t first, n;
	bool nobody;
};

/* Has this issuer a mail server? */
static inline bool mail_is_sent(const struct issuer *i) { return i->mail != NULL; }
/* OP_QUOTA_USE and OP_OUTGOING_ADD: at most five. False: R_MAIL_NONE, R_MAIL_LIMIT (too many wait), R_INTERNAL. */
bool mail_add(struct call *c, struct ops *o, const struct mail_order *m, struct mail_sending *out);
void mail_done(struct call *c, struct mail_sending *m, bool committed);
/*
 * Which bound was lost, if any? c->retry_after_s is set then, and the operator is told of the budget. QUIET: the
 * receiver's, or the day's budget, which the caller does not tell to somebody who is not known.
 */
enum mail_bound { MAIL_UNBOUND, MAIL_BOUND_NETWORK, MAIL_BOUND_QUIET };
enum mail_bound mail_bound(struct call *c, const struct mail_sending *m, size_t lost);
#endif
