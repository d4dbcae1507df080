/*
 * wire/wire.h - the wire: how one issuer reads requests and speaks answers. A dialect is data: tables and, at most, a
 * few renderers, in one file of wire/dialect/. No other file knows a product.
 *
 * W1: one routine reads parameters and one routine decides who speaks; dialects only fill tables.
 * W2: URLs in answers come from the issuer's configured URL, never from the Host header.
 * W3: pages say form-action 'self', so no form of theirs leads elsewhere, and no answer to a
 * browser that comes from a form is a
 *     redirect to an application: a page goes on from there (onward.c).
 */
#ifndef HUFU_WIRE_H
#define HUFU_WIRE_H

#include "base/base.h"
#include "base/findings.h"
#include "http/http.h"
#include "oauth/endpoints.h"
#include "outbound/outbox.h"
#include "page/page.h"

enum source { SRC_QUERY = 1, SRC_FORM = 2, SRC_JSON = 4, SRC_MULTIPART = 8 };

/* What is served at a path. */
enum endpoint {
#define ENDPOINT(id, name, ask, lane, speak, flags, member) EP_##id,
#include "wire/endpoints.def"
#undef ENDPOINT
	EP_COUNT
};

/*
 * Style: what is configurable about how a dialect speaks. Every field is a row of style.def, which
 * says what it means.
 */
enum duplicates {
	DUPLICATES_FIRST, /* the first one holds, of the query before that of the body */
	DUPLICATES_REFUSED /* RFC 6749 3.1, 3.2 */
};
/* the member `message` of a container's error */
enum generic_message { MESSAGE_NONE, MESSAGE_EMPTY, MESSAGE_TEXT };
struct style {
#define STYLE_INT(field, least, most, unit, help, zh) int64_t field;
#define STYLE_BOOL(field, help, zh)                   bool field;
#define STYLE_CHOICE(field, type, choices, help, zh)  type field;
#define STYLE_TEXT(field, help, zh)                   struct str field;
#define STYLE_PATH(field, help, zh)                   struct str field;
#include "wire/style.def"
};

struct wire;                                    /* wire/wire_int.h: the tables */
extern const struct wire *const wires[];        /* all built-in dialects, ends with NULL */
const struct wire *wire_named(struct str name); /* "modern", "003"'s name ...; NULL when unknown */
struct str wire_name(const struct wire *w);
/* Does it keep the security profiles that an issuer may name? Those of older systems do not. */
bool wire_keeps_profiles(const struct wire *w);
/* The dialect's own policy and style, from which the configuration departs. */
void wire_defaults(const struct wire *w, struct policy *policy, struct style *style);

/*
 * Replies that are the same for everyone (keys, metadata, style sheets), kept from the first time
 * one was made until the snapshot goes: new keys and settings come with a new snapshot.
 */
struct reply_cache { _Atomic(struct http_kept *) of[EP_COUNT]; };
void reply_cache_free(struct reply_cache *k);       /* what it holds; NULL is fine */

/*
 * A custom dialect: what departs from a built-in one, as the settings' section `dialects` says it
 * (docs/dialects.md): a member for each row of custom.def. Trees are maps; trees and numbers are
 * NULL where nothing was given, texts absent, words none. Borrowed until wire_derive returns.
 */
struct wire_words { const struct str *at; size_t n; };
struct wire_spec {
	struct str name, where;                 /* where: "file:line" of based_on, for what is said of the whole */
	struct str based_on;
#define WIRE_TREE(key)   const struct tree *key;
#define WIRE_WORDS(key)  struct wire_words key;
#define WIRE_TEXT(key)   struct str key;
#define WIRE_NUMBER(key) const int64_t *key;
#define CUSTOM(key, type, read, show) WIRE_##type(key)
#include "wire/custom/custom.def"
#undef CUSTOM
};
/*
 * The tables of such a dialect, made from those of its base; everything in mem. NULL: errors were
 * added to f, each with its place: an unknown base, endpoint, parameter, grant, placeholder or
 * reason, two endpoints at one place, two meanings of one name, a path or name that cannot be one,
 * an envelope without the tokens, or what would weaken a strict base. A dialect is based on
 * built-in ones only.
 */
const struct wire *wire_derive(const struct wire_spec *spec, struct arena *mem, struct findings *f);
/* A dialect as an item of the section `dialects`, YAML, with every name in it that can be changed; in mem. */
struct str wire_show(const struct wire *w, struct arena *mem);

/* Where the dialect has its userinfo endpoint, below that URL, in mem; absent: it has none. */
struct str wire_userinfo_url(const struct wire *w, struct str issuer_url, struct arena *mem);
/* What stands before the number of one of its status lists; absent: it has none, by its dialect or its policy. */
struct str wire_status_lists_url(const struct wire *w, const struct policy *policy, struct str issuer_url,
    struct arena *mem);

/* An issuer as it is served, its mount: part of a snapshot. */
/*
 * An issuer that is to end (RFC 9745, RFC 8594), and hours at which it gives nothing new, so that who still needs it
 * is found. Fields as they are sent; absent: not said. Times are of UTC.
 */
struct brownout { int day /* 0 Sunday; -1 every day */; int64_t from_s, to_s /* of the day */; };
#define BROWNOUTS_MAX 16
struct farewell {
	struct str deprecation, sunset, link;
	int64_t sunset_s;                       /* 0: not said */
	struct brownout at[BROWNOUTS_MAX]; size_t n;
};
/* Seconds until the one that is under way is over; 0: none is. */
int64_t brownout_left_s(const struct farewell *f, int64_t now_s);

struct mount {
	const struct wire    *wire;
	struct style          style;
	const struct issuer  *issuer;
	struct str            prefix;           /* path part of issuer->url: "" or "/api-uaa" */
	bool                  elsewhere;        /* reached below other prefixes too: cookies are for the whole host */
	bool                  secure;           /* issuer->url is https */
	const struct page_set *pages;
	struct str            custom_css;       /* content of css_file; absent none */
	bool                  demo;             /* serve /demo */
	struct farewell       farewell;
	const struct mount *const *all;        /* for the demo page: every mount of the snapshot, NULL-terminated */
	struct reply_cache   *cache;             /* NULL: every reply is made anew */
};

/* Is the endpoint at some path of the dialect? */
bool wire_serves(const struct wire *w, enum endpoint e);
/* How its mail looks (outbound/mail.h); holds while the mount does. */
struct mail_look wire_mail_look(const struct mount *t);

/*
 * W3: what an answer gave works at once, whatever the settings: those with which it would not are
 * refused here, and so is what makes a weak rule reachable from a strict dialect. *why: a sentence
 * for the operator that names the settings and says what to do.
 */
bool wire_policy_is_valid(const struct wire *w, const struct policy *policy, struct arena *mem, struct str *why);
bool wire_style_is_valid(const struct wire *w, const struct style *style, struct arena *mem, struct str *why);

/* Has its token answer a place for authorization details? RFC 9396 section 7. */
bool wire_knows_details(const struct wire *w);
/* Is user information what OpenID Connect Core 5.3 says, so that claims of the issuer's own may stand in it? */
bool wire_userinfo_is_openid(const struct wire *w);

/* --- one request between reading and speaking ------------------------------------------------- */

struct exchange;
/*
 * Read the request by the tables (never blocks; microseconds): route, parameters, evidence. Everything is in q->mem.
 * path: q->path without the mount's prefix.
 * NULL when the arena is full.
 * The exchange may already hold its answer (404, 405, malformed parameters); wire_lane is then LANE_INLINE.
 */
struct exchange *wire_begin(
    const struct mount *t, const struct services *svc, const struct http_req *q, struct str path);
/*
 * Where it runs. Where wire_proves holds it is a step: call wire_prove there (it hashes the client's secret), then
 * wire_lane again, which says where to go on. wire_shares: by whose work the lane is shared out
 * (http_work); _unread: the same before anything is read of the store.
 */
enum lane wire_lane(struct exchange *x);
bool wire_needs_store(const struct exchange *x);                /* wire_lane or what follows reads it */
void wire_prove(struct exchange *x);
bool wire_proves(const struct exchange *x);                      /* the lane that wire_lane has named is for that */
void wire_shares(const struct exchange *x, enum lane lane, uint64_t out[HTTP_SHARES]);
void wire_shares_unread(const struct exchange *x, uint64_t out[HTTP_SHARES]);
/* Ask oauth/ and speak: fills the reply. May block when wire_lane is not INLINE. */
void wire_finish(struct exchange *x, struct http_reply *r);
/*
 * LANE_WRITER, LANE_SIGN: wire_prepare computes up to the commit and speaks (never blocks on the
 * store's writer). WIRE_ANSWERED: the reply is filled. WIRE_COMMIT: commit *ops (they live in the
 * request's arena), then wire_settle with the result, on any thread; the reply must not leave
 * before. WIRE_WAITS: the commit may have to be tried again; call wire_finish in LANE_COMMIT.
 */
enum wire_next { WIRE_ANSWERED, WIRE_COMMIT, WIRE_WAITS };
enum wire_next wire_prepare(struct exchange *x, struct http_reply *r, const struct store_op **ops, size_t *n);
void wire_settle(struct exchange *x, enum store_result result, struct http_reply *r);
/* The lane's queue was full: the dialect's own 503 with Retry-After. */
void wire_busy(struct exchange *x, struct http_reply *r);

/* What the audit line and the metrics say of it. Spans live in the request's arena. No secrets. */
/*
 * Of a refusal: which parameter was wrong, as much of its value as may be repeated, what is
 * registered nearest to it and, of an address, the part that differs: scheme, host, port, path,
 * slash (at the end), case, query, fragment, form. param NULL: there is nothing to compare.
 */
struct near_miss { const char *param; struct str came, near; const char *differs; };
struct wire_facts {
	const char *endpoint, *grant;           /* "none" where there is none */
	enum reason why; struct str client_id, user_name, detail; uint64_t habits;
	struct str credential;                  /* as of call.h */
	struct near_miss miss;
	/* short id that a refusal carries and the log line repeats; NULL on success */
	const char *error_id;
};
void wire_facts(const struct exchange *x, struct wire_facts *out);
#endif
