/*
 * oauth/confirm.h - tokens, codes and refresh tokens that only the holder of a key may use: the
 * confirmation `cnf` of RFC 7800, a JSON object with one member for each row of confirmations.def.
 *
 * What the request has shown is c->proven. tokens_mint binds access tokens to it, and the family of
 * a public client; whoever reads a token that was presented asks token_is_held.
 */
#ifndef HUFU_OAUTH_CONFIRM_H
#define HUFU_OAUTH_CONFIRM_H

#include "oauth/oauth_int.h"

/*
 * What tokens of this request are bound to, in c->mem; absent: to nothing. evidence: the cnf of what they are given
 * for, which has been shown; what comes of it is bound to no less.
 */
struct str confirmation_of(const struct call *c, struct str evidence);
/* What either asks for; both have been shown. Absent: neither asks for anything. */
struct str confirmation_joined(const struct call *c, struct str one, struct str other);
/* Has it shown what its client's tokens are bound to, whatever it asks for? False: the call has failed. */
bool confirmation_is_possible(struct call *c);
/*
 * Has this request shown all that cnf asks for? An absent or empty cnf asks for nothing; one that
 * cannot be read, or has a member that is no row, is never satisfied.
 */
bool confirmation_is_shown(const struct call *c, struct str cnf);
/* Does cnf ask for this? */
bool confirmation_asks(struct arena *mem, struct str cnf, enum confirm is);
/* The rare member of an authorization. False: it cannot be read, or c->mem is full; the call has failed. */
bool confirmation_of_auth(struct call *c, const struct authorization *auth, struct str *cnf);
bool confirmation_into_auth(struct call *c, struct authorization *auth, struct str cnf);
/*
 * Every use of an access token that somebody presents: a bound one is used only by who has shown
 * the key, in the way that it asks for. RFC 9449 section 7, RFC 8705 section 3. False: R_BEARER_UNPROVEN.
 */
bool token_is_held(struct call *c, const struct token_facts *f);
#endif
