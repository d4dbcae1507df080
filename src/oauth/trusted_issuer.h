/*
 * oauth/trusted_issuer.h - somebody else who signs JWTs that count here, as the operator has named it: an item of the
 * setting `trusted_issuers`. Part of a snapshot; what is remembered of asking for its keys lies behind a pointer.
 *
 * O8: a JWT of somebody else counts only for what its issuer is trusted for, at issuers that name it, when its
 *     signature, audience and time are right; which user or client it means is the operator's rule, never the token's.
 */
#ifndef HUFU_OAUTH_TRUSTED_ISSUER_H
#define HUFU_OAUTH_TRUSTED_ISSUER_H

#include "base/base.h"
#include "jose/jose.h"
#include "outbound/outbound.h"

enum trust {
#define TRUST(id, word) TRUST_##id,
#include "oauth/trust.def"
#undef TRUST
	TRUST_COUNT
};
extern const char *const trust_words[TRUST_COUNT];              /* "jwt_bearer" ... */
bool trust_read(struct str word, enum trust *out);

/* What a subject is looked up by. */
enum subject_by { SUBJECT_NAME, SUBJECT_ID, SUBJECT_PHONE, SUBJECT_OPEN_ID };

struct trusted_asking;                                          /* oauth/client/trusted.c */
struct trusted_issuer {
	struct str name, url;           /* url: its iss, byte for byte */
	struct str jwks, jwks_uri;      /* its key set; where it is; both absent: where its discovery document says */
	uint64_t   algs;                /* BIT(ALG_x) */
	uint64_t   trusts, once;        /* BIT(TRUST_x); for which of them a token of it is good once */
	struct str audiences;           /* words; absent: the issuer's own addresses */
	struct str scopes;              /* words: what its word can give at most; absent: what the client may have */
	bool       speaks_for_client;   /* its subjects are clients; else users */
	struct str subject_claim;
	enum subject_by by;
	int64_t    life_max_s, skew_s;
	int64_t    keys_kept_ms, keys_grace_ms;         /* a key set is asked for again; is used while nobody answers */
	struct outbound_rules rules;
	struct trusted_asking *asking;
};

/* New, in mem, for one item; NULL: mem is full. */
struct trusted_asking *trusted_asking_new(struct arena *mem);
#endif
