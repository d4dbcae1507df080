/*
 * oauth/session/factor.h - the second factor: who needs one, what holds, and the doors to it.
 *
 * F1: no session begins before the second factor that is demanded was shown: every login, whatever proved it, ends in
 *     login_go (session.h), which leads to the page of the factor with a half login where something is missing.
 * F2: what counts once (the step of a one-time password, a recovery code) is spent in the commit by which the session
 *     begins or rises; of many at once one succeeds.
 * F3: a remembered device stands for the factor of a login, and never for one that a request asks for; amr and acr say
 *     nothing of it.
 * F4: a session that rises gets another cookie, and the one before ends in the same commit.
 * F5: a password that must be changed opens no session, by whatever else its user has come; one that is only old opens none by
 *     itself. The factor that a user has is shown before the password is changed, so that a stolen password locks nobody out.
 *
 * A new kind is a row of oauth/factors.def and the functions that it names.
 */
#ifndef HUFU_OAUTH_FACTOR_H
#define HUFU_OAUTH_FACTOR_H

#include "oauth/session/session.h"

enum factor_kind {
#define FACTOR(id, word, amr, check, begin, on, flags) FACTOR_##id,
#include "oauth/factors.def"
#undef FACTOR
	FACTOR_COUNT
};
enum { FACTOR_STANDS = 1, FACTOR_IMPLICIT = 2, FACTOR_BY_BROWSER = 4, FACTOR_BY_MESSAGE = 8 };

/* Those of a user, of all kinds. More than FACTORS_MAX nobody has: factor_may_be_added. */
#define FACTORS_MAX 64
#define FACTOR_NAME_MAX 128     /* bytes */
struct factor_set {
	struct factor at[FACTORS_MAX];
	size_t n;
	/*
	 * BIT(FACTOR_x): none of that kind can be shown here, whatever the user has: the issuer asks for none, or what the
	 * row is of is the user's address no more. It is demanded all the same.
	 */
	unsigned hidden;
};

/* What is checked, and against what. */
struct factor_try {
	const struct user *u;
	const struct factor_set *has;
	struct str code;
	struct str secret;              /* what the form is held against: factor_form_secret */
};

/* factor_rows.c */
struct factor_row { const char *word, *amr; unsigned flags; };
extern const struct factor_row factor_rows[FACTOR_COUNT];
/* factor_acts.c */
struct factor_act {
	/*
	 * Does t->code hold? Then what spends it is added to o, in the call's memory. False: it is wrong, or c->why. Throttled
	 * before (factor_holds); must not tell apart by time what was wrong.
	 */
	bool (*check)(struct call *c, const struct factor_try *t, struct ops *o);
	/* The page asks for it: fills a->factor. False: c->why. NULL: nothing */
	bool (*begin)(struct call *c, const struct factor_try *t, struct answer *a);
};
extern const struct factor_act factor_acts[FACTOR_COUNT];
/* FACTOR_COUNT: no such word. */
enum factor_kind factor_named(struct str word);

/* --- demand.c: who needs one --- */
/* Has this issuer a page where people look after theirs? */
bool factors_are_kept(const struct issuer *i);
/* False: c->why. */
bool factors_of(struct call *c, const struct user *u, struct factor_set *out);
/* What the login itself was proven by is no second factor of it: amr of one by text message hides FACTOR_SMS. */
void factors_beside(struct factor_set *has, struct str amr);
bool factor_is_on(const struct issuer *i, enum factor_kind kind);
size_t factors_of_kind(const struct factor_set *has, enum factor_kind kind);
/* Has the user one that is asked for at a login? Recovery codes alone are none. */
bool factors_stand(const struct factor_set *has);
/* May this kind be offered to who has these? */
bool factor_is_offered(const struct factor_set *has, enum factor_kind kind);
bool factor_may_be_added(const struct factor_set *has, size_t more);
/* Does this issuer ask at the login: the user has one, or the issuer or a group of the user's asks for one? */
bool login_needs_factor(const struct call *c, const struct user *u, const struct factor_set *has);
/* Does a request of this client for this scope ask for one to be shown, whatever the user has? */
bool request_needs_factor(const struct policy *policy, const struct client *k, struct str scope);
/* Do these acr values (words) name the level of two factors, and not that of one? */
bool acr_needs_factor(const struct policy *policy, struct str wanted);
static inline bool session_has_factor(const struct session *s) { return s->factor_s > 0; }
/*
 * What a session lacks: a factor that is to be shown (asked: its request asks for one, which no remembered device
 * answers), or that of the login, where it began before the user or the issuer had one. False: nothing, or c->why.
 */
bool session_lacks_factor(struct call *c, const struct session *s, const struct user *u, bool asked);
/* May a grant give this user something that was proven without a page? False: R_FACTOR_REQUIRED, or c->why. */
bool factor_at_grant(struct call *c, const struct user *u);
/* The same of what is given by an authorization: its client and scope may ask for a login with two factors. */
bool factor_of_authorization(struct call *c, const struct authorization *a, struct str scope);

/* --- factor_check.c --- */
/*
 * Does P_FACTOR_CODE hold as this kind? Counted before it is looked at; o gets what spends it and clears the counter.
 * False: R_FACTOR_CODE, R_WAIT (c->retry_after_s), or else.
 */
bool factor_holds(struct call *c, const struct user *u, const struct factor_set *has, enum factor_kind kind,
    struct ops *o);
/*
 * The same in two steps, for what is no check of a row: counted; and what came of it. False of both: c->why (R_WAIT,
 * R_FACTOR_CODE).
 */
bool factor_try_begins(struct call *c, const struct user *u, enum factor_kind kind);
bool factor_try_ends(struct call *c, const struct user *u, enum factor_kind kind, bool right, struct ops *o);
/* A line for the log of what was done to a factor. kind: a word. left: recovery codes; -1: not said. */
void factor_record(const struct call *c, enum event what, const struct user *u, struct str kind, int64_t left);

/* What was proven by both, words of RFC 8176, each once, in order. */
struct str amr_joined(struct call *c, struct str a, struct str b);

/* --- factor_address.c: where codes go that are sent (FACTOR_BY_MESSAGE) --- */
/* The user's number or address; absent: there is none that a code may go to. */
struct str message_address(struct call *c, const struct user *u, enum factor_kind kind);
/* As a page shows it: "+49••••12", "a••••@example.org". */
struct str message_masked(struct call *c, struct str address);
/* What a row holds: a digest of the address, in hex. Spellings that differ in case alone are one. */
struct dig32 message_digest(struct call *c, const struct user *u, enum factor_kind kind, struct str address);
struct str message_data(struct call *c, const struct user *u, enum factor_kind kind, struct str address);
/* Is the row of the address that the user has now? */
bool message_is_bound(struct call *c, const struct user *u, const struct factor *row);
/* The user's row that is; NULL: none. */
const struct factor *message_row(struct call *c, const struct user *u, const struct factor_set *has,
    enum factor_kind kind);

/* --- factor_message.c: sent, and shown --- */
/* A code that was asked for one use is none of the other. */
enum message_use { MESSAGE_SHOWS, MESSAGE_ENROLS };
/*
 * A new code, in place of the one before, within what bounds messages (R_SMS_LIMIT, R_MAIL_LIMIT) and not before
 * factor_code_pause_s (R_SMS_SOON). False: c->why, c->retry_after_s.
 */
bool message_send(struct call *c, const struct user *u, enum factor_kind kind, enum message_use use);
/* Where it goes, and whether one that still counts was sent: of a->factor. False: c->why. */
bool message_page(struct call *c, const struct user *u, enum factor_kind kind, enum message_use use, struct answer *a);
/* Is P_FACTOR_CODE it? The try is counted at the code; o gets what spends it. False: no, or c->why. */
bool message_holds(struct call *c, const struct user *u, enum factor_kind kind, enum message_use use, struct ops *o);

/* --- half.c: a login that has proven all but one thing, sealed in the form of the page that asks for it --- */
#define HALF_TTL_S 600
enum half_lacks { HALF_FACTOR, HALF_PASSWORD };
struct half_login {
	enum half_lacks lacks;
	struct id16 user;
	int64_t version;                /* of the user: who has changed logs in anew */
	int64_t begun_s, auth_s;        /* since when it waits, and when the login was that it goes on from */
	struct str amr, account_type;
	struct identity link;           /* becomes the user's by this login: provider, subject, shown; empty: none does */
	bool by_password;               /* it has proven the user's password here */
	bool two_factors;               /* what is proven is worth two: nothing more is asked behind a new password */
};
/* The identity that it came by, as the user's from now on. False: none. */
bool half_link(const struct call *c, const struct half_login *h, const struct user *u, struct identity *out);
/* For this browser alone, by the nonce of its saved-request cookie. */
struct str half_write(const struct call *c, const struct half_login *h, struct str nonce);
/* False: it is none, of another browser, or older than HALF_TTL_S. */
bool half_read(
    const struct call *c, enum half_lacks lacks, struct str text, struct str nonce, struct half_login *out);

/* --- password_age.c --- */
/* By the operator's or directory's word (F5), or, of a login by password, by passwords.max_age. A directory counts the age itself. */
bool password_is_stale(const struct call *c, const struct user *u, bool by_password);
/* May a grant give this user something that was proven without a page? False: R_PASSWORD_EXPIRED. */
bool password_at_grant(struct call *c, const struct user *u, bool by_password);
/* --- stale.c: a password that must be another one before the login goes on --- */
/*
 * half absent: of a directory's user, whose present password is asked for once more. identity: an account at a provider
 * that is to be connected by this login, P_IDENTITY of the page that goes on with it (LOGIN_LINK_PATH); absent: none is.
 */
struct new_password_asking {
	struct str user_name, half, identity;
	struct saved *saved;
	const char *error;
	int64_t wait_s;
};
struct answer new_password_page(struct call *c, const struct new_password_asking *f);
/* --- new_password.c --- */
/*
 * A directory is given P_NEW_PASSWORD in the place of P_CURRENT_PASSWORD of the user P_USERNAME. TAKEN: t->user has
 * logged in. ANSWERED: *a says why not, on the page of f->saved and f->identity where that may be mended. FAILED: c->why.
 */
enum new_password_result { NEW_PASSWORD_TAKEN, NEW_PASSWORD_ANSWERED, NEW_PASSWORD_FAILED };
enum new_password_result new_password_at_directory(struct call *c, struct new_password_asking *f, struct login_try *t,
    struct answer *a);
/* The page for a user of the realm; what has proven the login so far is spent. False: as login_go. */
bool new_password_wanted(
    struct call *c, const struct user *u, const struct login_proof *p, struct saved *saved, struct answer *a);

/* --- factor_page.c: the page that asks for one, or sets one up --- */
struct factor_asking {
	const struct user *u;
	const struct factor_set *has;
	struct str half;                /* absent: of the session that is live */
	const struct saved *saved;
	enum factor_kind kind;          /* FACTOR_COUNT: the first that the user has */
	const char *error;              /* a key of page/languages/en.def; NULL: none */
	int64_t wait_s;
};
struct answer factor_page(struct call *c, const struct factor_asking *f);
/* What its form is held against: the nonce of the cookie, or the session. */
struct str factor_form_secret(const struct call *c, const struct factor_asking *f);
/* To the page, about a request that the session is to rise for. */
struct answer factor_wanted(struct call *c, struct str url);

/* How old the proof may be on which a change of factors stands: a factor, or a login where there is none. */
#define FACTOR_FRESH_S 600

/* --- enrol.c: setting one up. Nothing is stored before a first code was right. --- */
/* May this user set this kind up here? */
bool enrolment_is_offered(struct call *c, const struct user *u, enum factor_kind kind);
/* What is being set up: what P_FACTOR names or has come, else the first that is offered. FACTOR_COUNT: none is. */
enum factor_kind enrolment_kind(struct call *c, const struct user *u);
/* Is there an answer to an enrolment, a code or a passkey's? */
bool enrolment_is_answered(const struct call *c);
/*
 * Of a user: the kind that enrolment_kind says, beside a secret for one-time passwords a passkey too, and words of the
 * others. secret: what the form is held against. Nothing is sent. False: c->why.
 */
bool enrolment_offer(struct call *c, const struct user *u, struct str secret, struct answer *a);
/* Of a kind by message: its code is sent to the user's own address. False: c->why. */
bool enrolment_send(struct call *c, const struct user *u);
/*
 * P_PASSKEY, or P_ENROLMENT with its first code, or the code of a message, P_FACTOR_CODE: the factor is added by o, and
 * recovery codes where the user has none, whose texts are *codes (n of them). False: R_FACTOR_CODE, R_WAIT, R_CSRF (it
 * has ended), or else.
 */
bool enrolment_confirmed(struct call *c, const struct user *u, const struct factor_set *has, struct str secret,
    struct ops *o, const struct str **codes, size_t *n);
/* The key of page/languages/en.def for what a factor was refused for; NULL: that fails the call. */
const char *factor_refusal(enum reason why);
#define ENROLMENT_TTL_S 900

/* --- recovery.c --- */
#define RECOVERY_CODES 10

/* New ones: rows to be added, and their texts, RECOVERY_CODES of each. False: c->why. */
bool recovery_draw(struct call *c, const struct user *u, struct factor **rows, struct str **texts);

/* --- device.c: browsers that stand for a second factor --- */
/* Does this browser, for the user? *row: to be used in the commit (OP_DEVICE_USE). False: no, or c->why. */
bool device_stands(struct call *c, const struct user *u, struct trusted_device *row);
/* The box was ticked: the browser is remembered by o, and c->set_device. Nothing where the policy remembers none. */
bool device_remember(struct call *c, const struct user *u, struct ops *o);

/* --- begin.c --- */
struct beginning {
	const struct user *u;
	struct str amr, account_type;
	int64_t auth_s, factor_s;
	unsigned answered;              /* BIT(PROMPT_x) of the request */
	const struct ops *first, *with; /* as of struct login_proof */
	enum reason lost;
	const struct session *from;     /* that rises, and ends; NULL: none */
};
/* A new session with a new cookie. STORE_LOST without c->why: the user, or that session, has changed meanwhile. */
/* What has proven the user so far is spent before a page stands on it. False: as login_go. */
bool proof_is_spent(struct call *c, const struct user *u, const struct login_proof *p);
int64_t proven_s(const struct call *c, const struct login_proof *p);
/*
 * half_of.c: the proof is spent, and stands in *half for the page that asks for what is lacking; *saved has a nonce
 * then. False: as proof_is_spent, or c->why.
 */
bool half_of_proof(struct call *c, const struct user *u, const struct login_proof *p, enum half_lacks lacks,
    struct saved *saved, struct str *half);
/* The operation `lost` of a list that begins with first was lost: the call fails by why, unless the user is to be looked for anew. */
void proof_lost(struct call *c, const struct ops *first, enum reason why, size_t lost);
enum store_result session_begin(struct call *c, const struct beginning *b, const struct saved *request);
#endif
