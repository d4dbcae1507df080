/* oauth/session/session.h - who is here: users, their logins and the sessions of their browsers. */
#ifndef HUFU_OAUTH_SESSION_H
#define HUFU_OAUTH_SESSION_H

#include "oauth/mail.h"
#include "oauth/oauth_int.h"

/* --- agent.c --- */
/* The browser's name for people: printable, at most 256 bytes, "…" at its end where more was sent. */
struct str session_agent(const struct call *c);
bool text_is_shown(struct str text);     /* each character of it is seen, and none steers a terminal */

/* --- saved.c --- */
/* Sealed under the issuer's token key, for one kind of use, as text; opened by any key that is not revoked. */
struct str browser_seal(const struct call *c, const char *kind, struct str plain);
bool browser_unseal(const struct call *c, const char *kind, struct str text, struct str *plain);
bool id_unseal(const struct call *c, const char *kind, struct str text, struct id16 *id);        /* a row's id */
/*
 * What a browser brings back from the way to a page. url: where to go on; demanded: BIT(PROMPT_x)
 * that the pages are to answer. name: in the cookie alone, whose password was wrong just now.
 */
struct saved { struct str nonce, url, name; unsigned demanded; };
/*
 * The cookie: the nonce of this browser's forms, and the request of the first login page that
 * waits. False: none, or it has ended.
 */
bool saved_read(const struct call *c, struct saved *out);
/* For the cookie. s->nonce is drawn when it is absent. */
struct str saved_write(const struct call *c, struct saved *s);
/* The request of one form, P_SAVED_REQUEST; absent when s has none. It has no nonce and no end. */
struct str request_write(const struct call *c, const struct saved *s);
bool request_read(const struct call *c, struct saved *out);
/*
 * The nonce of the cookie, and the request of the form, else of the cookie. False: there is no
 * nonce; *out is set all the same.
 */
bool saved_of_form(const struct call *c, struct saved *out);
/*
 * s waits for a login; the nonce stays, so that the forms of other tabs still hold. Absent: the
 * cookie says it, and the page stands at its plain address; else the address of the page is to say
 * it by P_SAVED_REQUEST, for another request of this browser waits in the cookie.
 */
struct str saved_begin(struct call *c, struct saved *s);
/* A login has answered done: nothing leads there any more, and the nonce stays. */
void saved_done(struct call *c, const struct saved *done);
/* Which request an answer belongs to: the address where it goes on. */
struct dig32 request_digest(const struct issuer *i, struct str url);

/* --- kept.c --- */
/*
 * The parameters of the call as they are kept, JSON of at most max bytes; object: "signed", "none", of a pushed one,
 * whose request object is left out. Absent: too long.
 */
struct str interaction_write(const struct call *c, struct str object, size_t max);
/* and back, in place of the call's own. False: c->why */
bool interaction_read(struct call *c, const json_t *request);
/* Was a parameter of those sent now that is another one in the request, or not in it? */
bool interaction_differs(const struct call *c, const json_t *request);
struct str interaction_at(const struct call *c, struct str sealed);     /* the address where it goes on */
struct dig32 interaction_network(const struct call *c);         /* whose row it is */
#define INTERACTION_MAX   (256 * 1024)
#define INTERACTION_TTL_S (36 * 60 * 60)

/* --- interaction.c: a request that a browser cannot carry, by POST or too long, waits as a row of the store --- */
/* Before a page is shown: where the request needs a row it gets one, and c->self leads to it. False: c->why. */
bool interaction_keep(struct call *c);
/*
 * The request of P_INTERACTION in place of the call's own parameters. False: it waits no more
 * (R_NOTHING_PENDING), or c->why.
 */
bool interaction_resume(struct call *c);
/* --- pushed.c: a request that its client pushed (RFC 9126), from the browser that brings its name to the answer --- */
struct str pushed_uri(const struct call *c, const struct id16 *id);
/* P_REQUEST_URI is such a name, and this issuer takes them. */
bool pushed_is_named(const struct call *c);
/* Its parameters in place of the call's own. False: c->why. */
bool pushed_resume(struct call *c);
/* A page is shown: the row lives on, and c->self leads to it as to an interaction. False: c->why. */
bool pushed_begins(struct call *c);
/* The row that such an interaction's text leads to. False: none does, or c->why. */
bool pushed_that_began(struct call *c, struct str text, struct pushed *row);

/* Of an address where a login leads: whose request is it, when a row says so? Absent: none does. */
struct str interaction_param(struct call *c, struct str url, enum param p);

/* --- session.c --- */
struct str csrf_token(const struct call *c, struct str secret);
bool csrf_holds(struct call *c, struct str secret);
/* What is given to c->client in this session is noted with it. False: c->why. */
bool session_used(struct call *c, const struct session *s, struct ops *o);
bool session_find(struct call *c, struct session *out);
/* Note that the session is in use, at most once a minute. False: it has ended meanwhile, or c->why says what failed. */
bool session_touch(struct call *c, struct session *s);
struct dig32 session_digest(const struct issuer *i, struct str cookie);
bool user_of_session(struct call *c, const struct session *s, struct user *out);
/* one of a table is asked about */
bool user_of_session_again(struct call *c, const struct session *s, struct user *out);

/* The session of that cookie, here, which lives. */
bool session_by_cookie(struct call *c, struct str cookie, struct session *out);
/* Neither time has run out. */
bool session_lives(const struct call *c, const struct session *s);
/* Its login is not older than account_fresh_s. */
bool session_is_fresh(const struct call *c, const struct session *s);

/* --- ways_in.c: who gives up a way in by a page keeps another --- */
/*
 * own: of the user's row alone: a password, a directory, a user table, text messages, a mini program. passkeys: where
 * this issuer lets them log in. identities: at its providers, whose names are `providers`.
 */
struct ways_in { bool own; size_t passkeys, identities; struct str providers; };
bool ways_in_of(struct call *c, const struct user *u, struct ways_in *out);     /* false: c->why */
/*
 * Is there one of them, w being what is left? Where that is an identity, o gets the guard that one is left indeed:
 * behind what takes another away, in a list that stands on the user (u, borrowed).
 */
bool ways_in_suffice(const struct ways_in *w, const struct user *u, struct ops *o);

/* --- room.c: how many sessions of one user there may be --- */
/* The kind of device of a User-Agent: "phone", "tablet", "computer", "other"; a word that lives for ever. */
struct str device_kind(struct str agent);
/*
 * What the policy asks of the list that adds `new`: in the same commit others of its user end, or it is lost
 * (OP_SESSION_ROOM). Behind those that end because this browser's login replaces them.
 */
void session_room(const struct call *c, const struct session *new, struct ops *o);
/* Of the session that the browser's cookie was of: a key of page/languages/en.def. NULL: nobody is told, or c->why. */
const char *session_why_ended(struct call *c);

/* --- accounts.c: the sessions of one browser at this issuer, one for each user --- */
struct account { struct str cookie; struct session s; };
/* The active one first, then by last use. */
struct accounts { struct account at[ACCOUNTS_READ + 1]; size_t n; bool has_active; };
/* Those that live; the cookies of those that do not are taken away. False: c->why. */
bool accounts_live(struct call *c, struct accounts *all);
/* May there be another one than the active one? Of cookies alone. */
bool accounts_are_several(const struct call *c);
/* What forms call it, P_ACCOUNT. */
struct str account_id(const struct call *c, const struct session *s);
/* NULL: none. */
const struct account *account_called(const struct call *c, const struct accounts *all, struct str id);
/* The one whom a name, an address of e-mail or a phone number means. NULL: none or several, or c->why. */
const struct account *account_hinted(struct call *c, const struct accounts *all, struct str hint);
/* Was the client given something in it, as far as that is taken down (logout_tells_clients)? False too: c->why. */
bool session_has_client(struct call *c, const struct session *s, struct str client);
/* The call goes on with it. */
void account_use(struct call *c, const struct account *a);
/* The same of the living session of this digest. False: it is none of this browser's, or c->why. */
bool account_of_session(struct call *c, const struct dig32 *digest, struct session *out);
/*
 * A login adds the session: the same user's, and those whose time is over, end in the same list, and the one used
 * longest ago where there are too many. False: c->why.
 */
bool accounts_join(struct call *c, const struct session *new, struct str cookie, struct ops *o);
/* What was to become of the cookies does not. */
void accounts_forget(struct call *c);
void account_keep(struct call *c, struct str cookie);
void account_drop(struct call *c, struct str cookie);
/* The value of the cookie that says who is active, as sent. */
struct str active_cookie(const struct call *c);

/* --- login.c --- */
/*
 * What a form before a login is held against: the nonce of the cookie, a new one where there is none. *s as
 * saved_of_form.
 */
struct str form_secret(struct call *c, struct saved *s);
/* What has proven who it is. */
struct login_proof {
	struct str amr;                 /* words of RFC 8176: "pwd", "otp sms" */
	bool two_factors;               /* it is worth two, and nothing more is asked (amr then has "mfa") */
	const struct ops *with;         /* what it spends, at most 6 operations; NULL: nothing */
	enum reason lost;               /* why the call fails when one of those is lost, or the first of `first` */
	/*
	 * committed in front of the guard of the user, at most 6 operations, and may make that very user; where another than
	 * its first is lost, the user is looked for anew. NULL: nothing
	 */
	const struct ops *first;
	int64_t auth_s;                 /* when that was; 0: now */
	/* becomes the user's in the commit of the session, and so not before a second factor that is needed; NULL: none */
	const struct identity *link;
	bool by_password;               /* by the user's own password here, whatever amr says of another server's */
};
/*
 * The one door of all logins: the user is known by p. Where a second factor is needed *a is its page, and no session
 * begins (factor.h, F1); else a session, and on to where the visitor came from. False: the call has failed, or the user
 * has changed meanwhile (c->why is R_NONE) and the login begins anew.
 */
bool login_go(struct call *c, const struct user *u, const struct login_proof *p, struct answer *a);
/* How a session was begun, as acr says it: policy. Empty: it says nothing. */
struct str session_acr(const struct policy *policy, const struct session *s);
/* Is that acr one of those that are wanted (words), or worth more than one of them? */
bool acr_suffices(const struct policy *policy, struct str wanted, struct str acr);
/* --- begin.c --- */
/*
 * The session goes on under another cookie, with what clients know of it: its row as it will be, and the operations in o.
 * What waits in it, a consent that was asked for, does not. NULL: c->why. session_not_begun: the commit was lost, and
 * the cookies stay as they were.
 */
const struct session *session_renew(struct call *c, const struct session *old, struct ops *o);
void session_not_begun(struct call *c);

/* --- login.c --- */
/* The session of c->session_cookie ends, and its cookie goes. False: c->why. */
bool session_close(struct call *c, struct session *s);
void session_cookie_goes(struct call *c, struct str cookie);
/*
 * The nonce of the saved-request cookie, for the token of a form, and the request that the form is about; a new cookie
 * when there is none.
 */
struct str form_secret(struct call *c, struct saved *s);
struct answer login_goes_on(const struct saved *s);
/*
 * prompt=select_account alone: who is logged in may stay, with a click. Where there may be several, the chooser has
 * asked.
 */
bool login_may_stay(const struct call *c, const struct saved *s);
/*
 * The token is not of the nonce that this browser has: whoever is logged in goes on to what the form was about, and so
 * does a form whose nonce has ended; no more than a link there does.
 */
struct answer login_is_stale(struct call *c, const struct saved *form, bool has_nonce);
struct answer login_too_busy(struct call *c);
struct answer login_go_failed(struct call *c, enum reason why);
/* What the outcome of a login means to a call. */
enum reason login_reason(const struct call *c, enum login_result r, const struct login_try *t);

/*
 * --- person.c: users of the issuer's realm, and those of its table (login/table.h). False: nobody,
 * or c->why says what failed. ---
 */
bool user_found(struct call *c, enum person_answer a);          /* TROUBLE and DOWN fail the call */
bool user_find(struct call *c, enum table_by by, struct str value, struct user *out);
/* By id: one of a table is asked about, one of a directory when user_holds says so. at_refresh: both always are. */
bool user_again(struct call *c, const struct id16 *id, bool at_refresh, struct user *out);
/*
 * Is the stored word about a user good enough (L15)? One of a directory or a table whose word is
 * too old is asked about, and *u is what it says now; a login or refresh always asks a directory.
 * False: the call has failed. Nobody who must not wait waits: then only the time counts.
 */
bool user_holds(struct call *c, struct user *u, bool always);
/* Nobody else knows them: no directory, no user table; and they may come in. */
bool user_is_own(const struct user *u);
/* Enabled and not locked, else the call fails; who: for the log. */
bool user_is_let_in(struct call *c, const struct user *u, struct str who);
/* what the request names, else the issuer's default; may be empty */
struct str account_type_asked(const struct call *c);
/* Where the account type selects users: is this one of those? Elsewhere everybody is. */
bool account_type_fits(const struct call *c, const struct user *u);
void login_of_type(const struct call *c, struct login_try *t);  /* the same for a login by password */

/*
 * The user P_USERNAME by that password, as the login page does it: realm, table, directories, throttling. new_password: given to a
 * directory that wants another one; may be absent. c->retry_after_s is set.
 */
enum login_result login_tried(struct call *c, struct str password, struct str new_password, struct login_try *t);
/* The password was right, and there are sessions enough: the login page says so. False: that is not why it failed. */
bool login_is_refused(struct call *c, struct answer *a);
/* By P_USERNAME and P_PASSWORD. False: c->why. */
bool login_by_password(struct call *c, struct user *u);

/* --- reached.c --- */
bool sms_number_ok(const struct policy *policy, struct str number);
/* Does mail reach them? An address, which nobody has said is not theirs. */
bool user_has_mail(struct call *c, const struct user *u);
bool user_has_phone(struct call *c, const struct user *u);

/* --- wechat.c: a user whom WeChat knows --- */
/* By a code that WeChat exchanges, once; the issuer has an app there. False: c->why. */
bool wechat_open_id(struct call *c, struct str code, struct str *open_id);
/* Who has it; made where the issuer says so. False: c->why. */
bool wechat_user(struct call *c, struct str open_id, struct user *u);

/* --- auth_session.c: what a first-party application goes on with. --- */
/* id: the row of its request; jkt: the key that it showed, phone: where a code was sent; empty: none. */
struct auth_session { struct id16 id; struct str jkt, phone; };
struct str auth_session_write(const struct call *c, const struct auth_session *s);
/* P_AUTH_SESSION. False: it is none of this issuer's. */
bool auth_session_read(const struct call *c, struct auth_session *out);
/* The request of it, which c->client has begun and which waits. NULL: R_CHALLENGE_SESSION, or c->why. */
json_t *auth_session_request(struct call *c, const struct auth_session *s);

/*
 * --- chosen.c: a password that somebody chooses ---
 * What is wrong with P_NEW_PASSWORD, P_NEW_PASSWORD_AGAIN for u (NULL: nobody is known yet): a key of page/languages/en.def. NULL:
 * nothing, or c->why. Where former passwords are remembered each costs a hash: in the password lane.
 */
const char *chosen_password_fault(struct call *c, const struct user *u);
/* As far as that can be told without knowing of whom it is: both the same, given, of a length that can be. */
const char *chosen_password_text_fault(const struct call *c);
/* It is u's, who need not change it any more; nothing is written yet. False: c->why. */
bool chosen_password_set(struct call *c, struct user *u);
/* The password that u has no more is remembered, as far as the rule says: behind OP_USER_SET in o. */
void chosen_password_former(const struct call *c, struct ops *o, const struct user *u, struct str former);
/* For the page; has_former: whoever chooses it has had one here. */
struct chosen_rules chosen_rules(const struct call *c, bool has_former);

/* --- choose.c --- */
/* The accounts as a page lists them. False: c->why. */
bool accounts_shown(struct call *c, const struct accounts *all, struct answer *a);

/* --- sms.c --- */
/* Send a code to P_PHONE within what bounds it; a number of nobody is answered alike. The issuer sends some. False: c->why. */
bool sms_code_send(struct call *c);
/*
 * A code for another purpose than a login, as oauth/mail.h does it with mail: the same bounds as those of logins, the
 * network's first. False: R_SMS_NONE, R_SMS_LIMIT.
 */
#define SMS_QUOTAS 4
struct sms_order { struct str number, code; int64_t minutes, not_after_s; const struct user *user; bool nobody; };
struct sms_sending {
	struct errand *errand;
	struct outgoing row;
	struct quota quotas[SMS_QUOTAS];
	size_t first;
	bool nobody;
};
bool sms_add(struct call *c, struct ops *o, const struct sms_order *m, struct sms_sending *out);
void sms_done(struct call *c, struct sms_sending *m, bool committed);
enum mail_bound sms_bound(struct call *c, const struct sms_sending *m, size_t lost);
/*
 * Is P_CODE the code that was sent to P_PHONE? Counts the try; *row is to be spent
 * (OP_ONE_TIME_SPEND) by whoever believes it.
 */
bool sms_code_holds(struct call *c, struct user *u, struct one_time *row);
#endif
