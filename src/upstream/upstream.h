/*
 * upstream/upstream.h - logins of others: what an identity provider is asked, and what it answers.
 *
 * A provider is data: where its login page is, which requests follow, what its answers call a person. Those that are
 * known are rows of kinds.def; one that is not is the same words in the settings. What a request holds is a template:
 * {name} is a value that is known before (client_id, client_secret, code, redirect_uri, state, nonce, verifier,
 * challenge, scope ..., and the setting `parameters`), {step.member} one of an answer that came before, {a|b} the first
 * that is there.
 *
 * U1: no code knows a provider by its name; how one differs from the others is said by its row.
 * U2: an answer is at most UPSTREAM_ANSWER_MAX bytes, read once by a bounded parser; a member that is missing is an
 *     empty value, never one of another answer's request.
 * U3: no secret and nothing of a person is logged: what is said of a failure is the provider's error word.
 * U4: an answer that its row says is signed counts only with a signature by answer_key over that very part of it, or by
 *     the certificate that it names among `signers`; what a row says is the application's own is asked for by one login at a time, and kept in memory until shortly before its end.
 */
#ifndef HUFU_UPSTREAM_H
#define HUFU_UPSTREAM_H

#include "base/base.h"
#include "jose/jose.h"
#include "jose/public_key.h"
#include "jose/signers.h"
#include "login/claim_map.h"
#include "outbound/outbound.h"

#include <stdatomic.h>

#define UPSTREAM_ANSWER_MAX (64 * 1024)
#define UPSTREAM_STEPS_MAX  4

/* One request. NULL: it has none. Pairs are "name={value}&other=word": one whose value turns out empty is left out. */
struct upstream_step {
	const char *name;               /* what its answer is called: {user.login} */
	const char *url;                /* a template; empty once it is filled in: the step is passed over */
	const char *query, *form, *json;/* pairs; form, json: of a body, and the method is POST */
	const char *headers;            /* lines "Name: {value}", separated by '|'; one that ends with a blank is left out */
	const char *error;              /* the member that says what went wrong, if it is there ... */
	const char *fine;               /* ... and none of these words */
	const char *expired;            /* words of it that mean: this code is not good, or no more */
	const char *stale;              /* words of it that mean: what was kept is good no more, asked for anew it may be */
	const char *keeps;              /* its answer is the application's, kept for as many seconds as this member says */
	const char *vouched;            /* the member of its answer that `sign` beside it is over: RSA2, by answer_key ... */
	const char *signer;             /* ... or by the certificate whose number this member says; NULL: it knows none */
	bool optional;                  /* without an answer the login goes on */
	bool signs;                     /* RSA2: the pairs in order of their names, signed, as the pair sign */
};

struct upstream_kind {
	const char *name, *label, *label_zh;    /* labels: of its button; label_zh NULL: as label */
	bool openid;                    /* the token answer has an id_token, which is verified: {id.sub} */
	const char *issuer;             /* of its ID tokens; a template of `parameters` */
	const char *authorize_url;      /* templates: the login page, and its pairs */
	const char *authorize, *fragment;
	const char *scope;
	const char *code_name;          /* of the answer's parameter; NULL: "code" */
	const char *response_mode;      /* NULL: not said; form_post: the answer comes by POST */
	const char *needs;              /* names that `parameters` must have, blank-separated */
	const char *prompts;            /* words of `prompt` that its login page takes; NULL: those of OpenID Connect */
	bool no_pkce;
	bool secret_is_jwt;             /* client_secret is made of private_key_file, key_id and team_id */
	struct upstream_step steps[UPSTREAM_STEPS_MAX];
	const char *subject;            /* templates: whom it names, for ever */
	const char *person, *email, *email_verified, *phone, *shown;
};
extern const struct upstream_kind upstream_kinds[];             /* kinds.def; ends without a name */
extern const char upstream_oauth2_pairs[];                      /* of a login page as RFC 6749 section 4.1.1 has it */

/* How the client proves itself at the token endpoint of an OpenID provider: OpenID Connect Core 9. */
enum upstream_auth { UPSTREAM_BASIC, UPSTREAM_POST, UPSTREAM_PRIVATE_KEY_JWT, UPSTREAM_SECRET_JWT, UPSTREAM_PUBLIC };
enum upstream_link { UPSTREAM_LINK_NONE, UPSTREAM_LINK_VERIFIED_EMAIL };
struct upstream_pair { struct str name, value; };

/* One provider as an operator has set it up: part of a snapshot. */
struct upstream {
	struct str name, label, label_zh;
	struct upstream_kind what;              /* the kind's, with what the settings say over it */
	struct str client_id, client_secret, issuer, scope;
	enum upstream_auth auth;
	const struct key *key;                  /* of private_key_file; NULL: none */
	const struct public_key *answer_key;    /* NULL: none */
	const struct signers *signers;          /* in the place of answer_key; NULL: none */
	struct str own_number, root_number;     /* with them: of the application's certificate, of the roots */
	struct upstream_kept *kept;             /* ask.c; where a step of it keeps its answer */
	struct str key_id, team_id;
	uint64_t algs;                          /* BIT(ALG_x) of its ID tokens */
	bool userinfo, believes_amr;
	const struct upstream_pair *parameters, *addresses;     /* addresses: from an origin to what stands for it */
	size_t n_parameters, n_addresses;
	struct outbound_rules rules;
	_Atomic int64_t *rests_until_ms;
	/* who may come, and as whom */
	enum upstream_link link;
	bool link_by_password, creates;
	struct str domains, allowed_groups, authorities;        /* words; empty: any, any, none */
	const char *groups, *user_name;                         /* templates; NULL: none */
	const struct upstream_pair *group_authorities;
	size_t n_group_authorities;
	struct claim_map claims;                                /* from: templates without braces */
};

/* --- template.c ------------------------------------------------------------------------------- */

/* A value of what is known, an object of inputs and answers: text, number or truth value. Absent: there is none. */
struct str upstream_value(struct arena *mem, const json_t *known, struct str path);
/* The same of a list of them, or of one; at most max. */
size_t upstream_values(struct arena *mem, const json_t *known, struct str path, struct str *out, size_t max);
/* A template filled in, at most 8 KiB, without blanks at its ends; t NULL: absent. Absent too when mem is full. */
struct str upstream_fill(struct arena *mem, const json_t *known, const char *t);
/* The same; absent too when one of its values is empty. */
struct str upstream_fill_whole(struct arena *mem, const json_t *known, const char *t);
/* What is wrong with a template, or NULL: a brace without its other, an empty name. */
const char *upstream_template_wrong(struct str t);
bool upstream_pairs_put(struct buf *b, struct arena *mem, const json_t *known, const char *pairs);

/* --- request.c -------------------------------------------------------------------------------- */

/* What every request may use: the provider's own values. Freed with mem; NULL: it is full. */
json_t *upstream_known(struct arena *mem, const struct upstream *u);
bool upstream_know(json_t *known, const char *name, struct str value);          /* absent: nothing */
/* The URL as it is asked, by the setting `addresses`. */
struct str upstream_address(struct arena *mem, const struct upstream *u, struct str url);
/* The address of the login page. Absent: mem is full, or it is too long. */
struct str upstream_authorize_url(struct arena *mem, const struct upstream *u, const json_t *known);
/* One request. False: mem is full, or the key cannot sign; out->url empty: the step is passed over. */
bool upstream_request(struct arena *mem, const struct upstream *u, const struct upstream_step *s,
    const json_t *known, struct outbound_ask *out);

/* --- answer.c --------------------------------------------------------------------------------- */

/* EXPIRED: the code is not good. STALE: what was kept is not. DOWN: anything else, *why is a sentence for the log. */
enum upstream_result { UPSTREAM_OK, UPSTREAM_EXPIRED, UPSTREAM_STALE, UPSTREAM_DOWN };
/* An answer of JSON, of JSON in a call ("callback( {...} );"), or of pairs as a form. NULL: none of them. */
json_t *upstream_read(struct arena *mem, struct str body);
enum upstream_result upstream_answer(struct arena *mem, const struct upstream_step *s,
    const struct outbound_answer *a, json_t **out, struct str *why);
/* The text of a member of an object, as it stands in an answer that upstream_read has read. Absent: there is none. */
struct str upstream_part(struct str body, struct str name);

/* --- ask.c ------------------------------------------------------------------------------------ */

/* Released with mem; NULL: no memory. */
struct upstream_kept *upstream_kept_new(struct arena *mem);
/* All of it: request, the wait of at most rules.total_ms, answer, which is known as the step's name then; never STALE. */
enum upstream_result upstream_ask(struct arena *mem, const struct upstream *u, const struct upstream_step *s,
    json_t *known, struct str *why);
#endif
