/*
 * oauth/account/account.h - the pages on which people look after their own account: /account and what is below it.
 * Each function of a page answers GET and, posted, its form. A form decides nothing unless its token is of this
 * very session; what it writes stands on the user and the session as they were read, so that an operator's word in
 * between is kept (O7).
 */
#ifndef HUFU_OAUTH_ACCOUNT_H
#define HUFU_OAUTH_ACCOUNT_H

#include "oauth/account_page.h"
#include "oauth/oauth_int.h"
#include "oauth/person.h"
#include "oauth/selfservice/selfservice.h"
#include "oauth/session/factor.h"

/* --- here.c --- */
/* Who is here: the active session of this browser, which lives, and its user, who may enter. */
struct account_here { struct session s; struct user u; bool fresh; };
/*
 * SEES: whoever is logged in. FRESH: whoever has logged in not longer ago than account_fresh_s; others log in once
 * more and come back to this page. What a login must have been is asked here and nowhere else.
 */
enum account_need { ACCOUNT_SEES, ACCOUNT_FRESH };
/* False: *a is the answer: the login page, the chooser, or what has failed. */
bool account_session(struct call *c, enum account_need need, struct account_here *h, struct answer *a);
/* Log in, once more where somebody is here, and come back to this page. */
struct answer account_login_again(struct call *c);
/* A directory or user table knows the person. */
bool account_is_managed(const struct account_here *h);
/* offered of account_sections.def */
bool account_always(const struct call *c, const struct account_here *h);
bool account_has_password(const struct call *c, const struct account_here *h);
bool account_email_may_change(const struct call *c, const struct account_here *h);
bool account_phone_may_change(const struct call *c, const struct account_here *h);
bool account_has_factors(const struct call *c, const struct account_here *h);
bool account_has_providers(const struct call *c, const struct account_here *h);
bool account_may_be_deleted(const struct call *c, const struct account_here *h);

/* --- page.c --- */
/* The page in c->mem, with what all of them show. NULL: c->why. */
struct account_page *account_page(struct call *c, enum account_section section, const struct account_here *h);
struct answer account_answer(struct call *c, const struct account_page *p);      /* p NULL: what has failed */
/* The same page with a sentence of what is wrong with the form, under that status; nothing was changed. */
struct answer account_wrong(struct call *c, struct account_page *p, int status, const char *error);
/* Done: the page once more, by an address that says it; what: a word of account_done_<what> of page/languages/en.def. */
struct answer account_done(struct call *c, const char *what);
/*
 * Is this form one of this session? False with c->why R_NONE: it has waited too long or is of another session, and
 * the page is shown once more; else it is no form of ours.
 */
bool account_form_holds(struct call *c);
/* Memory of a call for what needs more room than its own; NULL: c->why. */
struct arena *account_room(struct call *c);
/*
 * Commit what a form decides, with the guards of the user and the session in front. False without c->why: one of
 * them has changed meanwhile, and all is looked at again.
 */
bool account_commit(struct call *c, const struct account_here *h, const struct ops *more);
/* What a form does, looked at again while the rows under it change. once: true: *a is the answer. */
struct answer account_settles(struct call *c, bool (*once)(struct call *c, struct answer *a));

/* --- password.c --- */
enum account_password {
	ACCOUNT_PASSWORD_RIGHT,
	ACCOUNT_PASSWORD_WRONG,
	ACCOUNT_PASSWORD_WAIT,
	ACCOUNT_PASSWORD_FAILED
};
/*
 * Is P_CURRENT_PASSWORD that of the user? Counted as a login is. WAIT: c->retry_after_s. FAILED: c->why. Slow: for
 * the password lane.
 */
enum account_password account_password_is(struct call *c, const struct account_here *h);
#endif
