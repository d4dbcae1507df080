/*
 * login/webauthn.h - passkeys: what a browser answers to navigator.credentials.create() and .get(), judged. W3C Web
 * Authentication Level 2 and 3, sections 7.1 (registering) and 7.2 (asserting); CTAP 2 section 6 for the CBOR; RFC 9053
 * for the keys. CBOR is read by libcbor, signatures are verified by libcrypto. Nothing is stored here: challenge and
 * credential are the caller's.
 *
 * L20: nothing counts that was not made for this challenge, at exactly this origin, for this RP id, and by the key of
 *      this credential; nor an answer whose counter does not go up where the authenticator counts.
 */
#ifndef HUFU_WEBAUTHN_H
#define HUFU_WEBAUTHN_H

#include "base/base.h"

/* Sizes in bytes. What is longer is a fault, before it is looked at. */
#define WEBAUTHN_CHALLENGE_SIZE 32
#define WEBAUTHN_CLIENT_DATA_MAX 4096
#define WEBAUTHN_ATTESTATION_MAX 16384
#define WEBAUTHN_AUTH_DATA_MAX 4096
#define WEBAUTHN_SIGNATURE_MAX 1024
#define WEBAUTHN_ID_MAX        1023     /* section 7.1 step 25 */
#define WEBAUTHN_HANDLE_MAX    64       /* section 5.4.3 */
#define WEBAUTHN_KEY_MAX       1024     /* SubjectPublicKeyInfo, DER */

/* login/webauthn.def */
enum webauthn_fault {
	WEBAUTHN_OK,
#define FAULT(id, text) WEBAUTHN_##id,
#include "login/webauthn.def"
#undef FAULT
	WEBAUTHN_COUNT
};
/* For the audit line: the sentence of a fault, in the language of the daemon (base/sentence.h); static. */
const char *webauthn_fault_text(enum webauthn_fault f);

/* COSE algorithm identifiers (RFC 9053, RFC 8812): those that are offered, in the order in which they are preferred. */
enum webauthn_alg { WEBAUTHN_EDDSA = -8, WEBAUTHN_ES256 = -7, WEBAUTHN_RS256 = -257 };

/* What was asked of the browser. */
struct webauthn_asked {
	struct str challenge;           /* the bytes; WEBAUTHN_CHALLENGE_SIZE of them */
	struct str origin;              /* "https://id.example.com": scheme, host and port as a browser writes them */
	struct str rp_id;               /* a domain */
	bool verified;                  /* the authenticator must have asked who it is (UV): PIN, finger, face */
};

/* A credential as it is kept. */
struct webauthn_credential {
	struct str id;                  /* at most WEBAUTHN_ID_MAX bytes */
	struct str key;                 /* SubjectPublicKeyInfo, DER, at most WEBAUTHN_KEY_MAX */
	enum webauthn_alg alg;
	uint32_t count;                 /* signature counter; 0: the authenticator has none */
	bool verified;                  /* UV at the time */
	bool may_be_backed_up;          /* BE: a passkey that its provider may copy to other devices; it never changes */
	bool is_backed_up;              /* BS */
	uint8_t aaguid[16];             /* the model of the authenticator, or zero */
	struct str handle;              /* of whom: user.id as it was given to create(); not read by webauthn_register */
};

/*
 * Judge what create() gave: response.clientDataJSON and response.attestationObject, as bytes. Attestation was not asked
 * for ("none"), so the formats are "none" and "packed" signed by the credential itself, which must hold; no statement
 * of who made the authenticator is believed. out: id, key, alg, count, the flags and the aaguid; in mem, or pointing
 * into attestation. *out is untouched unless WEBAUTHN_OK. Whether the id is known already is the caller's question.
 */
enum webauthn_fault webauthn_register(struct arena *mem, const struct webauthn_asked *asked, struct str client_data,
    struct str attestation, struct webauthn_credential *out);

/* What get() gave, as bytes. */
struct webauthn_answer {
	struct str id;                  /* rawId */
	struct str client_data;         /* response.clientDataJSON */
	struct str auth_data;           /* response.authenticatorData */
	struct str signature;
	/* response.userHandle; empty: it named nobody, which is enough only where asked->handle_needed is false */
	struct str handle;
};
/* What an assertion says. */
struct webauthn_seen { uint32_t count; bool verified, is_backed_up; };
/*
 * Judge what get() gave, against the credential that has answer->id. named: the user was known before (a second
 * factor), so that userHandle may be empty; else it must be the credential's (section 7.2 step 6). A counter that does
 * not go up is WEBAUTHN_COUNTER, told after everything else holds. *out is untouched unless WEBAUTHN_OK.
 * Time: one verification. Thread-safe for distinct mem.
 */
enum webauthn_fault webauthn_assert(struct arena *mem, const struct webauthn_asked *asked,
    const struct webauthn_credential *known, const struct webauthn_answer *answer, bool named,
    struct webauthn_seen *out);

/*
 * The challenge that a client data's text claims to answer, to find the row that keeps it: exactly WEBAUTHN_CHALLENGE_SIZE
 * bytes. False: it is no such text. Nothing is judged by it.
 */
bool webauthn_challenge_read(struct arena *mem, struct str client_data, struct str *challenge);

/*
 * May a page of this URL's host ask for this RP id? It is the host itself, or a domain above it of two labels or more
 * (section 5.1.3); a host that is an address has none. "localhost" is its own.
 */
bool webauthn_rp_id_fits(struct str host, struct str rp_id);
#endif
