/*
 * import/spring.h - the tables of Spring Security OAuth 2 (and of the products built on it) become
 * the lists of a realm.import order (admin/admin.h), with what there is to say about them. Nothing
 * is written here.
 */
#ifndef HUFU_IMPORT_SPRING_H
#define HUFU_IMPORT_SPRING_H

#include "base/base.h"
#include "import/principal.h"
#include "import/source.h"
#include "login/states.h"

enum finding {
#define FINDING(id, kind, code, en, zh) FIND_##id,
#include "import/findings.def"
#undef FINDING
	FIND_COUNT
};
struct finding_row { const char *kind, *code, *en, *zh; };
extern const struct finding_row finding_rows[FIND_COUNT];

struct spring_options {
	struct str issuer;              /* absent: approvals and tokens are left out */
	bool       tokens;              /* live tokens too */
	bool       jwt;                 /* the issuer's access and refresh tokens are JWTs */
	struct str clients_table;       /* absent: oauth_client_details, else ClientDetails */
	struct str users_table;         /* absent: users, else sys_user */
	struct str user_columns;        /* "name=login,password=pwd,..."; absent: the usual names */
	struct str client_columns;      /* "grants=types,secret=-,..."; the same for clients (import/columns.h) */
	struct str table_prefix;        /* of RageFrame's tables; absent: rf_ */
	struct str user_known;          /* columns of users that the caller reads itself, blank-separated */
	struct str authorities_table;   /* username, authority; absent: authorities */
	/* of users: values only, the columns stand in user_columns and client_columns */
	struct state_mapping user_states, client_states;
	int64_t zone_s;                 /* of times that do not say their zone: seconds east of UTC */
	bool access_by_text;            /* the issuer finds an opaque access token by its text */
	bool pkce;                      /* it requires PKCE of everybody */
	bool asks_always;               /* it remembers no consent */
	struct str client_encoding,
	    user_encoding; /* of values that do not say it themselves: "bcrypt"; absent: unknown */
};
/*
 * In clear, secrets stand in the lists: they go to the store's own office only. findings:
 * {"finding":n,"of":"client app","value":"..."}.
 */
struct spring_plan {
	struct arena *mem; json_t *clients, *users, *approvals, *tokens, *findings; json_t *names;
	bool hmac_told;                         /* FIND_HMAC stands in findings */
	enum source_compare compare;            /* of user names */
	bool approvals_read, tokens_read;       /* the old server's are all there: what is missing has ended there */
};

/* Empty lists, which mem releases. */
bool spring_plan_begin(struct spring_plan *p, struct arena *mem);
/* False with *why: a source that cannot be read, or holds no table that is known. */
bool spring_read(struct row_source *s, const struct spring_options *o, struct spring_plan *out, struct str *why);

/* --- what the files share --------------------------------------------------------------------- */
struct spring {
	struct row_source *source;
	const struct spring_options *options;
	struct spring_plan *plan;
	struct arena *mem, *scratch;
	struct str *why;
	struct principals principals;           /* of the tokens read so far */
};
void finding_add(struct spring_plan *p, enum finding f, struct str of, struct str value);
/* The time of the row's last change, where a column says it: the member changed_s of an order's row. */
void row_changed(struct spring *x, const json_t *row, json_t *out);
/* The value of FIND_VALUE: member "value": what is wrong. */
struct str value_what(struct arena *mem, struct str member, struct str value, const char *wrong);
struct str cell(const json_t *row, const char *column);         /* absent when null or not there */
/*
 * A text that may have stood in a binary column, whose bytes the source tells as hex digits: the
 * bytes when they are printable text, else as it is. "\\x" or "0x" may stand before the digits.
 */
struct str old_text(struct arena *mem, struct str value);
/* Columns of a table that hold something nobody reads. known: blank-separated. */
void columns_judge(struct spring *x, struct str table, const json_t *rows, struct str known);
/*
 * The stored encoding: as it is where its shape tells, else with the prefix of the wanted one;
 * *clear when it is in clear. Absent: unknown. A hash is never taken for a clear text: with "noop"
 * wanted, what has the shape of a digest is unknown unless digests_too.
 */
struct salting { struct str name, salt; };       /* of the row, for a wanted recipe (password_salted) */
/* Nobody can send what this digest is of; always the same, so that a second import finds it unchanged. */
#define SECRET_OF_NOBODY S("{SHA-256}0000000000000000000000000000000000000000000000000000000000000000")
struct str encoded_read(struct spring *x, struct str stored, struct str wanted, const struct salting *with,
    bool digests_too, bool *clear);
enum table_result table_try(struct spring *x, struct str name, json_t **rows);
/* Find out which table a list without a name is, before any is asked for. */
bool spring_lone(struct spring *x);
bool spring_clients(struct spring *x);
bool spring_users(struct spring *x);
bool spring_approvals(struct spring *x);
bool spring_tokens(struct spring *x);
/* A consent for one scope at the issuer of the options. expires_s: 0 never. */
void approval_add(struct spring *x, struct str user, struct str client, struct str scope, int64_t expires_s);
/*
 * One live token, from a table or a key-value store: SHA-256 of kind, issuer and text, as the
 * issuer will look for it. The text itself is not kept. access or refresh may be absent; user
 * absent: the client's own. At an issuer of JWTs an access token needs no row, and a refresh token
 * leads by its jti to what it refreshes. Tokens of the other kind are left out with a finding.
 */
struct spring_token {
	struct str client, user, scope, access, refresh;
	int64_t access_ms, refresh_ms;
	struct str handle;              /* in the place of refresh: the SHA-256 that IdentityServer kept of it */
};
bool spring_token_add(struct spring_plan *p, const struct spring_options *o, const struct spring_token *t);
#endif
