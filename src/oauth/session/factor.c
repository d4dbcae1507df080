/*
 * oauth/session/factor.c - the endpoint of the second factor: it completes a half login, or lets the session that is
 * live rise (RFC 9470). Setting one up in the middle of either goes the same way.
 */
#include "oauth/session/factor_kinds.h"

/* Who stands before the page. */
struct standing {
	struct factor_set has;
	struct user u;
	struct half_login half;         /* of a login */
	bool is_half;
	struct identity link;           /* the half login's */
	struct session s;               /* else the session that is to rise */
	struct saved saved;
};

/* --- who it is -------------------------------------------------------------------------------- */

/* False: the half login has ended, its user has changed, or c->why. */
static bool
half_stands(struct call *c, struct standing *w)
{
	if (!half_read(c, HALF_FACTOR, c->arg[P_HALF_LOGIN], w->saved.nonce, &w->half))
		return false;
	w->is_half = true;
	return store_answered(c, store_user_by_id(c->svc->store, c->mem, realm_name(c->issuer->realm), &w->half.user, &w->u))
	    && w->u.version == w->half.version && user_may_enter(&w->u);
}

/* A first factor is set up after a login only: whoever has come into a session must not make it his for good. */
static bool
may_set_up(const struct call *c, const struct standing *w)
{
	return w->is_half || factors_stand(&w->has) || c->now_s - w->s.auth_s <= FACTOR_FRESH_S;
}

/* False without c->why: a login is wanted. */
static bool
somebody_stands(struct call *c, struct standing *w)
{
	bool stands;

	saved_of_form(c, &w->saved);
	c->session_cookie = active_cookie(c);
	if (!str_empty(c->arg[P_HALF_LOGIN]))
		stands = half_stands(c, w);
	else
		stands = session_find(c, &w->s) && session_touch(c, &w->s) && user_of_session_again(c, &w->s, &w->u);
	if (!stands)
		return false;
	c->user_name = w->u.name;
	if (!factors_of(c, &w->u, &w->has))
		return false;
	factors_beside(&w->has, w->is_half ? w->half.amr : w->s.amr);
	return may_set_up(c, w);
}

/* About the same request. */
static struct answer
login_anew(struct call *c, const struct standing *w)
{
	struct saved s = { .url = w->saved.url, .demanded = w->saved.demanded | BIT(PROMPT_LOGIN) };

	if (c->why != R_NONE)
		return answer_fault(c);
	return (struct answer){ .kind = ANS_GO, .go = { .place = PLACE_LOGIN, .saved = saved_begin(c, &s) } };
}

static struct factor_asking
asking_of(const struct call *c, const struct standing *w)
{
	return (struct factor_asking){ .u = &w->u, .has = &w->has, .saved = &w->saved,
		.half = w->is_half ? c->arg[P_HALF_LOGIN] : STR_ABSENT, .kind = factor_named(c->arg[P_FACTOR]) };
}

static struct answer
page_of(struct call *c, const struct standing *w, const char *error)
{
	struct factor_asking f = asking_of(c, w);

	f.error = error;
	f.wait_s = c->retry_after_s;
	return factor_page(c, &f);
}

/* --- it is shown ------------------------------------------------------------------------------ */

struct str
amr_joined(struct call *c, struct str a, struct str b)
{
	while (str_given(b)) {
		struct str word = str_cut(&b, ' ');

		if (word.n > 0 && !str_has_word(a, word, ' '))
			a = a.n > 0 ? ARENA_CAT(c->mem, a, S(" "), word) : word;
	}
	return a;
}

/* What the pages of this request have answered, and that the factor was shown on them. */
static unsigned
answered_of(const struct call *c, const struct standing *w)
{
	struct dig32 request = request_digest(c->issuer, w->saved.url);
	unsigned before = w->saved.demanded;

	if (!w->is_half)
		before = memcmp(request.b, w->s.request.b, sizeof request.b) == 0 ? (unsigned)w->s.answered : 0;
	return before | BIT(PROMPT_FACTOR);
}

/* The identity that the login came by becomes the user's now. */
static void
link_add(const struct call *c, struct standing *w, struct ops *with)
{
	if (w->is_half && half_link(c, &w->half, &w->u, &w->link))
		ops_add(with, OP_IDENTITY_ADD)->identity = &w->link;
}

/* False without c->why: the user or session has changed, and all is looked at again. */
static bool
rises(struct call *c, struct standing *w, const char *amr, struct ops *with, enum reason lost)
{
	struct beginning b = { .u = &w->u, .factor_s = c->now_s, .answered = answered_of(c, w), .with = with,
		.lost = lost };

	if (w->is_half) {
		b.amr = amr_joined(c, w->half.amr, str_of(amr));
		b.account_type = w->half.account_type;
		b.auth_s = w->half.auth_s;
	} else {
		b.amr = amr_joined(c, w->s.amr, str_of(amr));
		b.account_type = w->s.account_type;
		b.auth_s = w->s.auth_s;
		b.from = &w->s;
	}
	link_add(c, w, with);
	if (session_begin(c, &b, &w->saved) != STORE_DONE)
		return false;
	saved_done(c, &w->saved);
	return true;
}

/* The login has shown its factor, and a password that must be another one first: the page for that. False: as login_go. */
static bool
password_is_next(struct call *c, struct standing *w, const char *amr, const struct ops *with, struct answer *a)
{
	struct login_proof p = { .amr = amr_joined(c, w->half.amr, str_of(amr)), .with = with, .lost = R_FACTOR_CODE,
		.auth_s = w->half.auth_s, .two_factors = true };

	if (half_link(c, &w->half, &w->u, &w->link))
		p.link = &w->link;
	call_put(c, P_ACCOUNT_TYPE, w->half.account_type);
	return new_password_wanted(c, &w->u, &p, &w->saved, a);
}

/* What was wrong is told on the page; the rest fails. */
static struct answer
wrong_page(struct call *c, const struct standing *w)
{
	enum reason why = c->why;
	int64_t wait_s = c->retry_after_s;
	struct answer a;

	if (login_is_refused(c, &a))
		return a;
	if (factor_refusal(why) == NULL)
		return answer_fault(c);
	call_begins_anew(c);
	c->retry_after_s = wait_s;
	a = page_of(c, w, factor_refusal(why));
	a.why = why;
	return a;
}

/* True: *a is the answer. */
static bool
factor_shown_once(struct call *c, struct standing *w, struct answer *a)
{
	enum factor_kind kind = factor_named(c->arg[P_FACTOR]);
	const char *amr = factor_rows[kind].amr;
	bool stale = w->is_half && w->half.by_password && password_is_stale(c, &w->u, w->half.by_password);
	struct ops with = { .n = 0 };

	if (factor_holds(c, &w->u, &w->has, kind, &with) && device_remember(c, &w->u, &with)
	    && (stale ? password_is_next(c, w, amr, &with, a) : rises(c, w, amr, &with, R_FACTOR_CODE))) {
		factor_record(c, EV_factor_used, &w->u, str_of(factor_rows[kind].word),
		    kind == FACTOR_RECOVERY ? (int64_t)factors_of_kind(&w->has, FACTOR_RECOVERY) - 1 : -1);
		if (!stale)
			*a = login_goes_on(&w->saved);
		return true;
	}
	if (c->why == R_NONE)
		return false;
	*a = wrong_page(c, w);
	return true;
}

/* Shown once: the codes, and a button that goes on. */
static struct answer
recovery_page(const struct standing *w, const struct str *codes, size_t n)
{
	struct answer on = login_goes_on(&w->saved), a = { .kind = ANS_PAGE_RECOVERY };

	if (n == 0)
		return on;
	a.factor.user_name = w->u.name;
	a.factor.codes = codes;
	a.factor.n_codes = n;
	a.factor.url = on.go.url;
	a.factor.url_is_home = on.go.place == PLACE_HOME;
	return a;
}

static bool
enrolled_once(struct call *c, struct standing *w, struct answer *a)
{
	enum factor_kind kind = enrolment_kind(c, &w->u);
	struct factor_asking f = asking_of(c, w);
	const struct str *codes = NULL;
	struct ops with = { .n = 0 };
	size_t n;

	if (enrolment_confirmed(c, &w->u, &w->has, factor_form_secret(c, &f), &with, &codes, &n)
	    && kind < FACTOR_COUNT && rises(c, w, factor_rows[kind].amr, &with, R_FACTOR_CODE)) {
		factor_record(c, EV_factor_enrolled, &w->u, str_of(factor_rows[kind].word), -1);
		*a = recovery_page(w, codes, n);
		return true;
	}
	if (c->why == R_NONE)
		return false;
	*a = wrong_page(c, w);
	return true;
}

/* A code is wanted: this form alone sends one. */
static struct answer
code_sent(struct call *c, struct standing *w, bool stands)
{
	enum factor_kind kind = factor_named(c->arg[P_FACTOR]);
	bool offered = stands && factor_is_offered(&w->has, kind) && (factor_rows[kind].flags & FACTOR_BY_MESSAGE);

	if (!(stands ? !offered || message_send(c, &w->u, kind, MESSAGE_SHOWS) : enrolment_send(c, &w->u)))
		return wrong_page(c, w);
	return page_of(c, w, NULL);
}

/* One set up meanwhile in another tab is asked for. */
static bool
form_once(struct call *c, struct standing *w, struct answer *a)
{
	bool stands = factors_stand(&w->has);

	if (str_is(c->arg[P_ACTION], "send")) {
		*a = code_sent(c, w, stands);
		return true;
	}
	if (!stands && enrolment_is_answered(c))
		return enrolled_once(c, w, a);
	if (stands && (!str_empty(c->arg[P_FACTOR_CODE]) || !str_empty(c->arg[P_PASSKEY]))
	    && factor_is_offered(&w->has, factor_named(c->arg[P_FACTOR])))
		return factor_shown_once(c, w, a);
	*a = page_of(c, w, NULL);
	return true;
}

/* --- the endpoint ----------------------------------------------------------------------------- */

static bool
posted_once(struct call *c, struct standing *w, struct answer *a)
{
	struct factor_asking f;

	if (!somebody_stands(c, w)) {
		*a = login_anew(c, w);
		return true;
	}
	f = asking_of(c, w);
	if (!csrf_holds(c, factor_form_secret(c, &f))) {
		*a = answer_fault(c);
		return true;
	}
	return form_once(c, w, a);
}

struct answer
factor_endpoint(struct call *c, bool posted)
{
	struct standing *w;
	struct answer a;

	if (c->issuer->policy->factor.rule == SECOND_FACTOR_OFF) {
		fail(c, R_NOT_FOUND, STR_ABSENT);
		return answer_fault(c);
	}
	if ((w = arena_new(c->mem, struct standing)) == NULL) {
		fail(c, R_INTERNAL, S("memory"));
		return answer_fault(c);
	}
	if (!posted)
		return somebody_stands(c, w) ? page_of(c, w, NULL) : login_anew(c, w);
	for (int i = 0; i < RACES_MAX; i++, *w = (struct standing){ .is_half = false })
		if (posted_once(c, w, &a))
			return a;
	return login_too_busy(c);
}
