/*
 * oauth/decoupled/decoupled.h - a request whose user decides elsewhere: on another device by a code that is typed (RFC
 * 8628), or when the issuer asks (CIBA). One row of the store (struct decoupled) from the request to the tokens.
 */
#ifndef HUFU_OAUTH_DECOUPLED_H
#define HUFU_OAUTH_DECOUPLED_H

#include "oauth/token/token.h"

/* --- user_code.c --- */
#define USER_CODE_LETTERS 8             /* of 20: 34 bits, which few guesses a minute do not find in ten minutes */
struct str user_code_draw(struct arena *mem);                   /* "WDJB-MJHT" */
/* Under one of the issuer's token keys; the code is too short for a plain digest. */
struct dig32 user_code_digest(const struct call *c, const struct token_key *key, struct str code);
/* The request that waits under it, and lives. False: none, or c->why. */
bool user_code_find(struct call *c, struct str code, struct decoupled *out);

/* --- begin.c --- */
/*
 * A row of this kind for c->client, with a secret text that it comes back with: digest, times, from where; auth holds
 * what is asked. False: c->why.
 */
bool decoupled_begin(struct call *c, enum decoupled_kind kind, struct str label, struct decoupled *row,
    struct str *text);
/*
 * Commit it, with what stands in o. STORE_LOST: its user code is taken, to be drawn anew. STORE_FAILED: c->why, or none
 * where the client has changed: all is looked at again.
 */
enum store_result decoupled_commit(struct call *c, struct ops *o, const struct decoupled *row);
/* look, and again while it fails without c->why, each time with the parameters that were sent; RACES_MAX times. */
struct answer decoupled_settle(struct call *c, struct answer (*look)(struct call *c));
/* What the user may be asked to allow: scope, resources and authorization details of the request; into row->auth. False: c->why. */
bool decoupled_asks(struct call *c, struct decoupled *row);

/* --- decide.c --- */
/* A row and, of a device, the user code by which it was found, sealed: what leads to the page of the decision. */
struct str decoupled_handle(const struct call *c, const struct decoupled *row, struct str user_code);
/* To a login, which leads back here. */
struct answer decision_login(struct call *c);
/* The page of the decision on P_DECOUPLED, and the decision itself. */
struct answer decision_page(struct call *c, enum decoupled_kind kind);
struct answer decision_taken(struct call *c, enum decoupled_kind kind);
#endif
