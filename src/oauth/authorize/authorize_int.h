/* oauth/authorize/authorize_int.h - an authorization request between its checks, the consent page and the code. */
#ifndef HUFU_AUTHORIZE_INT_H
#define HUFU_AUTHORIZE_INT_H

#include "oauth/oauth_int.h"

/* The words of P_PROMPT as bits, 0 where the policy does not understand them. False: *unknown is none of them. */
bool prompts_read(const struct call *c, unsigned *out, struct str *unknown);

struct authz {
	struct authorization auth;      /* what was asked, scope: settled; authz_given says who gives it */
	const struct client *client;
	struct str redirect_uri;        /* resolved */
	bool       redirect_sent;
	enum response response;         /* what is asked for */
	enum response_mode mode;        /* and how the answer travels */
	struct str requested;           /* the scope as sent */
	struct str state;               /* absent: none */
	/*
	 * of one that was decided: the code it gave, sealed; empty inside: it was denied. Absent:
	 * it waits
	 */
	struct str answer;
	/* its row as the decision leaves it: issue.c writes the code there; NULL: nothing waits */
	struct pending *decided;
	struct str self;                /* the request's own address; absent in a row that is older than this member */
	bool       object_signed;       /* its parameters were those of a signed request object */
	struct id16 pushed;             /* the pushed request that this answers and uses up; none: it was not pushed */
	struct str challenge;           /* "S256:..." or absent */
	unsigned   prompts;             /* BIT(PROMPT_x), or PROMPT_SILENT: what prompt and max_age ask for */
	struct str hinted;              /* with BIT(PROMPT_HINT): whom the request is about, words: sub of one of them */
	bool       factor;              /* a second factor is asked for: acr, the client, a scope */
	int64_t    max_age_s;           /* with BIT(PROMPT_AGE): how long ago the user may have logged in */
};

/* What it gives at the endpoint itself: GIVES_x. */
static inline unsigned authz_gives(const struct authz *z) { return response_rows[z->response].gives; }

/* When a request is judged: checks.def. */
enum authz_stage { AUTHORIZE = 1, RESUME = 2, CHALLENGE = 4 };

/* Ask every question of the request that has arrived (c->arg), into *z. */
bool authz_check(struct call *c, struct authz *z);
/*
 * The same of one that waited: z as it was written, with its client; what may have changed is
 * settled anew, c->arg is the request's.
 */
bool authz_check_again(struct call *c, struct authz *z);
bool authz_checks(struct call *c, struct authz *z, enum authz_stage stage);
/* A row of checks.def: where the policy takes them, P_REQUEST's parameters are in c->arg from now on. */
bool request_object_is_taken(struct call *c, struct authz *z);
/* ... and one where the policy or the client asks for it */
bool signed_object_is_there(struct call *c, struct authz *z);
/* A failure travels to the redirect URI when client and URI are registered (O3), else it is shown here. */
struct answer authz_failed(struct call *c);
/*
 * Approved: make the code or the token and commit it, with first (may be NULL) in front in the same
 * transaction. A fault without c->why: a row it stands on has changed meanwhile, and the request is
 * to be looked at again from the start (O7).
 */
struct answer authz_issue(struct call *c, const struct authz *z, const struct session *s,
    const struct user *u, const struct ops *with);
/*
 * The code of a user whom the application itself has asked: login is no row, and says how; with (may be NULL) in front,
 * in the same transaction. False: as authz_issue.
 */
bool authz_give(struct call *c, const struct authz *z, const struct session *login, const struct user *u,
    const struct ops *with, struct str *code);
/*
 * challenge.c: is this login enough for this request, or has a browser to go on (redirect_to_web)? The one place that
 * says so of logins without a browser: a second factor that this user, issuer, client, scope or acr demands is shown on
 * a page. login is no row: user, amr, auth_s. False too: c->why.
 */
bool login_is_enough(struct call *c, const struct authz *z, const struct session *login, const struct user *u);
/* Nothing is asked for by authorization details but what this user has allowed before. False too: c->why. */
bool authz_details_are_allowed(struct call *c, const struct authz *z, const struct session *login);
/* What the user of this session gives by it. */
struct authorization authz_given(struct call *c, const struct authz *z, const struct session *s, const struct user *u);
/* What the user has to allow: the scope, and what the claims that were asked for by name need beside it. */
struct str authz_asks(struct call *c, const struct authz *z);
/* The user has allowed these words of it, and nothing else goes on. False: c->why. */
bool authz_allow(struct call *c, struct authz *z, struct str allowed);
/* What answers a pushed request uses it up: an operation of o. False: c->why. */
bool authz_uses_pushed(struct call *c, const struct authz *z, struct ops *o);
/*
 * --- push.c: the parameters of the call as a row of their client, for ttl_s, committed. False: c->why, or (O7) the
 * request is to be looked at again. ---
 */
bool request_push(struct call *c, const struct authz *z, int64_t ttl_s, struct id16 *id);
/* The key that the request has shown is named by it from now on: who goes on with it may show none. */
void key_stays(struct call *c);
/* A proof that came along holds; none has to. False: c->why. */
bool proof_holds(struct call *c);
/* --- details.c: consent to authorization details. RFC 9396 section 4 --- */
struct str authz_details(struct call *c, const struct authz *z);        /* those of the request, JSON; absent: none */
/* Has the user allowed each of them before? memory: the words of what is remembered. */
bool details_are_approved(struct call *c, const struct authz *z, struct str memory);
/* The words that a decision leaves in memory, at most max; how many. */
size_t details_remember(struct call *c, const struct authz *z, struct str *words, size_t max);
/* What an approval remembers of the resources that the request names: words for struct approval, at most TARGETS_MAX */
size_t authz_resource_words(struct call *c, const struct authz *z, struct str *out);
/* Was what is remembered allowed for these resources too? */
bool authz_resources_are_in(struct call *c, const struct authz *z, struct str memory);
/* Look, and look again while rows change under it. */
struct answer authz_settle(struct call *c, struct answer (*look)(struct call *c));
/* The operator's own answer. */
bool scope_is_auto_approved(const struct client *k, struct str scope);
/* Access that goes on while nobody is there, OpenID Connect Core 11: no memory of an answer counts for it. */
bool scope_is_asked_always(const struct call *c, const struct client *k, struct str scope);
/* Scopes already approved, by client registration or memory; true when nothing is left to ask. */
bool authz_is_approved(struct call *c, const struct authz *z, const struct session *s, struct str *approved);
/* The question about a request that waits as p. */
struct answer authz_page(struct call *c, const struct authz *z, const struct session *s,
    const struct pending *p, struct str approved);
struct str authz_write(struct arena *mem, const struct authz *z);       /* what stands beside its authorization */
bool authz_read(struct call *c, const struct pending *p, struct authz *z);
/* z->decided holds this code from now on, or a denial (""). False: c->why. */
bool authz_decided(struct call *c, const struct authz *z, struct str code);
/* and what it holds; false: nothing that is ours */
bool authz_answer(const struct call *c, const struct authz *z, struct str *code);
#endif
