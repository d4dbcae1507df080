/*
 * oauth/oauth.h - the protocol: what a request means and what it is granted. A call goes in, an answer comes out; no HTTP, no
 * bytes of any dialect, no product's name.
 *
 * O1: the first failure wins; what the client may learn (reason) and what only the log may (detail) never mix.
 * O2: no token leaves before store_commit has made it durable.
 * O3: an error is sent to a redirect URI only after client and URI were found registered.
 * O4: codes, refresh tokens and sessions work only at the issuer that gave them.
 * O5: nothing in this room asks which dialect is spoken; policies are read as data.
 * O6: whoever asks about a token hears of it only when the token was issued to him, he is its audience, or he was marked for that;
 *     of a refresh token nobody hears but the client that has it, and it opens nothing as a Bearer token. Others: inactive, nothing else.
 * O7: what a call gives is committed together with the guards of the rows it read (S6): user, client, session, family. A guard that is
 *     lost is no failure: the call looks again, at most RACES_MAX times, and answers by what it finds then.
 */
#ifndef HUFU_OAUTH_H
#define HUFU_OAUTH_H

#include "base/base.h"
#include "jose/jose.h"
#include "login/guess.h"
#include "login/login.h"
#include "outbound/notice.h"
#include "outbound/sms.h"
#include "store/store.h"

enum { PF_SECRET = 1 };
enum param {
#define PARAM(id, name, flags) P_##id,
#include "oauth/params.def"
#undef PARAM
	P_COUNT
};
_Static_assert(P_COUNT <= 64, "presence bits live in one uint64_t");
extern const char *const param_names[P_COUNT];

enum reason {
#define REASON(id, status, code, text) R_##id,
#include "oauth/reasons.def"
#undef REASON
	R_COUNT
};
struct reason_row { const char *name; int status; const char *error, *text; };
extern const struct reason_row reason_rows[R_COUNT];            /* name: "code_replayed", for logs and metrics */

enum grant_index {
#define GRANT(g) GI_##g,
#include "oauth/grants.def"
#undef GRANT
	GI_COUNT
};
enum habit {
#define HABIT(id, word, instead, zh) HABIT_##id,
#include "oauth/habits.def"
#undef HABIT
	HABIT_COUNT
};
struct habit_row { const char *word, *instead, *zh; };
extern const struct habit_row habit_rows[HABIT_COUNT];
enum method {
#define METHOD(id, name, proves, sent, holds) METHOD_##id,
#include "oauth/methods.def"
#undef METHOD
	METHOD_COUNT
};
struct method_row { const char *name; bool proves; };           /* "client_secret_basic"; false: it tells the id and proves nothing */
extern const struct method_row method_rows[METHOD_COUNT];

/* --- policy: the rules of one issuer, read as data. Named after behaviour, never after a product. ------------------------- */

enum token_shape {
	SHAPE_ROW_ID,           /* base64url(row id ‖ HMAC): 43 characters, found by row id */
	SHAPE_B64URL27,         /* 20 bytes of HMAC in base64url: 27 characters, found by digest */
	SHAPE_UUID,             /* UUID v4 of HMAC: 36 characters, found by digest */
	SHAPE_JWT,              /* signed claims, by the policy's claim rows */
};
enum code_shape { CODE_LONG /* 43 characters */, CODE_6_ALNUM /* [0-9A-Za-z] */, CODE_6_ALNUM_DASH /* [0-9A-Za-z_-] */ };
/* JTI_HEX80: sealed, so that it looks random and leads back to the family all the same; oauth/token/text.c has the layout. */
enum jti_shape { JTI_FAMILY /* base64url(family ‖ 8 random) */, JTI_UUID, JTI_HEX80 /* 80 hex digits */ };
enum refresh_rule { REFRESH_ROTATES, REFRESH_KEPT, REFRESH_RESIGNED /* a JWT with the same jti and exp, new text */ };
enum pkce_rule { PKCE_REQUIRED, PKCE_WHEN_SENT };
enum consent_rule {
	CONSENT_BY_SCOPE,       /* what is ticked is granted, nothing ticked is a denial */
	CONSENT_YES_NO,         /* user_oauth_approval=true grants every requested scope */
	CONSENT_NEVER,          /* the issuer has no consent page */
};
enum consent_memory { MEMORY_APPROVALS, MEMORY_LIVE_TOKENS, MEMORY_NONE };
enum claim_from {
	FROM_TEXT, FROM_ISS, FROM_SUB /* user id, or client id */, FROM_SUB_USER_ID, FROM_SUB_NUMBER, FROM_AUD /* resource ids, else issuer */,
	FROM_AUD_CLIENT, FROM_RESOURCE_IDS /* absent when none */, FROM_CLIENT_ID, FROM_EXP, FROM_IAT, FROM_NBF, FROM_JTI, FROM_ATI /* jti of the access token */,
	FROM_SCOPE, FROM_USER_NAME, FROM_USER_NUMBER, FROM_AUTHORITIES, FROM_ACCOUNT_TYPE, FROM_NONCE, FROM_AUTH_TIME,
};
enum claim_type { CLAIM_STRING, CLAIM_NUMBER, CLAIM_ARRAY, CLAIM_ONE_OR_ARRAY, CLAIM_SET /* an array in the order of base/hash_order.h */ };
struct claim_row { const char *claim; enum claim_from from; enum claim_type type; const char *text; bool user_only; };  /* ends with claim == NULL */

/* One question of the token endpoint; the order decides which of two mistakes is reported. */
enum question {
	Q_END, Q_CLIENT, Q_CLIENT_SAME, Q_SCOPE_KNOWN, Q_GRANT_NAMED, Q_GRANT_ALLOWED, Q_PARAMS, Q_RESOLVE, Q_SCOPE, Q_MINT, Q_COMMIT,
};

/* Read as data, in groups. Every field is a row of policy.def, which says what it means. */
struct policy {
#define POLICY_IN_token(member) member
	struct policy_token {
#include "oauth/policy_group.h"
	} token;
#define POLICY_IN_refresh(member) member
	struct policy_refresh {
#include "oauth/policy_group.h"
	} refresh;
#define POLICY_IN_grant(member) member
	struct policy_grant {
#include "oauth/policy_group.h"
	} grant;
#define POLICY_IN_scope(member) member
	struct policy_scope {
#include "oauth/policy_group.h"
	} scope;
#define POLICY_IN_authorize(member) member
	struct policy_authorize {
#include "oauth/policy_group.h"
	} authorize;
#define POLICY_IN_consent(member) member
	struct policy_consent {
#include "oauth/policy_group.h"
	} consent;
#define POLICY_IN_client(member) member
	struct policy_client {
#include "oauth/policy_group.h"
	} client;
#define POLICY_IN_session(member) member
	struct policy_session {
#include "oauth/policy_group.h"
	} session;
#define POLICY_IN_logout(member) member
	struct policy_logout {
#include "oauth/policy_group.h"
	} logout;
#define POLICY_IN_sms(member) member
	struct policy_sms {
#include "oauth/policy_group.h"
	} sms;
};

/* --- what a call may use ---------------------------------------------------------------------------------------------------- */

/* Clients of a realm, hashed by id; immutable; part of a snapshot. */
struct realm;
/* Deep copy, its own memory. epoch: store_clients_epoch before the clients were read; 0: they are not from a store. */
struct realm *realm_new(struct str name, const struct client *clients, size_t n, uint64_t epoch);
void realm_free(struct realm *r);
const struct client *realm_client(const struct realm *r, struct str id);                /* NULL when unknown */
struct str realm_name(const struct realm *r);
size_t realm_clients(const struct realm *r, const struct client **list);               /* all of them; r NULL: none */
/* The longest life that a client's tokens have where the issuer's is issuer_ttl_s; 0 when one never ends. r NULL: no clients. */
int64_t realm_longest_access(const struct realm *r, int64_t issuer_ttl_s);
int64_t realm_longest_refresh(const struct realm *r, int64_t issuer_ttl_s);
uint64_t realm_epoch(const struct realm *r);
bool realm_has_origin(const struct realm *r, struct str origin);        /* some enabled client lists it */
/* Enabled clients that want to hear of logouts: member LOGOUT_NOTIFY_URL_LIST of their additional information, addresses separated by commas. */
struct logout_client { const struct client *client; struct str urls; };
const struct logout_client *realm_logout_clients(const struct realm *r, size_t *n);

struct issuer {
	struct str name, url;                   /* "demo-003"; "http://localhost:8090" without trailing slash, prefix included */
	const struct policy  *policy;
	const struct keyring *keys;
	const struct realm   *realm;
	const struct sms_gateway *sms;          /* NULL: sends no text messages */
	const struct issuer *const *accepted;   /* others whose refresh tokens are honoured during a migration; NULL-terminated, or NULL */
	const struct directory *directory;      /* login/ldap.h: of the grant `directory`; NULL: none */
	const struct directory *at_login;       /* ... of the login page; NULL: none */
	const struct directory *const *directories;     /* ... whose users the realm has; NULL-terminated, or NULL */
	const struct user_table *table;         /* login/table.h: users whom the realm does not have itself; NULL: none */
	const struct wechat_app *wechat;        /* login/wechat.h; NULL: none */
};
struct services {
	struct store *store;
	struct secret_memory *secrets;
	struct throttle_rules throttle;
	bool rehash;                            /* replace an old password encoding at login */
	struct outbox *sms, *notices;           /* notices: of a logout, to clients; each NULL: none are sent */
	struct guess_book *guesses;             /* wrong client secrets; NULL: not counted */
};

struct ops;                             /* oauth_int.h: the operations of a commit */

/* --- the call ----------------------------------------------------------------------------------------------------------------- */

/* What the wire copied from the request as proof of who the client is; judged only by client_authenticate. */
struct client_evidence {
	bool basic_sent, basic_malformed;       /* an Authorization: Basic field was there; its content could not be read */
	struct str basic_id, basic_secret;      /* in the reading that the policy prefers */
	struct str other_id, other_secret;      /* in the other one, where that differs; absent: it does not */
	bool secret_in_query;
};
/* What client_authenticate finds, where it was asked before the endpoint asks (call_lane, client_prove): it is not asked again then. */
struct client_proof {
	bool asked, ok;
	const struct client *client;
	enum reason why;
	struct str offender, detail;
	uint64_t habits;
	int64_t retry_after_s;
};
enum site { SITE_UNKNOWN, SITE_SAME, SITE_CROSS };             /* by Sec-Fetch-Site, Origin, else Referer */

struct grant;
struct call {
	/* in: set by the wire */
	struct arena          *mem;
	const struct issuer   *issuer;
	const struct services *svc;
	const struct grant    *grant;           /* NULL: the wire could not name one */
	bool                   grant_is_implicit;/* grant_type=implicit was sent */
	struct str             arg[P_COUNT];
	uint64_t               given;           /* bit P_x: arg[P_x] was sent (perhaps empty) */
	struct client_evidence evidence;
	struct client_proof    proof;
	struct str             peer;            /* client address, for counting; empty: not known, nobody is counted by it */
	struct str             address;         /* the same to be shown; also that of a proxy which does not say for whom it speaks */
	struct str             agent;           /* User-Agent as sent; absent when none */
	int64_t                now_s, now_ms;
	bool                   must_not_wait;   /* set by call_lane: no other server is asked in this lane */
	bool                   asks_besides;    /* ... the lane is there only to ask about the user: without a place in it the stored word counts */
	/* browser endpoints */
	struct str session_cookie, saved_cookie;/* values as sent; absent when none */
	struct str bearer;                      /* Authorization: Bearer */
	struct str self;                        /* absolute URL of this request as the issuer names it: url ‖ path ‖ query, byte for byte but for ui_lang */
	bool       posted;                      /* ... and its parameters, or some of them, are not in that address */
	enum site  site;
	bool       navigates;                   /* a browser that loads a page: the page's address may say what it is about */
	struct str approved, denied;            /* scopes ticked / explicitly refused on the consent form, blank-separated */
	/* oauth/'s own: one client as the store has it, since a commit found that the snapshot's is no longer so; row NULL: it is gone */
	struct { struct str id; const struct client *row; uint64_t epoch; } renewed;
	bool asked;                             /* ... another server was asked about a user: what was read before may have ended by that */
	/* ... it waits for no commit (LANE_WRITER, LANE_SIGN): what is left to the writer, in memory of the call; or it must wait (defer.c) */
	bool defers, waits;
	const struct ops *left;
	bool by_store;                          /* ... nobody is asked about that user, however old the stored word is */
	struct id16 about;                      /* ... of whom the token that was inspected speaks */
	/* out: set by oauth/ */
	enum reason why;                        /* first failure */
	struct str  offender;                   /* the offending value as the client sent it: a dialect may show it back */
	struct str  allowed;                    /* for invalid_scope: what would have been allowed */
	struct str  detail;                     /* private: audit log only */
	int64_t     retry_after_s;
	const struct client *client;            /* authenticated, or named at authorize; for the audit line */
	struct str  user_name;                  /* for the audit line */
	uint64_t    habits;                     /* BIT(HABIT_x) used by this request */
	struct str  set_session;                /* new session cookie value; n == 0 with p: delete it */
	struct str  set_saved;                  /* new saved-request cookie value; n == 0 with p: delete it */
};

/* Does the query of a redirect URI hold a parameter that an authorization response brings (code, state, error, iss ...)? */
bool redirect_speaks_as_response(struct str uri);
/* Of one that may be registered: it is of the web, or its scheme has the dot of RFC 8252 section 7.1. */
bool redirect_uri_has_dot(struct str uri);

/* Record why the call failed: the first failure wins. Always false, so that `return fail(...)` reads well. */
bool fail(struct call *c, enum reason why, struct str private_detail);
bool fail_with(struct call *c, enum reason why, struct str offender);

/* --- the answer ---------------------------------------------------------------------------------------------------------------- */

/* Everything any dialect prints about tokens. Absent spans are left out. */
struct tokens {
	struct str access, refresh, id_token, scope;
	int64_t    expires_in_s;                /* remaining; 0: never expires, print nothing */
	struct str jti;                         /* of a JWT access token */
	bool       scope_is_news;               /* granted differs from requested, or nothing was requested (implicit prints it then) */
	const struct user *user;                /* NULL: the client itself */
	struct str account_type;
	const struct client *client;
	const struct grant  *grant;             /* NULL for implicit */
};

enum place { PLACE_LOGIN, PLACE_LOGIN_FAILED, PLACE_SAVED, PLACE_HOME, PLACE_SIGNED_OUT };
struct consent_scope { struct str name; bool approved; };
struct token_facts {                        /* introspection and check_token; inactive is a FAULT reason the wire may turn into active:false */
	bool active; struct str scope, client_id, user_name, account_type, jti, sub; const struct user *user; const struct client *client;
	struct str aud;                         /* of an access token, words: as a JWT says it, and what a JWT would say of an opaque one */
	int64_t exp_s, iat_s; bool is_refresh, is_jwt; struct str authorities;
	struct str grant; int64_t begun_s;      /* what gave it, and when that was: where the token leads to its family */
};

enum answer_kind { ANS_TOKENS, ANS_FAULT, ANS_REDIRECT, ANS_GO, ANS_DOCUMENT, ANS_PAGE_LOGIN, ANS_PAGE_CONSENT, ANS_PAGE_LOGGED_OUT, ANS_PAGE_LOGOUT_CONFIRM, ANS_FACTS, ANS_EMPTY };
enum redirect_kind { REDIRECT_CODE, REDIRECT_TOKENS, REDIRECT_FAULT };
struct answer {
	enum answer_kind kind;
	enum reason why;                        /* FAULT, REDIRECT_FAULT, ANS_GO PLACE_LOGIN_FAILED */
	struct tokens tokens;                   /* TOKENS, REDIRECT_TOKENS */
	struct {
		enum redirect_kind kind; struct str uri; bool fragment; struct str code, state /* absent: none */; bool iss;
	} redirect;
	struct {
		enum place place; struct str url; /* PLACE_SAVED: absolute */ bool saved_exists;
		struct str saved;               /* LOGIN, LOGIN_FAILED: what the login is for, P_SAVED_REQUEST in the address; absent: the cookie says it */
	} go;
	struct { struct str type, body; } document;
	struct {
		const struct client *client; struct str user_name, redirect_uri, request_id, csrf; const struct consent_scope *scopes; size_t n_scopes;
		struct str saved;               /* the request itself, P_SAVED_REQUEST of the form; absent: none */
	} consent;
	struct {
		struct str csrf, username, client_name, saved_url /* where login leads; may be empty */;
		struct str client_id;           /* whose request it is, where the address does not say; absent: it does */
		struct str saved;               /* the same sealed, P_SAVED_REQUEST of the form; absent: none */
		struct str here;                /* who is logged in and may stay so; absent: nobody */
		int64_t wait_s;
		struct str failed_name;         /* whose password was wrong a moment ago, by the cookie; absent: nobody's */
	} login;
	struct token_facts facts;
};

/* --- endpoints: each may block on the store; token and login may cost a password hash or a signature ------------------------- */

struct answer token_endpoint(struct call *c);           /* RFC 6749 3.2 */
/*
 * The same in two halves around its commit, for LANE_WRITER and LANE_SIGN. token_begin: TOKEN_ANSWERED, *a holds the answer (a refusal, or a living
 * token returned again); TOKEN_PREPARED, commit *ops, then token_end tells the answer; TOKEN_RACES, the commit may lose to another call
 * and must then look again: token_commit does both, where one may wait; *w is NULL when something else must be committed first, and the
 * whole call has to wait: token_endpoint. Only token_commit blocks. w lives in the call's arena. A prepared
 * commit may be lost too (O7): then token_commit looks again; token_end is not for that.
 */
struct token_work;
enum token_next { TOKEN_ANSWERED, TOKEN_PREPARED, TOKEN_RACES };
enum token_next token_begin(struct call *c, struct token_work **w, const struct store_op **ops, size_t *n, struct answer *a);
struct answer token_end(struct call *c, struct token_work *w, enum store_result r);
struct answer token_commit(struct call *c, struct token_work *w);
struct answer authorize_endpoint(struct call *c);       /* RFC 6749 3.1: GET, or POST without a decision */
/*
 * The same without waiting, as token_begin. ANSWERED: *a is the answer. PREPARED: it is, once *ops are committed; if they are lost,
 * authorize_endpoint looks again. RACES: something must be committed first, authorize_endpoint does. *ops live in the call's arena.
 */
enum token_next authorize_begin(struct call *c, const struct store_op **ops, size_t *n, struct answer *a);
struct answer consent_endpoint(struct call *c);         /* POST with the user's decision */
struct answer confirm_page_endpoint(struct call *c);    /* the question once more: ANS_PAGE_CONSENT of the session's pending request */
struct answer login_page_endpoint(struct call *c);      /* a form with a CSRF token; sets the saved-request cookie when there is none */
struct answer login_resume_endpoint(struct call *c);    /* who is logged in already goes on: ANS_GO SAVED to P_SAVED_REQUEST or the cookie's, else HOME */
bool login_waits(const struct call *c);                 /* a request of an application waits for a login: in P_SAVED_REQUEST or the cookie */
struct answer login_endpoint(struct call *c);           /* P_USERNAME, P_PASSWORD, P_CSRF -> ANS_GO SAVED, HOME or LOGIN_FAILED */
/*
 * P_PHONE: send it a code. ANS_EMPTY for a number of a user and for one of nobody alike; nothing is sent to the latter. client_first:
 * only for an authenticated client that may use the grant.
 */
struct answer sms_code_endpoint(struct call *c, bool client_first);
struct answer sms_login_endpoint(struct call *c);       /* P_PHONE, P_CODE: a login; answers as login_endpoint */
/*
 * The end of the session. LOGOUT_ASK: ask first, whoever has one. LOGOUT_LINK: somebody followed a link, which old servers took for a
 * logout. LOGOUT_POSTED: a form, P_CSRF; like every form refused when a header shows another site, whatever csrf_required says.
 */
enum logout_step { LOGOUT_ASK, LOGOUT_LINK, LOGOUT_POSTED };
struct answer logout_endpoint(struct call *c, enum logout_step step);
struct answer introspect_endpoint(struct call *c);      /* RFC 7662: ANS_FACTS; O6 */
struct answer check_token_endpoint(struct call *c);     /* the same question of access tokens, failures told apart; O6 unless it is open */
struct answer userinfo_endpoint(struct call *c);        /* OpenID Connect Core 5.3: the user of the Bearer token, in facts.user */
struct answer bearer_endpoint(struct call *c);          /* what the Bearer token is worth, also one of a client alone */
struct answer session_user_endpoint(struct call *c);    /* the user who is logged in, in facts.user; R_LOGIN_REQUIRED when nobody is */
struct answer revoke_endpoint(struct call *c);          /* RFC 7009 */
/*
 * Ends the token and its family, no client authentication; unknown is fine. With logout_notices it is a logout everywhere: the user's
 * tokens at every client that wants to hear of logouts end too, and each is told which. ANS_GO to a
 * P_REDIRECT_URI that the token's client has registered.
 */
struct answer remove_token_endpoint(struct call *c);
struct answer operator_inspect_endpoint(struct call *c);        /* access or refresh token, nobody asked who wants to know: operators only */
struct answer operator_revoke_endpoint(struct call *c);         /* ends the token and its family; an unknown one is a fault */
struct answer jwks_endpoint(struct call *c);            /* ANS_DOCUMENT */
struct answer token_key_endpoint(struct call *c);       /* ANS_DOCUMENT with the PEM as body (base64 on one line); R_NOT_FOUND for issuers without JWT */
/* Is someone logged in? Used by pages that only a user may see. out may be NULL. */
bool session_is_live(struct call *c, struct session *out);
/* Client authentication alone, for endpoints that ask nothing else. */
bool client_authenticate(struct call *c);
/* The same where the answer is not for everybody: the id of a public client is known to all and proves nothing (R_CLIENT_NONE). */
bool client_authenticate_confidential(struct call *c);
/* For LANE_CLIENT: client_authenticate before the endpoint asks, slow hash and all. What it finds stays in c->proof. */
void client_prove(struct call *c);

/*
 * Where a call should run. INLINE: microseconds, no commit. WRITER: microseconds, then a commit that the store's writer finishes, without
 * a worker. The others are worker threads; SIGN hands on to the writer what must be committed after it was signed.
 *
 * CLIENT is a step before: a client secret with a slow hash that is not remembered. Its worker calls client_prove, then call_lane says
 * where the call goes on. So no other lane hashes secrets, and a call without a proven client goes to none of them.
 */
enum lane {
	LANE_INLINE, LANE_WRITER, LANE_SIGN, LANE_COMMIT, LANE_CLIENT, LANE_PASSWORD,
	LANE_DIRECTORY, LANE_WECHAT, LANE_TABLE,        /* these wait for other servers */
	LANE_COUNT
};
/*
 * Which of them authenticate a client stands in the table of lane.c: TOKEN, INTROSPECT, REVOKE, CHECK_TOKEN when credentials are
 * there, SMS_BY_CLIENT, and CLIENT: whatever asks for a client and for nothing else that takes time.
 */
enum oauth_endpoint {
	OE_TOKEN,
	OE_AUTHORIZE,
	OE_CONSENT,
	OE_LOGIN_PAGE,
	OE_LOGIN,
	OE_LOGOUT,
	OE_INTROSPECT,
	OE_CHECK_TOKEN,
	OE_REVOKE,
	OE_REMOVE_TOKEN,
	OE_JWKS,
	OE_TOKEN_KEY,
	OE_SMS,
	OE_SMS_BY_CLIENT,
	OE_BEARER,
	OE_CLIENT,
	OE_SESSION_USER,
	OE_COUNT
};
enum lane call_lane(struct call *c, enum oauth_endpoint e);
/* By whose work a lane is shared out: the client's network and the client it names; in CLIENT the other way round. 0: nobody. */
void call_shares(const struct call *c, enum lane lane, uint64_t out[2]);

/* --- grants --------------------------------------------------------------------------------------------------------------------- */

/* Where the scope of its tokens comes from: asked for by the request; the evidence's, of which the request may name less; the evidence's. */
enum grant_scope { SCOPE_ASKED, SCOPE_NARROWED, SCOPE_SETTLED };
struct authority;                                       /* oauth/token/token.h */
struct grant {
	const char *name;                               /* canonical grant_type */
	enum grant_index index;
	uint64_t    needs;                              /* parameters that must be present */
	enum reason when_missing;
	bool        slow;                               /* hashes a password */
	enum lane   remote;                             /* waits for another server, in this lane; LANE_INLINE: for none */
	bool        weak;                               /* a habit of old clients: */
	enum habit  habit;
	enum grant_scope scope;
	bool        for_client;                         /* the client's own: a refresh token goes with it only by client_credentials_refresh */
	bool        refreshes;                          /* by a refresh token: whoever was given one may use it, unless refresh_needs_grant */
	bool        only_store;                         /* asks nothing but the store: no password, no other server */
	bool        reads_users;                        /* looks for a user, perhaps in the table of the realm */
	bool        user_stands;                        /* ... who logged in before, or does not at all: the stored word is good for its time */
	bool      (*resolve)(struct call *, struct authority *);
	/* The user it will be about, as the store has it and nobody else is asked; false: none, or not known before. NULL: never known before. */
	bool      (*whose)(struct call *, struct user *);
};
extern const struct grant *const grants[GI_COUNT];
#define GRANT(g) extern const struct grant grant_##g;
#include "oauth/grants.def"
#undef GRANT
#endif
