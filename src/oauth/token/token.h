/* oauth/token/token.h - tokens: what they say, how they are made, found again and ended. */
#ifndef HUFU_OAUTH_TOKEN_H
#define HUFU_OAUTH_TOKEN_H

#include "jose/jwe.h"
#include "oauth/oauth_int.h"

#define TARGETS_MAX 16                  /* resources of one request */
#define SERVERS_MAX 6                   /* registered ones that one token is for */
/* What an access token is for, and by whose rules it is made: resource.c. */
struct target {
	struct str aud;                 /* words; absent: nothing was to be settled, the policy's claim rows say it */
	struct str scope;               /* what of the granted scope goes into it */
	bool       named;               /* by the request, or by resource servers: the row of an opaque token keeps it */
	bool       jwt;                 /* signed; else opaque */
	enum jose_alg alg;
	struct str typ;
	int64_t    ttl_s;
	const struct resource_server *servers[SERVERS_MAX]; size_t n;
	struct str details;             /* what of the authorization details it says, JSON; absent: none */
};

/* Who may do what: the result of resolving a grant. Tokens and rows follow from it. */
struct authority {
	bool        has_user;
	struct user user;
	struct authorization auth;      /* what the evidence says; scope: settled, for this access token */
	/*
	 * of another token, which is exchanged: a family of its own, that ends with parent (id zero: none) and not
	 * after ends_s (0: whenever)
	 */
	bool        derived;
	struct family parent;
	int64_t     ends_s;
	struct session *session;        /* that must be there still; NULL: none has to */
	struct str  scope_most;         /* words that the evidence allows at most; absent: it says nothing of that */
	bool        vouched;            /* the evidence is of a login at this issuer, which asked for what was needed */
	bool        without_refresh;    /* the evidence gives no refresh token, whatever the policy */
	/* what is given is no token of ours but an assertion, which the grant's shape makes; its scope is another server's */
	bool        is_assertion;
	bool        wants_refresh;      /* a refresh token goes out */
	bool        has_family, family_is_new;
	struct family family;
	bool        rotates;            /* family.generation is the presented one; the successor is one more */
	/*
	 * the one before the current was presented, within the window: the successor is the current
	 * one
	 */
	bool        repeats;
	bool        is_refresh;         /* the evidence was a refresh token */
	const struct issuer *from;      /* ... of this issuer */
	struct family moved;            /* from another issuer: what it was there */
	struct family rivals;           /* which ones a single login ends */
	/*
	 * the authorization endpoint gives only these, GIVES_x (0: whatever the policy says), beside this code
	 * and in answer to a request with this state
	 */
	struct { unsigned gives; struct str code, state; } front;
	bool        spends_code;
	struct code code;
	bool        spends_decoupled;
	struct decoupled decoupled;
	bool        spends_sms;
	struct one_time sms;
	struct str cnf;                 /* what the access token is bound to: oauth/confirm.h; absent: to nothing */
	struct str family_extra;        /* auth.extra of a family that begins */
	struct target target;           /* of the access token: tokens_mint */
	struct token access_row;        /* opaque access tokens */
	bool        access_row_is_new;
	int64_t     access_expires_s;
	struct str  jti;
	int64_t     signed_s;           /* iat: not before anything that has ended for this client or user */
};

/* --- scope.c --- */
struct scope_words { struct str at[SCOPES_MAX]; size_t n; };
/* distinct words; false: too many */
bool scope_split(const struct policy *policy, struct str scope, struct scope_words *out);
void scope_sort(struct scope_words *w);
struct str scope_join(struct arena *mem, const struct scope_words *w, struct str sep);
bool scope_within(const struct scope_words *w, struct str list, struct str *first_foreign);
/* What the request asks for, judged against the client: into *scope. */
bool scope_settle(struct call *c, const struct client *k, struct str *scope);
/*
 * The settled scope within most (absent: any): what was asked for must be in it, what nobody asked for is left out.
 */
bool scope_bind(struct call *c, struct str most, struct str *scope);

/*
 * The same, where offline_access (OpenID Connect Core 11) is a word for whoever can have a refresh token, registered
 * or not, and says nothing where it means nothing.
 */
bool scope_settle_offline(struct call *c, const struct client *k, bool has_meaning, struct str *scope);

/* --- approvals.c: what the user of this session has allowed, remembered where the policy does. False: c->why --- */
bool approvals_remember(struct call *c, const struct client *k, const struct session *s, struct str allowed,
    const struct str *more, size_t n_more, struct ops *o);

/* --- resource.c: what tokens are for. RFC 8707 --- */
/* The resources of an authorization request, judged, into auth->extra; auth->scope is settled. */
bool resources_ask(struct call *c, const struct client *k, struct authorization *auth);
/* Whom this access token is for, of what was granted and what the request names. */
bool target_settle(struct call *c, const struct authority *a, struct target *t);
/*
 * The user's access token is for resource servers that hear of the end of its family: a row for each of them, with the
 * commit. False: c->why.
 */
bool resources_hear(struct call *c, const struct authority *a, struct ops *o);
/* RFC 8707 section 2: an absolute URI without a fragment. */
bool resource_is_indicator(struct str s);
/* Its guards: nobody is given a token by rules that have changed (O7). */
void ops_stand_on_target(const struct call *c, struct ops *o, const struct target *t);

/* --- details.c: authorization details. RFC 9396 --- */
/* Those of an authorization request, judged, into auth->extra. */
bool details_ask(struct call *c, const struct client *k, struct authorization *auth);
/*
 * What somebody else says is granted, an array: of it what is known here, fits its schema and may be this client's; *out
 * absent: nothing of it, or NULL. False: it is no such array.
 */
bool details_take(struct call *c, const struct client *k, const json_t *said, struct str *out);
/* t->details, of what was granted and what the token request names; t->aud is settled. */
bool details_settle(struct call *c, const struct authority *a, struct target *t);

/* --- pkce.c --- */
/* a verifier or a challenge: 43 to 128 unreserved characters. RFC 7636 4.1, 4.2 */
bool pkce_is_text(struct str s);

/* --- text.c: the text of codes and opaque tokens --- */
struct str access_text(const struct issuer *i, struct arena *mem, const struct id16 *row);
/*
 * One that rotates carries its family's id, at every issuer; the policy's bare shape is for a first
 * one that is found by its digest.
 */
struct str refresh_text(const struct issuer *i, struct arena *mem, const struct family *f, int64_t generation);
/*
 * The text that a row was given with, perhaps under a former token key; absent when it is not ours
 * to tell (imported, or its key is gone or revoked).
 */
struct str access_text_again(const struct issuer *i, struct arena *mem, const struct token *row);
struct str refresh_text_again(const struct issuer *i, struct arena *mem, const struct family *f, int64_t generation);
/* Of a text found by its digest: whether a revoked token key made it. */
bool text_is_withdrawn(const struct issuer *i, enum token_shape shape, struct arena *mem, struct str kind,
    const struct id16 *id, struct str text);
bool access_text_read(const struct issuer *i, struct str text, struct id16 *row);              /* ROW_ID only */
/* The form of the issuer's opaque tokens, also where its own are signed: a resource server may want the other. */
enum token_shape opaque_shape(const struct policy *policy);
/* Is this text to be read as a signed access token? */
bool text_is_jwt(const struct issuer *i, struct str text);
bool refresh_text_read(const struct issuer *i, struct str text, struct id16 *family, int64_t *generation);
struct str code_text(const struct policy *policy, struct arena *mem);
/* again: that can be made again from family and generation; else drawn. f NULL: always drawn. */
struct str jti_text(const struct issuer *i, struct arena *mem, const struct family *f, int64_t generation, bool again);
struct str jti_text_under(const struct token_key *key, const struct issuer *i, struct arena *mem,
    const struct family *f, int64_t generation, bool again);
/*
 * The generation of a refresh JWT, told by the jti of the access token beside it: the current one
 * or the one before; any other is as old as the first.
 */
int64_t ati_generation(const struct issuer *i, struct arena *mem, const struct family *f, struct str ati);
/* To which family, and to which generation of it (-1: not told), a jti leads. Foreign: of no token of this issuer. */
enum jti_leads { JTI_LEADS_NOWHERE, JTI_LEADS_TO_FAMILY, JTI_IS_FOREIGN };
enum jti_leads jti_read(const struct issuer *i, struct str jti, struct id16 *family, int64_t *generation);

/* --- claims.c --- */
struct claim_facts {
	const struct call *c;
	const struct authority *a;
	enum jose_alg alg;           /* that signs them */
	int64_t exp_s;
	struct str jti, ati, access; /* the token beside it */
	enum own_place place;           /* of the issuer's own claims; 0: this token has none */
	struct str status;              /* of an access token: status_place */
	bool person;                    /* an ID token: it tells of the user what was asked for */
	struct authorization_extra x;   /* ... as the authorization has it; claims_write reads it */
	struct authorization_extra exchanged;   /* the same for act and sub of any token, likewise */
};
struct str claims_write(struct arena *mem, const struct claim_row *rows, const struct claim_facts *f);
/*
 * Whom a client's access tokens are for, words; by the policy's claim rows, else the client's
 * resources. Empty: nobody is named.
 */
struct str claims_audience(const struct issuer *i, const struct client *k);
/* Do tokens of these rows carry such a claim? NULL rows: none. */
bool claims_have(const struct claim_row *rows, enum claim_from from);

/* --- sign.c --- */
/* jwt_sign, but no more RSA signatures at once than there are processors: may wait for one. */
bool sign_bounded(struct arena *mem, const struct key *key, const struct jwt_form *form, struct str claims,
    struct str *out);

/* --- status.c, status_kept.c, status_list.c: oauth/status_lists.h --- */
/*
 * A place for the access token that a is to get: its claim "status", JSON, and the row that belongs to the commit, which
 * is lost when another was given the place meanwhile (then the token is made anew). Absent: the issuer has no lists.
 * a->jti and its family are settled. False: c->why.
 */
bool status_place(struct call *c, const struct authority *a, struct str *claim, struct ops *o);
bool made_list_copy(struct arena *mem, const struct made_list *from, struct made_list *to);      /* false: no memory */
/* In mem, made no earlier than since_ms; l NULL: none is. False: out is untouched. */
bool status_kept_find(struct status_lists *l, struct arena *mem, const struct dig32 *what, int64_t since_ms,
    struct made_list *out);
void status_kept_put(struct status_lists *l, const struct dig32 *what, const struct made_list *made);
/* Nothing has to be made for c->list_asked: there is no such thing, or it is kept and now in c->list. */
bool status_list_is_kept(struct call *c);

/* --- mint.c --- */
/*
 * Does this scope, of a user, give an ID token? OpenID Connect Core 3.1.2.1: with openid; elsewhere
 * always, or never.
 */
bool id_token_is_asked(const struct policy *policy, struct str scope);
/* Claims as a JWT of the issuer by its key of that algorithm. False: R_INTERNAL. */
bool token_sign(struct call *c, struct str typ, struct str jti, enum jose_alg alg, struct str claims, struct str *out);
bool tokens_mint(struct call *c, struct authority *a, struct tokens *t, struct ops *o);
void family_begin(struct call *c, struct authority *a);
/*
 * A signed token that says neither when it was signed nor when it ends can only be judged by a
 * family, also a client's own (S8).
 */
bool jwt_needs_family(const struct policy *policy, const struct client *k);
/* A single login: the other families of this client and user end; one that goes on is a condition. */
void rivals_end(const struct call *c, struct authority *a, struct ops *o);
struct dig32 reuse_digest(const struct call *c, const struct authority *a);

/* An authorization response to k as a JWT (response_jwt): does it cost an RSA signature, or more? */
bool response_jwt_is_slow(const struct policy *policy, const struct client *k);

/* --- encrypt.c --- */
/*
 * Encrypt a token, or the claims of one that is not signed, for this client, where it has registered for that by alg,
 * else leave it as it is. enc absent or empty: A128CBC-HS256. False: the call has failed, since there is no key or no
 * such algorithm.
 */
bool token_encrypt(struct call *c, const struct client *k, struct str alg, struct str enc, bool is_signed,
    struct str *token);
/*
 * The same without a call; form: its typ, cty and iss. NULL: done; else why not, as a sentence, and *token is as it
 * was.
 */
const char *client_encrypt(struct arena *mem, const struct client *k, struct str alg, struct str enc,
    const struct jwe_form *form, struct str *token);

/* --- logout.c --- */
/* tokens: texts separated by commas; empty: none that can be named */
struct ended { const struct logout_client *at; struct str tokens; };
struct logout_notices {
	struct ended *told; size_t n;
	/* ready to be sent; in lists of operations; in committed ones */
	struct errand **notices; size_t n_notices, n_planned, n_written;
	/* what is not committed yet: belongs before the end of the token, in the same transaction */
	struct ops last;
};
/*
 * Before a token of these facts ends: the user's other tokens at clients that want to hear of
 * logouts end, and *out says who is to be told which. Nothing where the issuer has no notices.
 * False: the call has failed, and what it had ended is ended. In either case logout_notify must
 * follow: done says whether out->last is committed.
 */
bool logout_elsewhere(struct call *c, const struct token_facts *f, struct str text, struct logout_notices *out);
void logout_notify(const struct call *c, const struct logout_notices *f, bool done);

/* --- inspect.c --- */
/* STORED: to end it or to show it to an operator, whatever the neighbour says of its user now. */
enum inspect_mode { INSPECT_ACCESS = 1, INSPECT_REFRESH = 2, INSPECT_STORED = 4 };
bool token_inspect(struct call *c, struct str text, unsigned modes, struct token_facts *out,
    struct id16 *family, struct token *row);
/* The same kept: what token_inspect found, and how it failed. */
struct inspection {
	struct str text;
	unsigned modes;
	bool sound;
	struct token_facts facts;
	struct id16 family;
	struct token row;
	enum reason why;
	struct str offender, detail;
	int64_t retry_after_s;
};
/*
 * In c->mem; NULL: it is full. The next token_inspect of this text in these modes takes it from
 * c->inspected and reads nothing.
 */
const struct inspection *token_inspection(struct call *c, struct str text, unsigned modes);
/* Not an ID token: by its type, or, where types are alike, by what only one of the two carries. */
bool jwt_is_access(const struct policy *policy, const struct jwt *t);
bool family_is_alive(struct call *c, const struct id16 *id, struct family *out);
/*
 * Of what was exchanged for another token: does that one still count (extra.parent: "family:UUID", "token:UUID" of a
 * row without family, "jti:HEX" of a signed one without), and the one which that was exchanged for? How many there
 * are; -1: one of them has ended, or c->why.
 */
int ancestors_live(struct call *c, const struct authorization *auth);
/*
 * The family of a refresh token that is no JWT, and which generation this text is; false without a
 * word when there is none.
 */
bool refresh_find(struct call *c, const struct issuer *i, struct str text, struct family *f, int64_t *generation);
#endif
