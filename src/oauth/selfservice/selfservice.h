/*
 * oauth/selfservice/selfservice.h - people who help themselves: a forgotten password, an account of one's own, another
 * address or number. Each proves first that a mailbox or telephone is theirs.
 *
 * A proof is asked for in one browser and given in the same one. What it is about travels sealed (P_PROOF), in the
 * address of the page and in the link of the mail; its code is sent, and only a keyed digest of it is stored, in one
 * row that is spent in the transaction of what it gives.
 *
 * U1: a GET shows and changes nothing, so that programs which open links before people do spend none.
 * U2: whether somebody has an account is told to nobody but the owner of the mailbox or telephone: pages, statuses and
 *     work are the same; what is bounded by receiver is not told.
 * U3: a link and a code count in the browser that asked alone (its nonce, saved.c), once, for a short time, and so many
 *     tries; elsewhere a page says where.
 * U4: what is given stands on the user as he was when it was asked: whatever has changed him since, an operator or
 *     another proof, makes the code worthless.
 * U5: links begin with the URL of the issuer, whatever Host a request names.
 */
#ifndef HUFU_OAUTH_SELFSERVICE_H
#define HUFU_OAUTH_SELFSERVICE_H

#include "oauth/session/session.h"

enum self_kind { SELF_RESET, SELF_SIGNUP, SELF_EMAIL, SELF_PHONE, SELF_UNDO };
struct proof {
	enum self_kind of;
	bool by_sms;
	int64_t expires_s;
	struct id16 user;               /* of nobody: random */
	struct str nonce;               /* of the browser; empty for SELF_UNDO */
	struct str to;                  /* address or number */
	/* filled by proof_make and proof_read: */
	struct str handle;
	struct dig32 key;               /* of its row */
};

/* --- proof.c --- */
/* The handle and key of one that begins; each is another one. False: R_INTERNAL. */
bool proof_make(struct call *c, struct proof *p);
/* P_PROOF, of this kind and not over. False: there is no such one; c->why is R_NONE. */
bool proof_read(struct call *c, enum self_kind of, struct proof *out);
bool proof_is_of_browser(const struct call *c, const struct proof *p);
/* The keyed digest of its code; stands on: the user it will be used for (U4), NULL: nobody yet. */
struct dig32 proof_digest(const struct call *c, const struct proof *p, struct str code, const struct user *on);
/*
 * Write the proof down and send its code; what: of the mail. known NULL: nobody is there, and nothing is sent; decoy:
 * the code that is sent, if any, is worth nothing (what is sent says something else). The answer leads to the page
 * where the code is typed. on: as proof_digest.
 */
struct proof_sending { const struct user *known, *on; const char *what; bool send, decoy; };
struct answer proof_begin(struct call *c, struct proof *p, const struct proof_sending *s);
/* Is P_PROOF_CODE its code? The try is counted first. False without c->why: no. *row is to be spent. */
bool address_is_proven(struct call *c, const struct proof *p, const struct user *on, struct one_time *row);

/* --- url.c --- */
/* This page with these parameters: absolute, of the issuer (U5). */
struct str self_url(const struct call *c, struct str handle, struct str code);

/* --- page.c --- */
struct answer self_ask(struct call *c, const char *page, const char *error);
struct answer self_code(struct call *c, const char *page, const struct proof *p, const char *error);
struct answer self_notice(struct call *c, const char *page, const char *notice, bool leads_to_login);
/* The same page once more, with what was wrong; else nothing is left of it. A store in trouble stays a fault. */
struct answer self_ask_again(struct call *c, const char *page, const char *error);
struct answer self_code_again(struct call *c, const char *page, const struct proof *p, const char *error);
/* The form's token. False: *a says so. */
bool self_form_holds(struct call *c, const char *page, struct answer *a);
/*
 * The proof of the page, in this browser: GET and POST alike. False: *a is the page that says why not. kind: of the
 * page.
 */
bool self_proof(struct call *c, enum self_kind kind, const char *page, struct proof *p, struct answer *a);
/* --- password.c --- */

/* --- users.c --- */
/*
 * By user name, e-mail address or phone number. All three are looked at whatever is found (U2); an address of several
 * is nobody's. False: nobody, or c->why.
 */
bool user_by_anything(struct call *c, struct str text, struct user *out);
/* The claim set to true, or another text; in u->claims. False: R_INTERNAL. */
bool user_claim_mark(struct call *c, struct user *u, const char *claim, bool set);
#endif
