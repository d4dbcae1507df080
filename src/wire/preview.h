/*
 * wire/preview.h - a request that nobody has sent, for the command line (hufu preview): what it means is said by the
 * parameters' meanings, and from there on everything goes the way of a request: the endpoint of oauth/ is asked, and
 * the dialect speaks the answer.
 */
#ifndef HUFU_WIRE_PREVIEW_H
#define HUFU_WIRE_PREVIEW_H

#include "oauth/preview.h"
#include "wire/wire.h"

struct preview_value { enum param is; struct str value; };
#define PREVIEW_VALUES_MAX 40
struct preview_asking {
	const struct mount *mount;
	const struct services *svc;
	struct arena *mem;
	enum endpoint endpoint;
	const struct grant *grant;              /* of EP_TOKEN */
	struct preview_value values[PREVIEW_VALUES_MAX]; size_t n;
	struct str session, saved, bearer;      /* cookies and token; absent: none */
	bool posts;                             /* a form of ours: by POST where the endpoint takes both */
	struct str approved;                    /* scopes ticked in a form */
	/* the client authenticates, with this secret where that is its way; NULL: it does not */
	const struct client *client;
	struct str secret;
};
struct previewed {
	bool served;                            /* the dialect has that endpoint; else nothing else is filled */
	struct http_reply reply;
	enum reason why;                        /* R_NONE: it was granted */
	struct str detail, offender, saved;     /* saved: the cookie that came of it, else the one that was sent */
	struct answer said;
};
/* Absent values are left out. */
void preview_put(struct preview_asking *p, enum param is, struct str value);
/* In memory of p->mem. False: that is exhausted. */
bool wire_preview(const struct preview_asking *p, struct previewed *out);
/* u logs in at the issuer: preview_login. *session: the cookie. False: out->why. */
bool wire_preview_login(const struct preview_asking *p, const struct user *u, struct preview_login *out,
    struct str *session);
/* Has the dialect that grant, and by which name? NULL: it has not. */
const char *wire_preview_grant(const struct wire *w, const struct grant *g);

#endif
