/*
 * oauth/selfservice/reset.c - a forgotten password: asked for by name, address or number, set anew by whoever reads the
 * mailbox or telephone of the account. It logs nobody in: that is the login's, second factor and all.
 */
#include "login/login.h"
#include "oauth/selfservice/selfservice.h"

#define PAGE "forgot"

static struct answer
ask_page(struct call *c, const char *error)
{
	struct answer a = self_ask_again(c, PAGE, error);

	a.self.chooses_way = c->issuer->policy->selfservice.reset == SELF_BOTH;
	return a;
}

static bool
goes_by_sms(const struct call *c)
{
	enum self_way way = c->issuer->policy->selfservice.reset;

	return way == SELF_SMS || (way == SELF_BOTH && str_is(c->arg[P_PROOF_BY], "sms"));
}

/* A password that is none, of people who come in by another way, is not given to them here. */
static bool
may_reset(struct call *c, const struct user *u, bool by_sms)
{
	return user_is_own(u) && !str_empty(u->password) && (by_sms ? user_has_phone(c, u) : user_has_mail(c, u));
}

static struct answer
reset_asked(struct call *c)
{
	struct proof p = { .of = SELF_RESET, .by_sms = goes_by_sms(c),
		.expires_s = c->now_s + c->issuer->policy->selfservice.ttl_s, .user = id_new() };
	struct str typed = str_trim(c->arg[P_IDENTIFIER]);
	struct proof_sending s = { .what = "reset" };
	struct answer a;
	struct saved saved;
	struct user u;

	if (!self_form_holds(c, PAGE, &a))
		return a;
	if (str_empty(typed) || typed.n > MAIL_ADDRESS_MAX || !str_utf8(typed))
		return ask_page(c, "identifier_wrong");
	saved_of_form(c, &saved);
	p.nonce = saved.nonce;
	p.to = typed;
	if (user_by_anything(c, typed, &u) && may_reset(c, &u, p.by_sms)) {
		s = (struct proof_sending){ .known = &u, .on = &u, .what = "reset", .send = true };
		p.user = u.id;
		p.to = p.by_sms ? u.phone : u.email;
	}
	if (c->why != R_NONE)
		return answer_fault(c);
	a = proof_begin(c, &p, &s);
	return a.kind == ANS_FAULT ? ask_page(c, NULL) : a;
}

/* What an operator's new password ends, ends here: sessions, codes, families, tokens, at every issuer of the realm. */
static enum store_result
reset_commit(struct call *c, struct user *u, struct str former, const struct one_time *row)
{
	struct throttle_key name = throttle_account(u->realm, u->name), phone = throttle_account(u->realm, u->phone);
	struct throttle by_name = { .kind = name.kind, .key = name.digest };
	struct throttle by_phone = { .kind = phone.kind, .key = phone.digest };
	struct mail_order told = { .user = u, .free = true, .not_after_s = c->now_s + 86400,
		.words = { .what = S("password_changed"), .to = u->email, .name = u->display_name } };
	struct mail_sending mail = { .errand = NULL };
	struct ops o = { .n = 0 };
	enum store_result r;

	ops_add(&o, OP_ONE_TIME_SPEND)->one_time.row = row;
	ops_add(&o, OP_USER_SET)->user = u;
	chosen_password_former(c, &o, u, former);
	ops_add(&o, OP_THROTTLE_FORGET)->throttle = &by_name;
	ops_add(&o, OP_THROTTLE_FORGET)->throttle = &by_phone;
	ops_add(&o, OP_USER_REVOKE)->ends = (struct op_ends){ .user = u, .elsewhere = c->issuer->elsewhere };
	if (mail_is_sent(c->issuer) && user_has_mail(c, u) && !mail_add(c, &o, &told, &mail))
		return STORE_FAILED;
	r = store_commit(c->svc->store, o.at, o.n, NULL);
	mail_done(c, &mail, r == STORE_DONE);
	if (r == STORE_FAILED)
		fail(c, R_STORE, S("commit"));
	return r;
}

/* The row of the user as it is now; one who is gone, disabled or locked meanwhile is nobody. */
static bool
user_of_proof(struct call *c, const struct proof *p, struct user *u)
{
	return store_answered(c, store_user_by_id(c->svc->store, c->mem, realm_name(c->issuer->realm), &p->user, u))
	    && may_reset(c, u, p->by_sms);
}

static struct answer
reset_taken(struct call *c)
{
	struct one_time row;
	struct answer a;
	struct proof p;
	struct user u;
	struct str former;
	const char *fault;
	bool known;

	if (!self_form_holds(c, PAGE, &a) || !self_proof(c, SELF_RESET, PAGE, &p, &a))
		return a;
	if ((fault = chosen_password_fault(c, NULL)) != NULL)
		return self_code_again(c, PAGE, &p, fault);
	known = user_of_proof(c, &p, &u);
	if (c->why != R_NONE)
		return answer_fault(c);
	if (!address_is_proven(c, &p, known ? &u : NULL, &row) || !known)
		return self_code_again(c, PAGE, &p, "proof_code_wrong");
	if ((fault = chosen_password_fault(c, &u)) != NULL)
		return self_code_again(c, PAGE, &p, fault);
	former = u.password;
	c->user_name = u.name;
	switch (chosen_password_set(c, &u) ? reset_commit(c, &u, former, &row) : STORE_FAILED) {
	case STORE_DONE: return self_notice(c, PAGE, "password_set", true);
	case STORE_LOST: return self_notice(c, PAGE, "self_gone", false);
	default: return answer_fault(c);
	}
}

struct answer
forgot_endpoint(struct call *c, bool posted)
{
	struct answer a;
	struct proof p;

	if (c->issuer->policy->selfservice.reset == SELF_OFF) {
		fail(c, R_NOT_FOUND, STR_ABSENT);
		return answer_fault(c);
	}
	if (str_empty(c->arg[P_PROOF]))
		return posted ? reset_asked(c) : ask_page(c, NULL);
	if (posted)
		return reset_taken(c);
	return self_proof(c, SELF_RESET, PAGE, &p, &a) ? self_code(c, PAGE, &p, NULL) : a;
}
