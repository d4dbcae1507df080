/*
 * admin/admin.h - the office: probes, and the control socket on which `hufu` talks to the daemon. Never
 * on a public listener.
 */
#ifndef HUFU_ADMIN_H
#define HUFU_ADMIN_H

#include "base/base.h"
#include "base/version.h"
#include "http/http.h"
#include "keys/keys.h"
#include "manage/manage.h"
#include "metrics/metrics.h"
#include "oauth/endpoints.h"
#include "store/store.h"

/*
 * --- control: one JSON object in, one out, over HTTP on the UNIX socket: POST /control
 * {"do":"client.create",...} ---------
 */
/* What a reload found different, blank-separated names of settings: in force now; waiting for a restart. */
struct reloaded { struct str changed, restart; };
/* Another program takes the daemon's place: absent, its own file; 0, the usual time to become ready. */
struct upgrade_order { struct str binary; int64_t within_s; };
struct upgraded { int64_t pid, took_ms; };
/* What the daemon lends to the office; the functions are the daemon's. */
struct office {
	struct store *store;
	struct metrics *metrics;
	struct metrics_sources sources;
	/* configuration, clients, keys: a new snapshot */
	bool (*reload)(void *ctx, struct arena *mem, struct reloaded *told, struct str *why);
	/* returns when the other one serves; false with *why: nothing has changed. NULL: there is no daemon */
	bool (*upgrade)(void *ctx, struct arena *mem, const struct upgrade_order *o, struct upgraded *out,
	    struct str *why);
	/* clients and keys only, after a change */
	bool (*refresh)(void *ctx, struct arena *mem, struct str *why);
	/* keys_do, and in force; *out: kid, or why not */
	bool (*key_do)(void *ctx, const struct key_order *o, struct arena *mem, struct str *out);
	/*
	 * The public part of a signing key, as its JWK (RFC 7517) and as PEM; false: it has none
	 * here, or is revoked. NULL: nobody can tell.
	 */
	bool (*public_key)(void *ctx, struct arena *mem, struct str issuer, struct str kid, struct str *jwk,
	    struct str *pem);
	struct str (*issuers)(void *ctx, struct arena *mem);                    /* their names, blank-separated */
	struct str (*elsewhere)(void *ctx, struct arena *mem, struct str realm);        /* those of other realms */
	/* manage_do's; NULL: zeros */
	bool (*derived_key)(void *ctx, struct arena *mem, struct str purpose, uint8_t key[DIGEST_SIZE],
	    struct str *why);
	/* What a password must be, living as long as mem; false: *why. NULL: nothing is asked of it. */
	bool (*passwords)(void *ctx, struct arena *mem, const struct password_rule **rule, struct str *why);
	/* write down what is gathered in memory; NULL: nothing is */
	bool (*settle)(void *ctx);
	struct str (*introspect)(void *ctx, struct arena *mem, struct str issuer, struct str token);    /* JSON */
	bool (*revoke)(void *ctx, struct arena *mem, struct str issuer, struct str token, struct str *why);
	struct str (*audit_head)(void *ctx, struct arena *mem);         /* trail_head; NULL: no audit file is written */
	bool (*ready)(void *ctx, struct arena *mem, struct str *why);
	bool announce;                          /* an act is written down before it is done, too: act_announce */
	const struct str *allow; size_t n_allow;        /* office_admits: addresses and CIDR blocks; 0: any */
	struct str token;                       /* the same; empty: none is asked for */
	bool test_clock;                        /* {"do":"clock.turn","ms":N} is honoured */
	void *ctx;
};
/*
 * act.c: who did what, as a record (base/record.h). act_who puts "uid", the user's name, and, where
 * the kernel knows it, who had logged in before becoming that user; pid 0: only the uid is known.
 */
void act_who(struct record *r, int64_t uid, int64_t pid);
void act_self(struct record *r);                /* the user of this very process */
/*
 * An order of the control socket that has been answered; q: how it came, by no connection: from
 * this process. ended: what is known of a token that was to be ended (JSON of introspection),
 * absent otherwise. Nothing is written of what only reads.
 */
struct operator_act { const struct http_req *q; const json_t *ask; struct str answer, ended; bool known, reads, done; };
void act_record(const struct operator_act *a);
/*
 * The same before it is carried out, where a crash would leave no trace: "result":"unknown". False:
 * it cannot be written.
 */
bool act_announce(const struct operator_act *a);

/*
 * --- operator.c: an access or refresh token asked about, and ended with its family, without client
 * authentication ----------------------
 */
/* {"active":true,"kind","scope",...} or {"active":false,"reason":"token_expired"}; in mem. */
struct str operator_introspect(const struct issuer *i, const struct services *svc, struct arena *mem, struct str token);
/* False with *why for a token that is unknown, expired or no access token. */
bool operator_revoke(
    const struct issuer *i, const struct services *svc, struct arena *mem, struct str token, struct str *why);

/*
 * gate.c: whether this one may ask by admin.listen; false: the reply is filled. The control socket
 * has the rights of its file.
 */
bool office_admits(const struct office *o, const struct http_req *q, struct http_reply *r);
/* GET /livez /readyz /metrics /audit/head, POST /control (only when the listener is the UNIX socket: control == true). */
void office_serve(const struct office *o, struct http_req *q, struct http_reply *r, bool control);
#endif
