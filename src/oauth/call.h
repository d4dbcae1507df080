/*
 * oauth/call.h - a call and its answer. What a request means goes in, what it is granted comes
 * out; no HTTP, no bytes of any dialect, no product's name. The caller fills what is marked `in`,
 * one endpoint of oauth/endpoints.h is asked, and the answer with what is marked `out` is spoken.
 * Everything lies in the call's arena.
 *
 * O1: the first failure wins; what the client may learn (reason) and what only the log may
 *     (detail) never mix.
 * O2: no token leaves before store_commit has made it durable.
 * O3: an error is sent to a redirect URI only after client and URI were found registered.
 * O4: codes, refresh tokens and sessions work only at the issuer that gave them.
 * O5: nothing in this room asks which dialect is spoken; policies are read as data.
 * O6: whoever asks about a token hears of it only when the token was issued to him, he is its
 *     audience, or he was marked for that; of a refresh token nobody hears but the client that has
 *     it, and it opens nothing as a Bearer token. Others: inactive, nothing else.
 * O7: what a call gives is committed together with the guards of the rows it read (S6): user,
 *     client, session, family. A guard that is lost is no failure: the call looks again, at most
 *     RACES_MAX times, and answers by what it finds then.
 */
#ifndef HUFU_OAUTH_CALL_H
#define HUFU_OAUTH_CALL_H

#include "base/base.h"
#include "oauth/chosen_rules.h"
#include "oauth/issuer.h"
#include "oauth/lists.h"
#include "oauth/status_lists.h"
#include "store/store.h"

struct account_page;
struct ops;                             /* oauth_int.h: the operations of a commit */

/* --- the call --------------------------------------------------------------------------------- */

/* The TLS certificate of a client in DER and those that came beside it; der absent: it has shown none. */
struct client_cert { struct str der; const struct str *chain; size_t n_chain; };

/* The assertion of the client, a JWT that is the grant, one that acts for its subject. */
#define ONCE_DUE_MAX 3
/* An assertion as it was read, which proves nothing yet. */
struct assertion_seen { bool read, is_jwt; struct jwt jwt; };
/* What the wire copied from the request as proof of who the client is; judged only by client_authenticate. */
struct client_evidence {
	/* an Authorization: Basic field was there; its content could not be read */
	bool basic_sent, basic_malformed;
	struct str basic_id, basic_secret;      /* in the reading that the policy prefers */
	struct str other_id, other_secret;      /* in the other one, where that differs; absent: it does not */
	bool secret_in_query;
	/*
	 * the token endpoint, for whom an assertion may be meant, and this endpoint, each with its alias for mutual TLS
	 * (RFC 8705 section 5); absent: no assertion came, there is no alias
	 */
	struct str token_url, token_alias, here_url, here_alias;
	struct client_cert cert;
	struct assertion_seen *seen;            /* room for what the assertion says; oauth/ own; NULL: none came */
	bool assertion_used;                    /* oauth/ own: the assertion of this very request is remembered as used */
	/* oauth/ own: the same of the JWT that is a grant, or acts for its subject */
	bool grant_used, actor_used;
	bool request_used;                      /* ... and of an authentication request that is signed (CIBA) */
	/* ... in memory; these rows have to be committed yet, and why the call fails when another was first */
	struct { struct op_once row; enum reason why; } once[ONCE_DUE_MAX];
	size_t n_once;
};
/*
 * What client_authenticate finds, where it was asked before the endpoint asks (call_lane, client_prove): it is
 * not asked again then.
 */
struct client_proof {
	bool asked, ok;
	const struct client *client;
	enum reason why;
	struct str offender, detail;
	uint64_t habits;
	struct str credential;
	int64_t retry_after_s;
};
enum site { SITE_UNKNOWN, SITE_SAME, SITE_CROSS };             /* by Sec-Fetch-Site, Origin, else Referer */

/*
 * A proof of possession as it was sent, and what it has to be for (oauth/dpop.h): method and URL of this request, as
 * the issuer names them; of a proxy's question, those of the request that it asks about.
 */
struct dpop_sent {
	struct str proof;                       /* absent: none */
	bool repeated;                          /* there was more than one */
	bool beside_client;                     /* of a request whose client authenticates, and may get a nonce for it */
	struct str method, url;
	/* the same endpoint where client certificates are asked for; absent: none */
	struct str alias;
};
enum dpop_result { DPOP_NONE, DPOP_GOOD, DPOP_BAD, DPOP_WANTS_NONCE };

struct claim_sent { struct str name, value; };

/* One value of a parameter that may be sent more than once. */
struct param_value { enum param is; struct str value; struct param_value *next; };

/*
 * The cookies of a browser's sessions (oauth/session/accounts.c): that of the active account, and one of each session.
 * A browser may bring more than there may be (session_accounts), for logins in two tabs; more than are read are
 * passed over.
 */
#define ACCOUNTS_READ 10
struct account_cookies {
	struct str active;                      /* absent or empty: none is */
	struct str sent[ACCOUNTS_READ];         /* distinct */
	size_t n;
	/* out: to be given, to be taken away */
	struct str kept[2], gone[ACCOUNTS_READ];
	size_t n_kept, n_gone;
};

/* A resource server as the store has it, since a commit found that the snapshot's is no longer so; row NULL: it is gone. */
struct renewed_resource {
	struct str id;
	const struct resource_server *row;
	uint64_t epoch;                         /* store_clients_epoch before it was read */
	const struct renewed_resource *next;
};

struct grant;
struct call {
	/* in: set by the wire */
	struct arena          *mem;
	const struct issuer   *issuer;
	const struct services *svc;
	const struct grant    *grant;           /* NULL: the wire could not name one */
	bool                   grant_is_implicit;/* grant_type=implicit was sent */
	struct str             arg[P_COUNT];
	uint64_t               given[BITS_WORDS(P_COUNT)];      /* bit P_x: arg[P_x] was sent (perhaps empty) */
	/* all values of those that may be repeated, in order; arg holds the first */
	struct param_value    *repeated;
	struct client_evidence evidence;
	struct client_proof    proof;
	/* client address, for counting; empty: not known, nobody is counted by it */
	struct str             peer;
	/* the same to be shown; also that of a proxy which does not say for whom it speaks */
	struct str             address;
	struct str             agent;           /* User-Agent as sent; absent when none */
	struct str             lang;            /* language of the pages, a tag; absent: not known */
	int64_t                now_s, now_ms;
	bool                   must_not_wait;   /* set by call_lane: no other server is asked in this lane */
	/* set by call_lane: the lane is there to have the client proven (client_prove) */
	bool                   proves;
	/* the lane is there only to ask about the user: without a place in it the stored word counts */
	bool                   asks_besides;
	struct str list_asked;                  /* the number of a status list, as it stands in the path */
	struct str body;                        /* of an endpoint that takes a JSON document; absent: none came */
	/* browser endpoints */
	struct str session_cookie, saved_cookie;/* values as sent; absent when none */
	struct str device_cookie;               /* the same of a browser that stands for a second factor */
	/*
	 * back from an identity provider: under its own names for them, and by POST, which another site sends; way:
	 * the cookie of the login that P_STATE names
	 */
	struct { struct str code, error, iss, user, sealed, way; bool posted, joins; } back;
	/*
	 * where a browser may hold several sessions; NULL: one. session_cookie is the active one's until oauth/ has
	 * found with which one the call goes on
	 */
	struct account_cookies *accounts;
	struct str bearer;                      /* Authorization: Bearer */
	/*
	 * Keys that the request has shown to hold, as confirmations.def names them: thumbprints in base64url, absent:
	 * none. CERTIFICATE: set by the wire, of a certificate that it believes; DPOP: oauth/ own, of a proof that was
	 * judged
	 */
	struct str proven[CONFIRM_COUNT];
	struct dpop_sent dpop;
	bool bearer_is_dpop;                    /* Authorization: DPoP */
	/*
	 * absolute URL of this request as the issuer names it: url ‖ path ‖ query, byte for byte but for
	 * ui_lang
	 */
	struct str self;
	bool       posted;                      /* its parameters, or some of them, are not in that address */
	enum site  site;
	/* a browser that loads a page: the page's address may say what it is about */
	bool       navigates;
	bool       wants_jwt;                   /* introspection is asked for as a JWT: RFC 9701 section 4 */
	/* scopes ticked / explicitly refused on the consent form, blank-separated */
	struct str approved, denied;
	/* oauth/'s own. The status list that is kept, found when the lane was chosen */
	struct made_list list;
	/* fields of the form of a profile, "claim.NAME": each NAME with what was typed, which may be empty */
	const struct claim_sent *claims;
	size_t n_claims;
	/*
	 * oauth/'s own. One client as the store has it, since a commit found that the snapshot's is no longer
	 * so; row NULL: it is gone
	 */
	struct { struct str id; const struct client *row; uint64_t epoch; } renewed;
	/* the same of resource servers, the latest first; NULL: none */
	const struct renewed_resource *renewed_resources;
	/* its parameters are those of a pushed request (RFC 9126) */
	struct { bool is, by_uri, signed_object; struct id16 id; } pushed;
	bool pushes;                            /* ... or are being pushed */
	bool challenges;                        /* a first-party application asks its user itself: no browser is there */
	/* another server was asked about a user: what was read before may have ended by that */
	bool asked;
	/*
	 * It waits for no commit (LANE_WRITER, LANE_SIGN): what is left to the writer, in memory of the call;
	 * or it must wait (defer.c)
	 */
	bool defers, waits;
	const struct ops *left;
	const struct call *before;              /* what it was before it left that: call_begins_again */
	/* nobody is asked about that user, however old the stored word is */
	bool by_store;
	struct id16 about;                      /* of whom the token that was inspected speaks */
	/* what the choice of the lane found of it, when the answer follows at once */
	const struct inspection *inspected;
	/* looked: all but whether it was used before; then jkt, jti, iat_s are its own where result is GOOD */
	struct { bool looked, asked; enum dpop_result result; struct str detail, jkt, jti; int64_t iat_s; } dpop_judged;
	/* out: set by oauth/ */
	enum reason why;                        /* first failure */
	/* the offending value as the client sent it: a dialect may show it back */
	struct str  offender;
	struct str  allowed;                    /* for invalid_scope: what would have been allowed */
	struct str  detail;                     /* private: audit log only */
	int64_t     retry_after_s;
	const struct client *client;            /* authenticated, or named at authorize; for the audit line */
	struct str  user_name;                  /* for the audit line */
	uint64_t    habits;                     /* BIT(HABIT_x) used by this request */
	struct str  credential;                 /* what the client proved itself by: client.h; absent: nothing */
	struct str  set_session;                /* new session cookie value; n == 0 with p: delete it */
	struct str  set_device;                 /* new device cookie value, for factor_remembered_s; n == 0 with p: delete it */
	struct str  browser_state;              /* what a script was told to compare: browser_state(); absent: nothing */
	struct str  dpop_nonce;                 /* of the next proof; absent: none is told */
	struct str  set_saved;                  /* new saved-request cookie value; n == 0 with p: delete it */
	/* of a login at an identity provider: the state that names it, the cookie's value; n == 0 with p: delete it */
	struct { struct str state, value; } set_way;
};

/* Was it sent, perhaps empty? */
static inline bool call_has(const struct call *c, enum param p) { return bits_have(c->given, p); }
/* An absent value: it was not sent. */
void call_put(struct call *c, enum param p, struct str value);
/* One more value of a parameter that may be repeated. False: c->mem is exhausted, and nothing has changed. */
bool call_add(struct call *c, enum param p, struct str value);
/* Its values in the order sent: the one after this, NULL for the first; NULL: there is no other. */
const struct param_value *call_next(const struct call *c, enum param p, const struct param_value *after);

/* Record why the call failed: the first failure wins. Always false, so that `return fail(...)` reads well. */
bool fail(struct call *c, enum reason why, struct str private_detail);
bool fail_with(struct call *c, enum reason why, struct str offender);

/* --- the answer ------------------------------------------------------------------------------- */

/* Everything any dialect prints about tokens. Absent spans are left out. */
struct tokens {
	struct str access, refresh, id_token, scope;
	/* RFC 8693 section 2.2.1; absent: it was no exchange, and of the type Bearer */
	struct str issued_type, type;
	int64_t    expires_in_s;                /* remaining; 0: never expires, print nothing */
	struct str jti;                         /* of a JWT access token */
	struct str details;                     /* authorization details of it, JSON: RFC 9396 section 7 */
	/* granted differs from requested, or nothing was requested (implicit prints it then) */
	bool       scope_is_news;
	const struct user *user;                /* NULL: the client itself */
	struct str account_type;
	const struct client *client;
	const struct grant  *grant;             /* NULL for implicit */
	bool is_dpop;                           /* the access token is used with a proof: RFC 9449 section 5 */
};

enum place { PLACE_LOGIN, PLACE_LOGIN_FAILED, PLACE_SAVED, PLACE_HOME, PLACE_SIGNED_OUT, PLACE_ACCOUNTS,
	PLACE_FACTOR, PLACE_IDENTITIES };
struct consent_scope { struct str name; bool approved; };
/* An account of the browser; id: what a form calls it, P_ACCOUNT. */
struct account_shown { struct str id, user_name; bool active; };
/* A resource server that is asked for (RFC 8707); name: as it is registered, absent where it has none. */
struct consent_resource { struct str id, name; };
/*
 * What the script of a page is to ask the browser for (oauth/session/passkey.h); use absent: nothing. use: "get" or
 * "create"; ticket: P_PASSKEY_TICKET; binary things in base64url. "create": user (its id), user_name, resident.
 */
struct passkey_shown {
	struct str use, challenge, ticket, rp_id, credentials, verification, resident, user, user_name;
	bool conditional;                       /* offered in the field of the user name */
};
/* One that waits for whoever looks: handle leads to its page. */
struct waiting_request { const struct client *client; struct str message, handle; };
/* A second factor as its user's page lists it; id: what a form calls it. kind: a word of factors.def. */
/* stale: a number or address that is its user's no more. */
struct factor_shown { struct str id, kind, name; int64_t created_s, last_s; bool stale; };
/* A browser that stands for one. */
struct device_shown { struct str id, address, agent; int64_t created_s, last_s, expires_s; bool here; };
/* introspection and check_token; inactive is a FAULT reason that the wire may turn into active:false */
struct token_facts {
	bool active;
	struct str scope, client_id, user_name, account_type, jti, sub;
	const struct user *user;
	const struct client *client;
	/* of an access token, words: as a JWT says it, and what a JWT would say of an opaque one */
	struct str aud;
	int64_t exp_s, iat_s;
	bool is_refresh, is_jwt;
	struct str authorities;
	struct str cnf;                         /* who alone may present it: oauth/confirm.h; absent: whoever has it */
	bool is_dpop;                           /* ... with a proof of RFC 9449 */
	struct str details;                     /* authorization details, JSON; absent: none */
	struct str acr;                         /* how its user had logged in: RFC 9470 section 6; absent: not told */
	int64_t auth_s;                         /* ... and when; 0: not told */
	struct str grant;                       /* what gave it: where the token leads to its family */
	int64_t begun_s;                        /* ... and when that was */
	struct authorization auth;              /* ... and what was allowed with it; of a JWT without family nothing */
	/* JSON: who acts for the subject, RFC 8693 section 4.1; absent: nobody */
	struct str act;
};

enum answer_kind {
	ANS_PAGE_SELF, ANS_PAGE_ACCOUNT, ANS_WAITS, ANS_PAGE_DEVICE, ANS_PAGE_APPROVE, ANS_PAGE_DECIDED, ANS_PAGE_APPROVALS,
	ANS_CHALLENGED, ANS_TOKENS, ANS_FAULT, ANS_REDIRECT, ANS_GO, ANS_DOCUMENT, ANS_REGISTERED, ANS_FACTS, ANS_EMPTY, ANS_PUSHED,
	ANS_PAGE_FACTOR, ANS_PAGE_ENROL, ANS_PAGE_RECOVERY, ANS_PAGE_FACTORS,
	ANS_PAGE_NEW_PASSWORD, ANS_PAGE_LOGIN, ANS_PAGE_LINK, ANS_PAGE_ACCOUNTS, ANS_PAGE_CONSENT, ANS_PAGE_LOGGED_OUT,
	ANS_PAGE_LOGOUT_CONFIRM
};
enum redirect_kind { REDIRECT_CODE, REDIRECT_TOKENS, REDIRECT_FAULT };
struct answer {
	enum answer_kind kind;
	enum reason why;                        /* FAULT, REDIRECT_FAULT, ANS_GO PLACE_LOGIN_FAILED, CHALLENGED */
	struct tokens tokens;                   /* TOKENS, REDIRECT_TOKENS */
	struct {
		enum redirect_kind kind;
		struct str uri;
		enum response_mode mode;
		struct str code;                /* of TOKENS too: hybrid */
		struct str state;               /* absent: none */
		struct str session_state;       /* absent: none */
		bool iss;
	} redirect;
	struct {
		enum place place;
		struct str url;                 /* PLACE_SAVED: absolute */
		bool saved_exists;
		/*
		 * LOGIN, LOGIN_FAILED: what the login is for, P_SAVED_REQUEST in the address; absent: the
		 * cookie says it
		 */
		struct str saved;
	} go;
	struct { struct str uri; int64_t expires_in_s; } pushed;        /* PUSHED, CHALLENGED with R_CHALLENGE_WEB */
	/* CHALLENGED: a code; or R_CHALLENGE_MORE: what goes on, and whether a code was sent to the user's phone */
	/* or R_CHALLENGE_WEB: whether a one-time password beside the proof would do as well */
	struct { struct str code, auth_session; bool sent, otp; } challenge;
	/* DOCUMENT; REGISTERED: what is registered, JSON. Of some: the same by gzip, and a tag of this version of it */
	struct { struct str type, body, gzip, tag; int64_t max_age_s; } document;
	struct {
		const struct client *client;
		struct str user_name, redirect_uri, request_id, csrf;
		const struct consent_scope *scopes;
		size_t n_scopes;
		const struct consent_resource *resources;
		size_t n_resources;
		bool offline;                   /* offline_access is asked for: OpenID Connect Core 11 */
		bool remembered;                /* the approval is, for remembered_s; 0: for ever */
		int64_t remembered_s;
		struct str details;             /* authorization details, JSON; absent: none */
		struct str saved;               /* the request itself, P_SAVED_REQUEST of the form; absent: none */
	} consent;
	/* WAITS: a request whose user decides elsewhere has begun. code: what the client comes back with */
	struct { struct str code, user_code; int64_t expires_in_s, interval_s; } waits;
	/* PAGE_DEVICE: csrf, user_code, error; PAGE_APPROVE: all; PAGE_DECIDED: client, allowed */
	struct {
		const struct client *client;
		struct str csrf, user_code, user_name, address, agent, message;
		struct str handle;              /* P_DECOUPLED of the form */
		const char *error;              /* a key of page/languages/en.def; NULL: none */
		int64_t wait_s;
		const struct consent_scope *scopes;
		size_t n_scopes;
		struct str details;             /* authorization details, JSON; absent: none */
		bool allowed;
		const struct waiting_request *waiting;  /* PAGE_APPROVALS */
		size_t n_waiting;
	} approve;
	/* PAGE_SELF: a page of oauth/selfservice/ */
	struct {
		const char *page;               /* "forgot", "signup", "email", "phone" */
		const char *step;               /* "ask", "code", "undo", "notice" */
		const char *notice;             /* of a notice: a key of page/languages/en.def */
		const char *error;              /* the same; NULL: none */
		bool leads_to_login;            /* a notice */
		struct str csrf, saved;
		struct str identifier;          /* as typed */
		struct str proof, code;         /* P_PROOF, P_PROOF_CODE of the form */
		const char *sent;               /* "mail", "sms": how the code went */
		bool chooses_way;               /* ask: by mail or text message */
		bool asks_password;             /* ask: the present one */
		bool new_password;              /* code: a new one is chosen */
		struct chosen_rules rules;
		int64_t wait_s;
		struct str fields, terms;       /* code: words of registration_fields; URL */
	} self;
	/* LOGGED_OUT */
	struct {
		struct str uri, state;          /* where it leads on, as registered; absent: nowhere */
		const struct str *frames;       /* addresses that the browser loads before */
		size_t n_frames;
	} signed_out;
	struct {
		const struct client *client;    /* who asks for a sign-out; NULL: nobody */
		struct str csrf, username;
		struct str saved_url;           /* where login leads; may be empty */
		/* whose request it is, where the address does not say; absent: it does */
		struct str client_id;
		struct str hint;                /* login_hint of that request, where the address does not say it */
		struct str saved;               /* the same sealed, P_SAVED_REQUEST of the form; absent: none */
		struct str here;                /* who is logged in and may stay so; absent: nobody */
		/* why this browser's session has ended, a key of page/languages/en.def; NULL: nobody is to be told */
		const char *ended;
		int64_t wait_s;
		/* whose password was wrong a moment ago, by the cookie; absent: nobody's */
		struct str failed_name;
	} login;
	/*
	 * FACTOR: csrf, half, saved, user_name, kind, others, remember_s, error, wait_s. ENROL: csrf, half, saved,
	 * user_name, kind, others, secret, enrolment, error, wait_s. Of a kind by message: sent_to, code_sent.
	 * RECOVERY: csrf, codes, url where it goes on. FACTORS: csrf, user_name, rows, devices, others, recovery_left, error.
	 */
	struct {
		struct str csrf, half, saved, user_name, kind;
		const struct str *others; size_t n_others;      /* words of other kinds that would do */
		const char *error;              /* a key of page/languages/en.def; NULL: none */
		int64_t wait_s, remember_s, recovery_left;
		struct str secret, enrolment;   /* base32; sealed */
		struct str sent_to;             /* masked */
		bool code_sent;                 /* one that still counts */
		const struct str *codes; size_t n_codes;
		struct str url;                 /* absent: the page of the factors */
		bool url_is_home;
		const struct factor_shown *rows; size_t n_rows;
		const struct device_shown *devices; size_t n_devices;
		bool may_enrol;                 /* there is room for one more */
		bool by_code, by_passkey;       /* of these kinds */
	} factor;
	/*
	 * NEW_PASSWORD: half absent: of a directory's user, who types the present one too; what is asked of a password is
	 * not known here then. identity: P_IDENTITY of the form, which goes to LOGIN_LINK_PATH; absent: it is of a login.
	 */
	struct {
		struct str csrf, half, identity, saved, user_name, account_type;
		struct chosen_rules rules;
		int64_t wait_s;
		const char *error;              /* a key of page/texts.def; NULL: none */
	} new_password;
	/* LOGIN: where one may log in instead; NULL-terminated, or NULL */
	const struct upstream *const *upstreams;
	/* LINK: an account there that is nobody's here; identity: P_IDENTITY of the form; shown: its name there */
	struct { const struct upstream *at; struct str identity, shown; bool wrong; } link;
	/* ACCOUNTS, LOGOUT_CONFIRM: who is logged in in this browser, beside login.username; the rest is in login */
	struct { const struct account_shown *at; size_t n; } accounts;
	struct passkey_shown passkey;           /* PAGE_LOGIN, and pages of factors */
	const struct account_page *account;     /* PAGE_ACCOUNT: oauth/account_page.h */
	struct token_facts facts;
	struct str told;                        /* FACTS: said already, as JSON (oauth/facts_book.h); absent: facts are */
	const struct facts_key *keep;           /* FACTS: what is said is kept there; NULL: it is not */
};

#endif
