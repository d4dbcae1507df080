/* oauth/oauth_int.h - what the files of the law share. */
#ifndef HUFU_OAUTH_INT_H
#define HUFU_OAUTH_INT_H

#include "oauth/oauth.h"

#define SCOPES_MAX SCOPE_WORDS_MAX      /* words in one scope value */
#define DOWN_RETRY_S 5          /* another server does not answer: when to come again */

/* Who may do what: the result of resolving a grant. Tokens and rows follow from it. */
struct authority {
	bool        has_user;
	struct user user;
	struct authorization auth;      /* what the evidence says; scope: settled, for this access token */
	bool        wants_refresh;      /* a refresh token goes out */
	bool        has_family, family_is_new;
	struct family family;
	bool        rotates;            /* family.generation is the presented one; the successor is one more */
	bool        repeats;            /* the one before the current was presented, within the window: the successor is the current one */
	bool        is_refresh;         /* the evidence was a refresh token */
	const struct issuer *from;      /* ... of this issuer */
	struct family moved;            /* from another issuer: what it was there */
	struct family rivals;           /* which ones a single login ends */
	bool        spends_code;
	struct code code;
	bool        spends_sms;
	struct one_time sms;
	struct token access_row;        /* opaque access tokens */
	bool        access_row_is_new;
	int64_t     access_expires_s;
	struct str  jti;
	int64_t     signed_s;           /* iat: not before anything that has ended for this client or user */
};

/* A growing list of operations; more than STORE_OPS_MAX is a programmer's mistake. */
struct ops { struct store_op at[STORE_OPS_MAX]; size_t n; };
struct store_op *ops_add(struct ops *o, enum store_op_kind kind);
void ops_append(struct ops *o, const struct ops *more);

/* --- call.c --- */
struct answer answer_fault(const struct call *c);
bool store_said(struct call *c, enum store_found f);            /* FIND_FAILED fails the call with R_STORE */
bool commit_or_fail(struct call *c, const struct ops *o);       /* for what gives nothing; lost or failed: R_STORE */

/* --- stands.c: what a call gives stands on rows that must still be so when it commits (O7) --- */
#define RACES_MAX 16            /* how often a call that lost a race looks again */
/*
 * The guards of a list that gives something, in front of it: the client c->client, the user (NULL: none), the session (NULL: none). All
 * are borrowed until the commit.
 */
void ops_stand_on(struct call *c, struct ops *o, const struct user *u, const struct session *s);
/* What is given to c->client in this session is noted with it. False: c->why. */
bool session_used(struct call *c, const struct session *s, struct ops *o);
/* agent.c: the browser's name for people: printable, at most 256 bytes, "…" at its end where more was sent. */
struct str session_agent(const struct call *c);
/*
 * Commit a list that gives something. *lost: index of the operation that lost; client_again when it was the client's guard. A list of
 * guards alone is read and not written. It must hold its guards: assert.
 */
enum store_result commit_standing(struct call *c, const struct ops *o, size_t *lost);
bool ops_are_guarded(const struct ops *o);
bool ops_only_guard(const struct ops *o);
/* Is it a guard of ops_stand_on that was lost? Then the call looks again; the client as the store has it now is c->renewed. False: no, or c->why. */
bool stands_no_more(struct call *c, const struct ops *o, size_t lost);
/* The client of that id: the snapshot's, or the renewed one; NULL when unknown. */
const struct client *client_find(const struct call *c, struct str id);
int64_t ttl_of(int64_t client_ttl_s, int64_t issuer_ttl_s);     /* client's own, else the issuer's */
int64_t expiry(int64_t now_s, int64_t ttl_s);                   /* 0 stays 0: never */
bool expired(int64_t expires_s, int64_t now_s);
struct id16 id_new(void);                                       /* a time-ordered UUID (version 7) */
bool client_may(const struct client *k, struct str grant);
bool client_is_public(const struct client *k);
/* Weak habits. A use is noted only when it was allowed; who is refused must be told why, and the log tells the operator what to do about it. */
bool client_is_marked(const struct client *k, enum habit h);
bool habit_is_allowed(const struct issuer *i, const struct client *k, enum habit h);   /* the issuer asks for no mark, or the client has it */
void habit_note(struct call *c, enum habit h);
bool habit_refuse(struct call *c, const struct client *k, enum habit h, enum reason why, struct str offender);  /* always false */
bool habit_use(struct call *c, enum habit h, enum reason why, struct str offender);    /* by c->client: noted, or refused */
/* Do the client's refresh tokens stay usable here after a refresh? Where they do not, they rotate. */
bool refresh_is_reused(const struct issuer *i, const struct client *k);
struct dig32 digest_of(const struct issuer *i, struct str kind, struct str text);

/* --- clientauth.c: c->proof is there, or can be made in microseconds and is now; false: a slow hash stands before it --- */
bool client_is_settled(struct call *c);
struct str basic_names(const struct call *c);    /* the client id that the Basic field means */

/* --- scope.c --- */
struct scope_words { struct str at[SCOPES_MAX]; size_t n; };
bool scope_split(const struct policy *law, struct str scope, struct scope_words *out);  /* distinct words; false: too many */
void scope_sort(struct scope_words *w);
struct str scope_join(struct arena *mem, const struct scope_words *w, struct str sep);
bool scope_within(const struct scope_words *w, struct str list, struct str *first_foreign);
/* What the request asks for, judged against the client: into *scope. */
bool scope_settle(struct call *c, const struct client *k, struct str *scope);

/* --- text.c: the text of codes and opaque tokens --- */
struct str access_text(const struct issuer *i, struct arena *mem, const struct id16 *row);
/* One that rotates carries its family's id, at every issuer; the policy's bare shape is for a first one that is found by its digest. */
struct str refresh_text(const struct issuer *i, struct arena *mem, const struct family *f, int64_t generation);
/* The text that a row was given with, perhaps under a former token key; absent when it is not ours to tell (imported, or its key is gone or revoked). */
struct str access_text_again(const struct issuer *i, struct arena *mem, const struct token *row);
struct str refresh_text_again(const struct issuer *i, struct arena *mem, const struct family *f, int64_t generation);
/* Of a text found by its digest: whether a revoked token key made it. */
bool text_is_withdrawn(const struct issuer *i, enum token_shape shape, struct arena *mem, struct str kind, const struct id16 *id, struct str text);
/* The key that makes new texts; the bytes of one. */
static inline const struct token_key *token_key_now(const struct issuer *i) { return &i->keys->token_keys[0]; }
static inline struct str token_key_str(const struct token_key *k) { return str_span(k->secret, sizeof k->secret); }
bool access_text_read(const struct issuer *i, struct str text, struct id16 *row);              /* ROW_ID only */
bool refresh_text_read(const struct issuer *i, struct str text, struct id16 *family, int64_t *generation);
struct str code_text(const struct policy *law, struct arena *mem);
/* again: that can be made again from family and generation; else drawn. f NULL: always drawn. */
struct str jti_text(const struct issuer *i, struct arena *mem, const struct family *f, int64_t generation, bool again);
struct str jti_text_under(const struct token_key *key, const struct issuer *i, struct arena *mem, const struct family *f, int64_t generation, bool again);
/* The generation of a refresh JWT, told by the jti of the access token beside it: the current one or the one before; any other is as old as the first. */
int64_t ati_generation(const struct issuer *i, struct arena *mem, const struct family *f, struct str ati);
/* To which family, and to which generation of it (-1: not told), a jti leads. Foreign: of no token of this issuer. */
enum jti_leads { JTI_LEADS_NOWHERE, JTI_LEADS_TO_FAMILY, JTI_IS_FOREIGN };
enum jti_leads jti_read(const struct issuer *i, struct str jti, struct id16 *family, int64_t *generation);

/* --- claims.c --- */
struct claim_facts { const struct call *c; const struct authority *a; int64_t exp_s; struct str jti, ati; };
struct str claims_write(struct arena *mem, const struct claim_row *rows, const struct claim_facts *f);
/* Whom a client's access tokens are for, words; by the policy's claim rows, else the client's resources. Empty: nobody is named. */
struct str claims_audience(const struct issuer *i, const struct client *k);
/* Do tokens of these rows carry such a claim? NULL rows: none. */
bool claims_have(const struct claim_row *rows, enum claim_from from);

/* --- mint.c --- */
bool tokens_mint(struct call *c, struct authority *a, struct tokens *t, struct ops *o);
void family_begin(struct call *c, struct authority *a);
/*
 * A signed token that says neither when it was signed nor when it ends can only be judged by a
 * family, also a client's own (S8).
 */
bool jwt_needs_family(const struct policy *law, const struct client *k);
/* A single login: the other families of this client and user end; one that goes on is a condition. */
void rivals_end(const struct call *c, struct authority *a, struct ops *o);
struct dig32 reuse_digest(const struct call *c, const struct authority *a);

/* --- prompts.def: what a request may want of the user, and what the user has answered on its pages --- */
enum prompt {
#define PROMPT(id, word, wanted, ask, refusal) PROMPT_##id,
#include "oauth/prompts.def"
#undef PROMPT
	PROMPT_COUNT
};
#define PROMPT_SILENT BIT(PROMPT_COUNT)         /* prompt=none: no page */
/* The words of P_PROMPT as bits, 0 where the policy does not understand them. False: *unknown is none of them. */
bool prompts_read(const struct call *c, unsigned *out, struct str *unknown);

/* --- session.c --- */
/* What a browser brings back from the way to the login page. url: where to go on; demanded: BIT(PROMPT_x) that the pages are to answer. */
struct saved { struct str nonce, url; unsigned demanded; };
bool saved_read(const struct call *c, struct saved *out);
/* For the cookie. s->nonce is drawn when it is absent. */
struct str saved_write(const struct call *c, struct saved *s);
/* Which request an answer belongs to: the address where it goes on. */
struct dig32 request_digest(const struct issuer *i, struct str url);
struct str csrf_token(const struct call *c, struct str secret);
bool csrf_holds(struct call *c, struct str secret);
bool session_find(struct call *c, struct session *out);
/* Note that the session is in use, at most once a minute. False: it has ended meanwhile, or c->why says what failed. */
bool session_touch(struct call *c, struct session *s);
struct dig32 session_digest(const struct issuer *i, struct str cookie);
bool user_of_session(struct call *c, const struct session *s, struct user *out);
bool user_of_session_again(struct call *c, const struct session *s, struct user *out);  /* one of a table is asked about */

/* --- login.c --- */
/*
 * The user is known: a session, and on to where the visitor came from; sms: the code that proved it, spent with it, or NULL. False: the
 * call has failed, or the user has changed meanwhile (c->why is R_NONE) and the login begins anew.
 */
bool login_go(struct call *c, const struct user *u, const struct one_time *sms, struct answer *a);
struct answer login_too_busy(struct call *c);
struct answer login_go_failed(struct call *c, enum reason why);

/* --- person.c: users of the issuer's realm, and those of its table (login/table.h). False: nobody, or c->why says what failed. --- */
bool user_found(struct call *c, enum person_answer a);          /* TROUBLE and DOWN fail the call */
bool user_find(struct call *c, enum table_by by, struct str value, struct user *out);
/* By id: one of a table is asked about, one of a directory when user_holds says so. at_refresh: both always are. */
bool user_again(struct call *c, const struct id16 *id, bool at_refresh, struct user *out);
/*
 * Is the stored word about a user good enough (L15)? One of a directory or a table whose word is too old is asked about, and *u is what it
 * says now; a login or refresh always asks a directory. False: the call has failed. Nobody who must not wait waits: then only the time counts.
 */
bool user_holds(struct call *c, struct user *u, bool always);
/* Which lane has to ask about the user of this call before it is answered; LANE_INLINE: none. Reads the store. */
enum lane neighbour_lane(const struct call *c, enum oauth_endpoint e);
/* The family of the refresh token that was sent, as the grant finds it. */
bool refresh_evidence(struct call *c, struct authority *a, int64_t *generation);
/* Enabled and not locked, else the call fails; who: for the log. */
bool user_is_let_in(struct call *c, const struct user *u, struct str who);
struct str account_type_asked(const struct call *c);            /* what the request names, else the issuer's default; may be empty */
/* Where the account type selects users: is this one of those? Elsewhere everybody is. */
bool account_type_fits(const struct call *c, const struct user *u);
void login_of_type(const struct call *c, struct login_try *t);  /* the same for a login by password */

/* --- tries.c: k may be none (throttle_is_none): then nothing is counted. --- */
bool may_try(struct call *c, const struct throttle_key *k, struct str what);   /* false: R_WAIT, with when to come again */
bool try_counted(struct call *c, const struct throttle_key *k);                 /* a wrong one; false: R_STORE, it could not be counted */
bool tries_counted(struct call *c, const struct throttle_key *k, size_t n);     /* the same of n (at most 4) counters, in one commit */

/* --- sms.c --- */
/* Is P_CODE the code that was sent to P_PHONE? Counts the try; *row is to be spent (OP_ONE_TIME_SPEND) by whoever believes it. */
bool sms_code_holds(struct call *c, struct user *u, struct one_time *row);

/* --- grant/password.c --- */
bool password_resolve(struct call *c, struct authority *a, struct str name, enum table_by by);

/* --- login.c: what the outcome of a login means to a call, or to the authority of a grant --- */
enum reason login_reason(const struct call *c, enum login_result r, const struct login_try *t);
bool login_settles(struct call *c, struct authority *a, enum login_result r, const struct login_try *t);

/* --- authorize_check.c --- */
bool pkce_is_text(struct str s);        /* a verifier or a challenge: 43 to 128 unreserved characters. RFC 7636 4.1, 4.2 */

/* --- redirect.c --- */
bool redirect_resolve(struct call *c, const struct client *k, struct str *uri);
bool redirect_matches(const struct policy *law, struct str registered, struct str asked, bool loose);
bool redirect_is_loose(const struct policy *law, const struct client *k, struct str uri);      /* registered but for parameters added to its query */

/* --- logout.c --- */
struct ended { const struct listener *at; struct str tokens; };  /* tokens: texts separated by commas; empty: none that can be named */
struct farewell {
	struct ended *told; size_t n;
	/* ready to be sent; in lists of operations; in committed ones */
	struct errand **notices; size_t n_notices, n_planned, n_written;
	/* what is not committed yet: belongs before the end of the token, in the same transaction */
	struct ops last;
};
/*
 * Before a token of these facts ends: the user's other tokens at clients that want to hear of logouts end, and *out says who is to be
 * told which. Nothing where the issuer has no notices. False: the call has failed, and what it had ended is ended. In either case
 * logout_is_told must follow: done says whether out->last is committed.
 */
bool logout_spreads(struct call *c, const struct token_facts *f, struct str text, struct farewell *out);
void logout_is_told(const struct call *c, const struct farewell *f, bool done);

/* --- inspect.c --- */
/* STORED: to end it or to show it to an operator, whatever the neighbour says of its user now. */
enum inspect_mode { INSPECT_ACCESS = 1, INSPECT_REFRESH = 2, INSPECT_STORED = 4 };
bool token_inspect(struct call *c, struct str text, unsigned modes, struct token_facts *out, struct id16 *family, struct token *row);
bool family_is_alive(struct call *c, const struct id16 *id, struct family *out);
/* The family of a refresh token that is no JWT, and which generation this text is; false without a word when there is none. */
bool refresh_find(struct call *c, const struct issuer *i, struct str text, struct family *f, int64_t *generation);
#endif
