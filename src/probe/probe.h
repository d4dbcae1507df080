/*
 * probe/probe.h - an authorization server as its clients see it: its metadata, flows from beginning to end, and
 * whether it does what RFC 9700 asks. For the command line; nothing here knows which server answers.
 *
 * Everything lives in mem. A function that gives false has set p->why, a sentence; what the other side sent is
 * untrusted and may stand in it without control characters.
 */
#ifndef HUFU_PROBE_H
#define HUFU_PROBE_H

#include "jose/jose.h"
#include "jose/jwks.h"
#include "outbound/outbound.h"

struct probe {
	struct arena *mem;
	struct outbound_rules rules;
	/* hears of each request that was answered or not, once it is over; NULL: nobody does */
	void (*told)(void *ctx, const struct outbound_ask *ask, const struct outbound_answer *a);
	void *ctx;
	struct str why;
};
void probe_init(struct probe *p, struct arena *mem);
/* Always false, with p->why. */
bool probe_fail(struct probe *p, struct str why);

/* --- ask.c: one request ------------------------------------------------------------------------------------------- */

/* full: there was one more, and no form comes of them */
struct probe_pairs { struct { const char *name; struct str value; } at[24]; size_t n; bool full; };
/* value absent: left out */
void probe_pair(struct probe_pairs *pairs, const char *name, struct str value);
/* RFC 6749 appendix B; absent, with p->why: too many or too long */
struct str probe_form(struct probe *p, const struct probe_pairs *pairs);
/* False: nobody answered. An answer of any status is one. */
bool probe_ask(struct probe *p, const struct outbound_ask *ask, struct outbound_answer *a);
/* GET of a JSON object with status 200. NULL as false. */
json_t *probe_get(struct probe *p, struct str url);

/* --- server.c: what a server says of itself ----------------------------------------------------------------------- */

/* RFC 8414, OpenID Connect Discovery 1.0. issuer: what was asked for; text: the document. */
struct probe_server { struct str issuer; const json_t *metadata; struct jwks keys; };
/*
 * The metadata of an issuer, by either well-known address, whatever issuer they name: for who judges them (probe_judge),
 * and believes nothing of them. out->issuer is as it was asked for, or as they write it where a slash at its end is all the
 * difference.
 */
bool probe_look(struct probe *p, struct str issuer, struct probe_server *out);
/*
 * The same; they must name that issuer (RFC 8414 section 3.3). Its keys are read when they are needed.
 */
bool probe_discover(struct probe *p, struct str issuer, struct probe_server *out);
/* An endpoint by its member. Absent: it has none; p->why says so. */
struct str probe_endpoint(struct probe *p, const struct probe_server *s, const char *member);
bool probe_says(const struct probe_server *s, const char *member, const char *word);    /* a word of a list */

/* --- verify.c: tokens as JWT --------------------------------------------------------------------------------------- */

/* s->keys from jwks_uri, once. */
bool probe_keys(struct probe *p, struct probe_server *s);
/* What a token must say. absent: not asked. */
struct probe_expects { struct str aud, nonce; int64_t now_s; };
#define PROBE_SKEW_S 60
/* Verified by the keys of the server: signature, iss, exp, nbf, iat, aud, nonce (RFC 7519, OpenID Connect Core 3.1.3.7). */
bool probe_verify(struct probe *p, struct probe_server *s, struct str token, const struct probe_expects *e,
    struct jwt *out);

/* --- flow.c: grants ------------------------------------------------------------------------------------------------ */

/* secret absent: a public client. post: the secret goes into the body. */
struct probe_client { struct str id, secret; bool post; };
/* RFC 6749 section 3.2: what the token endpoint gave, when it is a token; else p->why has error and description. */
json_t *probe_token(struct probe *p, const struct probe_server *s, const struct probe_client *k,
    struct probe_pairs *pairs);
json_t *probe_client_credentials(struct probe *p, const struct probe_server *s, const struct probe_client *k,
    struct str scope);

/*
 * RFC 8628. shown: called once, with what a person must do; then it asks until the person has answered or the code has
 * expired.
 */
typedef void probe_shown(void *ctx, const json_t *authorization);
json_t *probe_device(struct probe *p, const struct probe_server *s, const struct probe_client *k, struct str scope,
    probe_shown *shown, void *ctx);

/*
 * Authorization code with PKCE, state, nonce and a listener on this machine (RFC 8252 section 7.3); pushed where the
 * server wants it (RFC 9126). redirect_uri: http, of this machine. opened: called with the address to open in a
 * browser; then it waits for at most wait_s. An ID token is verified: *id (key NULL and no claims: there was none).
 */
struct probe_code { struct str scope, redirect_uri, prompt, acr_values; int wait_s; };
typedef void probe_opened(void *ctx, struct str url);
json_t *probe_code(struct probe *p, struct probe_server *s, const struct probe_client *k, const struct probe_code *how,
    probe_opened *opened, void *ctx, struct jwt *id);

/* --- loopback.c: the listener of that ------------------------------------------------------------------------------ */

struct probe_listener;
/* NULL with p->why. */
struct probe_listener *probe_listen(struct probe *p, struct str redirect_uri);
/* The query that came to the address, in p->mem. Absent: nobody came in time. */
struct str probe_wait(struct probe *p, struct probe_listener *l, int wait_s);
void probe_listener_free(struct probe_listener *l);             /* NULL is fine */

/* --- judge.c: RFC 9700 from outside --------------------------------------------------------------------------------- */

/* checks.def */
enum probe_check {
#define CHECK(id, clause, weight, said) PROBE_##id,
#include "probe/checks.def"
#undef CHECK
	PROBE_COUNT
};
/* UNSEEN: it cannot be told from outside, or the server has no such endpoint. */
enum probe_verdict { PROBE_GOOD, PROBE_UNSEEN, PROBE_WEAK, PROBE_BAD };
/* saw: what was seen, absent where the sentence says it all. */
struct probe_finding { enum probe_verdict verdict; struct str saw; };
extern const struct probe_row { const char *clause, *said; enum probe_verdict weight; } probe_rows[PROBE_COUNT];
/*
 * Every check once. Harmless: it registers nothing, guesses no password, and sends no more than a dozen requests that
 * an honest server refuses.
 */
void probe_judge(struct probe *p, struct probe_server *s, struct probe_finding out[PROBE_COUNT]);
#endif
