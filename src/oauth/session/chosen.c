/* oauth/session/chosen.c - a password that a person chooses for himself on a page: P_NEW_PASSWORD, and once more. */
#include "login/login.h"
#include "login/password_rule.h"
#include "oauth/session/factor.h"

const char *
chosen_password_text_fault(const struct call *c)
{
	struct str given = c->arg[P_NEW_PASSWORD];

	if (!str_eq_secret(str_some(given), str_some(c->arg[P_NEW_PASSWORD_AGAIN])))
		return "password_differs";
	if (str_empty(given))
		return "password_short";
	return given.n > PASSWORD_MAX ? "password_long" : NULL;
}

/* One that must be another one is not chosen again, on whichever page, whether former ones are remembered or not. */
static int64_t
former_not_again(const struct call *c, const struct user *u)
{
	int64_t history = c->svc->passwords != NULL ? c->svc->passwords->history : 0;

	return history == 0 && password_is_stale(c, u, true) ? 1 : history;
}

const char *
chosen_password_fault(struct call *c, const struct user *u)
{
	static const struct user nobody = { .version = 0 };
	const struct password_rule *rule = c->svc->passwords;
	enum password_fault fault;
	const char *wrong = chosen_password_text_fault(c);

	if (wrong != NULL)
		return wrong;
	fault = password_judge(rule, c->mem, c->arg[P_NEW_PASSWORD], u != NULL ? u : &nobody);
	if (fault != PASSWORD_FITS)
		return password_fault_key(fault);
	if (u == NULL || str_empty(u->password))
		return NULL;
	switch (password_was_used(c->svc->store, c->mem, u, c->arg[P_NEW_PASSWORD], former_not_again(c, u))) {
	case 0: return NULL;
	case 1: return password_fault_key(PASSWORD_REUSED);
	default: fail(c, R_STORE, S("former passwords")); return NULL;
	}
}

bool
chosen_password_set(struct call *c, struct user *u)
{
	u->password = password_hash(c->mem, c->arg[P_NEW_PASSWORD]);
	u->updated_s = u->password_s = c->now_s;
	u->must_change = false;
	return str_given(u->password) || fail(c, R_INTERNAL, S("memory"));
}

void
chosen_password_former(const struct call *c, struct ops *o, const struct user *u, struct str former)
{
	const struct password_rule *rule = c->svc->passwords;

	if (rule != NULL && rule->history > 0 && !str_empty(former))
		ops_add(o, OP_PASSWORD_FORMER)->former = (struct op_former){ u, former, rule->history };
}

struct chosen_rules
chosen_rules(const struct call *c, bool has_former)
{
	const struct password_rule *rule = c->svc->passwords;

	if (rule == NULL)
		return (struct chosen_rules){ .max = PASSWORD_MAX };
	return (struct chosen_rules){ .min = rule->min, .max = rule->max > 0 ? rule->max : PASSWORD_MAX,
		.own_words = rule->own_words, .common = rule->common || str_given(rule->listed),
		.breached = rule->breached.bits.p != NULL, .former = has_former && rule->history > 0 };
}
