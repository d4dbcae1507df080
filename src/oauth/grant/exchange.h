/* oauth/grant/exchange.h - tokens that are exchanged for others: RFC 8693. */
#ifndef HUFU_OAUTH_GRANT_EXCHANGE_H
#define HUFU_OAUTH_GRANT_EXCHANGE_H

#include "oauth/grant/grant.h"

/* RFC 8693 section 3. */
enum token_type { TT_ACCESS, TT_REFRESH, TT_ID, TT_JWT, TT_ID_JAG, TT_COUNT };
extern const char *const token_types[TT_COUNT];         /* "urn:ietf:params:oauth:token-type:access_token" ... */
bool token_type_read(struct str uri, enum token_type *out);
struct str token_type_word(enum token_type t);          /* "access_token" ... */

/* A token that was presented, and of whom it speaks. Texts are in c->mem. */
struct party {
	enum token_type type;
	const struct trusted_issuer *from;      /* NULL: our own */
	bool        has_user;
	struct user user;
	struct str  sub;                        /* how the asking client is told: of a user, or the client's id */
	struct str  client;                     /* to whom it was given; absent: not known */
	struct str  aud;                        /* words */
	struct str  scope;                      /* what it allows at most; absent: nothing is said */
	int64_t     ends_s;                     /* 0: never */
	struct authorization auth;              /* of our own */
	struct authorization_extra extra;
	struct str  parent;                     /* what ends it: token.h, ancestors_live; absent: nothing but time */
	bool        has_session;                /* of an ID token: it must live on until the commit */
	struct session session;
	bool        has_family;
	struct family family;
	struct str  cnf;                        /* what it is bound to: oauth/confirm.h; absent: to nothing */
	const json_t *may_act;                  /* RFC 8693 section 4.4; NULL: it does not say */
};

/*
 * The token, judged: signature, issuer, times, revocation, that it is of the type that was said, and that this request
 * shows what it is bound to. False: *why, or
 * c->why where that says nothing of the token. *used: trusted_use.
 */
bool party_read(struct call *c, struct str token, enum token_type said, bool *used, struct party *out, struct str *why);
#endif
