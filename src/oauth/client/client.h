/* oauth/client/client.h - who the client is, and where it may send its users. */
#ifndef HUFU_OAUTH_CLIENT_H
#define HUFU_OAUTH_CLIENT_H

#include "login/once.h"
#include "oauth/oauth_int.h"

/*
 * --- authenticate.c: c->proof is there, or can be made in microseconds and is now; false: a slow
 * hash stands before it ---
 */
bool client_is_settled(struct call *c);
struct str basic_names(const struct call *c);    /* the client id that the Basic field means */

/* --- assertion.c: rows of methods.def --- */
bool assertion_is_sent(const struct call *c);           /* of either kind; not read */
bool signed_by_key_is_sent(const struct call *c);       /* private_key_jwt, and whatever is no JWT at all */
bool signed_by_key_holds(struct call *c);
bool signed_by_secret_is_sent(const struct call *c);    /* client_secret_jwt: by HS256, HS384 or HS512 */
bool signed_by_secret_holds(struct call *c);
/* --- federated.c --- the assertion of an issuer that is trusted for it is about this client. */
bool federated_holds(struct call *c, const struct client *k);
bool assertion_needs_document(const struct call *c);    /* its keys stand on another server */

/* --- certificate.c: rows of methods.def --- */
bool tls_is_sent(const struct call *c);
bool tls_holds(struct call *c);
bool self_signed_is_sent(const struct call *c);
bool self_signed_holds(struct call *c);
/* What it proves itself by is compared with keys that stand on another server. */
bool keys_need_document(const struct call *c);

/*
 * What a client proved itself by, as operators read it of its last use: its secret, the one before, or "key KID".
 */
#define CREDENTIAL_SECRET S("secret")
#define CREDENTIAL_FORMER S("former secret")
#define CREDENTIAL_KEY    "key"
/* --- secrets.c --- */
/* The secrets that prove a client now, as they are stored: its own, and the one before while that is let. */
#define SECRETS_MAX 2
size_t client_secrets(const struct call *c, const struct client *k, struct str out[SECRETS_MAX]);

/* --- keys.c --- */
/*
 * Is token, a compact JWS by one of algs (BIT(ALG_x)), signed by a key of the client (jwks, or what stands at
 * jwks_uri)? May have to ask another server. False: *why is a sentence.
 */
struct jwt;
bool client_has_signed(struct call *c, const struct client *k, uint64_t algs, struct str token,
    struct jwt *out, struct str *why);
/* Of such a JWT: is aud the url, or an array with it among others? RFC 7519 section 4.1.3. */
bool audience_names(const json_t *aud, struct str url);
/* Is the certificate, or the key of it, among the client's (jwks_has_certificate)? The same for the rest. */
struct certificate;
bool client_has_certificate(struct call *c, const struct client *k, const struct certificate *cert, struct str *why);
bool client_keys_are_elsewhere(const struct client *k);         /* they ask another server */
bool client_has_request_uri(const struct client *k, struct str uri);     /* registered, but for the fragment */
/*
 * --- fetch.c --- the document at an address that a client has said, from memory where it came at most keep_ms ago
 * (FETCH_ONCE: in no case), else from its server: in a lane that may wait, for some seconds. how: FETCH_RARELY is for
 * what anybody may name, so that an address which does not answer is asked a few times a minute, whoever wants it,
 * which commits. False: *trouble is a sentence.
 */
#define FETCH_ONCE 0
enum fetch { FETCH_ANY_TIME, FETCH_RARELY };
bool client_fetch(struct call *c, struct str url, int64_t keep_ms, enum fetch how, struct str *body,
    const char **trouble);
/*
 * --- document.c --- P_CLIENT_ID is the address of a client's metadata, and they have to be read
 * (again): another server is asked. client_document_look does it; false: the call has failed.
 */
bool client_document_is_due(const struct call *c);
bool client_document_look(struct call *c);

/* --- logo.c --- the logo has to be asked for */
bool client_logo_is_due(const struct call *c);

/* --- redirect.c --- */
bool redirect_resolve(struct call *c, const struct client *k, struct str *uri);
bool redirect_matches(const struct policy *policy, struct str registered, struct str asked, bool loose);
/* registered but for parameters added to its query */
bool redirect_is_loose(const struct policy *policy, const struct client *k, struct str uri);

/* --- spend.c: a JWT counts once, whatever happens to this process --- */
#define USED_BEFORE SAY("it has been used before")
/*
 * Is this call the first to use it? Its row is due then, until expires_s; why: how a call fails that another was ahead
 * of. ONCE_FULL: there is no room to remember it, or c->why.
 */
enum once call_uses_once(struct call *c, const struct dig32 *what, int64_t expires_s, enum reason why);
/* The rows that are due, in front of what they give; lost: OP_ONCE_USE, and assertion_is_spent fails the call. */
void ops_spend_assertion(const struct call *c, struct ops *o);
bool assertion_is_spent(struct call *c, const struct op_once *lost);    /* always false */
bool assertion_spend(struct call *c);           /* by themselves; may wait for a commit. False: c->why */
/* The same for a call that is refused, which stays as it is: it has used its assertion all the same. */
void assertion_spend_refused(struct call *c);
#endif
