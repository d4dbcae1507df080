/*
 * oauth/lists.h - what the protocol has a list of: parameters, reasons of a refusal, grants, weak habits, ways in
 * which a client authenticates, or shows that it holds a key, lanes. Each list is a .def file; a row is its constant,
 * its name and its facts.
 */
#ifndef HUFU_OAUTH_LISTS_H
#define HUFU_OAUTH_LISTS_H

#include "base/base.h"
#include "base/bits.h"
#include "store/store.h"

enum { PF_SECRET = 1, PF_REPEATS = 2, PF_OWN = 4 };
enum param {
#define PARAM(id, name, flags) P_##id,
#include "oauth/params.def"
#undef PARAM
	P_COUNT
};
extern const char *const param_names[P_COUNT];
extern const unsigned param_flags[P_COUNT];                     /* PF_... */

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
enum { GIVES_CODE = 1, GIVES_TOKEN = 2, GIVES_ID_TOKEN = 4 };
enum response {
#define RESPONSE(id, type, gives, mode, grants) RESPONSE_##id,
#include "oauth/responses.def"
	RESPONSE_COUNT
};
enum response_mode {
#define RESPONSE_MODE(id, word, way, jwt) MODE_##id,
#include "oauth/responses.def"
	MODE_COUNT
};
struct response_row { const char *type; unsigned gives; enum response_mode mode; const char *grants; };
extern const struct response_row response_rows[RESPONSE_COUNT];
extern const char *const response_modes[MODE_COUNT];
enum response_mode response_mode_way(enum response_mode m);     /* QUERY, FRAGMENT or FORM_POST */
bool response_mode_is_jwt(enum response_mode m);
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
enum confirm {
#define CONFIRMATION(id, member) CONFIRM_##id,
#include "oauth/confirmations.def"
#undef CONFIRMATION
	CONFIRM_COUNT
};
extern const char *const confirm_names[CONFIRM_COUNT];          /* "jkt" */
struct method_row {
	const char *name;       /* "client_secret_basic" */
	bool proves;            /* false: it tells the id and proves nothing */
};
extern const struct method_row method_rows[METHOD_COUNT];

/* By client_auth_methods; the dialect has its own word beside it. */
struct policy;
bool policy_takes_method(const struct policy *p, enum method m);

/* --- lanes ------------------------------------------------------------------------------------ */

/*
 * Where a call should run. INLINE: microseconds, no commit. WRITER: microseconds, then a commit
 * that the store's writer finishes, without a worker. The others are worker threads; SIGN hands on
 * to the writer what must be committed after it was signed.
 *
 * CLIENT is a step before: a client secret with a slow hash that is not remembered. Its worker
 * calls client_prove, then call_lane says where the call goes on. So no other lane hashes secrets,
 * and a call without a proven client goes to none of them.
 */
enum lane {
	LANE_INLINE, LANE_WRITER, LANE_SIGN, LANE_COMMIT, LANE_CLIENT, LANE_PASSWORD, LANE_STATUS_LIST,
	LANE_DIRECTORY, LANE_WECHAT, LANE_TABLE, LANE_DOCUMENT, LANE_UPSTREAM, /* these wait for other servers */
	LANE_COUNT
};

/* --- grants ----------------------------------------------------------------------------------- */

struct call;                                            /* oauth/call.h */
/*
 * Where the scope of its tokens comes from: asked for by the request; the evidence's, of which the request may
 * name less; the evidence's.
 */
enum grant_scope { SCOPE_ASKED, SCOPE_NARROWED, SCOPE_SETTLED };
struct authority;                                       /* oauth/token/token.h */
struct tokens;                                          /* oauth/call.h */
#define NEEDS(...) (const enum param[]){ __VA_ARGS__, P_COUNT }
struct grant {
	const char *name;                               /* canonical grant_type */
	enum grant_index index;
	const enum param *needs;                        /* parameters that must be present: NEEDS(...); NULL: none */
	enum reason when_missing;
	bool        slow;                               /* hashes a password */
	/* waits for another server, in this lane; LANE_INLINE: for none */
	enum lane   remote;
	bool        weak;                               /* a habit of old clients: */
	enum habit  habit;
	enum grant_scope scope;
	/* the client's own: a refresh token goes with it only by client_credentials_refresh */
	bool        for_client;
	/* by a refresh token: whoever was given one may use it, unless refresh_needs_grant */
	bool        refreshes;
	/* asks nothing but the store: no password, no other server */
	bool        only_store;
	bool        reads_users;                        /* looks for a user, perhaps in the table of the realm */
	/* proves its user here and now, by one factor or by another's word: factor_at_grants */
	bool        one_factor;
	/* it logged in before, or does not at all: the stored word is good for its time */
	bool        user_stands;
	bool      (*resolve)(struct call *, struct authority *);
	/*
	 * The user it will be about, as the store has it and nobody else is asked; false: none, or not known
	 * before. NULL: never known before.
	 */
	bool      (*whose)(struct call *, struct user *);
	/* P_AUDIENCE says for whom the token is, beside P_RESOURCE: RFC 8693 section 2.1 */
	bool        takes_audience;
	/* What was minted becomes the answer of another kind. NULL: it is the answer. */
	bool      (*shape)(struct call *, struct authority *, struct tokens *);
	/* Does it have to ask another server for a document, such as a key set? NULL: never. */
	bool      (*needs_document)(const struct call *);
};
extern const struct grant *const grants[GI_COUNT];
#define GRANT(g) extern const struct grant grant_##g;
#include "oauth/grants.def"
#undef GRANT

#endif
