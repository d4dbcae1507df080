/*
 * jose/signers.h - one who signs what he sends and names in it, by a number, the certificate by which that is verified.
 * RFC 5280. What certificates say is read by libcrypto alone.
 */
#ifndef HUFU_JOSE_SIGNERS_H
#define HUFU_JOSE_SIGNERS_H

#include "base/base.h"
#include "jose/jose.h"

/*
 * The number of a certificate: MD5 in hex over its issuer's name, as RFC 2253 writes it, and its serial number in
 * decimal behind that. It is a name and proves nothing.
 *
 * number: of the first certificate of a PEM text. numbers: of each in it whose signature is RSA's, joined by "_".
 * Absent: there is none, one cannot be read, or mem is full.
 */
struct str certificate_number(struct arena *mem, struct str pem);
struct str certificate_numbers(struct arena *mem, struct str pem);
/* Is the first certificate of a PEM text that of the key? */
bool certificate_fits(struct str pem, const struct key *key);

/* Immutable; for many threads at once. */
struct signers;
/*
 * pem: certificates of signers, RSA of 2048 bits at least, and of authorities between, in any order; roots: of those to
 * whom they lead. Neither is kept. NULL with *why: no or broken certificates, no signer among them. The caller frees.
 */
struct signers *signers_load(struct str pem, struct str roots, const char **why);
void signers_free(void *s);             /* NULL is fine */
/*
 * Does a chain lead from each signer to a root? False with *why, libcrypto's word; *over: what is wrong with it is the
 * time alone.
 */
bool signers_judge(const struct signers *s, int64_t now_s, const char **why, bool *over);
/*
 * Has the signer of that number, whose chain leads to a root and is valid now, signed the input by RSASSA-PKCS1-v1_5
 * with SHA-256? False with *why. One private-key operation's counterpart and the verification of the chain.
 */
bool signers_verify(const struct signers *s, struct str number, int64_t now_s, struct str input, struct str signature,
    const char **why);
#endif
