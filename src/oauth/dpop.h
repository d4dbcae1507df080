/*
 * oauth/dpop.h - proof of possession: a JWT that the client signs for each request by the key to which its tokens are
 * bound. RFC 9449.
 *
 * A proof counts once: its jti is remembered in memory while its iat could be taken again (DPOP_PAST_S). What was used
 * before a restart is told from what is new by time: a proof older than the process is sent back for a nonce, and a
 * nonce older than the process is sent back too. So nothing has to be written down for it.
 */
#ifndef HUFU_OAUTH_DPOP_H
#define HUFU_OAUTH_DPOP_H

#include "base/url.h"
#include "oauth/confirm.h"

#define DPOP_MAX     8192               /* bytes of a proof */
#define DPOP_PAST_S  60                 /* how old one may be */
#define DPOP_AHEAD_S 15                 /* how far the client's clock may be ahead */
#define DPOP_NONCE_S 300                /* how long a nonce is good */

/* What a proof says; the key has signed it. Spans are in the arena it was read in. */
struct dpop_proof {
	struct str jkt, jti, htm, htu, ath, nonce;
	int64_t iat_s, exp_s, nbf_s;            /* INT64_MAX, INT64_MIN where exp or nbf is not said */
};
/*
 * RFC 9449 section 4.3, steps 2 to 7: a JWT of the type dpop+jwt by one of algs, signed by the public key in its own
 * header, with jti, htm, htu and iat. False with *why, for the log.
 */
bool dpop_read(struct arena *mem, struct key_memory *known, struct str text, uint64_t algs, struct dpop_proof *out,
    struct str *why);
/* The same address after the normalisation of RFC 3986 section 6.2, whatever query and fragment: step 9. */
bool dpop_same_url(struct arena *mem, struct str a, struct str b);
/* Is it the text of a JWK thumbprint, as dpop_jkt has it? Section 10. */
bool dpop_is_thumbprint(struct str s);

/* Does the issuer take proofs? Where it does not, the field DPoP and the scheme DPoP say nothing. */
static inline bool dpop_is_taken(const struct issuer *i) { return i->policy->token.dpop != DPOP_OFF; }
/*
 * Does the proof beside a client's own need a nonce, which c->dpop_nonce is then (section 8)? Asked before what counts
 * once is used: the client may come again with the same assertion. Nothing of the proof is spent.
 */
bool dpop_lacks_nonce(struct call *c);
/* Is nothing given to this client without one? */
bool dpop_is_needed(const struct issuer *i, const struct client *k);

/*
 * Judge the proof of this request, with access_token beside it (absent: none), once: what it found stays with the call.
 * GOOD: c->proven[CONFIRM_DPOP] is its key. Where the issuer wants nonces, c->dpop_nonce is the next one.
 */
enum dpop_result dpop_judge(struct call *c, struct str access_token);
/*
 * The proof of a request to an endpoint of the issuer (token, pushed authorization request), of a client that has
 * authenticated. True without one where none is needed. False: R_DPOP_PROOF, R_DPOP_NONCE. Section 5.
 */
bool dpop_proof(struct call *c, const struct client *k);
/* A nonce of now: stateless, so every node takes it. Section 8. */
struct str dpop_nonce_new(const struct call *c);
#endif
