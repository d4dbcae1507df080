/* oauth/oauth_int.h - what the files of this room share. */
#ifndef HUFU_OAUTH_INT_H
#define HUFU_OAUTH_INT_H

#include "oauth/endpoints.h"

#define SCOPES_MAX SCOPE_WORDS_MAX      /* words in one scope value */
#define DOWN_RETRY_S 5          /* another server does not answer: when to come again */

/* A growing list of operations; more than STORE_OPS_MAX is a programmer's mistake. */
struct ops { struct store_op at[STORE_OPS_MAX]; size_t n; };
struct store_op *ops_add(struct ops *o, enum store_op_kind kind);
void ops_append(struct ops *o, const struct ops *more);

/* --- call.c --- */
struct answer answer_fault(const struct call *c);
/* what failed leads on: nothing is left of it but the log's detail */
void call_begins_anew(struct call *c);
bool store_answered(struct call *c, enum store_found f);        /* FIND_FAILED fails the call with R_STORE */
bool commit_or_fail(struct call *c, const struct ops *o);       /* for what gives nothing; lost or failed: R_STORE */

/* --- defer.c: calls that wait for no commit --- */
void call_defers(struct call *c, struct call *before);  /* from here on; before: what call_waits restores */
/* True: a commit would be waited for, and this call may not; it fails, and call_waits says so. */
bool call_must_wait(struct call *c);
/*
 * Leave the list to the writer: copied, but what its operations point to must lie in the call's
 * arena. One list; false: the call must wait.
 */
bool call_leaves(struct call *c, const struct ops *o);
/* the end of it. True: to be asked again where one may wait */
bool call_waits(struct call *c, const struct call *before);
/*
 * The same of an endpoint whose answer is spoken before its commit: what was left, as authorize_begin tells it. A
 * refusal that has used an assertion waits too, for that is a row.
 */
enum token_next call_left(struct call *c, const struct call *before, const struct store_op **ops, size_t *n);

/* --- stands.c: what a call gives stands on rows that must still be so when it commits (O7) --- */
#define RACES_MAX 16            /* how often a call that lost a race looks again */
/*
 * The guards of a list that gives something, in front of it: the client c->client, the user (NULL:
 * none), the session (NULL: none). All are borrowed until the commit.
 */
void ops_stand_on(struct call *c, struct ops *o, const struct user *u, const struct session *s);
/*
 * Commit a list that gives something. *lost: index of the operation that lost; client_again when it
 * was the client's guard. A list of guards alone is read and not written. It must hold its guards:
 * assert.
 */
enum store_result commit_standing(struct call *c, const struct ops *o, size_t *lost);
bool ops_are_guarded(const struct ops *o);
bool ops_only_guard(const struct ops *o);
/*
 * Is it a guard of ops_stand_on or ops_stand_on_resource that was lost? Then the call looks again; the client as the
 * store has it now is c->renewed, a resource server the first of c->renewed_resources. False: no, or c->why.
 */
bool stands_no_more(struct call *c, const struct ops *o, size_t lost);
/* The resource server that an indicator means (realm_resource): the renewed one, else the snapshot's; NULL when unknown. */
const struct resource_server *resource_find(const struct call *c, struct str asked);
/* The guard of s, which resource_find gave; borrowed until the commit. */
void ops_stand_on_resource(const struct call *c, struct ops *o, const struct resource_server *s);
int64_t ttl_of(int64_t client_ttl_s, int64_t issuer_ttl_s);     /* client's own, else the issuer's */
int64_t expiry(int64_t now_s, int64_t ttl_s);                   /* 0 stays 0: never */
bool expired(int64_t expires_s, int64_t now_s);
struct id16 id_new(void);                                       /* a time-ordered UUID (version 7) */
bool client_may(const struct client *k, struct str grant);
bool client_is_public(const struct client *k);                  /* as client_metadata.h says it */
/*
 * Weak habits. A use is noted only when it was allowed; who is refused must be told why, and the
 * log tells the operator what to do about it.
 */
bool client_is_marked(const struct client *k, enum habit h);
/* the issuer asks for no mark, or the client has it */
bool habit_is_allowed(const struct issuer *i, const struct client *k, enum habit h);
void habit_note(struct call *c, enum habit h);
/* always false */
bool habit_refuse(struct call *c, const struct client *k, enum habit h, enum reason why, struct str offender);
/* by c->client: noted, or refused */
bool habit_use(struct call *c, enum habit h, enum reason why, struct str offender);
/* Do the client's refresh tokens stay usable here after a refresh? Where they do not, they rotate. */
bool refresh_is_reused(const struct issuer *i, const struct client *k);
/* The key that makes new texts; the bytes of one. */
static inline const struct token_key *token_key_now(const struct issuer *i) { return &i->keys->token_keys[0]; }
static inline struct str token_key_str(const struct token_key *k) { return str_span(k->secret, sizeof k->secret); }
struct dig32 digest_of(const struct issuer *i, struct str kind, struct str text);

#define OFFLINE_ACCESS "offline_access"         /* the scope of OpenID Connect Core 11 */

/* --- response.c --- */
/* A request's response_type. False: unknown, or not offered here. */
bool response_read(const struct policy *policy, struct str type, enum response *out);
/* One as its row writes it. */
bool response_named(struct str type, enum response *out);
bool response_mode_read(struct str word, enum response_mode *out);
/* Is the client registered for it, by its grants and its response_types? False: *missing is what it would need. */
bool response_is_registered(const struct policy *policy, const struct client *k, enum response r, struct str *missing);

/* --- prompts.def: what a request may want of the user, and what the user has answered on its pages --- */
enum prompt {
#define PROMPT(id, word, wanted, ask, refusal) PROMPT_##id,
#include "oauth/prompts.def"
#undef PROMPT
	PROMPT_COUNT
};
#define PROMPT_SILENT BIT(PROMPT_COUNT)         /* prompt=none: no page */

/* --- attempts.c: k may be none (throttle_is_none): then nothing is counted. --- */
/* false: R_WAIT, with when to come again */
bool may_try(struct call *c, const struct throttle_key *k, struct str what);
/* a wrong one; false: R_STORE, it could not be counted */
bool try_counted(struct call *c, const struct throttle_key *k);
/* the same of n (at most 4) counters, in one commit */
bool tries_counted(struct call *c, const struct throttle_key *k, size_t n);
#endif
