/*
 * oauth/openid/openid.h - what an OpenID Provider does beyond tokens: the end of a session, and who hears of
 * it. OpenID Connect RP-Initiated, Front-Channel and Back-Channel Logout 1.0, Session Management 1.0.
 */
#ifndef HUFU_OAUTH_OPENID_H
#define HUFU_OAUTH_OPENID_H

#include "oauth/token/token.h"

/* --- id_token.c --- */
/*
 * An ID token that this issuer gave, to whichever client, as a hint: it may have expired, and its signing key may
 * be retired. False: it is something else.
 */
bool id_token_read(const struct call *c, struct str text, struct jwt *out);
/* The client it was given to: aud, or azp where there are several. Absent: neither says. */
struct str id_token_client(const struct jwt *t);
/*
 * The user that its sub means to the client it is for; of a pairwise one, of whom an ID token was given since this is
 * kept. False: nobody, or c->why.
 */
bool id_token_user(struct call *c, const struct jwt *t, struct user *u);

/* --- login_told.c --- */
/* How the user logged in, where ID tokens say it: into a->extra. */
void login_told(const struct call *c, const struct session *s, struct authorization *a);

/* --- session_state.c --- */
/*
 * session_state of an authorization response: it changes with the session (Session Management 1.0 section 2).
 * Absent: the issuer has none, or the request is none of OpenID Connect, or leads to no page of the web.
 */
struct str session_state(struct call *c, struct str client, struct str redirect_uri, struct str scope);

/* --- session_clients.c --- */
/*
 * Something is given to a->client in this session. Where the issuer tells clients of the end of a session, and
 * the scope is one of OpenID Connect: the client is told the session's name (a->extra: sid), and *o takes
 * down that it was. False: c->why.
 */
bool session_is_joined(struct call *c, const struct session *s, struct authorization *a, struct ops *o);
/* Is that the session's name to this client, or was it before the user logged in again? */
bool session_is_called(struct call *c, const struct session *s, struct str client, struct str sid);
/* The session of the user that lives and is called so by the client. False: there is none, or c->why. */
bool session_by_name(struct call *c, const struct id16 *user, struct str client, struct str sid, struct session *out);
/*
 * The addresses that the browser is to load in frames as this session ends (Front-Channel Logout 1.0 section 3):
 * n of them, in memory of the call. False: c->why.
 */
bool session_frames(struct call *c, const struct session *s, const struct str **frames, size_t *n);
#endif
