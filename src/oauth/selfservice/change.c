/*
 * oauth/selfservice/change.c - another e-mail address or phone number of whoever is logged in. The present password is
 * asked for (where there is none, a fresh login), since an address opens the account; the new one is proven, the old
 * address is told and can take it back.
 */
#include "login/login.h"
#include "oauth/selfservice/selfservice.h"
#include "oauth/session/factor.h"

struct changing {
	const char *page;
	enum self_kind kind;
	bool on;
	struct session s;
	struct user u;
	const struct factor *factor;    /* whose codes go to the address; NULL: none */
};

static struct answer
to_login(struct call *c, unsigned demanded)
{
	struct saved s = { .url = str_empty(c->arg[P_PROOF]) ? c->self : self_url(c, c->arg[P_PROOF], STR_ABSENT),
		.demanded = demanded };

	return (struct answer){ .kind = ANS_GO, .go = { .place = PLACE_LOGIN, .saved = saved_begin(c, &s) } };
}

static bool
is_here(struct call *c, struct changing *g)
{
	return session_find(c, &g->s) && session_touch(c, &g->s) && user_of_session_again(c, &g->s, &g->u);
}

static enum factor_kind
kind_by_message(const struct changing *g)
{
	return g->kind == SELF_EMAIL ? FACTOR_MAIL : FACTOR_SMS;
}

/*
 * Where codes go to the address as a second factor, which goes along with it, one was shown a moment ago: else a session
 * and a password would be worth a factor. False: *a leads there, or is what has failed.
 */
static bool
factor_is_fresh(struct call *c, struct changing *g, struct answer *a)
{
	struct factor_set *has = arena_new(c->mem, struct factor_set);

	if (has == NULL)
		fail(c, R_INTERNAL, S("memory"));
	if (has == NULL || !factors_of(c, &g->u, has)) {
		*a = answer_fault(c);
		return false;
	}
	g->factor = message_row(c, &g->u, has, kind_by_message(g));
	if (g->factor == NULL || !factor_is_on(c->issuer, kind_by_message(g))
	    || c->now_s - g->s.factor_s <= FACTOR_FRESH_S)
		return true;
	*a = factor_wanted(c, str_empty(c->arg[P_PROOF]) ? c->self : self_url(c, c->arg[P_PROOF], STR_ABSENT));
	return false;
}

/* Where no password can be asked for, the login itself is a fresh one: by an address somebody else would come in. */
static bool
login_suffices(const struct call *c, const struct changing *g)
{
	return !user_is_own(&g->u) || !str_empty(g->u.password) || session_is_fresh(c, &g->s);
}

static struct answer
ask_page(struct call *c, const struct changing *g, const char *error)
{
	struct answer a;

	if (!user_is_own(&g->u))
		return self_notice(c, g->page, "kept_elsewhere", false);
	a = self_ask_again(c, g->page, error);
	a.self.asks_password = a.kind == ANS_PAGE_SELF && !str_empty(g->u.password);
	return a;
}

/* Throttled like a login. False: *error, or c->why. */
static bool
password_holds(struct call *c, const struct user *u, const char **error)
{
	struct login_try t = { .realm = u->realm, .name = u->name, .password = c->arg[P_PASSWORD], .address = c->peer,
		.book = c->svc->guesses, .rehash = false };
	enum login_result r;

	if (str_empty(u->password))
		return true;
	r = login_password(c->mem, c->svc->store, &c->svc->throttle, &t);
	*error = "password_wrong";
	if (r == LOGIN_WAIT) {
		c->retry_after_s = (t.wait_ms + 999) / 1000;
		return fail(c, R_WAIT, S("password"));
	}
	return r == LOGIN_OK || (r == LOGIN_TROUBLE && fail(c, R_STORE, S("login")));
}

/* An address or number of somebody else is nobody's to have; who asks does not hear it. */
static bool
is_taken(struct call *c, struct str typed, const struct user *mine)
{
	struct user u;

	return user_by_anything(c, typed, &u) && memcmp(u.id.b, mine->id.b, sizeof u.id.b) != 0;
}

static struct answer
change_asked(struct call *c, struct changing *g)
{
	bool sms = g->kind == SELF_PHONE;
	struct proof p = { .of = g->kind, .by_sms = sms, .expires_s = c->now_s + c->issuer->policy->selfservice.ttl_s,
		.user = g->u.id, .to = str_trim(c->arg[P_IDENTIFIER]) };
	struct proof_sending s = { .known = &g->u, .on = &g->u, .what = "email", .send = true };
	const char *error = NULL;
	struct answer a;
	struct saved saved;

	if (!self_form_holds(c, g->page, &a))
		return a;
	if (!user_is_own(&g->u))
		return ask_page(c, g, NULL);
	if (!(sms ? sms_number_ok(c->issuer->policy, p.to) : mail_address_ok(p.to)))
		return ask_page(c, g, sms ? "number_wrong" : "address_wrong");
	if (!password_holds(c, &g->u, &error))
		return ask_page(c, g, error);
	saved_of_form(c, &saved);
	p.nonce = saved.nonce;
	if (is_taken(c, p.to, &g->u))
		s = (struct proof_sending){ .what = "exists", .decoy = true, .send = !sms };
	if (c->why != R_NONE)
		return answer_fault(c);
	a = proof_begin(c, &p, &s);
	return a.kind == ANS_FAULT ? ask_page(c, g, NULL) : a;
}

/* --- the change, and the word to the old address ---------------------------------------------- */

struct telling { struct proof undo; struct one_time row; struct mail_order order; struct mail_sending mail; };

/* The row of the undo is written with the change; its link holds it. False: c->why. */
static bool
old_address_told(struct call *c, const struct changing *g, const struct user *now, struct telling *t, struct ops *o)
{
	int64_t undo_s = c->issuer->policy->selfservice.undo_s;
	bool undone = g->kind == SELF_EMAIL && undo_s > 0;
	struct store_op *op;

	*t = (struct telling){ .undo = { .of = SELF_UNDO, .expires_s = c->now_s + undo_s, .user = now->id, .nonce = S(""),
		.to = g->u.email } };
	if (!mail_is_sent(c->issuer) || !user_has_mail(c, &g->u))
		return true;
	t->order = (struct mail_order){ .user = now, .free = true, .not_after_s = c->now_s + 86400,
		.words = { .what = g->kind == SELF_EMAIL ? S("email_changed") : S("phone_changed"), .to = g->u.email,
		    .name = now->display_name } };
	if (undone && !proof_make(c, &t->undo))
		return false;
	if (undone) {
		t->order.words.link = self_url(c, t->undo.handle, STR_ABSENT);
		t->row = (struct one_time){ .key = t->undo.key, .sent_s = c->now_s, .expires_s = t->undo.expires_s };
		op = ops_add(o, OP_ONE_TIME_PUT);
		op->one_time.row = &t->row;
		op->one_time.before_s = c->now_s;
	}
	return mail_add(c, o, &t->order, &t->mail);
}

static bool
user_changes(struct call *c, const struct changing *g, const struct proof *p, struct user *now)
{
	*now = g->u;
	now->updated_s = c->now_s;
	if (g->kind == SELF_EMAIL)
		now->email = p->to;
	else
		now->phone = p->to;
	return user_claim_mark(c, now, g->kind == SELF_EMAIL ? "email_verified" : "phone_number_verified", true);
}

/* Along with the address. A name that only said the one before says the new one. */
static bool
factor_follows(
    struct call *c, const struct factor *was, const struct user *before, const struct user *now, struct ops *o)
{
	enum factor_kind kind = was != NULL ? factor_named(was->kind) : FACTOR_COUNT;
	struct factor *row;
	struct str to;

	if (kind == FACTOR_COUNT || !factor_is_on(c->issuer, kind))
		return true;
	if ((row = arena_new(c->mem, struct factor)) == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	to = kind == FACTOR_MAIL ? now->email : now->phone;
	*row = *was;
	row->counter++;
	row->data = message_data(c, now, kind, to);
	ops_add(o, OP_FACTOR_USE)->factor = (struct op_factor){ row, was->counter };
	if (str_eq(row->name, message_masked(c, message_address(c, before, kind)))) {
		row->name = message_masked(c, to);
		ops_add(o, OP_FACTOR_RENAME)->factor.row = row;
	}
	return true;
}

static struct answer
change_commit(struct call *c, const struct changing *g, const struct proof *p, const struct one_time *row)
{
	struct telling *t = arena_new(c->mem, struct telling);
	struct ops o = { .n = 0 };
	enum store_result r;
	struct user now;

	if (t == NULL || !user_changes(c, g, p, &now)) {
		fail(c, R_INTERNAL, S("memory"));
		return answer_fault(c);
	}
	ops_add(&o, OP_ONE_TIME_SPEND)->one_time.row = row;
	ops_add(&o, OP_USER_SET)->user = &now;
	if (!factor_follows(c, g->factor, &g->u, &now, &o) || !old_address_told(c, g, &now, t, &o))
		return answer_fault(c);
	r = store_commit(c->svc->store, o.at, o.n, NULL);
	mail_done(c, &t->mail, r == STORE_DONE);
	if (r == STORE_DONE)
		return self_notice(c, g->page, g->kind == SELF_EMAIL ? "email_set" : "phone_set", false);
	if (r == STORE_LOST)
		return self_notice(c, g->page, "self_gone", false);
	fail(c, R_STORE, S("commit"));
	return answer_fault(c);
}

static struct answer
change_taken(struct call *c, struct changing *g)
{
	struct one_time row;
	struct answer a;
	struct proof p;

	if (!self_form_holds(c, g->page, &a) || !self_proof(c, g->kind, g->page, &p, &a))
		return a;
	if (memcmp(p.user.b, g->u.id.b, sizeof p.user.b) != 0 || !user_is_own(&g->u))
		return self_notice(c, g->page, "self_gone", false);
	if (!address_is_proven(c, &p, &g->u, &row))
		return self_code_again(c, g->page, &p, "proof_code_wrong");
	if (is_taken(c, p.to, &g->u) || c->why != R_NONE)
		return c->why != R_NONE ? answer_fault(c) : self_notice(c, g->page, "self_gone", false);
	return change_commit(c, g, &p, &row);
}

/* --- the change taken back, by whoever reads the old mailbox ---------------------------------- */

/*
 * The factor by mail that went along with the change comes back with it, or its owner could show none; one that was
 * set up behind it does not, for it was never of this mailbox. NULL: there is none, or c->why.
 */
static const struct factor *
factor_of_change(struct call *c, const struct user *u, int64_t changed_s)
{
	struct factor_set *has = arena_new(c->mem, struct factor_set);
	const struct factor *row;

	if (has == NULL)
		fail(c, R_INTERNAL, S("memory"));
	if (has == NULL || !factors_of(c, u, has))
		return NULL;
	row = message_row(c, u, has, FACTOR_MAIL);
	return row != NULL && row->created_s < changed_s ? row : NULL;
}

/* row: of the undo, as it was written with the change. */
static enum store_result
undo_commit(struct call *c, const struct proof *p, const struct one_time *row, struct user *u)
{
	const struct factor *factor = factor_of_change(c, u, row->sent_s);
	struct user before = *u;
	struct ops o = { .n = 0 };

	u->email = p->to;
	u->updated_s = c->now_s;
	if (c->why != R_NONE || !user_claim_mark(c, u, "email_verified", true))
		return STORE_FAILED;
	ops_add(&o, OP_ONE_TIME_SPEND)->one_time.row = row;
	ops_add(&o, OP_USER_SET)->user = u;
	if (!factor_follows(c, factor, &before, u, &o))
		return STORE_FAILED;
	ops_add(&o, OP_USER_REVOKE)->ends = (struct op_ends){ .user = u, .elsewhere = c->issuer->elsewhere };
	return store_commit(c->svc->store, o.at, o.n, NULL);
}

static struct answer
undo_taken(struct call *c, const struct proof *p, const char *page)
{
	enum store_result r = STORE_LOST;
	struct answer a;
	struct user u;

	if (!self_form_holds(c, page, &a))
		return a;
	for (int i = 0; i < RACES_MAX && r == STORE_LOST; i++) {
		struct one_time row;

		if (!store_answered(c, store_one_time(c->svc->store, &p->key, &row)) || row.spent
		    || !store_answered(c, store_user_by_id(c->svc->store, c->mem, realm_name(c->issuer->realm), &p->user, &u)))
			return c->why != R_NONE ? answer_fault(c) : self_notice(c, page, "self_gone", false);
		r = undo_commit(c, p, &row, &u);
	}
	if (r == STORE_DONE)
		return self_notice(c, page, "email_undone", true);
	fail(c, R_STORE, S("commit"));
	return answer_fault(c);
}

static struct answer
change(struct call *c, struct changing *g, bool posted)
{
	struct answer a;
	struct proof p;

	if (!g->on) {
		fail(c, R_NOT_FOUND, STR_ABSENT);
		return answer_fault(c);
	}
	if (g->kind == SELF_EMAIL && proof_read(c, SELF_UNDO, &p))
		return posted ? undo_taken(c, &p, g->page) : self_code(c, g->page, &p, NULL);
	if (!is_here(c, g))
		return c->why == R_NONE ? to_login(c, 0) : answer_fault(c);
	if (!factor_is_fresh(c, g, &a))
		return a;
	if (str_empty(c->arg[P_PROOF]) && !login_suffices(c, g))
		return to_login(c, BIT(PROMPT_LOGIN));
	if (str_empty(c->arg[P_PROOF]))
		return posted ? change_asked(c, g) : ask_page(c, g, NULL);
	if (posted)
		return change_taken(c, g);
	return self_proof(c, g->kind, g->page, &p, &a) ? self_code(c, g->page, &p, NULL) : a;
}

struct answer
email_endpoint(struct call *c, bool posted)
{
	struct changing g = { .page = "email", .kind = SELF_EMAIL, .on = c->issuer->policy->selfservice.email_change };

	return change(c, &g, posted);
}

struct answer
phone_endpoint(struct call *c, bool posted)
{
	struct changing g = { .page = "phone", .kind = SELF_PHONE, .on = c->issuer->policy->selfservice.phone_change };

	return change(c, &g, posted);
}
