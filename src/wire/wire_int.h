/*
 * wire/wire_int.h - the tables a dialect fills, and what the files of this room share.
 *
 * A dialect is one `const struct wire`: routes, grant rows, phrases, member rows, header sets, and
 * defaults of policy and style. Where a table cannot say it, a renderer does: a function from an
 * exchange to a body, never to a decision.
 */
#ifndef HUFU_WIRE_INT_H
#define HUFU_WIRE_INT_H

#include "wire/wire.h"

#define BODY_MAX (128 * 1024)           /* of any rendered answer */

/* --- endpoints -------------------------------------------------------------------------------- */

enum endpoint_flags {
	EF_PAGE      = 1,       /* people come here: a failure is a page */
	EF_PROGRAM   = 2,       /* programs only: no session is looked at, and nothing leads back */
	EF_ORIGINS   = 4,       /* scripts of the client's origins may read the answer (Fetch standard 3.2) */
	EF_ANYBODY   = 8,       /* scripts of any origin may */
	EF_CACHED      = 16,      /* the same for everyone: kept with the snapshot */
	EF_VARIES    = 32,      /* a custom dialect may set its methods and sources */
	EF_FORM      = 64,      /* a form of our own pages, which may hold a name twice */
	EF_BEARER    = 128,     /* a Bearer token may come in the form (RFC 6750 section 2.2) */
	EF_NEEDED    = 256,     /* browsers are led here: a custom dialect cannot be without */
	EF_BY_GET    = 512,     /* a custom dialect may take it up though its base has none, by GET */
	EF_BY_POST   = 1024,    /* ... by POST */
	EF_BARE      = 2048,    /* answers have no body: status and fields say it all */
	EF_PROOF     = 8192,    /* a proof of possession may stand beside the client's own */
	EF_JSON      = 4096,    /* its body is one JSON document, which oauth/ reads */
};
/* What the rows of endpoints.def say of an endpoint; their functions stand in exchange.c and speak.c. */
struct endpoint_row {
	const char *name;               /* "token": in metrics, logs, configuration */
	unsigned    flags;
	const char *member;             /* of the metadata; NULL: not announced */
};
extern const struct endpoint_row endpoint_rows[EP_COUNT];
bool endpoint_asks_client(enum endpoint e);                     /* a client authenticates there: oauth/calls.def */
bool endpoint_is(enum endpoint e, unsigned flags);              /* it has one of these; EP_COUNT: none */

/* --- reading ---------------------------------------------------------------------------------- */

/* ends with name == NULL; the first one sent wins; P_COUNT: not read */
struct param_alias { const char *name; enum param is; };

enum route_flags {
	RF_CLIENT_FIRST   = 1,          /* a wrong method is reported only to an authenticated client */
	RF_JSON           = 2,          /* answers a script: JSON where a browser gets a page or a redirect */
	RF_CONFIRM_FIRST  = 4,          /* GET asks, POST does */
	RF_IMPLIED_GRANT  = 8,          /* grant_type may be absent: the path says it */
	RF_LOGIN_PAGE     = 16,         /* for a visitor who is not logged in this is the login page */
	RF_ASKS_CLIENT    = 64,         /* EP_SMS_CODE: for authenticated clients only */
	RF_HIDDEN         = 128,        /* by a wrong method there is nothing here */
	RF_BEARER_FIRST   = 256,        /* a wrong method needs a Bearer token, and is then nobody's right */
	RF_DECISION       = 32,         /* a POST with a decision of the consent page is the consent endpoint */
};
struct route {                          /* ends with path == NULL */
	unsigned              methods;  /* BIT(M_x); HEAD comes with GET */
	const char           *path;
	enum endpoint         endpoint;
	unsigned              flags;
	unsigned              sources;  /* enum source; 0: the dialect's */
	const struct grant   *only;     /* the one grant of a path that implies it */
	const char           *response_type;    /* the only one that this path serves */
	const struct param_alias *aliases;
	const char           *allow;    /* Allow of a 405; NULL: made from methods */
	const char           *options;  /* Allow of an answered OPTIONS; NULL: OPTIONS is a method like others */
};

struct exchange;
struct redirect_params;
/* How a renderer speaks of tokens: the whole body. */
typedef struct str tokens_fn(struct exchange *x, const struct tokens *t);
struct grant_row {                      /* ends with name == NULL */
	const char               *name; /* on the wire */
	const struct grant       *grant;
	tokens_fn                *tokens;       /* NULL: the dialect's */
	const struct param_alias *aliases;
};

/* --- wording ---------------------------------------------------------------------------------- */

/* In which circumstances a phrase applies. */
enum when {
	ALWAYS,
	WHEN_FORM, /* the form's client credentials failed */
	WHEN_BASIC_SENT,
	WHEN_TOKEN_GET, /* GET or HEAD at the token endpoint */
	WHEN_BARE, /* an Authorization field without a scheme */
	WHEN_AUTHORIZE,
	WHEN_IN_QUERY, /* parameters where none are read */
	WHEN_WRAPPED, /* the issuer wraps failures of Basic credentials */
	WHEN_URIS_LISTED, /* errors list registered URIs */
	WHEN_DISTINCT, /* an unknown user is told apart from a wrong password */
	WHEN_NOT_NAMED, /* no client_id, no Authorization header */
	WHEN_SMS /* a code of a text message was redeemed or missing */
};
enum error_shape {
	ERROR_OAUTH,
	ERROR_RFC6749, /* RFC 6749 section 5.2 */
	ERROR_GENERIC, /* not of the OAuth endpoint: its container's */
	ERROR_ENVELOPE /* as a page's fault reaches a script */
};
enum challenge { CH_NONE, CH_BEARER, CH_FORM, CH_BASIC };
/*
 * How one reason is worded. text may hold {} for the value at fault and {set} for it as a sorted
 * set; echo replaces text when the issuer shows values back. shows: the parameter at fault, or
 * P_COUNT for what oauth/ named.
 */
struct phrase {                         /* ends with why == R_NONE */
	enum reason    why;
	enum when      when;
	int            status;
	const char    *error, *text, *echo;
	enum param     shows;
	enum error_shape shape;
	enum challenge challenge;
	const char    *zh;              /* for a client that prefers Chinese; NULL: text */
	bool           without_allow;   /* a 405 that does not list the methods */
};
/* A phrase applied to an exchange. */
struct wording {
	enum reason why;
	int status;
	struct str error, text, allowed, shown; /* to people on a page, in its language */
	const struct tree *code; /* NULL: the status */
	enum error_shape shape;
	enum challenge challenge;
	bool without_allow;
};
typedef struct str fault_fn(struct exchange *x, const struct wording *s);

/* Members of a token answer and of an implicit fragment, in order. */
enum token_part {
#define TOKEN_PART(id, name, kind, value) TP_##id,
#include "wire/placeholders.def"
};
/* ends with name == NULL; text: TP_TYPE and constants; or_null: null instead of nothing */
struct token_row { const char *name; enum token_part part; const char *text; bool or_null; };

enum header_set {
	HS_TOKENS,                      /* a bare token answer */
	HS_WRAPPED,                     /* one in an envelope */
	HS_FAULT,                       /* an OAuth error */
	HS_GENERIC,                     /* everything that is not the OAuth endpoint's own */
	HS_AUTHORIZE,                   /* what the authorize endpoint itself answered */
	HS_FRAGMENT,                    /* tokens in a fragment */
	HS_NOT_FOUND,                   /* there is nothing at this address */
	HS_PUBLIC,                      /* the same for everyone: keys, metadata */
	HS_COUNT
};
struct header { const char *name, *value; };    /* ends with name == NULL */

/* Names of what a redirect to the client carries. */
enum redirect_word { RW_CODE, RW_STATE, RW_ERROR, RW_DESCRIPTION, RW_ISS, RW_COUNT };
extern const char *const redirect_words[RW_COUNT];      /* as the RFCs have them */

/*
 * What an operator says otherwise: of one reason, or of all that have one error code, the RFC's or
 * the base's. Fields that are NULL stay.
 */
struct reword {                         /* ends with of == NULL */
	const char       *of;           /* the error code; "" when it is about why */
	enum reason       why;
	int               status;       /* 0: stays */
	const char       *error, *text, *zh;
	const struct tree *code;        /* a JSON scalar for {code} */
};

/* What the demonstration holds for a dialect, and how its manual writes a token request. */
enum demo_style { DEMO_BASIC, DEMO_FORM, DEMO_QUERY, DEMO_QUERY_BASIC };
struct demo_facts {
	/* service: for client_credentials; NULL: the same client */
	const char     *client, *secret, *service, *service_secret;
	const char     *redirect_uri;   /* NULL: this page */
	const char     *scope;
	bool            pkce;
	enum demo_style style;
};

/* --- a dialect -------------------------------------------------------------------------------- */

struct wire {
	const char             *name;
	const char             *based_on;       /* of a custom dialect; NULL: built in */
	/* parameters once, in the body, in the right media type; weak rules refused */
	bool                    strict;
	bool                    anonymous_go_to_login;  /* an unknown address sends a visitor to login */
	bool                    envelope_always_200;    /* the real status is inside */
	bool                    consent_radios; /* the consent form has a pair of radio buttons for each scope */
	const struct route     *routes;
	const struct grant_row *grants;
	unsigned                sources, client_auth;
	const struct phrase    *phrases[3];     /* looked through in order; then oauth/reasons.def */
	const struct token_row *tokens, *fragment;      /* fragment NULL: tokens, with state behind the type */
	int                     expires_less;   /* seconds already gone when a first answer is written */
	tokens_fn              *wrap;           /* around the tokens; NULL: bare */
	fault_fn               *fault, *generic, *page_fault;   /* NULL: RFC 6749; fault; a page */
	const struct header    *headers[HS_COUNT];
	const char             *json_type, *tokens_type;        /* Content-Type */
	const char             *basic_realm;
	const char             *places[PLACE_ACCOUNTS + 1];   /* paths, by enum place */
	int                     go_status;
	/* the renderers of what only some dialects have; NULL where there is nothing */
	/* RF_JSON: a login, a logout */
	struct str            (*go)(struct exchange *x, const struct answer *a, int *status);
	/* RF_JSON: a redirect */
	struct str            (*redirected)(struct exchange *x, struct str location);
	/* where a script's consent is asked */
	struct str            (*consent_url)(struct exchange *x, const struct answer *a);
	struct str            (*facts)(struct exchange *x, const struct token_facts *f);             /* check_token */
	/* a code was asked for; absent: a plain fault */
	struct str            (*sms)(struct exchange *x, enum reason why, int *status);
	/* the user of a token, or of the session */
	struct str            (*userinfo)(struct exchange *x, const struct token_facts *f);
	/* the Bearer token itself */
	struct str            (*tokeninfo)(struct exchange *x, const struct token_facts *f);
	struct str            (*removed)(struct exchange *x);                                        /* remove_token */
	/* more error parameters */
	void                  (*redirect_more)(struct exchange *x, const struct wording *s, struct redirect_params *p);
	/* ... and on the page */
	void                  (*line_more)(struct exchange *x, const struct wording *s, struct buf *b);
	const struct demo_facts *demo;
	/* what only a custom dialect has (derive.h); NULL elsewhere */
	unsigned                read_from;      /* enum source of the endpoints for programs; 0: as the base */
	const struct param_alias *params;       /* every name that is read; NULL: the canonical ones */
	/* besides blanks in requests, instead of them in answers; '\0': blanks */
	char                    scope_separator;
	const struct tree      *success, *failure, *done, *check_token, *about_user;    /* bodies, body.c */
	const char *const      *redirect;       /* by enum redirect_word */
	const struct reword    *rewords;
	struct policy           policy;
	struct style            style;
};

/* --- one request ------------------------------------------------------------------------------ */

struct exchange {
	const struct mount     *mount;
	const struct wire      *w;
	const struct http_req  *q;
	struct str              path;
	const struct route     *route;          /* NULL: nothing at this address */
	struct pairs            pairs;
	const struct grant_row *grant;
	struct call             c;
	enum reason             early;          /* found while reading; R_NONE: go on */
	bool                    wrong_method, bare_authorization, form_tried, query_refused;
	bool                    html;           /* the client prefers a page */
	int                     lang;           /* of the pages of the mount: page/page.h */
	struct str              lang_set;       /* language to remember; absent: none */
	/* what the page is about: in another language it is the same; absent: nothing */
	struct str              page_request;
	enum reason             why;            /* what was answered */
	struct token_work      *work;           /* between wire_prepare and wire_settle or wire_finish */
	struct http_kept       *cached;           /* the answer, made earlier */
	struct answer          *keeps;          /* room for what is answered; NULL: nobody asks for it (preview.c) */
	char                    error_id[9];
	struct near_miss        miss;           /* near_miss.c: what a refusal compares */
};

/* --- protected_resource.c: RFC 9728 --- */
/*
 * The document that was asked for: of a resource server (P_RESOURCE), of userinfo by its path, else of the issuer.
 * Absent: there is none.
 */
struct str protected_resource_json(struct exchange *x);
/* Where the document of what refuses a token here is; absent: there is none. */
struct str protected_resource_url(struct exchange *x);

/* --- route.c --- */
const struct route *route_find(const struct wire *w, struct str path, enum http_method m);
/* what a star in the row's path stands for; absent without one */
struct str route_rest(const struct route *r, struct str path);
bool route_takes(const struct route *r, enum http_method m);
struct str route_allow(struct arena *mem, const struct wire *w, const struct route *r);
const struct route *route_of_endpoint(const struct wire *w, enum endpoint e);   /* NULL: the dialect has none */
const struct grant_row *grant_row_of(const struct wire *w, const struct grant *g);      /* NULL: the dialect has it not */
enum endpoint exchange_endpoint(const struct exchange *x);      /* EP_COUNT: nothing there */
struct str issuer_href(const struct exchange *x, const char *path);     /* absolute: issuer URL and path */
bool mutual_tls_is_taken(const struct exchange *x);     /* certificates reach the issuer, and its dialect knows them */
/* its alias for mutual TLS; absent: there is none */
struct str mtls_href(const struct exchange *x, const char *path);
struct str local_href(const struct exchange *x, const char *path);      /* prefix and path */
/*
 * What the configuration calls a row: "token", or "token.password", "authorize.code" where the path
 * is for one thing only.
 */
struct str route_name(struct arena *mem, const struct route *r);
/* the first with this name; NULL */
const struct route *route_named(struct arena *mem, const struct route *rows, struct str name);
bool routes_meet(const struct route *a, const struct route *b); /* some request would fit both */
/* a field of hufu's own forms, which keeps its name in every dialect */
bool param_is_own(enum param p);
bool route_is_reserved(struct str path);                        /* what every dialect serves besides its own */
const char *wire_redirect_word(const struct wire *w, enum redirect_word word);

/* --- reply_cache.c --- */
struct http_kept *reply_cache_find(const struct exchange *x);  /* what was kept for such a request; NULL: none */
void reply_cache_put(const struct exchange *x, const struct http_reply *r);

/* --- read.c --- */
void exchange_read(struct exchange *x);
int wire_param(const struct wire *w, struct str name);          /* enum param by its name on the wire; -1: none */
/* the first name; NULL: the dialect reads none */
const char *wire_param_name(const struct wire *w, enum param p);
/* value of the first pair that is p */
struct str wire_pair(const struct wire *w, const struct pairs *all, enum param p);
/* blank-separated words as this dialect prints them */
struct str scope_out(const struct exchange *x, struct str scope);
/* --- evidence.c --- */
void exchange_evidence(struct exchange *x);

/* --- cookie.c --- */
struct str cookie_name(const struct exchange *x, const char *what);     /* "" or "-saved" */
struct str cookie_path(const struct exchange *x);
/* --- browser.c --- */
enum site request_site(const struct exchange *x);
void browser_read(struct exchange *x);          /* cookies, language, site, self */
void browser_cookies(struct exchange *x, struct http_reply *r);
#define REQUEST_IN_QUERY S("saved_request=")            /* P_SAVED_REQUEST in an address */
struct str self_in_language(struct exchange *x, struct str tag);

/* --- go.c --- */
void speak_go(struct exchange *x, const struct answer *a, struct http_reply *r);

/* --- onward.c --- */
struct onward {
	struct str      location;       /* absolute; absent (it did not fit) makes a 500 */
	int             status;         /* of the redirect */
	enum header_set set;
	/* an application's address: what it does next is not known, wherever it stands */
	bool            to_client;
};
/* A redirect, or for a browser that comes from a form the page that goes on (W3). */
void speak_onward(struct exchange *x, struct http_reply *r, const struct onward *to);
bool browser_navigates(const struct http_req *q);
/* As a Refresh may say it: a quote at its end would be taken for one around it. */
struct str refresh_address(const struct exchange *x, struct str location);
bool onward_is_long(const struct exchange *x, struct str location);     /* it finds no room in the head of an answer */

/* --- signed_out.c: on to the application that asked for a logout, past the frames that tell of it --- */
void speak_signed_out(struct exchange *x, const struct answer *a, struct http_reply *r);

/* --- json.c --- */
struct str body_of(const struct buf *b);        /* absent when it was full */
struct str words_json(struct exchange *x, struct str words);    /* "a b" as ["a","b"] */

/* --- reply.c --- */
void reply_headers(struct exchange *x, struct http_reply *r, enum header_set set);
void reply_json_as(struct exchange *x, struct http_reply *r, int status, enum header_set set, struct str body,
    const char *type);
void reply_json(struct exchange *x, struct http_reply *r, int status, enum header_set set, struct str body);
/* farewell.c: a brown-out answers early what would give something new; fields of an issuer that is to end. */
void farewell_look(struct exchange *x);
void farewell_headers(struct exchange *x, struct http_reply *r);
void reply_retry_after(struct exchange *x, int status, struct http_reply *r);

/* --- fault.c --- */
void error_id_make(struct exchange *x);
void speak_fault(struct exchange *x, enum reason why, struct http_reply *r);

/* --- speak.c --- */
void speak(struct exchange *x, const struct answer *a, struct http_reply *r);
/* --- near_miss.c --- what came and what is registered, once x->why is known */
void near_miss_find(struct exchange *x);

/* --- phrase.c --- */
struct wording phrase_of(struct exchange *x, enum reason why);
struct str java_set(struct arena *mem, struct str words);       /* "b a" as "[a, b]" */
struct str words_sorted(struct arena *mem, struct str words);   /* ... as "a b" */
fault_fn fault_rfc6749, fault_error_only;

/*
 * --- body.c --- A body is a tree of members with placeholders: {name} in a text. A text that is
 * one placeholder becomes its value with its type; a member whose value is missing is left out, or
 * null for {name?}. Values are written by the JSON writer.
 */
enum body { BODY_SUCCESS, BODY_FAILURE, BODY_DONE, BODY_FACTS, BODY_COUNT };
bool body_placeholder(struct str text, struct str *name, bool *or_null);       /* the text is one placeholder */
bool body_knows(enum body kind, struct str name);
void body_names(enum body kind, void (*each)(void *ctx, struct str name), void *ctx);
struct str body_success(struct exchange *x, const struct tokens *t);
struct str body_failure(struct exchange *x, const struct wording *s);
struct str body_done(struct exchange *x, struct str location);
struct str body_facts(struct exchange *x, const struct tree *body, const struct token_facts *f);

/* --- render.c --- */
struct str tokens_bare(struct exchange *x, const struct tokens *t);
void tokens_put(struct buf *b, struct exchange *x, const struct tokens *t);     /* the object */
const char *token_part_name(enum token_part part);      /* as a placeholder has it; NULL: it is none */
struct str number_text(struct exchange *x, int64_t number);    /* absent for 0 */
bool token_part_value(
    struct exchange *x, const struct token_row *row, const struct tokens *t, struct str *text, bool *number);
struct str facts_introspection(struct exchange *x, const struct token_facts *f);

/* protected_resource.c: protected_resources of the issuer's metadata. RFC 9728 section 4. */
void put_protected_resources(struct buf *b, struct exchange *x);

#define INTROSPECTION_JWT "application/token-introspection+jwt"  /* RFC 9701 section 4 */

/* --- details.c --- */
struct page_list;
/* Authorization details (JSON; absent: none) as "details" of the consent page. False: they cannot all be shown. */
/* The member of metadata: RFC 9396 section 10, RFC 9728 section 2. resource: those of its tokens; absent: all. */
void put_detail_types(struct buf *b, const struct policy *policy, struct str resource);
bool details_show(struct exchange *x, struct str details, struct page_list *v);

/* --- redirect.c --- */
/* What an authorization response says, in order. */
#define REDIRECT_PARAMS_MAX 56          /* a token answer of 40 members, and what stands beside them */
struct redirect_params { struct { const char *name; struct str value; } at[REDIRECT_PARAMS_MAX]; size_t n; };
void redirect_put(struct redirect_params *p, const char *name, struct str value);       /* absent: nothing */
/* the address that says it, by query or fragment */
struct str redirect_location(struct exchange *x, const struct answer *a);
void speak_redirect(struct exchange *x, const struct answer *a, struct http_reply *r);
void query_put(struct buf *b, const char *name, struct str value);     /* "&name=value", encoded; nothing when absent */

/* --- page.c: the variables of a page in the making, and the page --- */
#define PAGE_LIST_MAX 40
/* csp: more of the policy of page_csp, "; frame-src ..."; absent: nothing */
struct page_list { struct page_var at[PAGE_LIST_MAX]; size_t n; struct str csp; };
void page_put(struct page_list *v, const char *name, struct str value);         /* absent: nothing */
void page_put_rows(struct page_list *v, const char *name, const struct page_rows *rows);
void put_page(struct exchange *x, struct http_reply *r, int status, enum header_set set, enum page_kind kind,
    struct page_list *v);
void speak_page(struct exchange *x, struct http_reply *r, enum page_kind kind, const struct page_var *vars, size_t n);
/* where it leads, for a user: the host; without one all of it but query and fragment */
struct str host_shown(struct str uri);

/* --- pages.c --- */
void speak_login_page(struct exchange *x, const struct answer *a, struct http_reply *r, int status, const char *error);
/* a->passkey, for a page that has the part passkey.html. */
/* password_rules.c: what is asked of a password that somebody chooses: chosen.html. */
void put_password_rules(struct exchange *x, const struct chosen_rules *rules, struct page_list *v);
void speak_new_password_page(struct exchange *x, const struct answer *a, struct http_reply *r);
void put_passkey(struct exchange *x, const struct answer *a, struct page_list *v);
/* What the client says of itself: client_host, logo_href, policy_href, tos_href, self_registered. */
/* Its name in the language of the page (client_name#zh-TW), else its name, else its id. */
struct str client_shown(const struct exchange *x, const struct client *k);
void client_vars(struct exchange *x, const struct client *k, struct page_list *v);
/* Rows of a page: {scope, checked}; NULL: mem is full. */
struct page_rows *scope_rows(struct exchange *x, const struct consent_scope *scopes, size_t n);
void speak_accounts_page(struct exchange *x, const struct answer *a, struct http_reply *r, int status,
    const char *error);
void speak_consent_page(struct exchange *x, const struct answer *a, struct http_reply *r);
void speak_error_page(struct exchange *x, const struct wording *s, struct http_reply *r);
/* the question before a logout */
void speak_logout_page(struct exchange *x, const struct answer *a, struct http_reply *r);
bool signed_out(const struct exchange *x);      /* the address says that somebody was */
void speak_check_session(struct exchange *x, const struct answer *a, struct http_reply *r);
void speak_home(struct exchange *x, const struct answer *a, struct http_reply *r);
/* an old address of the error page, asked directly */
void speak_no_error(struct exchange *x, const struct answer *a, struct http_reply *r);
void speak_style(struct exchange *x, const struct answer *a, struct http_reply *r);
void speak_custom_style(struct exchange *x, const struct answer *a, struct http_reply *r);

/* --- upstream.c: logins at identity providers --- */
/* What a provider's answer says, under its own names; the same of the page that connects an account. */
void upstream_read_back(struct exchange *x);
void upstream_read_link(struct exchange *x);
/* The cookie of a login that has begun or come to its end; beyond LOGIN_WAYS_MAX the oldest go. */
void upstream_put_way(struct exchange *x, struct http_reply *r);        /* upstream_way.c */
struct str upstream_way_cookie(const struct exchange *x, struct str suffix);
/* Rows of buttons, {provider_href, provider_label}; NULL: none, or mem is full. */
struct upstream;
struct page_rows *upstream_rows(struct exchange *x, const struct upstream *const *all, struct str saved);
struct str upstream_label(const struct exchange *x, const struct upstream *u);  /* in the language of the page */
/* The word of a failure, behind "error=" in the address of the login page; NULL: it has none. */
const char *upstream_failure_word(enum reason why);
void speak_link_page(struct exchange *x, const struct answer *a, struct http_reply *r);

/* --- device.c: requests whose user decides elsewhere --- */
void speak_waits(struct exchange *x, const struct answer *a, struct http_reply *r);
/* --- challenge.c --- */
void speak_challenged(struct exchange *x, const struct answer *a, struct http_reply *r);
void speak_device_qr(struct exchange *x, const struct answer *a, struct http_reply *r);
void put_self_links(struct exchange *x, const struct answer *a, struct page_list *v);
void speak_self_page(struct exchange *x, const struct answer *a, struct http_reply *r);
void speak_device_page(struct exchange *x, const struct answer *a, struct http_reply *r);
/* --- factor.c: second factors --- */
/* A script that has logged in gets no page: what it would have to show is said in the dialect's own way. */
bool asks_as_script(const struct exchange *x);
void speak_factor_page(struct exchange *x, const struct answer *a, struct http_reply *r);
void speak_enrol_page(struct exchange *x, const struct answer *a, struct http_reply *r);
void speak_recovery_page(struct exchange *x, const struct answer *a, struct http_reply *r);
void speak_factors_page(struct exchange *x, const struct answer *a, struct http_reply *r);
void speak_approve_page(struct exchange *x, const struct answer *a, struct http_reply *r);
void speak_approvals_page(struct exchange *x, const struct answer *a, struct http_reply *r);
void speak_decided_page(struct exchange *x, const struct answer *a, struct http_reply *r);

/* --- account.c: the pages on which people look after their account --- */
/* Where people look after their account. Absent: nowhere here. */
struct str account_home_href(struct exchange *x);
void speak_account_page(struct exchange *x, const struct answer *a, struct http_reply *r);
void speak_account_data(struct exchange *x, const struct answer *a, struct http_reply *r);
/* --- agent.c --- what a User-Agent names, for people: "Chrome · Android"; absent: nothing that is known. */
struct str agent_shown(struct arena *mem, struct str agent);

/* --- qr.c --- */
struct str qr_svg(struct arena *mem, struct str text);  /* text as a QR code (ISO/IEC 18004); absent: it does not fit */
/* Its path alone, of the dark modules (the attribute d), in a square of *size modules with the quiet zone. Absent: too long. */
struct str qr_path(struct arena *mem, struct str text, int *size);

/* --- openid.c --- */
struct str openid_userinfo(struct exchange *x, const struct token_facts *f);
/* members of the object in b; the issuer has ID tokens */
void openid_metadata(struct buf *b, const struct policy *policy);
void openid_scopes(struct buf *b, const struct policy *policy);              /* the member scopes_supported */

/* --- metadata_part.c --- an array of the words that are not NULL; the proofs that the issuer takes: RFC 9449 5.1 */
void put_list(struct buf *b, const char *name, const char *const *words, size_t n);
void put_proofs(struct buf *b, const struct policy *policy);

/* --- metadata.c, cors.c, demo.c --- */
struct str metadata_json(struct exchange *x);
bool cors_preflight(struct exchange *x, struct http_reply *r);  /* true: answered */
/* k: whom the answer is for; NULL: nobody in particular. */
void cors_headers(struct exchange *x, const struct client *k, struct http_reply *r);
void speak_demo(struct exchange *x, const struct answer *a, struct http_reply *r);

/* Bounds of text messages where a dialect has them; manuals 000 and 002 name mobile numbers of mainland China. */
#define SMS_PREFIXES "13 145 146 147 148 149 150 151 152 153 155 156 157 158 159 " \
	"165 166 170 171 172 173 174 175 176 177 178 18 191 198 199"
#define SMS_POLICY(alive_s) { \
	.code_ttl_s = alive_s, .pause_s = 60, .tries = 5, .number_per_hour = 5, .number_per_day = 10, .address_per_hour = 60, \
	.budget_per_day = 1000, .prefixes = { SMS_PREFIXES, sizeof(SMS_PREFIXES) - 1 }, .digits = 11 }

/* --- page.c --- the name that pages and mail show. */
struct str mount_brand(const struct mount *t);

/* The same with numbers of every country. */
#define SMS_POLICY_ANYWHERE { .code_ttl_s = 300, .pause_s = 60, .tries = 5, .number_per_hour = 5, .number_per_day = 10, \
	.address_per_hour = 60, .budget_per_day = 1000 }
/* Bounds of mail, the same everywhere. */
#define FACTOR_POLICY { .kinds = { "totp", 4 }, .code_ttl_s = 300, .code_pause_s = 60, .code_tries = 5 }
#define MAIL_POLICY { .recipient_per_hour = 5, .recipient_per_day = 20, .address_per_hour = 60, .budget_per_day = 5000 }

/* What holds for the pages of an account wherever a dialect has them. */
#define ACCOUNT_CLAIMS "name given_name family_name middle_name nickname gender birthdate zoneinfo locale website address"
#define ACCOUNT_POLICY { .pages = true, .profile = { ACCOUNT_CLAIMS, sizeof(ACCOUNT_CLAIMS) - 1 }, .fresh_s = 300 }

extern const struct wire wire_modern, wire_spring, wire_taroco, wire_zlt, wire_rageframe, wire_connect;
#endif
