/*
 * oauth/upstream/upstream_int.h - logins of others, from the button to the session: what the files of this part share.
 *
 * O9: a login at a provider ends in the browser in which it began (its way lies in a sealed cookie that `state` names),
 *     at the provider where it began, and once: the state is spent in the transaction of what it gives.
 * O10: an account there is a user here by a row of `identities` alone. A row is made by the user's own password here,
 *      by an address of e-mail that both sides have verified where the operator trusts that provider for it, or with
 *      the very user, or by who is here already: in the session, which lives, in which that was begun, and as the user
 *      who began it. A name never makes one. By the last two ways it is asked before, on a page that names both and whose
 *      form is of that browser and session: whoever has been led there sees whose account it would be.
 */
#ifndef HUFU_OAUTH_UPSTREAM_INT_H
#define HUFU_OAUTH_UPSTREAM_INT_H

#include "oauth/oauth_int.h"
#include "oauth/session/session.h"
#include "upstream/upstream.h"

/*
 * One login on its way: in the browser's cookie, sealed. joins: its account there is to be connected with this user, in
 * this session.
 */
struct way {
	struct str provider, state, verifier, nonce, url;
	unsigned demanded;
	int64_t begun_s, max_age_s;
	bool joins;
	struct id16 user;
	struct dig32 session;
};

/* --- way.c --- */
const struct upstream *upstream_named(const struct call *c, struct str name);   /* NULL: this issuer has none of it */
/* The way that P_STATE names, of this browser. False: there is none, or it is over. */
bool way_read(const struct call *c, struct way *out);
/* What its requests may use. NULL: no memory. */
json_t *way_known(const struct call *c, const struct upstream *u, const struct way *w);
struct way way_begin(const struct call *c, const struct upstream *u, const struct saved *s);
/* On to the provider: its address, and the cookie. */
struct answer way_leads(struct call *c, const struct upstream *u, const struct way *w);
/* To the login page, which says why; to that of identities where one was to be connected (c->back.joins). */
struct answer upstream_failed(struct call *c, enum reason why, struct str detail);

/* --- openid.c: OpenID Connect Core 3.1.3.7, Discovery 4 --- */
/* {discovery} is known then; nothing for a provider that is none of OpenID Connect. False: *why. */
bool upstream_discover(const struct call *c, const struct upstream *u, json_t *known, struct str *why);
/* The same of a document that has come, a text of JSON. False: *why. */
bool upstream_document(const struct call *c, const struct upstream *u, struct str text, json_t *known, struct str *why);
/* The client's proof for the token endpoint. False: *why. */
bool upstream_prove(const struct call *c, const struct upstream *u, json_t *known, struct str *why);
/* {token.id_token} is what its provider says, of this very login: {id} is known then. False: *why. */
bool upstream_id_token(const struct call *c, const struct upstream *u, const struct way *w, json_t *known,
    struct str *why);
/* What such a token says once its signature holds, {discovery} known: of whom, for whom, when, of which login. False: *why. */
bool upstream_claims_fit(const struct call *c, const struct upstream *u, const struct way *w, const struct jwt *t,
    const json_t *known, struct str *why);
/* RFC 9207: the answer is of whom was asked. */
bool upstream_iss_fits(const struct upstream *u, const json_t *known, struct str iss);

/* --- who.c --- */
/*
 * Who it is there; email: absent unless the provider says that it is verified. by_password: its user here has also shown
 * the password of here.
 */
struct somebody {
	struct str provider, subject, shown, name, email, phone, claims, amr;
	int64_t auth_s;
	struct dig32 once;
	bool by_password;
};
/* False: its answers name nobody. */
bool upstream_somebody(const struct call *c, const struct upstream *u, const json_t *known, struct somebody *out);
/* Is an account there let in here, by domain and group? */
bool upstream_lets_in(const struct call *c, const struct upstream *u, const json_t *known, const struct somebody *p);
/* Authorities of a user: of all, and of its groups there. */
struct str upstream_authorities(const struct call *c, const struct upstream *u, const json_t *known);

/* --- enter.c --- */
/*
 * p comes in: as the user it has, as one that it becomes by the rules of u, or to the page where its user proves to be
 * that. False: c->why; R_NONE: somebody else was quicker, the call looks again.
 */
bool upstream_enter(struct call *c, const struct upstream *u, const json_t *known, const struct somebody *p,
    struct answer *a);
/* --- go.c --- */
/* As u, whose it has just been shown to be. add: by a new row. False as above. */
bool upstream_go(struct call *c, const struct user *u, const struct somebody *p, bool add, struct answer *a);
struct identity upstream_identity(const struct call *c, const struct somebody *p, const struct id16 *user);
/* The state first, and by that what is lost when it was spent. */
void upstream_spends(struct call *c, struct ops *o, const struct somebody *p);

/* --- ticket.c --- */
/* p, for a page of that kind. bound: what the browser or session is known by, not empty. Absent: it is too long. */
struct str ticket_seal(const struct call *c, const char *kind, const struct somebody *p, struct str bound);
/* What P_IDENTITY says: provider, subject, shown, amr, auth_s, once. False: it is none, of another, or over. */
bool ticket_unseal(const struct call *c, const char *kind, struct str bound, struct somebody *out);
/* It is good no more, whoever comes with it: the person does not connect the two. False: c->why; R_NONE: it was none. */
bool ticket_ends(struct call *c, const struct somebody *p);

/* --- join.c --- */
/* To the page that asks whether p becomes the way's user's, who is here in the way's session. False as above. */
bool upstream_join(struct call *c, const struct upstream *u, const json_t *known, const struct somebody *p,
    const struct way *w, struct answer *a);

/* --- identities.c: the page /account/identities --- */
struct account_here;
/* The page with a sentence of what is wrong with its form. */
struct answer identities_wrong(struct call *c, const struct account_here *h, int status, const char *error);

/* --- told.c --- */
/* A mail to the user, where there is a server and an address, that what is said by texts of that word was done. */
bool identity_told(struct call *c, struct ops *o, const struct user *u, const char *what, struct mail_sending *m);

/* --- link.c --- */
/* The page where p's user proves to be that. */
struct answer upstream_link(struct call *c, const struct somebody *p);
#endif
